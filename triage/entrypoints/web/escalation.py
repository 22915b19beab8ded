"""Escalation policies: what happens while teams are asked, and when nobody is left to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from triage.context import current_context
from triage.domain.errors import Problem
from triage.domain.escalation import (
    HIGHEST,
    LONGEST_WAIT_S,
    MOST_STEPS,
    MOST_TIMES,
    Channel,
    EscalationPolicy,
    Moment,
    Who,
    as_rows,
    default_policy,
    most_specific,
    preview,
    read_policy,
)
from triage.domain.ruleset import Level
from triage.domain.words import listed, msgid
from triage.entrypoints.web import escalation_reach as reach
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.escalation_changes import Change, changes, fingerprint
from triage.entrypoints.web.escalation_reach import Where
from triage.entrypoints.web.escalation_words import CHANNEL, WHO, moment_in_words, sentences
from triage.services import escalation_policies
from triage.services.escalation_policies import NotAPolicy
from triage.storage.policies import EscalationPolicyRow
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("escalation", __name__, url_prefix="/escalation")

PARTS = ("who", "channel", "wait", "times", "every")
LOOK_AHEAD_S = 2 * 3600

ALL = "*"
"""Every response: in the form, where nothing is what was not chosen yet."""


@dataclass(frozen=True)
class Form:
    """The form as it was typed, with what is wrong with it."""

    fields: Mapping[str, str]
    rows: int
    errors: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return self.fields.get(name, "")


@bp.get("")
@open_to("supervisor", "dispatcher")
def policies() -> ResponseReturnValue:
    """Which policy holds for which calls."""
    with current_context().reading() as uow:
        return _policies_page(uow)


def _policies_page(uow: UnitOfWork, ending: UUID | None = None) -> str:
    """ending -- what would be different without this one is shown, to be confirmed."""
    kept = escalation_policies.in_force(uow)
    live = {(one.response, one.level_rank): one for one in kept}
    levels = reach.levels(uow)
    held = {
        (response, level.rank): most_specific(live, response, level.rank)
        for response in reach.responses()
        for level in levels
    }
    return render_template(
        "escalation.html",
        kept=kept,
        responses=reach.responses(),
        levels=levels,
        held=held,
        sentences=sentences,
        where=lambda one: reach.where_in_words(one, levels),
        time_to_answer=reach.time_to_answer(levels),
        defaults=[default_policy(1), default_policy(2)],
        ending=ending,
        without=(without := _without(uow, ending) if ending else []),
        confirmed=fingerprint(without),
        changing=current_person().role == "supervisor",
    )


@bp.get("/edit")
@open_to("supervisor")
def edit() -> ResponseReturnValue:
    with current_context().reading() as uow:
        where = _where(request.args)
        if not request.args:
            # The quickest: whoever changes nothing of it makes no level slower.
            return _edit_page(uow, _filled_in(default_policy(HIGHEST), None))
        policy = most_specific(reach.live(uow), *where) or default_policy(where[1] or HIGHEST)
        return _edit_page(uow, _filled_in(policy, where))


@bp.post("/edit")
@open_to("supervisor")
def save() -> ResponseReturnValue:
    """Save it, or show what would happen, or give room for more steps. Nothing typed is lost."""
    context, form = current_context(), _as_typed()
    wish = request.form.get("wish", "save")
    steps, wrong = _steps(form)
    repeat_s = _number(form, "repeat", wrong)
    where = _where(form.fields)
    if wish != "save":
        more = 2 if wish == "more" else 0
        form = Form(form.fields, min(form.rows + more, MOST_STEPS), _named(wrong))
        return _shown(form, 200)
    wrong += _not_chosen(form)
    try:
        if wrong or (wrong := _unseen(form)):
            raise NotAPolicy(wrong)
        context.do(
            current_person().actor,
            lambda uow: escalation_policies.lay_down(
                uow, context.centre, where, form.value("name"), steps, repeat_s
            ),
        )
    except NotAPolicy as error:
        return _shown(Form(form.fields, form.rows, _named(error.problems)), 422)
    flash(gettext("The policy holds for calls that are sent from now on."), "good")
    return redirect("/escalation")


@bp.post("/<uuid:key>/withdraw")
@open_to("supervisor")
def withdraw(key: UUID) -> ResponseReturnValue:
    """What becomes different by it is to be read and confirmed before."""
    with current_context().reading() as uow:
        ended = uow.get(EscalationPolicyRow, key).ended_at is not None
        if not ended and request.form.get("slower") != fingerprint(_without(uow, key)):
            return _policies_page(uow, key), 422
    current_context().do(
        current_person().actor,
        lambda uow: escalation_policies.withdraw(uow, uow.get(EscalationPolicyRow, key)),
    )
    flash(
        gettext(
            "The policy has ended: calls that are sent from now on follow what is more general."
        ),
        "good",
    )
    return redirect("/escalation")


def _without(uow: UnitOfWork, key: UUID) -> list[Change]:
    row = uow.get(EscalationPolicyRow, key)
    if row.ended_at is not None:
        return []  # whoever ends it once more is told so
    where, live = (row.response, row.level_rank), reach.live(uow)
    return changes(live, where, None, reach.levels_timed(uow), reach.responses())


# --- the form -----------------------------------------------------------------------------


def _as_typed() -> Form:
    fields = {name: typed.clean(value).strip() for name, value in request.form.items()}
    rows = fields.get("rows", "")
    return Form(fields, int(rows) if rows in map(str, range(1, MOST_STEPS + 1)) else 6)


def _filled_in(policy: EscalationPolicy, where: Where | None) -> Form:
    fields = {"name": policy.name, "repeat": str(policy.repeat_s)}
    if where is not None:
        fields |= {"response": where[0] or ALL, "level_rank": str(where[1])}
    for number, row in enumerate(as_rows(policy), 1):
        wait = "" if row["wait_s"] is None else str(row["wait_s"])
        values = (row["who"], row["channel"], wait, str(row["times"]), str(row["every_s"]))
        fields |= {f"{part}_{number}": v for part, v in zip(PARTS, values, strict=True)}
    return Form(fields, min(len(policy.steps) + 2, MOST_STEPS))


def _steps(form: Form) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The rows that say who, as steps; `steps.N` of a problem is the N-th row of these."""
    steps: list[dict[str, Any]] = []
    wrong: list[Problem] = []
    for number in range(1, form.rows + 1):
        who = form.value(f"who_{number}")
        if not who:
            continue
        if who not in set(Who) or form.value(f"channel_{number}") not in set(Channel):
            wrong.append(Problem(f"who_{number}", msgid("Choose who, and how.")))
            continue
        half = who == Who.SAME and not form.value(f"wait_{number}")
        steps.append(
            {
                "who": who,
                "channel": form.value(f"channel_{number}"),
                "wait_s": None if half else _number(form, f"wait_{number}", wrong),
                "times": _number(form, f"times_{number}", wrong),
                "every_s": _number(form, f"every_{number}", wrong),
            }
        )
    return steps, wrong


def _number(form: Form, name: str, wrong: list[Problem]) -> int:
    written = form.value(name) or "0"
    if not (written.isascii() and written.isdigit() and len(written) < 6):
        wrong.append(Problem(name, _allowed(form, name)))
        return 0
    return int(written)


def _allowed(form: Form, name: str) -> str:
    part, _, number = name.partition("_")
    if part != "times":
        return msgid("Write whole seconds, 0 to %(most)s.", most=f"{LONGEST_WAIT_S:,}")
    least = 0 if form.value(f"who_{number}") == Who.NEXT_TEAM else 1
    return msgid("Write a whole number, %(least)s to %(most)s.", least=least, most=MOST_TIMES)


def _named(problems: Sequence[Problem]) -> dict[str, str]:
    """Each sentence by the field beside which it stands."""
    form = _as_typed()
    rows = [n for n in range(1, form.rows + 1) if form.value(f"who_{n}")]
    names = {"repeat_s": "repeat", "steps": f"who_{rows[0] if rows else 1}"}
    parts = {"wait_s": "wait", "every_s": "every"}
    errors: dict[str, str] = {}
    for problem in problems:
        name = names.get(problem.path, problem.path)
        if problem.path.startswith("steps."):
            _, number, part = problem.path.split(".")
            name = f"{parts.get(part, part)}_{rows[int(number) - 1]}"
        step = name.rpartition("_")[2]
        said = msgid("Step %(number)s: %(what)s", number=step, what=problem.message)
        errors.setdefault(name, said if step.isdigit() else problem.message)
    return errors


def _where(fields: Mapping[str, str]) -> Where:
    rank = fields.get("level_rank") or "0"
    if rank not in set("0123456789"):
        raise NotFound
    response = fields.get("response", "")
    return "" if response == ALL else response, int(rank)


def _not_chosen(form: Form) -> list[Problem]:
    wrong = []
    if not form.value("response"):
        wrong.append(Problem("response", msgid("Choose for which response, or every response.")))
    if not form.value("level_rank"):
        wrong.append(Problem("level_rank", msgid("Choose for which level, or every level.")))
    return wrong


def _unseen(form: Form) -> list[Problem]:
    """Of a quicker policy that would be replaced, unless that was confirmed as it stands."""
    with current_context().reading() as uow:
        slower = [change for change in _changes(uow, form) or () if change.slower]
    if not slower or form.value("slower") == fingerprint(slower):
        return []
    names = listed(", ", dict.fromkeys(change.level for change in slower))
    said = msgid("Not saved: it replaces a quicker policy for %(levels)s.", levels=names)
    return [Problem("slower", said)]


# --- what is shown ------------------------------------------------------------------------


def _shown(form: Form, status: int) -> ResponseReturnValue:
    with current_context().reading() as uow:
        return _edit_page(uow, form), status


def _edit_page(uow: UnitOfWork, form: Form) -> str:
    levels = reach.levels(uow)
    rank = int(form.value("level_rank") or 0)
    teams = form.value("teams") or "3"
    changed = _changes(uow, form)
    slower = [change for change in changed or () if change.slower]
    return render_template(
        "escalation_edit.html",
        form=form,
        errors=form.errors,
        numbers=range(1, form.rows + 1),
        responses=[(ALL, msgid("Every response")), *reach.responses().items()],
        changes=changed,
        chosen=not _not_chosen(form),
        slower=fingerprint(slower) if slower else "",
        levels=[(str(level.rank), level.said()) for level in levels],
        who=[(key.value, words) for key, words in WHO.items()],
        channels=[(key.value, words) for key, words in CHANNEL.items()],
        most_steps=MOST_STEPS,
        teams=teams,
        moments=_moments(form, levels, rank, int(teams) if teams in set("0123456789") else 3),
        said=moment_in_words,
        time_to_answer=reach.time_to_answer(levels),
    )


def _policy(form: Form) -> EscalationPolicy | None:
    """None while the form is not a policy."""
    steps, wrong = _steps(form)
    repeat_s = _number(form, "repeat", wrong)
    policy, problems = read_policy(form.value("name") or "?", steps, repeat_s)
    return None if wrong or problems else policy


def _moments(form: Form, levels: Sequence[Level], rank: int, teams: int) -> list[Moment] | None:
    """What would happen, or None while the form is not a policy."""
    policy = _policy(form)
    level = next((level for level in levels if level.rank == rank), None)
    if policy is None:
        return None
    return preview(policy, reach.answer_s(level), teams, LOOK_AHEAD_S, most=40)


def _changes(uow: UnitOfWork, form: Form) -> list[Change] | None:
    """What would be different where the policy would hold; None while that cannot be told."""
    policy = _policy(form)
    if policy is None or _not_chosen(form):
        return None
    where, live = _where(form.fields), reach.live(uow)
    return changes(live, where, policy, reach.levels_timed(uow), reach.responses())

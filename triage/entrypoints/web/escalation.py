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
    MOST_STEPS,
    Channel,
    EscalationPolicy,
    Moment,
    Step,
    Who,
    as_rows,
    default_policy,
    most_specific,
    preview,
    read_policy,
)
from triage.domain.ruleset import Level
from triage.domain.state_words import level_name
from triage.domain.words import listed, msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.services import escalation_policies, rosters, rule_sets
from triage.services.escalation_policies import Kept, NotAPolicy
from triage.storage.policies import EscalationPolicyRow
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("escalation", __name__, url_prefix="/escalation")

PARTS = ("who", "channel", "wait", "times", "every")
WHO = {
    Who.NEXT_TEAM: msgid("Ask the next team"),
    Who.SAME: msgid("Try the same person again"),
    Who.SUPERVISOR: msgid("Alarm the supervisors"),
    Who.ALL_HANDS: msgid("Ask everybody on shift"),
}
CHANNEL = {Channel.SMS: msgid("by text"), Channel.VOICE: msgid("by telephone")}
ANSWER_MIN = 2
"""Where no level says how long a page may go unanswered."""
LOOK_AHEAD_S = 2 * 3600

Where = tuple[str, int]


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
        kept = escalation_policies.in_force(uow)
        live = {(one.response, one.level_rank): one for one in kept}
        levels = _levels(uow)
        held = {
            (response, level.rank): most_specific(live, response, level.rank)
            for response in _responses()
            for level in levels
        }
        return render_template(
            "escalation.html",
            kept=kept,
            responses=_responses(),
            levels=levels,
            held=held,
            sentences=sentences,
            where=lambda one: _where_in_words(one, levels),
            time_to_answer=_time_to_answer(levels),
            defaults=[default_policy(1), default_policy(2)],
            changing=current_person().role == "supervisor",
        )


@bp.get("/edit")
@open_to("supervisor")
def edit() -> ResponseReturnValue:
    with current_context().reading() as uow:
        response, rank = _where(request.args)
        live = {(one.response, one.level_rank): one for one in escalation_policies.in_force(uow)}
        now = most_specific(live, response, rank)
        policy = now.policy if now else default_policy(rank or 2)
        return _edit_page(uow, _filled_in(policy, (response, rank)))


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
    try:
        if wrong:
            raise NotAPolicy(wrong)
        context.do(
            current_person().actor,
            lambda uow: escalation_policies.lay_down(
                uow, context.centre, where, form.value("name"), steps, repeat_s
            ),
        )
    except NotAPolicy as error:
        return _shown(Form(form.fields, form.rows, _named(error.problems)), 422)
    flash(gettext("The policy holds for calls that come in from now on."), "good")
    return redirect("/escalation")


@bp.post("/<uuid:key>/withdraw")
@open_to("supervisor")
def withdraw(key: UUID) -> ResponseReturnValue:
    current_context().do(
        current_person().actor,
        lambda uow: escalation_policies.withdraw(uow, uow.get(EscalationPolicyRow, key)),
    )
    flash(gettext("The policy has ended: new calls follow what is more general."), "good")
    return redirect("/escalation")


# --- the form -----------------------------------------------------------------------------


def _as_typed() -> Form:
    fields = {name: typed.clean(value).strip() for name, value in request.form.items()}
    rows = fields.get("rows", "")
    return Form(fields, int(rows) if rows in map(str, range(1, MOST_STEPS + 1)) else 6)


def _filled_in(policy: EscalationPolicy, where: Where) -> Form:
    fields = {"name": policy.name, "response": where[0], "level_rank": str(where[1])}
    fields["repeat"] = str(policy.repeat_s)
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
        wrong.append(Problem(name, msgid("Write a whole number.")))
        return 0
    return int(written)


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
    rank = fields.get("level_rank", "0")
    if rank not in set("0123456789"):
        raise NotFound
    return fields.get("response", ""), int(rank)


# --- what is shown ------------------------------------------------------------------------


def _shown(form: Form, status: int) -> ResponseReturnValue:
    with current_context().reading() as uow:
        return _edit_page(uow, form), status


def _edit_page(uow: UnitOfWork, form: Form) -> str:
    levels = _levels(uow)
    rank = int(form.value("level_rank") or 0)
    teams = form.value("teams") or "3"
    return render_template(
        "escalation_edit.html",
        form=form,
        errors=form.errors,
        numbers=range(1, form.rows + 1),
        responses=list(_responses().items()),
        levels=[(str(level.rank), level.said()) for level in levels],
        who=[(key.value, words) for key, words in WHO.items()],
        channels=[(key.value, words) for key, words in CHANNEL.items()],
        most_steps=MOST_STEPS,
        teams=teams,
        moments=_moments(form, levels, rank, int(teams) if teams in set("0123456789") else 3),
        said=moment_in_words,
        time_to_answer=_time_to_answer(levels),
    )


def _moments(form: Form, levels: Sequence[Level], rank: int, teams: int) -> list[Moment] | None:
    """What would happen, or None while the form is not a policy."""
    steps, wrong = _steps(form)
    repeat_s = _number(form, "repeat", wrong)
    if wrong:
        return None
    policy, problems = read_policy(form.value("name") or "?", steps, repeat_s)
    if problems:
        return None
    level = next((level for level in levels if level.rank == rank), None)
    answer_min = (level.answer_within_min if level else None) or ANSWER_MIN
    return preview(policy, answer_min * 60, teams, LOOK_AHEAD_S, most=40)


def moment_in_words(moment: Moment) -> str:
    how = CHANNEL[moment.channel]
    if moment.who is Who.NEXT_TEAM:
        return msgid("Team %(number)s is asked %(how)s.", number=moment.number, how=how)
    if moment.who is Who.SAME:
        return msgid("Team %(number)s is tried again %(how)s.", number=moment.number, how=how)
    supervised = moment.who is Who.SUPERVISOR
    who = msgid("The supervisors are alarmed") if supervised else msgid("All hands are asked")
    if moment.number == 1:
        return msgid("%(who)s %(how)s.", who=who, how=how)
    return msgid("%(who)s %(how)s (time %(number)s).", who=who, how=how, number=moment.number)


def sentences(policy: EscalationPolicy) -> list[str]:
    """A policy as sentences, one for each step, and what comes after the last."""
    said = [_step_in_words(step) for step in policy.steps]
    if not policy.repeat_s:
        return [*said, msgid("Then it ends with the supervisors.")]
    again = msgid(
        "When nobody was left: again every %(seconds)s s until somebody has it.",
        seconds=policy.repeat_s,
    )
    return [*said, again]


def _step_in_words(step: Step) -> str:
    parts: list[str] = [listed(" ", (WHO[step.who], CHANNEL[step.channel]))]
    if step.who is Who.NEXT_TEAM:
        most = msgid("at most %(count)s", count=step.times)
        parts.append(most if step.times else msgid("as long as there is one"))
    else:
        if step.who is Who.SAME and step.wait_s is None:
            parts.append(msgid("after half of the time for the answer"))
        elif step.wait_s:
            parts.append(msgid("after %(seconds)s s", seconds=step.wait_s))
        if step.times > 1:
            parts.append(msgid("%(count)s times", count=step.times))
    return msgid("%(step)s.", step=listed(", ", parts))


def _responses() -> dict[str, str]:
    given = rosters.responses(current_context().centre)
    return {key: words for key, words in given.items() if key != rosters.SUPERVISION}


def _levels(uow: UnitOfWork) -> list[Level]:
    """Those of the rules that decide calls, one for each rank."""
    centre = current_context().centre
    levels = rule_sets.live(uow, centre, centre.policy.rule_set).levels
    by_rank = {level.rank: level for level in reversed(levels)}
    return [by_rank[rank] for rank in sorted(by_rank)]


def _time_to_answer(levels: Sequence[Level]) -> str:
    times = [
        listed(" ", (level_name(it.label), f"{it.answer_within_min or ANSWER_MIN} min"))
        for it in levels
    ]
    said = msgid("A team has so long to answer before the next is asked: %(times)s.")
    return msgid(said, times=listed(", ", times))


def _where_in_words(one: Kept, levels: Sequence[Level]) -> str:
    level = next((level_name(it.label) for it in levels if it.rank == one.level_rank), None)
    response = _responses().get(one.response, one.response) or msgid("Every response")
    if one.level_rank == 0:
        return msgid("%(response)s, every level", response=response)
    named = level or msgid("level %(rank)s", rank=one.level_rank)
    return listed(", ", (response, named))

"""Escalation policies: what happens while teams are asked, and when nobody is left to ask."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import Problem
from triage.domain.escalation import (
    HANDED_OVER,
    HIGHEST,
    LONGEST_WAIT_S,
    MOST_STEPS,
    NEVER,
    EscalationPolicy,
    default_policy,
    most_specific,
    preview,
    problems,
)
from triage.domain.ruleset import Level
from triage.domain.words import listed, msgid
from triage.entrypoints.web import escalation_reach as reach
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.escalation_changes import Change, changes, fingerprint
from triage.entrypoints.web.escalation_form import (
    ALL,
    Form,
    as_typed,
    filled_in,
    named,
    not_chosen,
    read,
    where,
)
from triage.entrypoints.web.escalation_words import (
    CHANNEL,
    RUNG_BACK,
    WHO,
    beside,
    call_back_min,
    moment_in_words,
    sentences,
)
from triage.services import escalation_policies
from triage.services.escalation_policies import NotAPolicy
from triage.storage.policies import EscalationPolicyRow
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("escalation", __name__, url_prefix="/escalation")

LOOK_AHEAD_S = 2 * 3600
MOMENTS = 40


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
        beside=lambda policy, rank: beside(policy, rank, levels),
        beside_others=beside(default_policy(2), 0, levels[1:]),
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
        asked = where(request.args)
        if not request.args:
            # The quickest: whoever changes nothing of it makes no level slower.
            return _edit_page(uow, filled_in(replace(default_policy(HIGHEST), name=""), None))
        live = reach.live(uow)
        policy = most_specific(live, *asked) or default_policy(asked[1] or HIGHEST, asked[0])
        if asked not in live:
            policy = replace(policy, name=reach.suggested_name(uow, *asked))
        return _edit_page(uow, filled_in(policy, asked))


@bp.post("/edit")
@open_to("supervisor")
def save() -> ResponseReturnValue:
    """Save it, or show what would happen, or give room for more steps. Nothing typed is lost."""
    context, form = current_context(), as_typed()
    wish = request.form.get("wish", "save")
    policy, wrong = read(form)
    for_which = where(form.fields)
    if wish != "save":
        more = 2 if wish == "more" else 0
        if not more:
            named_so = replace(policy, name=policy.name or "?")
            wrong += [*problems(named_so, for_which[0])] if not wrong else []
        form = Form(form.fields, min(form.rows + more, MOST_STEPS), named(wrong))
        return _shown(form, 200)
    wrong += not_chosen(form)
    try:
        if wrong or (wrong := _unseen(form)):
            raise NotAPolicy(wrong)
        context.do(
            current_person().actor,
            lambda uow: escalation_policies.lay_down(uow, context.centre, for_which, policy),
        )
    except NotAPolicy as error:
        return _shown(Form(form.fields, form.rows, named(error.problems)), 422)
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
    own = row.response, row.level_rank
    return changes(reach.live(uow), own, None, reach.levels_timed(uow), reach.responses())


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
        chosen=not not_chosen(form),
        slower=fingerprint(slower) if slower else "",
        levels=[(str(level.rank), level.said()) for level in levels],
        who=[(key.value, words) for key, words in WHO.items()],
        channels=[(key.value, words) for key, words in CHANNEL.items()],
        most_steps=MOST_STEPS,
        longest_hours=LONGEST_WAIT_S // 3600,
        settings=current_context().centre.policy,
        turning=_turning(form, levels),
        turn=beside(policy, rank)[-1] if (policy := _policy(form)) and not _by_hand(form) else None,
        ends_with=sentences(policy)[-1] if policy and policy.repeat_s else None,
        teams=teams,
        moments=_moments(form, levels, rank, int(teams) if teams in set("0123456789") else 3),
        time_to_answer=reach.time_to_answer(levels),
    )


def _turning(form: Form, levels: Sequence[Level]) -> list[tuple[str, str]]:
    """Which teams under way may be asked to turn; what was typed before stays among it."""
    typed = form.value("divert_ranks")
    steps = [str(one) for one in range(1, len(levels))]
    further = [typed] if typed and typed not in [*steps, str(NEVER)] else []
    said = [(one, msgid("%(ranks)s or more levels less urgent", ranks=one)) for one in steps]
    return [*said, *((one, one) for one in further), (str(NEVER), msgid("No team at all"))]


def _policy(form: Form) -> EscalationPolicy | None:
    """None while the form is not a policy."""
    policy, wrong = read(form)
    policy = replace(policy, name=policy.name or "?")
    return None if wrong or [*problems(policy, where(form.fields)[0])] else policy


def _by_hand(form: Form) -> bool:
    """Is it for what a person hands over, while no team is asked and no caller rung back?"""
    return where(form.fields)[0] == HANDED_OVER


def _moments(
    form: Form, levels: Sequence[Level], rank: int, teams: int
) -> list[tuple[int, str]] | None:
    """What would happen, and after how many seconds; None while the form is not a policy."""
    policy = _policy(form)
    level = next((level for level in levels if level.rank == rank), None)
    if policy is None:
        return None
    answer_s = reach.answer_s(level)
    found = preview(policy, answer_s, teams, LOOK_AHEAD_S, most=MOMENTS)
    until_s = found[-1].after_s if len(found) == MOMENTS else LOOK_AHEAD_S
    told = [(moment.after_s, moment_in_words(moment)) for moment in found]
    if (rank or policy.call_back_min) and not _by_hand(form):  # else the settings have it, by level
        wait_s = 60 * call_back_min(policy, rank)
        begins_s = answer_s * min(teams, policy.most_teams or teams)
        told += [(at, RUNG_BACK) for at in range(begins_s + wait_s, until_s + 1, wait_s)]
    return sorted(told, key=itemgetter(0))


def _changes(uow: UnitOfWork, form: Form) -> list[Change] | None:
    """What would be different where the policy would hold; None while that cannot be told."""
    policy = _policy(form)
    if policy is None or not_chosen(form):
        return None
    return changes(
        reach.live(uow), where(form.fields), policy, reach.levels_timed(uow), reach.responses()
    )

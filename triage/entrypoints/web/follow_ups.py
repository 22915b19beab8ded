"""What was promised for afterwards: what is due and overdue, and what came of it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.domain.codes import FOLLOW_UP_OUTCOMES, NEXT_CONTACTS
from triage.domain.errors import Conflict, Refused
from triage.domain.people_of_call import CALL_BACK, RELATIONS, THIRD_PARTIES
from triage.domain.words import msgid
from triage.entrypoints.web import list_looks, list_places, typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.local_times import instant_in_form
from triage.services import call_backs, callers, follow_ups, openings, speaking_freely
from triage.services.actors import names_of
from triage.services.follow_ups import AT_A_VISIT, ON_THE_CALL, OWNER_ROLES, Attempt
from triage.storage.follow_ups import FollowUp
from triage.storage.sealed import showing_a_list
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("follow_ups", __name__)

Errors = dict[str | None, str]
Change = Callable[[UnitOfWork, FollowUp], object]
_caring = open_to("dispatcher", "clinician", "supervisor")
_SOON = timedelta(hours=24)
KIND_WORDS = (
    msgid("Advice"),
    msgid("Call back"),
    msgid("Care plan"),
    msgid("Clinician call"),
    msgid("Confirm contact"),
    msgid("Find place"),
    msgid("Outreach visit"),
    msgid("Referral"),
    msgid("Safety plan"),
    msgid("School check"),
    msgid("Stay on the line"),
    msgid("Supervision"),
    msgid("Supervisor told"),
)
"""What the rules that come with us plan; parts/follow_ups.html says them."""


@bp.get("/follow-ups")
@_caring
@showing_a_list()
def list_follow_ups() -> ResponseReturnValue:
    list_looks.note("follow_ups")
    me, owner, mine = current_person(), request.args.get("owner"), "mine" in request.args
    owner = owner if owner in OWNER_ROLES else None
    after = list_places.read(request.args.get("after", ""))
    with current_context().reading() as uow:
        whose = owner, me.account_id if mine else None
        found, more = follow_ups.open_ones(uow, *whose, after)
        sections = _sections(found, uow.now, me.role)
        if after is None:
            sections.append(_ended(*follow_ups.not_reached(uow, *whose)))
        return render_template(
            "follow_ups.html",
            sections=sections,
            more=list_places.written((found[-1].due_at, found[-1].id)) if more else "",
            is_first=after is None,
            roles=OWNER_ROLES,
            owner=owner,
            mine=mine,
            outcomes=FOLLOW_UP_OUTCOMES,
            agreed=_agreed,
            now=uow.now,
        )


def _agreed(it: FollowUp) -> str | None:
    """What was agreed at a visit or promised on the call; None for what a rule asks for."""
    return NEXT_CONTACTS.get(it.kind) if it.rule in (AT_A_VISIT, ON_THE_CALL) else None


def _sections(
    found: Sequence[FollowUp], now: datetime, my_role: str
) -> list[tuple[str, Sequence[FollowUp]]]:
    """Overdue, soon and later; within each, what the reader's own role owes comes first."""
    own_first = sorted(found, key=lambda it: it.owner_role != my_role)
    limits = (
        (msgid("Overdue"), now),
        (msgid("Due within 24 hours"), now + _SOON),
        (msgid("Later"), None),
    )
    sections: list[tuple[str, Sequence[FollowUp]]] = []
    for title, limit in limits:
        within = [it for it in own_first if limit is None or it.due_at < limit]
        own_first = [it for it in own_first if it not in within]
        sections.append((title, within))
    return sections


def _ended(gone: Sequence[FollowUp], more: bool) -> tuple[str, Sequence[FollowUp]]:
    latest = msgid("Ended, nobody was reached, the latest")
    return latest if more else msgid("Ended, nobody was reached"), gone


@bp.get("/follow-ups/<uuid:key>")
@_caring
def follow_up(key: UUID) -> ResponseReturnValue:
    return _page(key)


@bp.post("/follow-ups/<uuid:key>/attempts")
@_caring
def record_attempt(key: UUID) -> ResponseReturnValue:
    def record(uow: UnitOfWork, it: FollowUp) -> None:
        outcome, note = request.form.get("outcome", ""), request.form.get("note")
        attempt = Attempt(outcome, note, instant_in_form("next_due_at"))
        follow_ups.record_attempt(uow, current_context().centre, it, attempt)

    return _change(key, "attempt", record, msgid("What came of it is written down."))


@bp.post("/follow-ups/<uuid:key>/permissions")
@_caring
def set_permissions(key: UUID) -> ResponseReturnValue:
    ways = ("consent", "safe_to_call", "safe_to_text", "safe_to_leave_message")
    given = {way: request.form.get(way, "") for way in ways}

    def permit(uow: UnitOfWork, it: FollowUp) -> None:
        follow_ups.set_permissions(uow, it, given)

    return _change(key, "permissions", permit, msgid("The permissions are changed."))


def _change(key: UUID, form: str, change: Change, done: str) -> ResponseReturnValue:
    """Do it to the follow-up as it stood on the screen, or show its page with what is wrong.

    form -- the one that was sent, `attempt` or `permissions`: what was typed there is kept.
    """
    version = request.form.get("version", -1, type=int)
    try:
        current_context().do(
            current_person().actor,
            lambda uow: change(uow, follow_ups.unchanged(uow, key, version)),
        )
    except Refused as error:
        return _page(key, form, {error.field: str(error)}), 422
    except Conflict as error:
        return _page(key, form, {}, changed=str(error)), 409
    flash(spoken(done), "good")
    return redirect(f"/follow-ups/{key}")


def _page(
    key: UUID, sent: str = "", errors: Errors | None = None, changed: str | None = None
) -> str:
    context = current_context()
    # Notes of earlier attempts tell about a person: opening them is opening the call.
    context.do(
        current_person().actor,
        lambda uow: openings.note_opening(uow, context.centre, follow_ups.of_key(uow, key).call),
    )
    with context.reading() as uow:
        shown = follow_ups.of_key(uow, key)
        may_see = call_backs.may_see(current_person(), shown)
        return render_template(
            "follow_up.html",
            it=shown,
            callers=[one for one in shown.call.callers if not one.left_for_id] if may_see else None,
            quiet=may_see and speaking_freely.must_not_ring(uow, shown.call),
            relations=RELATIONS,
            third_parties=THIRD_PARTIES,
            call_back=CALL_BACK,
            language_name=callers.called,
            name=names_of(uow, [attempt.by for attempt in shown.attempts]),
            outcomes=FOLLOW_UP_OUTCOMES,
            most_tries=1 + len(context.centre.policy.not_reached_again_h),
            agreed=_agreed,
            now=uow.now,
            sent=sent,
            errors=errors or {},
            changed=changed,
            form=typed.again(),
        )

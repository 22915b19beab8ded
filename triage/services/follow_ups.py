"""What happens afterwards: planned by the rules, owned by somebody, done or overdue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from triage.domain import afterwards_wording
from triage.domain.codes import FOLLOW_UP_OUTCOMES, NEXT_CONTACTS
from triage.domain.contradictions import agreed
from triage.domain.errors import Conflict, NotFound, Refused
from triage.domain.lifecycle import FollowUpState
from triage.domain.words import msgid
from triage.services import assessments, outbox, partners, referrals
from triage.services.centre import Centre
from triage.services.list_pages import Place, first_of, later
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.follow_ups import (
    NOT_REACHED_FOLLOW_UP,
    OPEN_FOLLOW_UP,
    FollowUp,
    FollowUpAttempt,
)
from triage.storage.teams import Responder, Shift
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

CONSENT = ("not_asked", "given", "refused", "not_needed")
YES_NO_UNKNOWN = ("yes", "no", "unknown")
OWNER_ROLES = ("clinician", "case_worker", "dispatcher", "supervisor")
"""Whom a rule set may name as owner."""
AT_A_VISIT = "visit"
ON_THE_CALL = "promise"
"""Stand for the rule where no rule asked for it."""
NOTE_MAX = 4000
MOST_LISTED, MOST_NOT_REACHED = 300, 50
_LATELY = timedelta(days=14)
_STEPS = 1000
"""Room for the daily reminders of one due time among the steps of a follow-up's timers."""


def plan(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    result: Mapping[str, Any],
    since: datetime | None = None,
) -> None:
    """Make the follow-ups and partner notices that the assessment asks for, each once.

    since -- from when their times count, where the call is typed in long afterwards.
    """
    new = uow.new_under(call.id, FollowUp)
    of_it = select(FollowUp).where(FollowUp.call_id == call.id)
    planned_before = uow.session.scalars(of_it) if new is None else new
    known = {(made.rule, made.kind, made.what) for made in planned_before}
    answers = assessments.answers_of(uow, call)
    contacts = set()
    for planned in result["follow_ups"]:
        # Two rules that ask one owner for the same contact at the same time make one.
        contact = (planned["kind"], planned["owner"], planned["after_h"])
        made = (planned["rule"], planned["kind"], planned["what"]) in known
        if not made and contact not in contacts:
            due_at = (since or uow.now) + timedelta(hours=planned["after_h"])
            _make(uow, call, planned, due_at, answers)
        contacts.add(contact)
    for notice in result["notices"]:
        partners.notify(uow, centre, call, notice["partner"], notice["what"])


def agree(uow: UnitOfWork, call: Call, kind: str, due_at: datetime, owner: Responder) -> FollowUp:
    """What was agreed at a visit: whoever was there does it."""
    role = owner.role if owner.role in OWNER_ROLES else "clinician"
    planned = {"kind": kind, "what": str(NEXT_CONTACTS[kind]), "rule": AT_A_VISIT, "owner": role}
    planned["consent"] = "asked"
    follow_up = _make(uow, call, planned, due_at, assessments.answers_of(uow, call))
    follow_up.owner_id = owner.id
    return follow_up


def promise(uow: UnitOfWork, call: Call, kind: str, due_at: datetime, owner_role: str) -> FollowUp:
    """What was promised on a call, to be done by somebody of this role (OWNER_ROLES)."""
    planned = {"kind": kind, "what": str(NEXT_CONTACTS[kind]), "rule": ON_THE_CALL}
    planned |= {"owner": owner_role, "consent": "asked"}
    return _make(uow, call, planned, due_at, assessments.answers_of(uow, call))


def _make(
    uow: UnitOfWork,
    call: Call,
    planned: Mapping[str, Any],
    due_at: datetime,
    answers: Mapping[str, Any],
) -> FollowUp:
    def safe(way: str) -> str:
        answer = agreed(answers.get(f"safe_to_{way}"))
        return answer if answer in YES_NO_UNKNOWN else "unknown"

    follow_up = uow.add(
        FollowUp(
            call_id=call.id,
            kind=planned["kind"],
            what=planned["what"],
            rule=planned["rule"],
            owner_role=planned["owner"],
            due_at=due_at,
            state=FollowUpState.OPEN,
            consent="not_needed" if planned["consent"] == "not_needed" else "not_asked",
            safe_to_call=safe("call"),
            safe_to_text=safe("text"),
            safe_to_leave_message=safe("leave_message"),
        )
    )
    uow.set_timer("follow_up", follow_up, follow_up.due_at)
    uow.audit("follow_up.planned", follow_up, kind=follow_up.kind, owner=follow_up.owner_role)
    return follow_up


def end_all(uow: UnitOfWork, centre: Centre, call: Call) -> None:
    """It was no call of its own: nobody is to be rung about it."""
    open_ones = select(FollowUp).where(
        FollowUp.call_id == call.id, FollowUp.state == FollowUpState.OPEN
    )
    for follow_up in uow.session.scalars(open_ones):
        follow_up.state = FollowUpState.CANCELLED
        uow.audit("follow_up.cancelled", follow_up)
    referrals.end(uow, centre, call)


def is_due(uow: UnitOfWork, centre: Centre, follow_up: FollowUp, timer: Timer) -> None:
    """Remind the owner, and again once a day while nothing comes of it. A reminder that is a
    day late is not sent, at whatever hour the service came back: the list shows it overdue."""
    step = timer.step
    if follow_up.state is not FollowUpState.OPEN or uow.now < follow_up.due_at:
        return
    if step < _first_step(uow, follow_up):
        return  # it belongs to an earlier due time; the new one has reminders of its own
    again = uow.now + timedelta(hours=centre.policy.remind_again_h)
    if uow.now - timer.due_at >= again - uow.now:
        uow.audit("follow_up.reminder_missed", follow_up)
        uow.set_timer("follow_up", follow_up, again, step=step + 1)
        return
    owner = follow_up.owner if _reachable(follow_up.owner) else _owner(uow, follow_up)
    follow_up.owner = owner
    phone = owner.phone if owner else _desk_phone(centre, follow_up)
    uow.audit("follow_up.due", follow_up, reminded=phone is not None)
    if phone is not None:
        outbox.enqueue(
            uow,
            centre,
            kind="reminder",
            to=phone,
            to_role=follow_up.owner_role,
            body=afterwards_wording.follow_up_due(
                follow_up.call.reference,
                follow_up.kind,
                follow_up.due_at.astimezone(centre.policy.time_zone),
            ),
            priority=8,
            call_id=follow_up.call_id,
            responder_id=owner.id if owner else None,
            dedupe_key=f"follow_up:{follow_up.id}:{step}",
        )
    uow.set_timer("follow_up", follow_up, again, step=step + 1)


def _desk_phone(centre: Centre, follow_up: FollowUp) -> str | None:
    """Dispatchers and supervisors have no telephone on the roster: the desk's is texted."""
    at_the_desk = follow_up.owner_role in {"dispatcher", "supervisor"}
    return centre.policy.desk_phone if at_the_desk else None


def _first_step(uow: UnitOfWork, follow_up: FollowUp) -> int:
    """Each attempt begins a new series of reminders."""
    tried = select(func.count()).where(FollowUpAttempt.follow_up_id == follow_up.id)
    return _STEPS * (uow.session.scalar(tried) or 0)


def _reachable(owner: Responder | None) -> bool:
    return owner is not None and owner.opted_out_at is None and owner.retired_at is None


def _owner(uow: UnitOfWork, follow_up: FollowUp) -> Responder | None:
    """Who went to the call in that role; else somebody of that role who is on shift."""
    reachable = (Responder.opted_out_at.is_(None), Responder.retired_at.is_(None))
    went = (
        select(Responder)
        .join(Page, Page.responder_id == Responder.id)
        .join(Slot)
        .join(Dispatch)
        .where(
            Dispatch.call_id == follow_up.call_id,
            Page.state == "accepted",
            Responder.role == follow_up.owner_role,
            *reachable,
        )
        .order_by(Page.created_at.desc())
    )
    on_shift = (
        select(Responder)
        .join(Shift)
        .where(
            Responder.role == follow_up.owner_role,
            Shift.starts_at <= uow.now,
            Shift.ends_at > uow.now,
            *reachable,
        )
        .order_by(Responder.created_at, Responder.id)
    )
    return uow.session.scalars(went).first() or uow.session.scalars(on_shift).first()


@dataclass(frozen=True)
class Attempt:
    """What came of one try. next_due_at -- needed for `rescheduled`; where nobody was reached it
    comes back by itself without one."""

    outcome: str
    note: str | None = None
    next_due_at: datetime | None = None


def record_attempt(
    uow: UnitOfWork, centre: Centre, follow_up: FollowUp, attempt: Attempt
) -> FollowUpAttempt:
    """Write down a try. Not reached comes back, at a time that was chosen or by itself, until it
    was tried as often as the settings say."""
    if follow_up.state is not FollowUpState.OPEN:
        raise Conflict(msgid("this follow-up has ended already"))
    if attempt.outcome not in FOLLOW_UP_OUTCOMES:
        raise Refused(msgid("Choose what came of it."), "outcome")
    if attempt.outcome == "rescheduled" and attempt.next_due_at is None:
        raise Refused(msgid("When is it to be tried again?"), "next_due_at")
    if attempt.next_due_at is not None and attempt.next_due_at <= uow.now:
        raise Refused(msgid("The new time must lie ahead."), "next_due_at")
    if len(attempt.note or "") > NOTE_MAX:
        raise Refused(msgid("Shorten the note to %(count)s characters.", count=NOTE_MAX), "note")
    again_at = attempt.next_due_at
    if attempt.outcome == "not_reached" and again_at is None:
        again_at = _try_again_at(uow, centre, follow_up)
    row = uow.add(
        FollowUpAttempt(
            follow_up_id=follow_up.id,
            outcome=attempt.outcome,
            by=uow.actor,
            next_due_at=again_at,
            note=(attempt.note or "").strip() or None,
        )
    )
    if again_at is not None and attempt.outcome in {"rescheduled", "not_reached"}:
        follow_up.due_at = again_at
        uow.set_timer("follow_up", follow_up, again_at, step=_first_step(uow, follow_up))
    else:
        follow_up.state = FollowUpState(attempt.outcome)
    uow.audit("follow_up.tried", follow_up, outcome=attempt.outcome)
    return row


def tries_in_vain(follow_up: FollowUp) -> int:
    return sum(one.outcome == "not_reached" for one in follow_up.attempts)


def _try_again_at(uow: UnitOfWork, centre: Centre, follow_up: FollowUp) -> datetime | None:
    """After this try in vain; None where it was the last."""
    distances, before = centre.policy.not_reached_again_h, tries_in_vain(follow_up)
    if before >= len(distances):
        return None
    return uow.now + timedelta(hours=distances[before])


def set_permissions(uow: UnitOfWork, follow_up: FollowUp, given: Mapping[str, str]) -> None:
    """Consent, and which ways of contact are safe."""
    wrong = given["consent"] not in CONSENT or any(
        given[way] not in YES_NO_UNKNOWN
        for way in ("safe_to_call", "safe_to_text", "safe_to_leave_message")
    )
    if wrong:
        raise Refused(msgid("Choose one of the answers offered."), "consent")
    follow_up.consent = given["consent"]
    follow_up.safe_to_call = given["safe_to_call"]
    follow_up.safe_to_text = given["safe_to_text"]
    follow_up.safe_to_leave_message = given["safe_to_leave_message"]
    uow.audit("follow_up.permissions", follow_up, given=dict(given))


def unchanged(uow: UnitOfWork, key: UUID, version: int) -> FollowUp:
    """The follow-up as it stood on the screen. Raises Conflict if it changed since."""
    follow_up = uow.get(FollowUp, key)
    if follow_up.version != version:
        raise Conflict(msgid("somebody else changed this follow-up: look at it again"))
    return follow_up


def open_ones(
    uow: UnitOfWork,
    owner_role: str | None = None,
    account_id: UUID | None = None,
    after: Place | None = None,
) -> tuple[Sequence[FollowUp], bool]:
    """What is still to be done, the most overdue first, a page of it; and is there more?

    owner_role -- who owes it; account_id -- who in person; after -- the last of the page before.
    """
    query = _of(owner_role, account_id).where(OPEN_FOLLOW_UP)
    if after is not None:
        query = query.where(later(FollowUp.due_at, FollowUp.id, after))
    query = query.order_by(FollowUp.due_at, FollowUp.id).limit(MOST_LISTED + 1)
    return first_of(uow.session.scalars(query).all(), MOST_LISTED)


def _of(owner_role: str | None, account_id: UUID | None) -> Select[FollowUp]:
    query = _whole()
    if owner_role is not None:
        query = query.where(FollowUp.owner_role == owner_role)
    if account_id is not None:
        query = query.join(FollowUp.owner).where(Responder.account_id == account_id)
    return query


def not_reached(
    uow: UnitOfWork, owner_role: str | None = None, account_id: UUID | None = None
) -> tuple[Sequence[FollowUp], bool]:
    """What ended lately, and nobody was reached: the latest; is there more? Whose: `open_ones`."""
    query = _of(owner_role, account_id).where(
        NOT_REACHED_FOLLOW_UP, FollowUp.due_at > uow.now - _LATELY
    )
    query = query.order_by(FollowUp.due_at.desc(), FollowUp.id).limit(MOST_NOT_REACHED + 1)
    return first_of(uow.session.scalars(query).all(), MOST_NOT_REACHED)


def of_key(uow: UnitOfWork, key: UUID) -> FollowUp:
    """Raises NotFound."""
    follow_up = uow.session.scalar(_whole().where(FollowUp.id == key))
    if follow_up is None:
        raise NotFound(msgid("no such follow-up"))
    return follow_up


def _whole() -> Select[FollowUp]:
    """With everything that a page shows of it, in three queries however many there are."""
    return select(FollowUp).options(
        joinedload(FollowUp.call).load_only(Call.reference, Call.zone, Call.rule_set),
        joinedload(FollowUp.owner).joinedload(Responder.team),
        selectinload(FollowUp.attempts),
    )

"""Referrals that partners have not taken yet: they answer by text, are reminded once, and then the
desk finds somebody. So it does at once where no partner is there. A referral outlives its call."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from triage.domain import afterwards_wording
from triage.domain.errands import REFERRAL_ENDS
from triage.domain.errors import Conflict, Refused
from triage.domain.sms_replies import Verb, parse
from triage.domain.texts import Text
from triage.domain.words import Named, msgid
from triage.services import errands, outbox
from triage.services.centre import Centre
from triage.services.reply_actions import Answered
from triage.storage.calls import Call
from triage.storage.errands import Errand
from triage.storage.teams import Partner
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

KIND = "referral"
REMINDS = "referral_remind"
PRIORITY = 7
_REFERENCE = re.compile(r"\b(\d{6}-[0-9A-Z]{6})\b", re.IGNORECASE)
_OPEN = ("waits", "refused")
_SAID = {1: "accepted", 2: "refused", Verb.ACCEPT: "accepted", Verb.DECLINE: "refused"}


def is_known(uow: UnitOfWork, call: Call, kind: str, what: str) -> bool:
    """Was this referral made before, whatever became of it?"""
    made = (
        one for errand in errands.of_call(uow, call) if errand.kind == KIND for one in _of(errand)
    )
    return any((one["partner"], one["what"]) == (kind, what) for one in made)


def _of(errand: Errand) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = errand.details["referrals"]
    return found


def owe(
    uow: UnitOfWork, centre: Centre, call: Call, kind: str, what: str, partner: Partner | None
) -> None:
    """partner -- who was told; None where nobody is there: then the desk is to find somebody."""
    wait = timedelta(hours=centre.policy.partner_answer_h)
    due_at = uow.now + 2 * wait if partner else uow.now
    told = {"id": str(partner.id), "name": partner.name} if partner else {}
    fresh = {"partner": kind, "what": what, "state": "waits", "by": due_at.isoformat()} | told
    errand = errands.waiting(uow, call, KIND)
    if errand is None:
        errand = errands.add(uow, call, KIND, due_at, referrals=[fresh])
    else:
        errand.details = {"referrals": [*_of(errand), fresh]}
        uow.audit("referral.more", errand, referrals=[fresh])
        errands.next_turn(uow, errand, min(errand.due_at, due_at))
    if partner is not None:
        uow.set_timer(REMINDS, errand, uow.now + wait, step=len(_of(errand)), priority=PRIORITY)


def tell(
    uow: UnitOfWork, centre: Centre, call: Call, partner: Partner, what: str, again: bool = False
) -> None:
    line = Named(centre.policy.partner_line)
    body = afterwards_wording.partner_notice(
        call.reference, what, centre.policy.centre_name, line, again=again
    )
    _text(uow, centre, call, partner, body, f"{what}{':again' if again else ''}")


def _text(
    uow: UnitOfWork, centre: Centre, call: Call, partner: Partner, body: Text, about: str
) -> None:
    """about -- what is said to them once for each call."""
    outbox.enqueue(
        uow,
        centre,
        kind="notice",
        to=partner.phone or "",
        to_role="partner",
        body=body,
        priority=PRIORITY,
        call_id=call.id,
        partner_id=partner.id,
        dedupe_key=f"notice:{call.id}:{partner.id}:{about}",
    )


def _tell_not_needed(
    uow: UnitOfWork, centre: Centre, call: Call, ended: Iterable[Mapping[str, Any]]
) -> None:
    """Partners who have the text and have not said no do not go on with it."""
    for one in ended:
        if one["state"] == "waits" and "id" in one:
            body = afterwards_wording.referral_not_needed(call.reference)
            partner = uow.get(Partner, UUID(one["id"]))
            _text(uow, centre, call, partner, body, f"{one['what']}:ended")


def _remind(uow: UnitOfWork, centre: Centre, timer: Timer) -> None:
    """Once, whoever has said nothing."""
    errand = uow.get(Errand, timer.subject_id)
    one = _of(errand)[timer.step - 1]
    if errand.ended_at is None and one["state"] == "waits":
        partner = uow.get(Partner, UUID(one["id"]))
        tell(uow, centre, errand.call, partner, one["what"], again=True)
        uow.audit("referral.reminded", errand, name=one["name"])


def settle(uow: UnitOfWork, centre: Centre, call: Call, number: int, outcome: str) -> None:
    """The desk writes down what became of one, the first being 0. Raises Refused, Conflict."""
    errand = errands.must_wait(uow, call, KIND)
    if outcome not in REFERRAL_ENDS:
        raise Refused(msgid("Choose what became of the referral."))
    if not 0 <= number < len(_of(errand)) or _of(errand)[number]["state"] not in _OPEN:
        raise Conflict(msgid("somebody has done this already"))
    if outcome == "not_needed":
        _tell_not_needed(uow, centre, call, [_of(errand)[number]])
    _move(uow, errand, [number], outcome)


def _move(uow: UnitOfWork, errand: Errand, numbers: Sequence[int], state: str) -> None:
    now = [{**one, "state": state} if at in numbers else one for at, one in enumerate(_of(errand))]
    errand.details = {"referrals": now}
    for number in numbers:
        one = now[number]
        uow.audit("referral.said", errand, partner=one["partner"], name=one.get("name"), said=state)
    if all(one["state"] not in _OPEN for one in now):
        errands.end(uow, errand, "settled")
    else:
        errands.next_turn(uow, errand, min(_due_at(one, uow.now) for one in open_ones(errand)))


def end(uow: UnitOfWork, centre: Centre, call: Call) -> None:
    """It was no call of its own: there is nothing to refer."""
    if (errand := errands.waiting(uow, call, KIND)) is not None:
        _tell_not_needed(uow, centre, call, _of(errand))
        errands.end(uow, errand, "closed")


_WAITS = Errand.kind == KIND, Errand.ended_at.is_(None)
_WAITING = (
    select(Errand)
    .where(*_WAITS)
    .options(joinedload(Errand.call))
    .order_by(Errand.due_at, Errand.id)
)
_IS_DUE = Errand.due_at <= bindparam("now")
_FOR_THE_DESK = _WAITING.where(_IS_DUE)
ANY = select(Errand.id).where(*_WAITS, _IS_DUE).exists()
"""For `desk_lists`: is there any?"""


def for_the_desk(uow: UnitOfWork) -> Sequence[Errand]:
    """Those that nobody has taken in time, or nobody is there for."""
    return uow.session.scalars(_FOR_THE_DESK, {"now": uow.now}).all()


def open_ones(errand: Errand) -> Sequence[Mapping[str, Any]]:
    return [one for one in _of(errand) if one["state"] in _OPEN]


def _due_at(one: Mapping[str, Any], now: datetime) -> datetime:
    """When the desk is to find somebody: at once where a partner has said no."""
    return now if one["state"] == "refused" else datetime.fromisoformat(one["by"])


def is_the_desks(one: Mapping[str, Any], now: datetime) -> bool:
    return one["state"] in _OPEN and _due_at(one, now) <= now


def heard(uow: UnitOfWork, centre: Centre, from_index: bytes, body: str) -> Answered | None:
    """A partner's answer to a referral; None for any other text."""
    of_phone = select(Partner.id).where(
        Partner.phone_index == from_index, Partner.retired_at.is_(None)
    )
    theirs = {str(key) for key in uow.session.scalars(of_phone)}
    if not theirs:
        return None
    named = _REFERENCE.search(body)
    reply = parse(_REFERENCE.sub(" ", body))
    said = _SAID.get(reply.verb or reply.digit or 0)
    meant = {
        errand: found for errand in uow.session.scalars(_WAITING) if (found := _to(errand, theirs))
    }
    if named:
        meant = {one: at for one, at in meant.items() if one.call.reference == named[1].upper()}
    if said is None or not meant:
        return None
    if len(meant) > 1:
        first = next(iter(meant)).call.reference
        return Answered("not_understood", afterwards_wording.which_referral(first))
    ((errand, numbers),) = meant.items()
    _move(uow, errand, numbers, said)
    reference = errand.call.reference
    if said == "refused":
        return Answered("declined", afterwards_wording.referral_refused(reference), errand.call)
    taken = afterwards_wording.referral_taken(reference, Named(centre.policy.partner_line))
    return Answered("accepted", taken, errand.call)


def _to(errand: Errand, partners: set[str]) -> list[int]:
    """The open ones of these partners, by number."""
    return [
        at
        for at, one in enumerate(_of(errand))
        if one.get("id") in partners and one["state"] in _OPEN
    ]


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {REMINDS: _remind}

"""Texts on their way: claimed, handed to the provider, and what came of it written down.

Who talks to the provider waits for a network, and holds no connection of the database meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, runtime_checkable

import structlog
from sqlalchemy.exc import DBAPIError

from triage.context import AppContext
from triage.domain.delivery import NO_CONNECTION
from triage.domain.errors import CommitInDoubt, Conflict
from triage.domain.phone_network import OutboundSms, Outcome, Refused, Unknown, hand_over
from triage.entrypoints.worker.stopwatch import elapsed_s
from triage.entrypoints.worker.told import ACTOR, described
from triage.services import claims, settling
from triage.services.centre import Centre
from triage.services.handing_over import ClaimedText
from triage.storage.unit_of_work import UnitOfWork

_ROUNDS = 100
"""Claims in a row that may come back empty before a step ends."""

log = structlog.get_logger("triage.worker")


@runtime_checkable
class Remembers(Protocol):
    """A telephone network that can be asked what it has taken."""

    def find(self, sms: OutboundSms, within_s: float) -> list[str] | None: ...


@runtime_checkable
class FarAway(Protocol):
    """A telephone network to which the connection of this machine may be cut."""

    def is_reached(self) -> bool: ...


@dataclass(frozen=True)
class InHand:
    """A claimed text that this worker has not been answered to yet."""

    claimed: ClaimedText
    since_s: float
    """On the clock of `elapsed_s`, before the claim began: so its lease ends no earlier."""

    def held_s(self) -> float:
        return elapsed_s() - self.since_s


@dataclass(frozen=True)
class Answer:
    """What the provider said to a text in hand."""

    claimed: ClaimedText
    outcome: Outcome | None
    """None: it was not handed over, only asked about."""
    found: list[str] | None = None

    @property
    def did_not_leave(self) -> bool:
        """Not a byte of it has left this machine."""
        outcome = self.outcome
        return isinstance(outcome, Refused) and outcome.reason.startswith(NO_CONNECTION)


def ask_provider(context: AppContext, text: InHand) -> Answer | None:
    """Hand a text over, or ask about one in doubt. Outside any transaction.

    None: this worker was held up for so long that the lease might end before the provider has
    answered. By now it may be withdrawn, or somebody else's: whoever claims it next finds out.
    """
    policy = context.centre.policy
    held_s = text.held_s()
    if held_s > policy.lease_s - policy.provider_timeout_s:
        log.warning("a text is left to its next claim", held_s=round(held_s, 1))
        return None
    claimed, phone = text.claimed, context.phone
    try:
        if claimed.attempt_id is not None:
            left_s = max(1, claimed.sms.validity_s - int(held_s))
            sms = replace(claimed.sms, validity_s=left_s)
            return Answer(claimed, hand_over(phone, sms))
        if isinstance(phone, Remembers):
            return Answer(claimed, None, phone.find(claimed.sms, claimed.in_doubt_s))
        return Answer(claimed, None)
    except Exception as error:
        log.error("a text is in doubt, it falls due again", **described(error))
        return Answer(claimed, Unknown(type(error).__name__) if claimed.attempt_id else None)


def write_down(uow: UnitOfWork, centre: Centre, answers: Sequence[Answer]) -> list[ClaimedText]:
    """Settle what was answered; returns second copies that are to be handed over now."""
    settled = [(one.claimed, one.outcome) for one in answers if one.outcome is not None]
    if settled:
        settling.settle_all(uow, centre, settled)
    doubtful = [one for one in answers if one.outcome is None]
    copies = [settling.resolve(uow, centre, one.claimed, one.found) for one in doubtful]
    return [copy for copy in copies if copy is not None]


def reaches_provider(context: AppContext) -> bool:
    """Where nobody can tell, as if it were reached."""
    return not isinstance(context.phone, FarAway) or context.phone.is_reached()


def claim_texts(
    context: AppContext,
    owner: str,
    limit: int,
    least_urgent: int = claims.LEAST_URGENT,
    *,
    look: bool = True,
    probes_only: bool = False,
) -> list[InHand]:
    """Up to `limit` due texts, or none where none is due.

    probes_only -- see `claims.claim`.
    look -- first, which disturbs no writer; whoever was told that something is due need not.
    """
    for _ in range(_ROUNDS):
        if look:
            with context.reading() as uow:
                if not claims.anything_due(uow, least_urgent, probes_only=probes_only):
                    break
        look = True
        since_s = elapsed_s()
        if claimed := _claim(context, owner, limit, least_urgent, probes_only):
            return [InHand(text, since_s) for text in claimed]
        # else all of them were put aside, or another worker has them in hand
    return []


def _claim(
    context: AppContext, owner: str, limit: int, least_urgent: int, probes_only: bool
) -> list[ClaimedText]:
    """All at once; if one of them cannot be claimed, each for itself."""

    def claim(uow: UnitOfWork, *, one_by_one: bool) -> list[ClaimedText]:
        how = {"one_by_one": one_by_one, "probes_only": probes_only}
        return claims.claim(uow, context.centre, owner, limit, least_urgent, **how)

    # Keyed: what was claimed by a commit in doubt falls due when its lease ends.
    try:
        return context.do(ACTOR, partial(claim, one_by_one=False), keyed=True)
    except (Conflict, CommitInDoubt, DBAPIError):
        raise
    except Exception as error:
        log.error("texts are claimed one by one", **described(error))
        return context.do(ACTOR, partial(claim, one_by_one=True), keyed=True)


def send_texts(context: AppContext, owner: str) -> None:
    """Send everything that is due, one after the other, and come back when it is done."""
    while in_hand := claim_texts(context, owner, 1):
        while in_hand:
            asked = [ask_provider(context, text) for text in in_hand]
            answers = [answer for answer in asked if answer is not None]
            in_hand = settle(context, answers) if answers else []


def settle(context: AppContext, answers: Sequence[Answer]) -> list[InHand]:
    """Write answers down; returns second copies that are to be handed over now."""
    since_s = elapsed_s()
    # Keyed: what is settled already is not settled again.
    copies = context.do(ACTOR, lambda uow: write_down(uow, context.centre, answers), keyed=True)
    return [InHand(copy, since_s) for copy in copies]

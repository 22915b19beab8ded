"""Does the provider work? While it does not, it is left alone but for a probe.

Texts and calls are two ways of it: where texts have to wait, telephones may still ring. What ails
a way as a whole says nothing about a text or a person: no text is given up for it and nobody is
passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, or_, select

from triage.domain.delivery import AttemptState, Whose, asks_for_time
from triage.domain.phone_network import Outcome, Refused, Sent, Unknown
from triage.domain.storm import must_wait, share_used
from triage.storage.attempts import Attempt, ProviderState
from triage.storage.unit_of_work import UnitOfWork

PROVIDER = "first"
"""The one there is; another would have rows of its own."""
SMS, VOICE = "sms", "voice"
_WAYS = {SMS: PROVIDER, VOICE: f"{PROVIDER}_voice"}
"""The row of each channel."""
_CHANNELS = {key: channel for channel, key in _WAYS.items()}
_HINDERED = select(
    ProviderState.provider,
    ProviderState.shut_since,
    ProviderState.probe_at,
    ProviderState.later_until,
).where(or_(ProviderState.shut_since.is_not(None), ProviderState.later_until > bindparam("now")))
_STATE = select(ProviderState).where(ProviderState.provider == bindparam("way"))
_LOCKED = _STATE.with_for_update().execution_options(populate_existing=True)
_AILING = select(ProviderState.id).where(
    ProviderState.provider == bindparam("way"),
    or_(ProviderState.doubts > 0, ProviderState.shut_since.is_not(None)),
)
_SHUT = select(ProviderState.provider, ProviderState.shut_since, ProviderState.reason).where(
    ProviderState.shut_since.is_not(None)
)
_REFUSED_SINCE = (
    select(Attempt.id)
    .where(
        Attempt.channel == bindparam("channel"),
        Attempt.state == AttemptState.REFUSED,
        Attempt.started_at > bindparam("since"),
        Attempt.ended_at > bindparam("since"),
    )
    .limit(1)
)
_IN_HAND = timedelta(seconds=1)
"""What was claimed no later than this after a way was shut was in hand already, and is no probe."""
PROBE_EVERY_S = 5.0
DOUBTS = 2
"""Handings over in a row of unknown outcome that shut a way: one may be a hiccup."""


class Leave(Enum):
    """What may be handed over now."""

    ALL = "all"
    PROBE = "probe"  # one text, the most urgent
    NONE = "none"


@dataclass(frozen=True)
class Passage:
    """What may be handed over now."""

    ways: Mapping[str, Leave]
    """By channel."""
    later: bool
    """Texts that can wait as well."""


def _state(uow: UnitOfWork, channel: str, lock: bool = False) -> ProviderState | None:
    return uow.session.scalar(_LOCKED if lock else _STATE, {"way": _WAYS[channel]})


def is_shut(uow: UnitOfWork, channel: str = SMS) -> bool:
    """Does what goes this way wait for the provider to come back?"""
    state = _state(uow, channel)
    return state is not None and state.shut_since is not None


def passage(uow: UnitOfWork) -> Passage:
    """By what is known of the provider, and of the texts that can wait."""
    rows = uow.session.execute(_HINDERED, {"now": uow.now}).all()
    probes = {row.provider: row.probe_at for row in rows if row.shut_since is not None}
    ways = {channel: _leave(uow, key in probes, probes.get(key)) for channel, key in _WAYS.items()}
    return Passage(ways, not any(must_wait(row.later_until, uow.now) for row in rows))


def note_later(uow: UnitOfWork, number: int, per_s: int) -> None:
    """So many texts that can wait were taken; per_s -- their share."""
    state = _known(uow, SMS)
    state.later_until = share_used(state.later_until, uow.now, number, per_s)


def _leave(uow: UnitOfWork, shut: bool, probe_at: datetime | None) -> Leave:
    if not shut:
        return Leave.ALL
    return Leave.PROBE if probe_at is None or probe_at <= uow.now else Leave.NONE


def probing(uow: UnitOfWork, channel: str) -> bool:
    """Take the probe that is due; False if somebody else has it already."""
    state = _state(uow, channel, lock=True)
    if state is None:
        return False
    if _leave(uow, state.shut_since is not None, state.probe_at) is not Leave.PROBE:
        return False
    state.probe_at = uow.now + timedelta(seconds=PROBE_EVERY_S)
    return True


def probe_now(uow: UnitOfWork, channel: str) -> None:
    """What was just put into this way cannot wait as long as the provider asks for."""
    if is_shut(uow, channel):
        _known(uow, channel).probe_at = uow.now


def away_since(uow: UnitOfWork) -> Sequence[datetime]:
    """Since when, of each way that takes nothing. One that has asked for time is told only once a
    probe after that was refused as well."""
    shut = uow.session.execute(_SHUT).all()
    return [row.shut_since for row in shut if not _only_asks_for_time(uow, row)]


def waits_as_asked(uow: UnitOfWork, channel: str) -> bool:
    """Does what goes this way only wait for the time that the provider has asked for?"""
    shut = uow.session.execute(_SHUT.where(ProviderState.provider == _WAYS[channel])).first()
    return shut is not None and _only_asks_for_time(uow, shut)


def _only_asks_for_time(uow: UnitOfWork, shut: Any) -> bool:
    after = {"channel": _CHANNELS[shut.provider], "since": shut.shut_since + _IN_HAND}
    asks = asks_for_time(shut.reason)
    return asks and uow.session.scalar(_REFUSED_SINCE, after) is None


def note(uow: UnitOfWork, channel: str, outcome: Outcome) -> None:
    """Learn from what came of handing something over."""
    if isinstance(outcome, Unknown):
        state = _known(uow, channel)
        state.doubts += 1
        if state.doubts >= DOUBTS:
            _shut(uow, state, outcome.reason, PROBE_EVERY_S)
    elif isinstance(outcome, Refused) and outcome.whose is Whose.PROVIDER:
        state = _known(uow, channel)
        state.doubts = 0
        _shut(uow, state, outcome.reason, outcome.wait_s or PROBE_EVERY_S)
    elif isinstance(outcome, Sent):
        note_taken(uow, channel)
    else:  # of this text or this telephone: whether it takes others the next one tells
        probe_now(uow, channel)


def note_taken(uow: UnitOfWork, channel: str) -> None:
    """It took something, so it works. That it answers other questions would tell nothing."""
    if not uow.session.scalar(_AILING, {"way": _WAYS[channel]}):
        return  # mostly: no lock, no write
    state = _known(uow, channel)
    if state.shut_since is not None:
        away_s = int((uow.now - state.shut_since).total_seconds())
        uow.audit("provider.back", state, channel=channel, away_s=away_s)
    state.doubts, state.shut_since, state.probe_at, state.reason = 0, None, None, None


def note_cleared_up(uow: UnitOfWork, channel: str, started_at: datetime) -> None:
    """By its report the provider took what was in doubt: it works, whatever it answers. But what it
    took before it refused another tells nothing of now.

    started_at -- when that was handed over.
    """
    state = _state(uow, channel)
    shut_at = state.shut_since if state is not None else None
    in_doubt = state is not None and state.doubts >= DOUBTS
    if shut_at is None or in_doubt or started_at > shut_at:
        note_taken(uow, channel)


def _known(uow: UnitOfWork, channel: str) -> ProviderState:
    return _state(uow, channel, lock=True) or uow.add(
        ProviderState(provider=_WAYS[channel], doubts=0)
    )


def _shut(uow: UnitOfWork, state: ProviderState, reason: str, wait_s: float) -> None:
    if state.shut_since is None:
        state.shut_since = uow.now
        uow.audit("provider.away", state, channel=_CHANNELS[state.provider], reason=reason)
    state.reason = reason
    state.probe_at = uow.now + timedelta(seconds=wait_s)

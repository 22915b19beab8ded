"""Does the provider work? While it does not, it is left alone but for a probe.

What ails the provider as a whole says nothing about a text or a person: no text is given up
for it and nobody is passed over.
"""

from datetime import timedelta
from enum import Enum

from sqlalchemy import select

from triage.domain.delivery import Whose
from triage.domain.phone_network import Outcome, Refused, Unknown
from triage.storage.attempts import ProviderState
from triage.storage.unit_of_work import UnitOfWork

PROVIDER = "first"
"""The one there is; another would have a row of its own."""
PROBE_EVERY_S = 5.0
DOUBTS = 2
"""Handings over in a row of unknown outcome that shut a provider: one may be a hiccup."""


class Leave(Enum):
    """What may be handed to the provider now."""

    ALL = "all"
    PROBE = "probe"  # one text, the most urgent
    NONE = "none"


def _state(uow: UnitOfWork, lock: bool = False) -> ProviderState | None:
    query = select(ProviderState).where(ProviderState.provider == PROVIDER)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return uow.session.scalar(query)


def is_shut(uow: UnitOfWork) -> bool:
    """Do texts wait for the provider to come back?"""
    return _is_shut(_state(uow))


def _is_shut(state: ProviderState | None) -> bool:
    return state is not None and state.shut_since is not None


def leave(uow: UnitOfWork) -> Leave:
    state = _state(uow)
    if state is None or state.shut_since is None:
        return Leave.ALL
    due = state.probe_at is None or state.probe_at <= uow.now
    return Leave.PROBE if due else Leave.NONE


def probing(uow: UnitOfWork) -> bool:
    """Take the probe that is due; False if somebody else has it already."""
    state = _state(uow, lock=True)
    if state is None or leave(uow) is not Leave.PROBE:
        return False
    state.probe_at = uow.now + timedelta(seconds=PROBE_EVERY_S)
    return True


def note(uow: UnitOfWork, outcome: Outcome) -> None:
    """Learn from what came of handing something over."""
    if isinstance(outcome, Unknown):
        state = _known(uow)
        state.doubts += 1
        if state.doubts >= DOUBTS:
            _shut(uow, state, outcome.reason, PROBE_EVERY_S)
    elif isinstance(outcome, Refused) and outcome.whose is Whose.PROVIDER:
        _shut(uow, _known(uow), outcome.reason, max(outcome.wait_s or 0, PROBE_EVERY_S))
    else:
        note_answer(uow)


def note_answer(uow: UnitOfWork) -> None:
    """It answered as it should, so it works."""
    state = _state(uow)
    if state is None or not (state.doubts or state.shut_since):
        return  # mostly: no lock, no write
    state = _known(uow)
    if state.shut_since is not None:
        away_s = int((uow.now - state.shut_since).total_seconds())
        uow.audit("provider.back", state, away_s=away_s)
    state.doubts, state.shut_since, state.probe_at, state.reason = 0, None, None, None


def _known(uow: UnitOfWork) -> ProviderState:
    return _state(uow, lock=True) or uow.add(ProviderState(provider=PROVIDER, doubts=0))


def _shut(uow: UnitOfWork, state: ProviderState, reason: str, wait_s: float) -> None:
    if state.shut_since is None:
        state.shut_since = uow.now
        uow.audit("provider.away", state, reason=reason)
    state.reason = reason
    state.probe_at = uow.now + timedelta(seconds=wait_s)

"""What one person at the desk may end alone, by who was sent: was anybody there, has anybody got
the call, does anybody still come? Above routine everything else needs another's agreement."""

from collections.abc import Sequence
from typing import NamedTuple

from triage.domain.codes import BY_HAND, CANCELLED, NO_CALL
from triage.domain.lifecycle import ON_SITE, TAKEN, DispatchState, SlotState

UNSAFE = "unsafe"
"""The reason for which a team is called off at once."""
_WAS_THERE = ON_SITE | {SlotState.CLEARED}
_ENDED = frozenset({DispatchState.CLEARED, DispatchState.CANCELLED})
_GONE = _ENDED | {DispatchState.HANDED_OVER, DispatchState.UNFILLED}


class Sent(NamedTuple):
    """One response that was sent, with the states of its members' places.

    by_line -- a telephone line is to take the caller over; nobody comes.
    """

    state: DispatchState
    places: frozenset[SlotState]
    by_line: bool

    @property
    def was_there(self) -> bool:
        return not self.places.isdisjoint(_WAS_THERE) or self.state is DispatchState.CLEARED

    @property
    def has_it(self) -> bool:
        """In CAD, or on a line that took the caller over."""
        return self.state is DispatchState.HANDED_OVER

    @property
    def is_sure(self) -> bool:
        """Has somebody said that they come, or that they have it?"""
        return self.has_it or (self.comes and not self.places.isdisjoint(TAKEN))

    @property
    def comes(self) -> bool:
        """Would they be called off?"""
        return not self.by_line and self.state not in _GONE


def ends_alone(sent: Sequence[Sent], disposition: str, *, cancelling: bool) -> bool:
    """May a call above routine be closed so without anybody's agreement?

    cancelling -- an agreement to cancel it was asked for and waits.
    """
    if disposition == CANCELLED:
        return False
    if any(one.was_there for one in sent):
        return True
    if cancelling:
        return False
    if any(one.has_it for one in sent):
        moved = disposition == "other_agency" or not any(one.comes for one in sent)
        return disposition not in NO_CALL and moved
    return disposition != "no_response" and all(one.by_line for one in sent)


def may_be_dropped(dropped: Sent, others: Sequence[Sent], reason: str) -> bool:
    """May this response to a call above routine be cancelled by hand without agreement? Not where
    nobody would come any more, unless it is not safe for those who do; who has said that they come
    is called off alone only where another has said so too."""
    by_another_way = reason not in BY_HAND
    if by_another_way or reason == UNSAFE or dropped.by_line or dropped.state in _ENDED:
        return True
    somebody = any(one.is_sure or (one.comes and not dropped.is_sure) for one in others)
    return somebody or any(one.was_there for one in (dropped, *others))

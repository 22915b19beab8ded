"""The states of a dispatch, its slots, its pages and its texts, and the moves between them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from triage.domain.errors import Conflict
from triage.domain.words import Sentence, Spoken, listed, msgid

State = TypeVar("State", bound=StrEnum)
Moves = Mapping[State, frozenset[State]]


class CallState(StrEnum):
    ASKING = "asking"  # more answers are needed before anybody is paged; a timer runs
    OPEN = "open"
    CLOSED = "closed"
    REPLAYED = "replayed"  # from a file of past calls: assessed, nobody paged


class SlotState(StrEnum):
    SEEKING = "seeking"  # nobody is being asked yet, or the next is about to be
    PAGED = "paged"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    STAGED = "staged"  # waiting out of sight near the scene
    ON_SCENE = "on_scene"
    TRANSPORTING = "transporting"  # with the person, to a hospital or crisis centre
    WITHDRAWN = "withdrawn"  # had to leave, it was not safe: another slot took the place
    REPLACED = "replaced"  # relieved: another team has accepted in another slot
    CLEARED = "cleared"
    CANCELLED = "cancelled"
    UNFILLED = "unfilled"  # everybody said no or kept silent: a person must act


class DispatchState(StrEnum):
    SEEKING = "seeking"
    HALF_FORMED = "half_formed"  # part of the team has accepted
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    UNFILLED = "unfilled"
    HAND_OVER = "hand_over"  # a person must dispatch it in CAD, or transfer the caller
    HANDED_OVER = "handed_over"
    CLEARED = "cleared"
    CANCELLED = "cancelled"


class PageState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    PASSED_OVER = "passed_over"  # no answer in time, the next was asked
    UNDELIVERABLE = "undeliverable"
    WITHDRAWN = "withdrawn"  # cancelled, or somebody else has it


class PageKind(StrEnum):
    """What somebody is asked for."""

    TEAM = "team"  # to come, one after the other
    ALL_HANDS = "all_hands"  # to come, everybody at once: the first yes has it
    DIVERT = "divert"  # to come here instead of going where they are going
    SUPERVISOR = "supervisor"  # to take charge of finding somebody


class MessageState(StrEnum):
    READY = "ready"
    ATTEMPTING = "attempting"  # in a worker's hands
    UNKNOWN = "unknown"  # nobody knows whether the provider has taken it
    SENT = "sent"  # the provider has taken it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"  # refused for good
    EXPIRED = "expired"  # too old to help, never sent
    WITHDRAWN = "withdrawn"  # no longer true before it was sent


class FollowUpState(StrEnum):
    OPEN = "open"
    DONE = "done"
    NOT_REACHED = "not_reached"  # tried for the last time
    REFUSED = "refused"
    CANCELLED = "cancelled"  # there was no call to follow up


class SwapState(StrEnum):
    OFFERED = "offered"
    TAKEN = "taken"  # the colleague would have it; a supervisor has to agree
    AGREED = "agreed"  # it is the colleague's shift
    DECLINED = "declined"  # by the colleague
    REFUSED = "refused"  # by a supervisor
    WITHDRAWN = "withdrawn"  # by whoever offered it


_S = SlotState
_LEFT = frozenset({_S.WITHDRAWN, _S.REPLACED})
_WORKING = _LEFT | {
    _S.EN_ROUTE,
    _S.STAGED,
    _S.ON_SCENE,
    _S.TRANSPORTING,
    _S.CLEARED,
    _S.CANCELLED,
}
SLOT_MOVES: Moves[SlotState] = {
    _S.SEEKING: frozenset({_S.PAGED, _S.ACCEPTED, _S.UNFILLED, _S.CANCELLED}),
    _S.PAGED: frozenset({_S.SEEKING, _S.ACCEPTED, _S.UNFILLED, _S.CANCELLED}),
    _S.UNFILLED: frozenset({_S.SEEKING, _S.PAGED, _S.ACCEPTED, _S.CANCELLED}),
    _S.ACCEPTED: _WORKING | {_S.SEEKING},
    _S.EN_ROUTE: _WORKING - {_S.EN_ROUTE} | {_S.SEEKING},
    _S.STAGED: _WORKING - {_S.STAGED} | {_S.SEEKING},
    # Stepping back to wait out of sight is staging too.
    _S.ON_SCENE: _LEFT | {_S.STAGED, _S.TRANSPORTING, _S.CLEARED},
    _S.TRANSPORTING: _LEFT | {_S.CLEARED},
    _S.WITHDRAWN: frozenset(),
    _S.REPLACED: frozenset(),
    _S.CLEARED: frozenset(),
    _S.CANCELLED: frozenset(),
}
TAKEN = frozenset({_S.ACCEPTED, _S.EN_ROUTE, _S.STAGED, _S.ON_SCENE, _S.TRANSPORTING})
"""Somebody has this slot."""
ON_SITE = frozenset({_S.ON_SCENE, _S.TRANSPORTING})
WANTED = frozenset({_S.SEEKING, _S.PAGED, _S.UNFILLED})
"""Somebody must still be found for this slot."""
GONE = frozenset({_S.CANCELLED, _S.REPLACED, _S.WITHDRAWN})
"""This slot does not count any more; one that was left has another in its place."""


def leads_back(now: SlotState, to: SlotState) -> bool:
    """Are they there already, or further, so that this would undo what they have said?"""
    return now in ON_SITE and to not in SLOT_MOVES[now]


_P = PageState
PAGE_MOVES: Moves[PageState] = {
    _P.OPEN: frozenset({_P.ACCEPTED, _P.DECLINED, _P.PASSED_OVER, _P.UNDELIVERABLE, _P.WITHDRAWN}),
    # A late yes counts while nobody else has the slot; a late no only where
    # another round has begun, which then asks them nothing more.
    _P.PASSED_OVER: frozenset({_P.ACCEPTED, _P.DECLINED, _P.WITHDRAWN}),
    _P.DECLINED: frozenset({_P.ACCEPTED, _P.WITHDRAWN}),
    # A telephone that takes no text may ring, and a key says no.
    _P.UNDELIVERABLE: frozenset({_P.ACCEPTED, _P.DECLINED, _P.WITHDRAWN}),
    # Given back; or charge of a call, whose time is over.
    _P.ACCEPTED: frozenset({_P.DECLINED, _P.PASSED_OVER, _P.WITHDRAWN}),
    _P.WITHDRAWN: frozenset(),
}

_W = SwapState
SWAP_MOVES: Moves[SwapState] = {
    _W.OFFERED: frozenset({_W.TAKEN, _W.DECLINED, _W.WITHDRAWN}),
    _W.TAKEN: frozenset({_W.AGREED, _W.REFUSED, _W.DECLINED, _W.WITHDRAWN}),
    _W.AGREED: frozenset(),
    _W.DECLINED: frozenset(),
    _W.REFUSED: frozenset(),
    _W.WITHDRAWN: frozenset(),
}

_M = MessageState
MESSAGE_MOVES: Moves[MessageState] = {
    _M.READY: frozenset({_M.ATTEMPTING, _M.EXPIRED, _M.WITHDRAWN, _M.FAILED}),
    _M.ATTEMPTING: frozenset(
        {_M.READY, _M.UNKNOWN, _M.SENT, _M.DELIVERED, _M.UNDELIVERED, _M.FAILED}
    ),
    # READY only where a handing over turns out to have been refused.
    _M.UNKNOWN: frozenset(
        {_M.READY, _M.ATTEMPTING, _M.SENT, _M.DELIVERED, _M.UNDELIVERED, _M.FAILED, _M.WITHDRAWN}
    ),
    _M.SENT: frozenset({_M.DELIVERED, _M.UNDELIVERED}),
    _M.DELIVERED: frozenset(),
    _M.UNDELIVERED: frozenset({_M.DELIVERED}),
    _M.FAILED: frozenset(),
    _M.EXPIRED: frozenset(),
    _M.WITHDRAWN: frozenset(),
}


def check_move(moves: Moves[State], old: State, new: State) -> State:
    """Return `new`, or raise Conflict if nothing goes from `old` to it."""
    if new not in moves[old]:
        raise Conflict(msgid("cannot go from %(old)s to %(new)s", old=_words(old), new=_words(new)))
    return new


def dispatch_state_of(slots: Iterable[SlotState]) -> DispatchState:
    """What the slots of a paged dispatch amount to. Slots that were left do not count: others
    have taken their places. Without such a slot, nobody comes."""
    states = list(slots)
    live = [s for s in states if s not in GONE | {_S.CLEARED}]
    if not live:
        return _ended_as(states)
    if _S.UNFILLED in live:
        return DispatchState.UNFILLED
    taken = [s for s in live if s in TAKEN]
    if len(taken) < len(live):
        return DispatchState.HALF_FORMED if taken else DispatchState.SEEKING
    if any(s in {_S.ON_SCENE, _S.TRANSPORTING} for s in taken):
        return DispatchState.ON_SCENE
    if any(s in {_S.EN_ROUTE, _S.STAGED} for s in taken):
        return DispatchState.EN_ROUTE
    return DispatchState.ACCEPTED


def _ended_as(states: list[SlotState]) -> DispatchState:
    if _S.CLEARED in states:
        return DispatchState.CLEARED
    left = bool(states) and _LEFT.issuperset(states)
    return DispatchState.UNFILLED if left else DispatchState.CANCELLED


def _words(state: StrEnum) -> Spoken:
    return listed("", ['"', Sentence(state.value.replace("_", " ")), '"'])

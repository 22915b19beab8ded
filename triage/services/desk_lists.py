"""What waits for the desk beside its open calls.

Mostly there is none of it, and each board asks again and again: so whether there is any is asked
of all in one query, and only what there is is read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import select

from triage.services import (
    alarm_lists,
    by_radio,
    other_numbers,
    referrals,
    unread_replies,
    unsaved_calls,
    waiting,
)
from triage.services.centre import Centre
from triage.services.other_numbers import OtherNumber
from triage.services.unread_replies import Unread
from triage.services.unsaved_calls import UnsavedCall
from triage.storage.dispatches import Dispatch
from triage.storage.errands import Errand
from triage.storage.safety import Alarm
from triage.storage.unit_of_work import UnitOfWork

One = TypeVar("One")


@dataclass(frozen=True)
class DeskLists:
    alarms: Sequence[Alarm]
    texts: Sequence[Unread]
    """Unread texts that nobody could act on; cries for help first."""
    call_backs: Sequence[Dispatch]
    stood_down: Sequence[Errand]
    """Whom the desk has to tell by radio that they need not come."""
    referrals: Sequence[Errand]
    unverified: Sequence[OtherNumber]
    unsaved: Sequence[UnsavedCall]
    """Calls that are being taken, also by somebody who is gone."""


_ANY = select(
    alarm_lists.ANY.label("alarms"),
    unread_replies.ANY.label("texts"),
    waiting.ANY.label("call_backs"),
    by_radio.ANY.label("stood_down"),
    referrals.ANY.label("referrals"),
    other_numbers.ANY.label("unverified"),
    unsaved_calls.ANY.label("unsaved"),
    other_numbers.DESK_IS_VERIFIED.label("desk_is_verified"),
)


def desk_lists(uow: UnitOfWork, centre: Centre) -> DeskLists:
    """As of now."""
    desk = other_numbers.index_of_desk(centre)
    since = unsaved_calls.begun_since(uow.now)
    asked = {"now": uow.now, "index": desk, "begun_since": since}
    there = uow.session.execute(_ANY, asked).one()

    unverified = there.unverified or (desk is not None and not there.desk_is_verified)

    def read(is_any: bool, what: Callable[[UnitOfWork], Sequence[One]]) -> Sequence[One]:
        return what(uow) if is_any else ()

    return DeskLists(
        read(there.alarms, partial(alarm_lists.standing, centre=centre)),
        read(there.texts, unread_replies.waiting),
        read(there.call_backs, waiting.to_call_back),
        read(there.stood_down, by_radio.to_stand_down),
        read(there.referrals, referrals.for_the_desk),
        read(unverified, partial(other_numbers.unverified, centre=centre)),
        read(there.unsaved, partial(unsaved_calls.standing, centre=centre)),
    )

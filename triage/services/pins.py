"""A member's PIN: six digits after which a telephone call reads them what no text may carry.

Only a keyed index is kept, bound to the member. A slow hash would add nothing: whoever has the key
tries a million PINs in no time, whoever has not can try none.
"""

import hmac
from datetime import timedelta

from triage.domain.errors import Refused
from triage.domain.words import msgid
from triage.services.centre import Centre
from triage.storage.sealed import blind_index
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

LENGTH = 6
_ROWS = ("0123456789", "9876543210")


def set_pin(uow: UnitOfWork, member: Responder, written: str) -> None:
    """Raises Refused. A new PIN rests no longer than the old one did."""
    pin = written.strip()
    if not (pin.isascii() and pin.isdigit() and len(pin) == LENGTH):
        raise Refused(msgid("Write %(count)s digits.", count=LENGTH), "pin")
    easy = len(set(pin)) < 3 or any(pin in row for row in _ROWS)
    if easy or pin in (member.phone or ""):
        raise Refused(
            msgid("This is among the first that somebody would try. Choose another."), "pin"
        )
    member.pin_index = _index(member, pin)
    uow.audit("member.pin_set", member)


def _index(member: Responder, pin: str) -> bytes:
    return blind_index(f"pin:{member.id}", pin)


def rests(uow: UnitOfWork, member: Responder) -> bool:
    return member.pin_rests_until is not None and member.pin_rests_until > uow.now


def tries_left(centre: Centre, member: Responder) -> int:
    """How many wrong ones in a row it still takes until no PIN is taken for a while."""
    return centre.policy.pin_tries - member.pin_failures


def is_right(uow: UnitOfWork, member: Responder, digits: str) -> bool:
    """A right one ends the row of wrong ones."""
    if rests(uow, member) or member.pin_index is None:
        return False
    if not hmac.compare_digest(_index(member, digits), member.pin_index):
        return False
    member.pin_failures = 0
    return True


def count_wrong(uow: UnitOfWork, centre: Centre, member: Responder) -> None:
    """After too many in a row no PIN is taken for a while."""
    member.pin_failures += 1
    if member.pin_failures >= centre.policy.pin_tries:
        member.pin_failures = 0
        member.pin_rests_until = uow.now + timedelta(minutes=centre.policy.pin_rest_min)
        uow.audit("member.pin_rests", member)

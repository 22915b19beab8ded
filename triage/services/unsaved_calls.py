"""Calls that somebody at the desk is taking and has not saved yet: all others see that there are,
whoever takes one from the same number is told, and one of them goes on where whoever began is
gone."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select

from triage.domain.errors import Conflict, NotFound, TriageError
from triage.domain.words import msgid
from triage.services import held_calls, people
from triage.services.at_the_desk import unheard_min
from triage.services.centre import Centre
from triage.services.intake import fields_of, unfinished
from triage.services.intake_pages import is_empty, words
from triage.services.people import Person
from triage.storage.calls import TYPED_FORM, IntakeDraft
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

LISTED_FOR = timedelta(hours=12)
"""A long shift; what is older is offered to whoever began it, at intake."""
MOST = 20
_STANDING = TYPED_FORM, IntakeDraft.created_at > bindparam("begun_since")
ANY = select(IntakeDraft.id).where(*_STANDING).exists()
_OLDEST_FIRST = select(IntakeDraft).where(*_STANDING).order_by(IntakeDraft.created_at).limit(MOST)
_OF_OTHERS = _OLDEST_FIRST.where(
    IntakeDraft.phone_index == bindparam("number"), IntakeDraft.account_id != bindparam("own")
)


@dataclass(frozen=True)
class UnsavedCall:
    key: UUID
    account_id: UUID
    name: str
    """Who takes it."""
    since: datetime
    place: str
    """As the caller says it."""
    there: bool
    """Still signed in."""
    unheard_min: int | None
    """They are, and for so many minutes neither they nor a page of theirs was heard of."""

    @property
    def is_left(self) -> bool:
        """Nobody is typing it any more."""
        return not self.there or self.unheard_min is not None


def begun_since(now: datetime) -> datetime:
    return now - LISTED_FOR


def standing(uow: UnitOfWork, centre: Centre) -> Sequence[UnsavedCall]:
    """The oldest first, without those that were emptied again."""
    forms = uow.session.scalars(_OLDEST_FIRST, {"begun_since": begun_since(uow.now)}).all()
    typed = [(form, place) for form in forms if (place := _place(form)) is not None]
    return _shown(uow, centre, typed)


def of_number(
    uow: UnitOfWork, centre: Centre, person: Person, number: str
) -> Sequence[UnsavedCall]:
    """What others are taking of a caller who rings from there. number -- E.164."""
    return _beside(uow, centre, person, blind_index("phone", number))


def of_same_number(
    uow: UnitOfWork, centre: Centre, person: Person, key: UUID
) -> Sequence[UnsavedCall]:
    """The same, of the number that is kept of this person's own form."""
    own = uow.session.get(IntakeDraft, key)
    if own is None or own.phone_index is None or own.account_id != person.account_id:
        return ()
    return _beside(uow, centre, person, own.phone_index)


def _beside(uow: UnitOfWork, centre: Centre, person: Person, index: bytes) -> Sequence[UnsavedCall]:
    asked = {
        "begun_since": begun_since(uow.now),
        "number": index,
        "own": person.account_id,
    }
    forms = uow.session.scalars(_OF_OTHERS, asked).all()
    return _shown(uow, centre, [(form, _place(form) or "") for form in forms])


def of_person(uow: UnitOfWork, person: Person) -> list[tuple[UUID, str]]:
    """The key and place of what this person began, the latest first."""
    begun = unfinished(uow, person)
    since = begun_since(uow.now)
    placed = [(form.id, _place(form)) for form in begun if form.created_at > since]
    return [(key, place) for key, place in placed if place is not None]


def _place(form: IntakeDraft) -> str | None:
    """None where nothing stands on it; "" for a place that is not said, or cannot be read."""
    with suppress(TriageError):
        fields = fields_of(form)
        return None if is_empty(fields) else " ".join(words(fields).get("location", ()))
    return ""


def _shown(
    uow: UnitOfWork, centre: Centre, typed: Sequence[tuple[IntakeDraft, str]]
) -> list[UnsavedCall]:
    keys = {form.account_id for form, _ in typed}
    names = held_calls.names_of(uow, keys) if keys else {}
    heard = people.heard_of(uow, centre, keys) if keys else {}
    return [
        UnsavedCall(
            form.id,
            form.account_id,
            names.get(form.account_id, ""),
            form.created_at,
            place,
            form.account_id in heard,
            unheard_min(uow, heard.get(form.account_id)),
        )
        for form, place in typed
    ]


def go_on(uow: UnitOfWork, centre: Centre, person: Person, key: UUID) -> UnsavedCall | None:
    """Go on with what somebody began who is gone; None where it is this person's already. Raises
    Conflict while they are there, and where it became a call or was thrown away."""
    form = uow.session.get(IntakeDraft, key, with_for_update=True)
    if form is None:
        raise NotFound(msgid("no such form"))
    if form.account_id == person.account_id:
        return None
    if form.call_id is not None or form.form is None:
        raise Conflict(msgid("this form became a call already, or was thrown away"))
    (found,) = _shown(uow, centre, [(form, _place(form) or "")])
    if not found.is_left:
        raise Conflict(msgid("%(name)s is still taking this call", name=found.name))
    form.taken_from, form.account_id = form.account_id, person.account_id
    uow.audit("intake.taken_over", form, from_whom=f"account:{found.account_id}")
    return found

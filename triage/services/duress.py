"""Under duress: an ordinary text with a word of their own in it, an ordinary answer, and an alarm
of which nobody learns who can read their phone or their partner's.

Only a keyed index of the word is kept, bound to the member; texts are kept without it.
"""

from collections.abc import Iterable

from triage.domain import duress_words
from triage.domain.alarms import AlarmKind
from triage.domain.sms_replies import parse
from triage.services import alarms, field_texts
from triage.services.centre import Centre
from triage.storage.sealed import blind_index
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork


def set_word(uow: UnitOfWork, member: Responder, written: str) -> None:
    """Raises Refused."""
    member.duress_index = _index(member, duress_words.fit(written))
    uow.audit("member.duress_word_set", member)


def forget_word(uow: UnitOfWork, member: Responder) -> None:
    if member.duress_index is not None:
        member.duress_index = None
        uow.audit("member.duress_word_forgotten", member)


def _index(member: Responder, word: str) -> bytes:
    return blind_index(f"duress:{member.id}", word)


def _is_theirs(member: Responder, words: Iterable[str]) -> bool:
    return any(_index(member, word) == member.duress_index for word in words)


def listen(uow: UnitOfWork, centre: Centre, member: Responder, body: str) -> str:
    """The text without their word, to be answered as it stands. If the word was in it, or a slip
    of it, the alarm is raised before: nothing that becomes of the text can undo it."""
    if member.duress_index is None:
        return body
    words = duress_words.said_in(body)
    said = [word for word in words if _is_theirs(member, {word})]
    said = said or [word for word in words if _is_theirs(member, duress_words.mistyped(word))]
    if not said:
        return body
    rest = duress_words.without(body, said[0])
    code = parse(rest).code
    pages = field_texts.about(uow, member, code)
    alarms.raise_on(uow, centre, AlarmKind.DURESS, member, pages, code)
    return rest

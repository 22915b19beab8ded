"""Who the person in crisis is, and who rings, as it is said when somebody asks again: more of it or
otherwise. None is written onto a call that is closed: what was said there may have been erased."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from triage.domain import safety_wording
from triage.domain.contradictions import UNKNOWN, agreed, answered_by_caller
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import FollowUpState
from triage.domain.people_of_call import (
    AGE_FACT,
    CALL_BACK,
    LANGUAGE_FACT,
    LANGUAGES,
    RELATIONS,
    SAFE_WAYS,
    People,
    Subject,
    implied,
)
from triage.domain.words import Named, Spoken, listed, msgid
from triage.services import (
    assessments,
    by_radio,
    callers,
    calls,
    corrections,
    follow_ups,
    second_callers,
)
from triage.services.actors import names_of
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.services.stand_downs import tell
from triage.storage.calls import Call, Caller, CallSubject
from triage.storage.follow_ups import FollowUp
from triage.storage.unit_of_work import UnitOfWork

Say = Callable[[Spoken], str]
"""A sentence in the language of whoever types."""


@dataclass(frozen=True)
class CallerSaid:
    """Who rings, all of it: what is not in it is not known any more."""

    name: str | None
    language: str | None
    people: People


def write_subject(
    uow: UnitOfWork, centre: Centre, call: Call, told: Subject, version: int, say: Say
) -> Sequence[str] | None:
    """Write down who the call is about. What stood before is kept with the first caller's words.

    version -- of the person as they stood on the screen, 0 for none. Returns what `_heed` does.
    Raises Refused for what is no choice or stands already, Conflict where somebody was faster.
    """
    must_be_open(call)
    person, before = call.subject, _heard(centre, call)
    if version != (person.version if person else 0):
        raise Conflict(msgid("what is known of the person was written down meanwhile"))
    ages = centre.vocabulary.facts[AGE_FACT].by_value if told.age else {}
    _must_be_one_of(LANGUAGES, told.language, "subject_language")
    _must_be_one_of(ages, told.age, "subject_age")
    if person is None:
        _note_subject(uow, call, told)
        lost = []
    else:
        lost = _change(centre, person, vars(told))
        second_callers.person_stays(call)
    if lost:
        first, who = call.callers[0], listed(", ", lost)
        kept = say(msgid("The person in crisis, as it was said before: %(who)s", who=who))
        first.said = "\n".join(filter(None, (first.said, kept)))
    uow.audit("call.person_corrected" if lost else "call.person_written", call)
    return _heed(uow, centre, call, before)


def _note_subject(uow: UnitOfWork, call: Call, told: Subject) -> None:
    if not told.is_known:
        raise Refused(msgid("Write at least one thing about them."), "subject_name")
    callers.add_subject(uow, call, People(subject=told))
    uow.session.flush()
    uow.session.expire(call, ["subject"])


def write_caller(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    key: UUID,
    said: CallerSaid,
    version: int,
    say: Say,
) -> Sequence[str] | None:
    """Write down who rings and how they may be reached. What stood before is kept beside it.

    Returns and raises as `write_subject`.
    """
    must_be_open(call)
    caller, before = callers.of_call(call, key), _heard(centre, call)
    if caller.version != version:
        raise Conflict(msgid("what is known of this caller was written down meanwhile"))
    _must_be_one_of(LANGUAGES, said.language, "language")
    people = said.people
    callers.check(people)
    told = {
        "name": said.name,
        "relation": people.relation,
        "language": said.language,
        "interpreter": people.interpreter,
        "call_back": list(people.call_back),
    }
    if lost := _change(centre, caller, told):
        was = [say(one) if isinstance(one, Spoken) else one for one in lost]
        caller.former_phones = "\n".join(filter(None, [*was, caller.former_phones]))
    uow.audit("caller.corrected" if lost else "caller.completed", caller)
    return _heed(uow, centre, call, before)


def add_words(uow: UnitOfWork, centre: Centre, call: Call, key: UUID, words: str) -> None:
    """Keep what a caller says further, with when and by whom it was written, and assess the call:
    its words may bring questions forward. Raises Refused for none."""
    must_be_open(call)
    caller = callers.of_call(call, key)
    if not words:
        raise Refused(msgid("Write what they say."), "said")
    at = f"{uow.now.astimezone(centre.policy.time_zone):%H:%M}"
    line = f"{at}, {names_of(uow, [uow.actor])(uow.actor)}: {words}"
    caller.said = "\n".join(filter(None, (caller.said, line)))
    uow.audit("caller.said_more", caller)
    calls.assess(uow, centre, call)


def _must_be_one_of(choices: Collection[str], chosen: str | None, field: str) -> None:
    if chosen and chosen not in choices:
        raise Refused(msgid("Choose one from the list."), field)


def _change(
    centre: Centre, row: Caller | CallSubject, told: Mapping[str, Any]
) -> list[Spoken | str]:
    """Returns in words what stood before and does not any more."""
    stood = {name: getattr(row, name) or None for name in told}
    changed = {
        name: value or None for name, value in told.items() if (value or None) != stood[name]
    }
    if not changed:
        raise Refused(msgid("All of this stands here already."))
    for name, value in changed.items():
        setattr(row, name, value)
    return [_words(centre, name, stood[name]) for name in changed if stood[name]]


def _words(centre: Centre, name: str, value: Any) -> Spoken | str:
    if name == "age":
        known = centre.vocabulary.facts[AGE_FACT].by_value.get(value)
        return Named(known.label) if known else str(value)
    if name == "call_back":
        return listed(", ", [CALL_BACK.get(way, way) for way in value])
    if name == "interpreter":
        return msgid("interpreter needed")
    names = {"language": LANGUAGES, "relation": RELATIONS}.get(name, {})
    return names.get(value) or str(value)


def _heard(centre: Centre, call: Call) -> tuple[str | None, dict[str, str]]:
    """What whoever comes has to speak, and the answers that lie in what is known of the people."""
    first, subject = call.callers[0], call.subject
    people = People(
        relation=first.relation,
        interpreter=any(one.interpreter for one in call.callers if one.left_for_id is None),
        call_back=tuple(first.call_back or ()),
        subject=Subject(age=subject.age, interpreter=bool(subject.interpreter))
        if subject
        else Subject(),
    )
    spoken = (subject and subject.language) or first.language
    return spoken, implied(centre.vocabulary.facts, people)


def _heed(
    uow: UnitOfWork, centre: Centre, call: Call, before: tuple[str | None, Mapping[str, str]]
) -> Sequence[str] | None:
    """Assess the call where this answers one of its questions otherwise. Where another language is
    spoken or an interpreter needed, whoever has the call and a phone here is texted that it is so.
    Returns the units that the radio has to tell; None where nobody has to be told.

    before -- as of `_heard`.
    """
    spoken, heard = _heard(centre, call)
    if spoken != before[0]:
        call.language = spoken
    if news := _news(assessments.answers_of(uow, call), before[1], heard):
        calls.add_answers(uow, centre, call, news)
        _permit(uow, call, news)
    elif spoken != before[0]:
        calls.assess(uow, centre, call)
    if (spoken, heard.get(LANGUAGE_FACT)) == (before[0], before[1].get(LANGUAGE_FACT)):
        return None
    for slot in corrections.with_phones(uow, call):
        tell(uow, centre, slot, safety_wording.language_corrected(call.code), priority=0)
    return by_radio.under_way(uow, call)


def _news(
    standing: Mapping[str, Any], before: Mapping[str, str], now: Mapping[str, str]
) -> dict[str, Any]:
    """What is not said any more is not known, unless it was answered otherwise meanwhile."""
    news: dict[str, Any] = {
        fact: answered_by_caller(standing.get(fact), value)
        for fact, value in now.items()
        if before.get(fact) != value
    }
    gone = {fact for fact, value in before.items() if standing.get(fact) == value} - set(now)
    return {
        fact: value
        for fact, value in (news | dict.fromkeys(gone, UNKNOWN)).items()
        if value != standing.get(fact)
    }


def _permit(uow: UnitOfWork, call: Call, news: Mapping[str, Any]) -> None:
    """What is planned already keeps to how the caller may be reached now."""
    open_ones = select(FollowUp).where(
        FollowUp.call_id == call.id, FollowUp.state == FollowUpState.OPEN
    )
    given = {way: agreed(news[way]) for way in SAFE_WAYS if way in news}
    given = {
        way: said if said in follow_ups.YES_NO_UNKNOWN else UNKNOWN for way, said in given.items()
    }
    for one in uow.session.scalars(open_ones).all() if given else ():
        now = {name: getattr(one, name) for name in ("consent", *SAFE_WAYS)}
        follow_ups.set_permissions(uow, one, now | given)

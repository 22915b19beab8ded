"""A form became a call in one tab, and in another more was typed on it: that is added to the call,
which stays one, and its caller one person."""

from triage.domain.contradictions import CALLER, heard_from
from triage.domain.gazetteer import plain
from triage.domain.people_of_call import Subject
from triage.services import assessments, callers, calls, second_callers
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork


def add(uow: UnitOfWork, centre: Centre, call: Call, new: NewCall) -> None:
    """Keep beside what the call has what is not in it. Where it says otherwise who rings, from
    where or about whom, both are kept as with a second caller.

    Raises Conflict for a call that is closed.
    """
    must_be_open(call)
    if _of_one_caller(centre, call, new):
        _add(uow, centre, call, new)
    else:
        second_callers.attach(uow, centre, call, new)


def _add(uow: UnitOfWork, centre: Centre, call: Call, new: NewCall) -> None:
    first, told = call.callers[0], new.people.third_party
    if beyond := _beyond(call.narrative or "", new.narrative or ""):
        first.said = "\n".join(filter(None, (first.said, beyond)))
    number, _ = callers.kept_number(centre, told.phone)
    known = [(one.name, one.phone) for one in call.third_parties]
    if told.is_known and (told.name, number) not in known:
        callers.add_third_party(uow, centre, first, told)
    uow.audit("call.words_added", call)
    standing = assessments.answers_of(uow, call)
    heard = {name: heard_from(standing.get(name), one, CALLER) for name, one in new.facts.items()}
    if news := {name: said for name, said in heard.items() if said != standing.get(name)}:
        calls.add_answers(uow, centre, call, news)
    else:
        calls.assess(uow, centre, call)


def _beyond(stands: str, typed: str) -> str:
    """The words that the call does not have."""
    return "" if typed in stands else typed.removeprefix(stands).strip()


def _of_one_caller(centre: Centre, call: Call, new: NewCall) -> bool:
    """Does nothing differ that is kept of a caller as a whole?"""
    first, people, subject = call.callers[0], new.people, call.subject
    number, _ = callers.kept_number(centre, new.caller_phone)
    whom = subject and Subject(
        subject.name, subject.about, subject.age, subject.language, bool(subject.interpreter)
    )
    position = None if new.latitude is None else (new.latitude, new.longitude)
    given_and_kept = (
        (number, first.phone),
        (new.caller_name, first.name),
        (plain(new.location or ""), plain(call.location or "")),
        (new.zone, call.zone),
        (new.match, call.match),
        (position, call.position),
        (new.external_id, call.external_id),
        (new.language, first.language),
        (people.relation, first.relation),
        (people.interpreter, bool(first.interpreter)),
        (list(people.call_back), first.call_back),
        (people.subject if people.subject.is_known else None, whom),
    )
    return all(not given or given == kept for given, kept in given_and_kept)

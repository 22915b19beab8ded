"""Whoever rings about a call, whom it is about, and others who are there or can help, noted on the
call's page."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from triage.domain.errors import Refused
from triage.domain.people_of_call import People
from triage.domain.words import listed, msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.entrypoints.web.call_actions import do
from triage.entrypoints.web.intake_form import people_typed
from triage.entrypoints.web.languages import spoken
from triage.services import callers, numbers_given, people_given, sending, splits
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_people", __name__, url_prefix="/calls/<reference>")


@bp.post("/callers")
@open_to(*DISPATCHERS)
def add_caller(reference: str) -> ResponseReturnValue:
    def add(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        sending.must_be_open(call)
        name, phone, said = typed.line("name"), typed.line("phone"), typed.note("said")
        if not (name or phone or said):
            raise Refused(msgid("Write a name, a number or what was said."), "said")
        callers.add(uow, centre, call, name, phone, said)
        return msgid("Another caller is attached to this call.")

    return do(reference, "caller", add)


@bp.post("/callers/<uuid:key>/number")
@open_to(*DISPATCHERS)
def write_number(reference: str, key: UUID) -> ResponseReturnValue:
    version = request.form.get("version", 0, type=int)

    def write(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        if numbers_given.by_caller(uow, centre, call, key, typed.line("phone"), version):
            return msgid(
                "The caller's number is corrected. Tell the right one to whoever was told the"
                " other, in CAD too."
            )
        return msgid("The caller's number is written down.")

    panel = "lost" if typed.line("panel") == "lost" else "number"
    return do(reference, f"{panel}-{key}", write)


@bp.post("/person")
@open_to(*DISPATCHERS)
def write_subject(reference: str) -> ResponseReturnValue:
    version = request.form.get("version", 0, type=int)

    def write(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        told = _people().subject
        return _written(people_given.write_subject(uow, centre, call, told, version, spoken))

    return do(reference, "person", write)


@bp.post("/callers/<uuid:key>/person")
@open_to(*DISPATCHERS)
def write_caller(reference: str, key: UUID) -> ResponseReturnValue:
    version = request.form.get("version", 0, type=int)

    def write(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        told = people_given.CallerSaid(
            typed.line("caller_name") or None, typed.line("language") or None, _people()
        )
        return _written(people_given.write_caller(uow, centre, call, key, told, version, spoken))

    return do(reference, f"person-{key}", write)


def _people() -> People:
    """As they are typed, each field whole or refused."""
    lines = {name: [typed.line(name)] for name in typed.fields()}
    return people_typed({**lines, "call_back": typed.fields().get("call_back", [])})


def _written(units: Sequence[str] | None) -> str:
    if units is None:
        return msgid("It is written down.")
    if units:
        return msgid(
            "It is written down, and teams on their way are texted that the language or the need of"
            " an interpreter was corrected. Tell it by radio: %(units)s.",
            units=listed(", ", units),
        )
    return msgid(
        "It is written down, and teams on their way are texted that the language or the need of an"
        " interpreter was corrected."
    )


@bp.post("/callers/<uuid:key>/words")
@open_to(*DISPATCHERS)
def add_words(reference: str, key: UUID) -> ResponseReturnValue:
    def add(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        people_given.add_words(uow, centre, call, key, typed.note("said"))
        return msgid("Their words are added to what they said.")

    return do(reference, f"words-{key}", add)


@bp.post("/callers/<uuid:key>/split")
@open_to(*DISPATCHERS)
def split(reference: str, key: UUID) -> ResponseReturnValue:
    def apart(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        fresh = splits.split(uow, centre, call, key, spoken)
        return msgid(
            "Two calls again: the other is %(code)s, %(reference)s.",
            code=fresh.code,
            reference=fresh.reference,
        )

    return do(reference, "caller", apart)


@bp.post("/third-parties")
@open_to(*DISPATCHERS)
def add_third_party(reference: str) -> ResponseReturnValue:
    def add(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        sending.must_be_open(call)
        told = _people().third_party
        if not told.is_known:
            raise Refused(msgid("Write who they are, a name or a number."), "third_party_name")
        callers.add_third_party(uow, centre, call.callers[0], told)
        return msgid("Somebody else is noted beside the caller.")

    return do(reference, "third_party", add)


@bp.post("/third-parties/<uuid:key>/number")
@open_to(*DISPATCHERS)
def write_third_party_number(reference: str, key: UUID) -> ResponseReturnValue:
    version = request.form.get("version", 0, type=int)

    def write(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        if numbers_given.of_third_party(uow, centre, call, key, typed.line("phone"), version):
            return msgid(
                "Their number is corrected. Tell the right one to whoever was told the other, in"
                " CAD too."
            )
        return msgid("Their number is written down.")

    return do(reference, f"number-{key}", write)

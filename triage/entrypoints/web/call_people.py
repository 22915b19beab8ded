"""Whoever rings about a call, and others who are there or can help, noted on the call's page."""

from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from triage.domain.errors import Refused
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.entrypoints.web.call_actions import do
from triage.entrypoints.web.intake_form import people_typed
from triage.entrypoints.web.languages import spoken
from triage.services import callers, numbers_given, sending, splits
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
        told = people_typed({name: [typed.line(name)] for name in typed.fields()}).third_party
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

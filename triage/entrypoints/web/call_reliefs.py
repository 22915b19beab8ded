"""A team of a call is to be relieved, or had to leave: what a dispatcher heard, and does."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.domain.errors import Refused
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call import DISPATCHERS, find_slot
from triage.entrypoints.web.call_actions import do
from triage.services import open_cries, paging, replacements, silent_alarms
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import Slot
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_reliefs", __name__, url_prefix="/calls/<reference>/slots/<uuid:key>")

Act = Callable[[UnitOfWork, Centre, Slot], str]


def relieve(uow: UnitOfWork, centre: Centre, slot: Slot) -> str:
    who = paging.who_has(slot)
    replacements.ask(uow, centre, slot, "radio")
    return msgid(
        "A relief for %(who)s is asked for; they stay until somebody has accepted.", who=who
    )


def withdraw(uow: UnitOfWork, centre: Centre, slot: Slot) -> str:
    who, knows = paging.who_has(slot), bool(typed.line("confirmed"))
    open_cries.must_be_known(uow, centre, slot.dispatch.call, confirmed=knows)
    replacements.withdraw(uow, centre, slot, "radio")
    return msgid(
        "%(who)s has left, it was not safe. Somebody else is asked; decide who makes it safe.",
        who=who,
    )


def call_off(uow: UnitOfWork, centre: Centre, slot: Slot) -> str:
    replacements.call_off(uow, centre, slot, "radio")
    return msgid(
        "%(who_has)s stays and needs no relief; who was asked is told.",
        who_has=paging.who_has(slot),
    )


def ask_again(uow: UnitOfWork, centre: Centre, slot: Slot) -> str:
    replacements.ask_again(uow, centre, slot)
    return msgid(
        "The teams are asked again who could relieve %(who_has)s.", who_has=paging.who_has(slot)
    )


ACTS: dict[str, Act] = {
    "relieve": relieve,
    "withdraw": withdraw,
    "call_off": call_off,
    "ask_again": ask_again,
}


@bp.post("/relief")
@open_to(*DISPATCHERS)
def relief(reference: str, key: UUID) -> ResponseReturnValue:
    def act(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        chosen = ACTS.get(typed.line("act"))
        if chosen is None:
            raise Refused(msgid("Choose what the team said."))
        slot = find_slot(uow, call, key)
        silent_alarms.must_not_show(uow, [slot])
        return chosen(uow, centre, slot)

    return do(reference, f"relief-{key}", act)

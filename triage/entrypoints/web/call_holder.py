"""What a call's page says of the desk: who has the call, and who else looks at it."""

from typing import Any

from triage.domain.words import msgid
from triage.entrypoints.web.access import current_person
from triage.services import held_calls, presence
from triage.services.centre import Centre
from triage.services.held_calls import Holder
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork


def shown(uow: UnitOfWork, centre: Centre, call: Call) -> dict[str, Any]:
    me = current_person().account_id
    held = held_calls.of_call(uow, centre, call)
    mine = held is not None and held.account_id == me
    return {
        "held": held,
        "colleagues": held_calls.colleagues(uow, centre, me) if mine else (),
        "others": presence.others(uow, call, me),
    }


def answers_for_it(held: Holder | None) -> tuple[str, str] | None:
    """The tone and the words where nobody at the desk answers for a call, or perhaps nobody."""
    if held is None:
        return "warn", msgid("Nobody at the desk has it")
    if held.account_id is None:
        return "alarm", msgid("NOBODY HAS IT: given back")
    if not held.there:
        return "alarm", msgid("NOBODY HAS IT: %(name)s has signed out", name=held.name)
    if held.unheard_min is not None:
        said = {"name": held.name, "minutes": held.unheard_min}
        return "alarm", msgid("%(name)s has it, not seen for %(minutes)s min", **said)
    return None


def taken(call: Call, before: Holder | None) -> str:
    """What whoever has taken a call reads. before -- who had it until then."""
    if before is None:
        return msgid("You have call %(code)s.", code=call.code)
    said = {"code": call.code, "name": before.name}
    if before.unheard_min is None:
        return msgid("You have call %(code)s. Until now %(name)s had it: tell them.", **said)
    return msgid(
        "You have call %(code)s. Until now %(name)s had it, not seen for %(minutes)s min.",
        minutes=before.unheard_min,
        **said,
    )

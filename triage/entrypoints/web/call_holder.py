"""What a call's page says of the desk: who has the call, and who else looks at it."""

from typing import Any

from triage.entrypoints.web.access import current_person
from triage.services import held_calls, presence
from triage.services.centre import Centre
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

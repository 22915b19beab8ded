"""What was sent to a call and goes on though it is not recommended any more, what would be called
off if somebody chose another response, and why nothing would, or may."""

from collections.abc import Sequence
from typing import Any

from triage.services import assessments, open_cries, sending, silent_alarms
from triage.services.board_lines import DispatchLine, is_outdone
from triage.services.call_pages import CallPage
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork


def shown(
    uow: UnitOfWork, centre: Centre, call: Call, page: CallPage, lines: Sequence[DispatchLine]
) -> dict[str, Any]:
    record = assessments.latest(uow, call)
    chosen = {one.chosen for one in page.overrides}
    decision = assessments.decision_of(record) if record else None
    no_longer = sending.no_longer_recommended(decision, lines, chosen)
    return {
        "no_longer": no_longer,
        "outdone": {line.response for line in lines if is_outdone(line, lines, no_longer)},
        "silent_alarm": silent_alarms.of_call(uow, centre, call),
        "open_cry": open_cries.warning(uow, centre, call),
        "would_read": {
            one.id: names
            for one in page.record.dispatches
            if (names := silent_alarms.would_read(uow, one.slots))
        },
        "called_off": {one.id for one in sending.called_off_by(uow, call)},
    }

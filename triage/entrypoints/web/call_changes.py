"""What was sent to a call and goes on though it is not recommended any more, and what would be
called off if somebody chose another response."""

from collections.abc import Sequence
from typing import Any

from triage.services import assessments, sending
from triage.services.board_lines import DispatchLine, is_outdone
from triage.services.call_pages import CallPage
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork


def shown(
    uow: UnitOfWork, call: Call, page: CallPage, lines: Sequence[DispatchLine]
) -> dict[str, Any]:
    record = assessments.latest(uow, call)
    chosen = {one.chosen for one in page.overrides}
    decision = assessments.decision_of(record) if record else None
    no_longer = sending.no_longer_recommended(decision, lines, chosen)
    return {
        "no_longer": no_longer,
        "outdone": {line.response for line in lines if is_outdone(line, lines, no_longer)},
        "called_off": {one.id for one in sending.called_off_by(uow, call)},
    }

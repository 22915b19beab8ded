"""Pages that the provider has taken and says nothing more of: it may be stuck, so they ring.

Only where reports come at all: an installation whose provider cannot reach us would ring for each
of its pages and still wait for nothing. There the watcher says so.
"""

from collections.abc import Callable, Iterable
from typing import Any

from triage.domain.delivery import asks_to_come
from triage.domain.lifecycle import WANTED, MessageState, PageState
from triage.services import storms
from triage.services.centre import Centre
from triage.services.pages import ring_once
from triage.services.provider_health import REPORTED_WITHIN, reports_come
from triage.storage.messages import Message
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

KIND = "unreported"


def look_later(uow: UnitOfWork, taken: Iterable[Any]) -> None:
    """The provider has taken these just now: see whether it says more of the pages among them.

    taken -- messages, or rows with their `id`, `kind` and `priority`.
    """
    pages = [message for message in taken if asks_to_come(message.kind)]
    if pages and reports_come(uow):
        for message in pages:
            due_at = uow.now + REPORTED_WITHIN
            uow.set_timer(KIND, message, due_at, priority=message.priority)


def is_due(uow: UnitOfWork, centre: Centre, message: Message) -> None:
    """No report by now: whoever has not answered is tried by telephone, once."""
    reported = any(attempt.reported_at for attempt in message.handed_over)
    if message.state is not MessageState.SENT or reported:
        return
    for page in storms.pages_of(uow, message):
        awaited = page.state is PageState.OPEN and page.slot.state in WANTED
        if awaited and ring_once(uow, centre, page):
            call_id = page.slot.dispatch.call_id
            uow.audit("page.unreported", page, call_id=call_id, team=page.team.name)


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    KIND: lambda uow, centre, timer: is_due(uow, centre, uow.get(Message, timer.subject_id))
}

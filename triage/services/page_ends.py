"""What became of pages that ask nobody any more, as whoever was asked has said it: that the page
was taken back once somebody else had the place tells nothing of them."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from triage.domain.lifecycle import PageState
from triage.domain.state_words import page_state_name
from triage.domain.words import msgid
from triage.services.asking_sentences import NOT_REACHED, in_time, why_left
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.unit_of_work import UnitOfWork

_SAID = {
    "page.given_back": msgid("gave it back"),
    "page.declined": page_state_name(PageState.DECLINED),
}
_IN_VAIN = ("page.passed_over", "page.undeliverable")
_TURNED = "slot.diverted"


def _in_vain(event: str, details: Mapping[str, Any]) -> str:
    if left := why_left(details):
        return left
    if event == "page.undeliverable":
        return NOT_REACHED
    if "because" in details:  # nobody kept silent: their own call held them
        return page_state_name(PageState.PASSED_OVER)
    return in_time(details)


def said(uow: UnitOfWork, call: Call) -> Callable[[Page], str]:
    """In small letters, of pages of this call."""
    entries = select(AuditEntry.event, AuditEntry.subject_id, AuditEntry.details).where(
        AuditEntry.call_id == call.id,
        AuditEntry.event.in_((*_SAID, *_IN_VAIN, _TURNED, "page.accepted")),
    )
    last, ended, turned = {}, {}, {}
    for event, key, details in uow.session.execute(entries.order_by(AuditEntry.created_at)):
        if event == _TURNED:
            turned[details["team"], details["role"]] = details["to"]
        else:
            last[key], ended[key] = event, details

    def of(page: Page) -> str:
        if last.get(page.id) in _IN_VAIN and page.state is not PageState.DECLINED:
            return _in_vain(last[page.id], ended[page.id])
        if page.state not in {PageState.DECLINED, PageState.WITHDRAWN}:
            return page_state_name(page.state)
        code = turned.get((page.team.name, page.slot.role))
        if code and last.get(page.id) == "page.accepted":
            return msgid("turned to %(code)s", code=code)
        return _SAID.get(last.get(page.id, "")) or page_state_name(page.state)

    return of

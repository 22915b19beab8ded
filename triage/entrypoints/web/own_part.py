"""What a page by which somebody was asked has come to, as they read it on their own screen."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from triage.domain.lifecycle import SlotState
from triage.services import after_a_no, opened_pages, pages, two_places
from triage.storage.dispatches import Page
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class _Sought:
    """Instead of somebody of whom it must not be read that they come."""

    role: str
    state: SlotState = SlotState.PAGED
    eta_at: datetime | None = None


def shown(uow: UnitOfWork, page: Page, hidden: Collection[UUID]) -> dict[str, Any]:
    """hidden -- the places that others have taken since somebody reads along."""
    return {
        "mine": page,
        "slot": page.slot,
        "has_it": opened_pages.has_it(page),
        "gave_back": after_a_no.gave_back(uow, page),
        "also_at": two_places.also_at(uow, page.slot),
        "diverted_to": opened_pages.diverted_to(uow, page),
        "partners": [
            _Sought(one.role) if one.id in hidden else one for one in pages.partners_of(page.slot)
        ],
        "who_has": pages.who_has,
    }

"""What a page by which somebody was asked has come to, as they read it on their own screen."""

from typing import Any

from triage.services import after_a_no, opened_pages, pages, two_places
from triage.storage.dispatches import Page
from triage.storage.unit_of_work import UnitOfWork


def shown(uow: UnitOfWork, page: Page) -> dict[str, Any]:
    return {
        "mine": page,
        "slot": page.slot,
        "has_it": opened_pages.has_it(page),
        "gave_back": after_a_no.gave_back(uow, page),
        "also_at": two_places.also_at(uow, page.slot),
        "diverted_to": opened_pages.diverted_to(uow, page),
        "partners": pages.partners_of(page.slot),
        "who_has": pages.who_has,
    }

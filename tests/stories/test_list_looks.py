"""Who looks at a list that tells what was said on calls: one line of the audit trail for each
person, list and opening; and the list is shown though nothing can be written."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from tests.stories.test_calls import CALM
from tests.stories.test_intake import assess, form_key
from tests.trail import past
from tests.world import Browser, World
from triage.catalogue import catalogue
from triage.services.desk_sentences import LISTS
from triage.services.timeline_sentences import of_change
from triage.storage.audit import AuditEntry
from triage.storage.people import Account, SignIn

PAGES = {
    "/board": "board",
    "/board/map": "map",
    "/hazards": "hazards",
    "/follow-ups": "follow_ups",
    "/alarms": "alarms",
    "/past-calls": "past_calls",
}
FRESH = ("/board/rows", "/board/map/drawn", "/banners")
SECRET = "Canal Street 7"


@pytest.fixture
def sam(world: World) -> Browser:
    world.ignores_texts("only who looks counts")
    world.call(CALM, location=SECRET)
    return world.client("dispatcher", "sam.ortiz")


def looks(world: World) -> Counter[tuple[str, str]]:
    """Whose look at which list stands in the trail."""
    whose = select(Account.username, AuditEntry.details, AuditEntry.actor, AuditEntry.call_id)
    asked = (
        whose.join(SignIn, SignIn.id == AuditEntry.subject_id)
        .join(Account, Account.id == SignIn.account_id)
        .where(AuditEntry.event == "list.looked_at")
    )
    with world.context.reading() as uow:
        found = uow.session.execute(asked).all()
    assert all(actor.startswith("account:") and call is None for _, _, actor, call in found)
    assert all(details.keys() == {"view"} for _, details, _, _ in found)
    return Counter((username, details["view"]) for username, details, _, _ in found)


def test_each_list_is_looked_at_once_however_often_it_is_asked_for(
    world: World, sam: Browser
) -> None:
    for _ in range(3):
        for path in PAGES:
            assert sam.get(path).status_code == 200
        for path in FRESH:
            assert sam.get(path).status_code == 200
    assert looks(world) == dict.fromkeys((("sam.ortiz", view) for view in PAGES.values()), 1)


def test_what_keeps_an_open_board_fresh_writes_nothing_all_night(
    world: World, sam: Browser
) -> None:
    sam.get("/board")
    for _ in range(6):
        world.wait(minutes=10)
        for path in FRESH:
            assert sam.get(path).status_code == 200
    assert looks(world) == {("sam.ortiz", "board"): 1}
    sam.get("/board")  # an hour later they come back to it
    assert looks(world) == {("sam.ortiz", "board"): 2}


def test_each_person_has_a_line_of_their_own_and_whoever_may_not_look_has_none(
    world: World, sam: Browser
) -> None:
    jo, clinician = world.client("supervisor", "jo.marsh"), world.client("clinician")
    for browser in (sam, jo):
        browser.get("/board")
    assert clinician.get("/board").status_code == 403
    assert looks(world) == {("sam.ortiz", "board"): 1, ("jo.marsh", "board"): 1}


def test_a_clock_that_was_set_back_hides_no_look(world: World, sam: Browser) -> None:
    sam.get("/board")
    world.wait(hours=-2)
    sam.get("/board")
    assert looks(world) == {("sam.ortiz", "board"): 2}


def test_whoever_is_told_of_a_form_of_the_same_number_has_seen_its_place(
    world: World, sam: Browser
) -> None:
    jo = world.client("supervisor", "jo.marsh")
    assess(sam, {"location": SECRET, "caller_phone": "(202) 555-0143"}, form_key(sam))
    assess(jo, {"caller_phone": "202 555 0143"}, own := form_key(jo))
    assert looks(world) == {}
    for _ in range(3):
        assert SECRET in jo.get(f"/banners?at=/intake/{own}").get_data(as_text=True)
    assert looks(world) == {("jo.marsh", "begun"): 1}


def test_the_board_stays_though_its_look_cannot_be_written(world: World, sam: Browser) -> None:
    past(world, "DELETE FROM audit_chain")
    world.wait(minutes=5)  # that they are there is to be written as well
    with capture_logs() as logs:
        for _ in range(2):
            assert SECRET in sam.get("/board").get_data(as_text=True)
    told = [line for line in logs if line["event"] == "a look is not written down"]
    assert [line["view"] for line in told] == ["board", "board"]
    assert all(line["actor"].startswith("account:") for line in told)
    assert SECRET not in str(logs)
    assert looks(world) == {}


def test_who_looks_while_somebody_holds_the_trail_waits_once(world: World, sam: Browser) -> None:
    with held(world):
        began = time.monotonic()
        assert SECRET in sam.get("/board").get_data(as_text=True)
        first_s = time.monotonic() - began
        began = time.monotonic()
        for path in PAGES:
            assert sam.get(path).status_code == 200
        assert time.monotonic() - began < first_s + 2
        assert first_s < 8
    assert looks(world) == {}


@contextmanager
def held(world: World) -> Iterator[None]:
    """Somebody holds the table of the trail; of SQLite, the file."""
    engine = world.context.database.engine
    sqlite = engine.dialect.name == "sqlite"
    with closing(engine.connect()) as other:
        if sqlite:
            other.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            other.execute(text("LOCK TABLE audit_entry IN SHARE ROW EXCLUSIVE MODE"))
        yield
        other.rollback()


def test_each_look_is_a_sentence_in_both_languages(world: World, sam: Browser) -> None:
    for view in {*PAGES.values(), "begun"}:
        said = of_change(world.centre, "list.looked_at", {"view": view})
        assert said == LISTS[view]
        assert catalogue("es").gettext(said) != said

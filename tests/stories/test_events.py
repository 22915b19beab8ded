"""The board by server-sent events: what changes is pushed at once, once for all who watch."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.stories.test_calls import CALM
from tests.world import Browser, World
from triage.entrypoints.web import broadcasts
from triage.entrypoints.web.broadcasts import broadcaster_of
from triage.entrypoints.web.streams import difference
from triage.services import people

SOON_S = 15
"""Long before the next look or pause, in stories where these come after NEVER_S."""
NEVER_S = 60


@dataclass
class Listener:
    """A page that keeps what it shows as live.js does."""

    parts: Iterator[bytes]
    html: str = ""
    version: str = ""

    def next(self) -> tuple[str, dict[str, Any]]:
        text = next(self.parts).decode()
        while text.startswith(":"):
            text = next(self.parts).decode()
        kind, data = text.strip().split("\n")
        news = json.loads(data.removeprefix("data: "))
        kind = kind.removeprefix("event: ")
        if kind == "whole":
            self.html = news["html"]
        if kind == "step":
            assert news["from"] == self.version
            html = self.html.encode("utf-16-le")
            kept = html[: 2 * news["begin"]], html[len(html) - 2 * news["end"] :]
            self.html = kept[0].decode("utf-16-le") + news["html"] + kept[1].decode("utf-16-le")
        self.version = news.get("version", self.version)
        return kind, news

    def expect(self, kind: str) -> dict[str, Any]:
        heard, news = self.next()
        assert heard == kind
        return news


@contextmanager
def listening(browser: Browser, path: str = "/board/events") -> Iterator[Listener]:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    try:
        yield Listener(iter(answer.response))
    finally:
        answer.close()


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def test_a_commit_reaches_the_page_at_once_and_only_what_changed(
    world: World, dispatcher: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasts, "LOOK_EVERY_S", NEVER_S)
    world.team("Mobile 9")[0].ignores("only the board matters")
    before = world.call(CALM, location="Pier 3 \U0001f6a2")
    with listening(dispatcher) as page:
        assert before.code in page.expect("whole")["html"]
        time.sleep(1)  # the listener of commits has begun
        began = time.monotonic()
        new = world.call(CALM, location="Depot")
        news = page.expect("step")
        assert time.monotonic() - began < SOON_S
        assert new.code in news["html"]
        assert page.html == dispatcher.get("/board/rows").get_data(as_text=True)
        assert news["now"] >= news["at"]


def test_whoever_shows_the_newest_gets_its_age_and_nothing_twice(
    world: World, dispatcher: Browser
) -> None:
    shown = dispatcher.get("/board/rows").get_etag()[0]
    with listening(dispatcher, f"/board/events?since={shown}") as page:
        assert page.expect("same")["version"] == shown


def test_one_rendering_serves_all_who_watch(world: World, dispatcher: Browser) -> None:
    other = world.client("supervisor")
    with listening(dispatcher) as one, listening(other) as two:
        one.expect("whole")
        two.expect("whole")
        call = world.call(CALM)
        while call.code not in one.html:
            one.next()
        while call.code not in two.html:
            two.next()
        assert one.html == two.html
        newest = {id(stream.newest) for stream in broadcaster_of(world.app).streams()}
        assert len(newest) == 1


def test_signing_out_ends_the_stream(world: World, dispatcher: Browser) -> None:
    with listening(dispatcher) as page:
        page.expect("whole")
        dispatcher.submit("/board", {}, to="/sign-out")
        assert last(page)["why"] == "signed out"


def test_a_closed_account_ends_the_stream(world: World, dispatcher: Browser) -> None:
    with listening(dispatcher) as page:
        page.expect("whole")
        with world.context.unit_of_work("test") as uow:
            account = people.find_account(uow, "test-dispatcher")
            assert account is not None
            people.disable(uow, account)
        assert last(page)["why"] == "signed out"


def test_a_server_that_stops_ends_all_streams_and_begins_none(
    world: World, dispatcher: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasts, "LOOK_EVERY_S", NEVER_S)
    monkeypatch.setattr(broadcasts, "PAUSE_S", NEVER_S)
    with listening(dispatcher) as page:
        page.expect("whole")
        broadcaster = broadcaster_of(world.app)
        broadcaster.serving = lambda: False
        try:
            assert last(page)["why"] == "stopping"
            assert dispatcher.get("/board/events").status_code == 503
        finally:
            broadcaster.serving = lambda: True


def test_beyond_the_most_streams_the_page_asks_by_itself(
    world: World, dispatcher: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasts, "MOST_STREAMS", 1)
    with listening(dispatcher):
        assert dispatcher.get("/board/events").status_code == 503
        assert dispatcher.get("/board/rows").status_code == 200


def test_a_page_that_was_closed_frees_its_place(world: World, dispatcher: Browser) -> None:
    with listening(dispatcher) as page:
        page.expect("whole")
        assert len(broadcaster_of(world.app).streams()) == 1
    assert broadcaster_of(world.app).streams() == []


def test_boards_are_closed_to_clinicians(world: World) -> None:
    assert world.client("clinician").get("/board/events").status_code == 403


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("", "new"),
        ("old", ""),
        ("abc", "abXc"),
        ("aaa", "aaaa"),
        ("row \U0001f6a2 one", "row \U0001f6a3 one"),
        ("one two", "one two"),
    ],
)
def test_a_difference_makes_the_new_from_the_old(old: str, new: str) -> None:
    told = difference(old, new)
    units = old.encode("utf-16-le")
    begin, end, html = told["begin"], told["end"], told["html"]
    assert isinstance(begin, int)
    assert isinstance(end, int)
    assert isinstance(html, str)
    made = units[: 2 * begin] + html.encode("utf-16-le") + units[len(units) - 2 * end :]
    assert made.decode("utf-16-le") == new


def last(page: Listener) -> dict[str, Any]:
    """What the stream says when it ends, which it does within seconds."""
    began = time.monotonic()
    while True:
        kind, news = page.next()
        if kind == "over":
            assert time.monotonic() - began < SOON_S
            assert next(page.parts, None) is None
            return news

"""The board in a real browser is pushed; where the stream breaks it asks, and tells its age."""

import os
import re
import signal

from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in
from tests.stories.test_calls import CALM
from tests.world import World

ASKED = "/board/rows"


def test_changes_are_pushed_and_a_broken_stream_is_told_and_mended(
    world: World, served: Served, page: Page
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.extend([request.url] if ASKED in request.url else [])

    sign_in(served, page, "dispatcher")
    with page.expect_response("**/board/events**"):
        page.goto(f"{served.base_url}/board")
    page.wait_for_timeout(500)
    page.on("request", note)

    first = world.call(CALM, location="Pier 3")
    expect(page.locator(f"#row-{first.reference}")).to_be_visible()
    world.call(CALM, location="Depot")
    expect(page.locator(".call-row")).to_have_count(2)
    expect(page.locator("[data-as-of]")).to_contain_text("Data as of")
    assert asked == []

    served.stop("web")
    expect(page.locator("[data-as-of]")).to_contain_text("STALE: no news since")
    served.start("web", *served.serve)
    expect(page.locator("[data-as-of]")).not_to_contain_text("STALE", timeout=30_000)
    third = world.call(CALM, location="Mill")
    expect(page.locator(f"#row-{third.reference}")).to_be_visible()


def test_where_a_proxy_holds_the_stream_back_the_board_is_asked_for(
    world: World, served: Served, page: Page
) -> None:
    page.route("**/board/events**", lambda _: None)  # open, and never a word
    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/board")
    for place in ("Pier 3", "Depot", "Mill"):
        made = world.call(CALM, location=place)
        expect(page.locator(f"#row-{made.reference}")).to_be_visible(timeout=2_000)
    expect(page.locator("[data-as-of]")).to_contain_text(re.compile(r"\([0-2] s old\)"))


def test_a_stream_that_is_held_back_is_tried_ever_less_often(
    world: World, served: Served, page: Page
) -> None:
    tries: list[str] = []
    page.route("**/board/events**", lambda route: tries.append(route.request.url))
    sign_in(served, page, "dispatcher")
    page.clock.install()
    page.goto(f"{served.base_url}/board")
    for _ in range(60):  # twenty minutes
        with page.expect_response("**/board/rows**"):
            page.clock.fast_forward(20_000)
    assert 5 <= len(tries) <= 15
    made = world.call(CALM, location="Pier 3")
    with page.expect_response("**/board/rows**"):
        page.clock.fast_forward(1_000)
    expect(page.locator(f"#row-{made.reference}")).to_be_visible()


def test_a_service_that_falls_silent_is_told_with_its_reason(
    world: World, served: Served, page: Page
) -> None:
    sign_in(served, page, "dispatcher")
    with page.expect_response("**/board/events**"):
        page.goto(f"{served.base_url}/board")
    line = page.locator("[data-as-of]")
    expect(line).to_contain_text("Data as of")
    web = served.processes["web"].pid
    os.killpg(web, signal.SIGSTOP)  # its connections stay open: nothing is refused
    try:
        expect(line).to_contain_text("STALE", timeout=30_000)
        told = line.inner_text()
        why = r"since [^,]+, the service does not answer\. Go on by .+ radio\. \(\d+ s old\)"
        assert re.search(why, told), told
    finally:
        os.killpg(web, signal.SIGCONT)
    expect(line).to_contain_text("Data as of", timeout=30_000)

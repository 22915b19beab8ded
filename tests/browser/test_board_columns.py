"""The board is read down its columns: what, which, where, who, how long."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in
from tests.browser.test_reachability_page import NO_SIDEWAYS
from tests.stories.test_calls import CALM

LEFT_EDGES = """column => [...new Set([...document.querySelectorAll(`.call-row > .${column}`)]
    .map((one) => Math.round(one.getBoundingClientRect().left)))].length"""
FROM_THE_TOP = """[...new Set([...document.querySelectorAll(".call-row")].map((row) =>
    Math.round(row.querySelector(".which").getBoundingClientRect().top
        - row.getBoundingClientRect().top)))].length"""
GAP = """document.querySelector("#board-rows > .empty").getBoundingClientRect().top
    - document.querySelector("#board-rows > .banner").getBoundingClientRect().bottom"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_columns_of_all_rows_stand_below_one_another(served: Served, page: Page) -> None:
    world = served.world
    (phone,) = world.team("Mobile 9", calls_at_once=9)
    call = world.call(CALM, location="Old Quay")
    world.receive("IN1", phone.number, f"{call.code} 1")
    world.wait(minutes=64)
    world.call(CALM, location="The long yellow house behind the railway", caller_phone="the bar")
    world.call(CALM | {"weapon": "in_hand", "violence_now": "physical"}, location="Pier 3")
    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/board")
    expect(page.locator(".call-row")).to_have_count(3)

    for width in (1440, 1056):
        page.set_viewport_size({"width": width, "height": 900})
        for column in ("says", "which", "how-soon", "where", "who", "how-old"):
            assert page.evaluate(LEFT_EDGES, column) == 1, column
        assert page.evaluate(FROM_THE_TOP) == 1
    page.set_viewport_size({"width": 768, "height": 900})
    for column in ("which", "how-soon", "how-old"):
        assert page.evaluate(LEFT_EDGES, column) == 1, column
    for width in (1440, 768, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(NO_SIDEWAYS)

    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{served.base_url}/board?zone=Downtown")
    expect(page.locator("#board-rows > .empty")).to_be_visible()
    assert page.evaluate(GAP) >= 8

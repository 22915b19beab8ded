"""The call's page on a telephone: what is needed first stands first, all else is one tap away."""

from contextlib import suppress
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, TELEPHONE, Served, SignIn
from tests.stories.test_alarms import signs_in
from tests.stories.test_calls import add
from tests.typical_calls import CALM
from triage.domain.errors import Conflict
from triage.storage.calls import Call

NUMBERS = count(9)
FOLDED = {
    "Heard by radio": "#call-dispatches button:text-is('On scene')",
    "Why": "#why-so .why >> nth=0",
    "Ask and answer": "#answers .question >> nth=0",
    "Conversations, the latest first": ".conversation >> nth=0",
    "All of the timeline": "ol.timeline >> nth=0",
    "Line for the CAD": "#f-copy",
}
"""What unfolds on a telephone, by what is tapped, and stands there by itself at a desk."""
APART = """() => document.querySelector('.page').getBoundingClientRect().bottom
    <= document.querySelector('body > :is(.own-help, .not-sent)').getBoundingClientRect().top"""
"""The page ends above the button at its lower edge: nothing of it lies under that."""

TOPS = """(selectors) => selectors.map(
    (one) => document.querySelector(one).getBoundingClientRect().top)"""
AT_ITS_END = """() => { const it = document.querySelector('.page');
    return it.scrollTop + it.clientHeight > it.scrollHeight - 2; }"""


@pytest.fixture
def call(centre: Served) -> Call:
    """A team is on its way; more than it is recommended by now."""
    (phone,) = centre.world.team(f"Mobile {next(NUMBERS)}")
    call = centre.world.call(CALM, location="Pier 3", caller_phone="202-555-0142")
    phone.text(f"{call.code} 1")
    for _ in range(20):
        with suppress(Conflict):  # the worker was at it
            add(centre.world, call, weapon="accessible")
            return call
    raise AssertionError("the worker is always at it")


def tops(page: Page, *selectors: str) -> list[float]:
    """All in one look: between two of them the page may put a part in anew."""
    return page.evaluate(TOPS, list(selectors))  # type: ignore[no-any-return]


@pytest.mark.parametrize("scripts", [True, False])
def test_the_desk_reads_a_call_on_a_telephone(
    centre: Served, as_somebody: SignIn, call: Call, scripts: bool
) -> None:
    page = as_somebody("dispatcher", f"/calls/{call.reference}", scripts=scripts)
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    for summary, shown in FOLDED.items():
        expect(page.locator(shown)).to_be_visible()
        expect(summary_of(page, summary)).not_to_be_visible()
    page.set_viewport_size(TELEPHONE)  # type: ignore[arg-type]
    first = ("#call-dispatches", "#call-decision", "#call-callers", "#call-who", "#asking")
    assert tops(page, *first) == sorted(tops(page, *first))
    expect(page.locator("#call-not-sent")).to_be_in_viewport(ratio=1)
    assert page.evaluate(APART)
    for summary, shown in FOLDED.items():
        expect(page.locator(shown)).not_to_be_visible()
        summary_of(page, summary).click()
        expect(page.locator(shown)).to_be_visible()


def summary_of(page: Page, words: str) -> Locator:
    return page.locator(".fold > summary", has_text=words).first


def test_nothing_of_a_page_lies_under_the_cry_for_help(centre: Served, as_somebody: SignIn) -> None:
    (phone,) = centre.world.team(f"Mobile {next(NUMBERS)}")
    call = centre.world.call(CALM, location="Pier 4")
    phone.text(f"{call.code} 1")
    signs_in(centre.world, phone)
    for path in (f"/calls/{call.reference}", "/my-calls"):
        page = as_somebody("clinician", path)
        expect(page.get_by_role("button", name="I need help")).to_be_in_viewport(ratio=1)
        assert page.evaluate(APART)
        page.keyboard.press("End")
        page.wait_for_function(AT_ITS_END)
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        assert page.evaluate(APART)

"""On the board, what concerns everybody and to whom nobody comes stands first and in full; of the
alarms below it none is out of sight without a word."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Served
from tests.browser.test_alarms import picture
from tests.browser.test_focus_in_sight import busy
from tests.browser.test_journey import sign_in

SIZES = ((1440, 900), (320, 640))
CUT = """() => {
    const box = document.querySelector('#board-first');
    const top = box.closest('.board-top').getBoundingClientRect();
    return [...box.querySelectorAll('.banner, summary, p, a, .badge')].filter((one) => {
        const at = one.getBoundingClientRect();
        return one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow !== 'visible'
            || at.right > innerWidth || at.bottom > top.bottom + 1
            || !box.contains(document.elementFromPoint(at.left + at.width / 2, at.top + 4));
    }).map((one) => one.outerHTML.slice(0, 120));
}"""
"""What of it is not readable in full where the page stands."""
BELOW = """box => {
    const end = box.getBoundingClientRect().bottom;
    return [...box.querySelectorAll('.banner, .call-row')]
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().bottom > end + 1)
        .length;
}"""


def readable(part: Locator) -> None:
    """Wherever the page stands."""
    for line in part.locator(".banner").all():
        expect(line).to_be_in_viewport(ratio=1)
    assert part.page.evaluate(CUT) == []  # the board may refresh itself at any moment


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_what_concerns_everybody_stands_first_and_what_is_out_of_sight_is_counted(
    served: Served, page: Page, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    busy(served.world)  # and nobody watches: that is told too
    sign_in(served, page)
    page.goto(f"{served.base_url}/board")
    first, more = page.locator("#board-first"), page.locator("#board-more")
    expect(first.locator("#board-nobody").get_by_role("link")).to_have_count(3)
    assert first.locator(".banner").count() > 1
    readable(first)
    loud = page.locator("#board-loud")
    expect(more).to_contain_text("more below")
    assert loud.evaluate(BELOW) > 0
    picture(page, f"top-{width}")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        picture(page, f"top-{width}-{scheme}")

    page.mouse.wheel(0, 300)
    readable(first)
    for _ in range(30):
        expect(more).to_be_in_viewport(ratio=1)
        if "above" in more.inner_text():
            break
        more.press("Enter")
        page.wait_for_timeout(100)
    expect(more).to_contain_text("more above")
    assert loud.evaluate(BELOW) == 0
    readable(first)
    page.wait_for_timeout(1500)  # the board has refreshed itself meanwhile
    expect(more).to_contain_text("more above")
    more.press("Enter")
    expect(more).to_contain_text("more below")
    expect(page.locator(".help-alarm [data-take]").first).to_be_in_viewport()


def test_where_all_is_in_sight_nothing_is_counted(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/board")
    expect(page.locator("[data-as-of]")).to_contain_text("Data as of")
    expect(page.locator("#board-more")).to_be_hidden()

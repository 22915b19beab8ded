"""How much the first look at the intake costs a slow line."""

from playwright.sync_api import Page

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in

MOST_BYTES = 100_000


def test_the_first_load_of_the_intake_fits_a_slow_line(served: Served, page: Page) -> None:
    sign_in(served, page)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: dict[str, float] = {}
    asked: dict[str, str] = {}
    wire.on(
        "Network.requestWillBeSent",
        lambda it: asked.update({it["requestId"]: it["request"]["url"]}),
    )
    wire.on(
        "Network.loadingFinished",
        lambda it: sizes.update({it["requestId"]: it["encodedDataLength"]}),
    )

    page.goto(f"{served.base_url}/intake", wait_until="networkidle")

    # What the page before had begun ends here too, and is not of this load.
    table = {url: sizes[each] for each, url in asked.items() if each in sizes}
    assert f"{served.base_url}/intake" in table
    assert any("/static/intake-" in url for url in table), table
    assert sum(table.values()) <= MOST_BYTES, table

"""From a list of the rules to the line in the text, by keyboard and by mouse."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in
from tests.browser.test_reachability_page import NO_SIDEWAYS

WORKING = re.compile(r"^Working for \d+ s\. Stay on this page until it answers\.$")
LINE = """box => { const before = box.value.slice(0, box.selectionStart).split("\\n").length;
  return box.value.split("\\n")[before - 1]; }"""
EDIT = r"""box => { box.value = "# a\n# b\n" + box.value.replace(/\n.*\n$/, "\n"); }"""
SEEN = """box => { const line = box.value.slice(0, box.selectionStart).split("\\n").length;
  const top = (line - 1) * parseFloat(getComputedStyle(box).lineHeight);
  return top >= box.scrollTop && top < box.scrollTop + box.clientHeight; }"""


def test_a_rule_is_found_by_its_words_and_shown_in_the_text(centre: Served, page: Page) -> None:
    sign_in(centre, page, "supervisor")
    page.goto(f"{centre.base_url}/rules/county-default/draft")
    text, words = page.locator("#f-yaml"), page.locator("#outline-filter")
    page.keyboard.press("Alt+g")
    expect(words).to_be_focused()
    page.keyboard.type("not breathing normally")
    expect(page.locator("#outline li li:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(text).to_be_focused()
    assert text.evaluate(LINE) == "  - id: not-breathing-normally"
    assert text.evaluate(SEEN)
    assert text.evaluate("box => box.selectionStart === box.selectionEnd")  # nothing is typed over

    # Two lines more above and one less below: it is found where it stands now.
    text.evaluate(EDIT)
    page.keyboard.press("Alt+g")
    page.keyboard.type("how soon")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#outline a", has_text="10. How soon")).to_be_focused()
    page.keyboard.press("ArrowDown")
    rule = page.locator("#outline li li a:visible").first
    expect(rule).to_be_focused()
    page.keyboard.press("Enter")
    assert text.evaluate(LINE) == f"  - id: {rule.inner_text()}"

    page.keyboard.press("Alt+g")
    page.keyboard.type("no such words")
    expect(page.locator("#outline [role=status]")).to_have_text("No rule has these words.")
    words.fill("")
    page.locator("#outline a", has_text="thresholds").click()
    assert text.evaluate(LINE) == "thresholds:"
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate(NO_SIDEWAYS)


def test_who_waits_for_a_long_check_reads_that_it_is_at_work(centre: Served, page: Page) -> None:
    sign_in(centre, page, "supervisor")
    page.goto(f"{centre.base_url}/rules/denver-star/draft")
    # No page comes: while one is on its way Playwright looks at nothing.
    page.route("**/draft/try", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Save and try the case below").click()

    expect(page.locator("button + [role=status]")).to_have_text(WORKING)

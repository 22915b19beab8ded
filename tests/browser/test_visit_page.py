"""A clinician types the visit's note on a telephone, with a network that comes and goes."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_phone_page import signs_out
from tests.browser.test_reachability_page import NO_SIDEWAYS
from tests.browser.test_unsent_words import STORED
from tests.stories.test_calls import CALM
from tests.stories.test_visits import signs_in
from tests.world import PASSWORD


def open_note(served: Served, page: Page) -> None:
    """Somebody has cleared a call and opens the note of it."""
    world = served.world
    (clinician,) = world.team("Mobile 9")
    signs_in(world, clinician, "test-clinician")
    call = world.call(CALM)
    for _ in range(100):
        if clinician.inbox:
            break
        page.wait_for_timeout(50)
    for answer in ("1", "SCENE", "CLEAR"):
        clinician.text(f"{call.code} {answer}")
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(f"{served.base_url}/sign-in?next=/calls/{call.reference}")
    expect(page.locator("[autofocus]")).to_be_focused()
    page.keyboard.type("test-clinician")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Write the visit note").focus()
    page.keyboard.press("Enter")


def test_a_note_outlives_the_network_and_a_reload(served: Served, page: Page) -> None:
    open_note(served, page)
    kept = page.locator("#kept")
    page.get_by_label("Behavior").focus()
    page.context.set_offline(True)
    page.keyboard.type("Spoke to the voices")
    expect(kept).to_contain_text("NOT KEPT YET: no network.")
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    assert "voices" not in page.evaluate(STORED)  # nothing that can be read
    page.context.set_offline(False)
    expect(kept).to_have_text(re.compile(r"Kept \d\d:\d\d:\d\d"))
    signs_out(served)
    page.keyboard.type(" of the rain.")
    expect(kept).to_contain_text("NOT KEPT: you are signed out. Sign in below")
    page.get_by_label("Password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(kept).to_have_text(re.compile(r"Kept \d\d:\d\d:\d\d"))
    page.wait_for_function(f"() => !{STORED}.includes('unsent')")  # the service has it
    page.reload()
    expect(page.get_by_label("Behavior")).to_have_value("Spoke to the voices of the rain.")
    assert page.evaluate(NO_SIDEWAYS)

    page.get_by_label("How it ended").focus()
    page.keyboard.type("Linked")
    page.get_by_role("radio", name="Right team").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Write it down").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your note")).to_be_visible()
    assert served.world.audited("visit.written") == 1


def test_what_is_refused_for_good_is_said_and_not_sent_again(served: Served, page: Page) -> None:
    open_note(served, page)
    page.get_by_label("Behavior").focus()
    page.keyboard.type("Spoke")
    kept = page.locator("#kept")
    expect(kept).to_have_text(re.compile(r"Kept \d\d:\d\d:\d\d"))
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Plan").fill("Sees Dr Lee")
    expect(other.locator("#kept")).to_have_text(re.compile(r"Kept \d\d:\d\d:\d\d"))

    sent: list[str] = []
    page.on("request", lambda it: it.url.endswith("/draft") and sent.append(it.url))
    page.bring_to_front()
    page.keyboard.type(" long of the rain")
    expect(kept).to_contain_text("NOT KEPT: Newer words of this note were kept from another page.")
    before = len(sent)
    page.wait_for_timeout(4000)  # longer than it waits before it tries again
    assert len(sent) == before
    page.reload()
    expect(page.get_by_label("Plan")).to_have_value("Sees Dr Lee")


def test_a_reload_on_a_bad_network_loses_no_word_and_no_choice(served: Served, page: Page) -> None:
    open_note(served, page)
    behavior, kept = page.get_by_label("Behavior"), page.locator("#kept")
    behavior.focus()
    typed = ""
    for more in ("Spoke to the voices", " of the rain", ", then slept."):
        page.keyboard.press("Control+End")
        page.keyboard.type(more)
        typed += more
        page.reload()  # before it was kept
        expect(behavior).to_have_value(typed)
        behavior.focus()
    expect(kept).to_contain_text("Kept")

    # It arrives, but no answer comes back; and then nothing arrives any more.
    page.route("**/visit/draft", lambda route: [route.fetch(), route.abort()])
    page.get_by_label("Plan").fill("Sees Dr Lee")
    expect(kept).to_contain_text("NOT KEPT YET")
    page.unroute("**/visit/draft")
    page.route("**/visit/draft", lambda route: route.abort())
    page.get_by_label("Plan").press_sequentially(" on Monday")
    page.get_by_label("How it ended").select_option(label="Linked to care or services")
    page.get_by_role("radio", name="Right team").check()
    page.wait_for_timeout(300)  # as long as nobody types before it is sealed
    page.on("dialog", lambda it: it.accept())
    page.reload()
    page.unroute("**/visit/draft")

    expect(page.get_by_label("Plan")).to_have_value("Sees Dr Lee on Monday")
    expect(page.get_by_label("How it ended")).to_have_value("linked_to_care")
    expect(page.get_by_role("radio", name="Right team")).to_be_checked()
    expect(kept).to_have_text(re.compile(r"Kept \d\d:\d\d:\d\d"))
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_role("heading", name="Your note")).to_be_visible()
    page.reload()
    expect(behavior).to_have_value("")
    assert "unsent" not in page.evaluate(STORED)
    assert served.world.audited("visit.written") == 1


def test_too_long_a_note_is_told_while_it_is_typed(served: Served, page: Page) -> None:
    open_note(served, page)
    behavior, kept = page.get_by_label("Behavior"), page.locator("#kept")
    behavior.fill("a" * 3900 + "\n" * 2 + "b")
    expect(page.locator("#n-behaviour")).to_have_text("97 characters left")
    expect(kept).to_have_text(re.compile(r"Kept \d\d:\d\d:\d\d"))
    behavior.fill("a" * 5010)
    expect(page.locator("#n-behaviour")).to_contain_text("1,010 characters too many")
    expect(behavior).to_have_attribute("aria-invalid", "true")
    expect(kept).to_contain_text("Too long to be written down: shorten “Behavior”")
    page.reload()
    expect(page.locator("#n-behaviour")).to_contain_text("1,010 characters too many")
    assert len(behavior.input_value()) == 5010
    behavior.fill("a" * 4000)
    expect(page.locator("#n-behaviour")).to_have_text("0 characters left")
    expect(kept).to_have_text(re.compile(r"Kept \d\d:\d\d:\d\d"))
    assert page.evaluate(NO_SIDEWAYS)

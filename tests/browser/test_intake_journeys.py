"""Intake by the keyboard alone, while the network, the session and the service break off."""

from collections import Counter

from playwright.sync_api import Page, Request, Route, expect
from sqlalchemy import select

from tests.browser.conftest import Served, wait_until_ready
from tests.browser.test_journey import READ_MS, answer_the_gate, sign_in, the_call
from tests.stories.test_calls import CALM
from triage.services import assessments
from triage.storage.calls import Call, IntakeDraft

WORDS = "He walks to and fro and cries."
MOST_KEYS = 40


def drafts(served: Served) -> list[str]:
    with served.world.context.reading() as uow:
        return [draft.form or "" for draft in uow.session.scalars(select(IntakeDraft))]


def serve_again(served: Served) -> None:
    address = served.base_url.removeprefix("http://")
    served.start("web", "serve", "--bind", address, "--processes", "1")
    wait_until_ready(int(address.rpartition(":")[2]), served.logs / "web.log")


def send_in_vain(page: Page) -> None:
    """Send; the form's own request fails, as the page's route has it."""

    def is_it(request: Request) -> bool:
        return request.method == "POST" and request.url.endswith("/intake")

    with page.expect_event("requestfailed", is_it):
        page.keyboard.press("Control+Enter")
    page.unroute("**/intake")


def test_network_session_and_service_break_off_and_one_call_results(
    served: Served, page: Page
) -> None:
    served.world.team("Mobile 9")
    page.clock.install()
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("Pier 3, by the crane")
    expect(page.locator("#kept")).to_contain_text("Kept at")

    # The network is cut for a minute: typing and answering go on.
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    page.keyboard.type("202-555-0142")
    page.keyboard.press("Enter")
    page.keyboard.type(WORDS)
    page.keyboard.press("Alt+q")
    answer_the_gate(page)
    expect(page.locator("#kept")).to_contain_text("NOT KEPT: the service does not answer")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#kept")).to_contain_text("NOT SENT", timeout=20_000)
    page.clock.fast_forward(60_000)
    page.context.set_offline(False)
    page.clock.fast_forward(4_000)
    expect(page.locator("#kept")).to_contain_text("Kept at")
    assert WORDS in drafts(served)[0]

    # The sign-in ends, and is renewed in another tab.
    page.context.clear_cookies()
    page.keyboard.press("Alt+n")
    page.keyboard.type(" More.")
    expect(page.locator("#kept")).to_contain_text("NOT KEPT: you are signed out")
    other = page.context.new_page()
    sign_in(served, other)
    other.close()
    page.clock.fast_forward(8_000)
    expect(page.locator("#kept")).to_contain_text("Kept at")

    # The service dies as it is about to save; what was typed at the very end is kept, too.
    def die(route: Route) -> None:
        served.kill("web")
        route.continue_()

    page.keyboard.type(" The end.")
    page.route("**/intake", die)
    send_in_vain(page)
    serve_again(served)
    page.goto(f"{served.base_url}/intake")
    expect(page.get_by_text("You have an unfinished call")).to_be_visible()
    page.locator("a[href^='/intake/']", has_text="Continue").press("Enter")
    page.wait_for_url("**/intake/*")
    expect(page.locator("#f-narrative")).to_have_value(f"{WORDS} More. The end.")

    # It dies once it has saved, before anybody is told.
    def lose_the_answer(route: Route) -> None:
        route.fetch(max_redirects=0)
        served.kill("web")
        route.abort()

    page.route("**/intake", lose_the_answer)
    draft = page.url
    send_in_vain(page)
    serve_again(served)
    page.goto(draft)
    page.wait_for_url("**/calls/*")
    call = the_call(served)  # there is one
    assert call.narrative == f"{WORDS} More. The end."
    with served.world.context.reading() as uow:
        assert len(assessments.answers_of(uow, uow.get(Call, call.id))) == 7


def test_a_typical_call_takes_forty_keys_beside_the_narrative_and_leaves_nothing_behind(
    served: Served, page: Page
) -> None:
    served.world.team("Mobile 9")
    sign_in(served, page)
    pressed: Counter[str] = Counter()
    page.expose_function("pressed", lambda where: pressed.update([where]))
    page.add_init_script(
        """addEventListener("keydown", (event) =>
            window.pressed(event.target.id === "f-narrative" && !event.ctrlKey && !event.altKey
                && !["Alt", "Control"].includes(event.key) ? "narrative" : "keys"), true)"""
    )
    page.reload()
    page.keyboard.press("n")
    page.wait_for_url("**/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("12 Mill Lane")
    page.keyboard.press("Enter")
    page.keyboard.type("2025550142")
    page.keyboard.press("Enter")
    page.keyboard.type(WORDS)
    page.keyboard.press("Alt+q")
    page.wait_for_timeout(READ_MS)
    answer_the_gate(page)
    page.keyboard.press("Control+Enter")  # at once: the button is renewed meanwhile
    page.wait_for_url("**/calls/*")
    assert the_call(served).location == "12 Mill Lane"
    assert pressed["narrative"] == len(WORDS)
    assert 30 < pressed["keys"] <= MOST_KEYS, pressed

    # An unfinished call, then the shift is over.
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("The blue house")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    page.keyboard.press("Alt+q")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url("**/sign-out")
    expect(page.locator("main")).to_contain_text("The blue house")
    expect(page.get_by_role("link", name="Stay signed in")).to_be_focused()
    page.get_by_role("button", name="Sign out all the same").press("Enter")
    page.wait_for_url("**/sign-in")
    left = page.evaluate(
        """async () => JSON.stringify([{...localStorage}, {...sessionStorage},
            await caches.keys(), await indexedDB.databases(), document.cookie, history.state])"""
    )
    assert left == '[{},{},[],[],"",null]'


def test_duplicates_contradictions_and_undo_by_the_keyboard(served: Served, page: Page) -> None:
    served.world.team("Mobile 9")
    first = served.world.call(CALM, location="12 Mill Lane", caller_phone="202-555-0199")
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    page.keyboard.press("Alt+v")
    page.keyboard.insert_text("Phone: 202-555-0142\nCAD #: 26-004711\nADDR: 12 Mill Lane")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/paste")
    page.get_by_role("button", name="Fill the form").press("Enter")
    expect(page.locator("#f-location")).to_have_value("12 Mill Lane")
    expect(page.locator("#f-external_id")).to_have_value("26-004711")
    expect(page.locator("#known")).to_contain_text(f"May be the same as {first.code}")

    page.keyboard.press("Alt+q")
    page.wait_for_timeout(READ_MS)
    answer_the_gate(page)
    expect(page.locator("#recommendation .response")).not_to_have_text("Ask more first")
    page.wait_for_timeout(READ_MS)
    while not page.evaluate("document.activeElement.dataset.fact === 'weapon'"):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("+")
    expect(page.get_by_label("Who says so")).to_be_focused()
    page.keyboard.press("o")
    page.keyboard.press("Tab")
    page.keyboard.press("i")
    conflict = page.locator("[data-fact=weapon] .conflict")
    expect(conflict).to_contain_text("Said to be none (caller) / In hand (officer)")
    page.keyboard.press("Enter")  # said: on with the caller
    expect(page.locator("[data-fact=violence_now]")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("+")
    page.keyboard.press("Escape")
    expect(page.locator("[data-fact=weapon]")).to_be_focused()
    page.keyboard.press("+")
    page.keyboard.press("p")
    page.keyboard.press("Tab")
    page.keyboard.press("w")
    all_said = "In hand (officer) / Within reach (person in crisis)"
    expect(conflict).to_contain_text(all_said)
    page.reload()
    expect(conflict).to_contain_text("Within reach (person in crisis)")
    expect(conflict).to_contain_text("In hand (officer)")
    page.keyboard.press("Alt+q")
    page.keyboard.press("z")
    expect(page.locator("#undone")).to_contain_text("Within reach (person in crisis); what others")
    expect(conflict).to_contain_text("Said to be none (caller) / In hand (officer);")
    page.keyboard.press("Alt+q")
    page.keyboard.press("Control+z")
    expect(page.locator("#undone")).to_contain_text("In hand (officer); what others said stands")
    expect(conflict).to_be_empty()
    page.keyboard.press("z")
    expect(page.locator("#undone")).to_contain_text("now not asked")

    page.keyboard.press("Alt+a")
    page.wait_for_url(f"**/calls/{first.reference}")
    expect(page.locator("#banners")).to_contain_text("nobody is paged twice")
    expect(page.locator("#call-callers")).to_contain_text("Caller 2")
    assert the_call(served).id == first.id

    # It turns out to be about something else: two calls again.
    page.get_by_role("button", name="Not the same incident").press("Enter")
    expect(page.locator("#banners")).to_contain_text("Two calls again")
    other = page.locator("#call-callers a[href^='/calls/']")
    expect(other).to_be_visible()
    address = other.get_attribute("href")
    page.wait_for_load_state()
    other.press("Enter")
    page.wait_for_url(f"**{address}")
    expect(page.locator("#call-callers")).to_contain_text("+12025550142")
    expect(page.locator("#call-timeline")).to_contain_text(f"first taken for {first.reference}")


def test_another_language_in_the_middle_of_a_call_keeps_what_was_typed(
    served: Served, page: Page
) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("Pier 3, by the crane")
    page.get_by_role("button", name="Español").press("Enter")  # before anything was kept

    page.wait_for_url("**/intake/*")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("#f-location")).to_have_value("Pier 3, by the crane")
    page.locator("#f-narrative").focus()
    page.keyboard.type(WORDS)
    page.get_by_role("button", name="English").press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#f-narrative")).to_have_value(WORDS)
    assert len(drafts(served)) == 1


def test_an_unfinished_call_is_not_discarded_by_one_key(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("Pier 3, by the crane")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    page.goto(f"{served.base_url}/intake")
    sure = page.get_by_role("button", name="What was typed is gone then: discard it")
    expect(sure).to_be_hidden()

    page.locator("summary", has_text="Discard it").press("Enter")
    assert drafts(served) != [""]
    sure.press("Enter")

    expect(page.get_by_text("The unfinished call was discarded.")).to_be_visible()
    assert drafts(served) == [""]


def test_a_mark_that_turns_a_place_round_leaves_the_field_at_once(
    served: Served, page: Page
) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("Mill Lane")
    page.keyboard.press("Home")
    page.keyboard.insert_text("\u202e21 ")  # as it is pasted
    page.keyboard.type("Old ")
    expect(page.locator("#f-location")).to_have_value("21 Old Mill Lane")
    page.locator("#f-caller_name").fill("\u2067عمر חיים\u2069")
    expect(page.locator("#f-caller_name")).to_have_value("عمر חיים")

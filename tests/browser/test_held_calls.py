"""Two at the desk on one call: they see each other, and one takes the call by keyboard; so is taken
what somebody left."""

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Served
from tests.browser.keyboard import press
from tests.browser.test_call_flows import look
from tests.browser.test_journey import sign_in
from tests.stories.test_calls import CALM
from tests.stories.test_intake import assess, form_key
from tests.world import World


def test_two_on_one_call_see_each_other(
    world: World, served: Served, page: Page, chromium: Browser
) -> None:
    call = world.call(CALM, location="Pier 3")
    context = chromium.new_context()
    other = context.new_page()
    address = f"{served.base_url}/calls/{call.reference}"
    sign_in(served, page, "dispatcher")
    sign_in(served, other, "supervisor")
    page.goto(address)
    other.goto(address)
    expect(other.locator("#call-desk")).to_contain_text("Test dispatcher is on this page")

    press(page, "Take this call")
    expect(page.locator("#call-desk")).to_contain_text("You have this call")
    expect(other.locator("#call-desk")).to_contain_text("Test dispatcher has this call")

    page.keyboard.press("Alt+q")
    page.keyboard.press("1")
    expect(other.locator("#call-desk")).to_contain_text("Test dispatcher is on this page, typing")
    page.goto(f"{served.base_url}/board")
    expect(other.locator("#call-desk")).not_to_contain_text("is on this page")
    context.close()


def test_a_page_stays_its_owners_though_somebody_else_signs_in_beside_it(
    world: World, served: Served, page: Page
) -> None:
    call = world.call(CALM, location="Pier 3")
    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    press(page, "Take this call")
    expect(page.locator("#call-desk")).to_contain_text("You have this call")

    beside = page.context.new_page()
    page.context.clear_cookies()  # still signed in elsewhere: the call stays theirs
    sign_in(served, beside, "supervisor")
    line = page.locator("[data-as-of]")
    expect(line).to_contain_text("somebody else is signed in in this browser", timeout=10_000)
    expect(page.locator("#call-desk")).to_contain_text("You have this call")

    page.context.clear_cookies()
    sign_in(served, beside, "dispatcher")
    expect(line).to_contain_text("Data as of", timeout=10_000)
    expect(page.locator("#call-desk")).to_contain_text("You have this call")


def test_that_a_late_team_was_asked_is_written_down_by_keyboard(
    world: World, served: Served, page: Page
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Pier 3")
    phone.text(f"{call.code} 1 ETA 10")
    world.wait(minutes=11)

    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    expect(page.locator("#call-errands")).to_contain_text("Ask Mobile 9 (clinician) what keeps")
    page.keyboard.press("Alt+w")
    page.keyboard.press("Enter")
    expect(page.locator("#call-errands")).not_to_contain_text("what keeps them")


def test_what_somebody_left_is_taken_with_one_key_on_the_board(
    world: World, served: Served, page: Page
) -> None:
    call = world.call(CALM, location="Pier 3")
    gone = world.client("dispatcher", "gone")
    gone.submit(f"/calls/{call.reference}", {}, to=f"/calls/{call.reference}/take")
    key = form_key(gone)
    assess(gone, {"location": "Mill, upstairs"}, key)
    world.wait(minutes=4)

    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/board")
    for width in (320, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        left = page.locator("#board-left")
        expect(left).to_contain_text("A CALL WAS BEGUN AND NOT SAVED")
        expect(left.get_by_role("button", name="Go on with it")).to_be_in_viewport()
    look(page, "board-left")
    row = page.locator(f"#row-{call.reference}")
    expect(row).to_contain_text("not seen for")
    row.locator("[data-row]").focus()
    page.keyboard.press("t")
    page.wait_for_url(f"{served.base_url}/calls/{call.reference}")
    expect(page.locator("#call-desk")).to_contain_text("You have this call")

    page.goto(f"{served.base_url}/board")
    page.keyboard.press("t")  # no row has the focus: to the first that can be taken
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served.base_url}/intake/{key}")
    expect(page.locator("[name=location]")).to_have_value("Mill, upstairs")


def test_two_who_type_one_number_see_each_other_before_either_has_saved(
    world: World, served: Served, page: Page, chromium: Browser
) -> None:
    context = chromium.new_context()
    other = context.new_page()
    for one, role in ((page, "dispatcher"), (other, "supervisor")):
        sign_in(served, one, role)
        one.goto(f"{served.base_url}/intake")
    page.get_by_label("Place, as the caller says it").fill("Mill, upstairs")
    page.get_by_label("Call-back number").fill("202-555-0143")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    other.get_by_label("Call-back number").fill("(202) 555-0143")
    expect(other.locator("[data-part=begun]")).to_contain_text(
        "Test dispatcher is taking a call from this number right now"
    )
    # Whoever began is told too, and need not touch a key for it.
    expect(page.locator("[data-part=begun]")).to_contain_text("Test supervisor is taking a call")
    look(other, "intake-begun")
    page.get_by_label("What happens, in the caller's words").fill("He walks to and fro.")

    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/*")
    other.get_by_label("What happens, in the caller's words").fill("He walks.")
    expect(other.locator("#known")).to_contain_text("(same number)")
    expect(other.locator("[data-part=begun]")).to_have_text("")
    context.close()


def test_who_takes_a_call_by_its_key_takes_no_alarm_and_the_key_of_alarms_takes_no_call(
    world: World, served: Served, page: Page
) -> None:
    (phone,) = world.team("Mobile 9")
    call, other = world.call(CALM, location="Pier 3"), world.call(CALM, location="Mill")
    phone.text(f"{call.code} 1")
    phone.text(f"{call.code} help")
    world.ignores_texts("what is texted is another story")

    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    alarm = page.locator("#call-alarms [data-take]")
    expect(alarm).to_be_visible()
    page.keyboard.press("Alt+h")
    expect(page.locator("#call-desk")).to_contain_text("You have this call")
    expect(alarm).to_be_visible()
    page.wait_for_load_state()  # a key before the scripts of the new page is nobody's
    page.keyboard.press("a")
    expect(alarm).to_be_focused()
    page.keyboard.press("Enter")
    expect(alarm).to_have_count(0)

    page.goto(f"{served.base_url}/calls/{other.reference}")
    expect(page.locator("#call-desk")).to_contain_text("Take this call")
    page.keyboard.press("a")
    expect(page.locator("#call-desk button:focus")).to_have_count(0)
    expect(page.locator("[data-take]")).to_have_count(0)  # what is heard until it is taken

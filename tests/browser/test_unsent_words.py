"""Words in a small form that were not sent yet: a reload, or another form, does not take them."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import READ_MS, at_a_call, sign_in, the_call
from tests.stories.test_calls import CALM
from tests.world import PASSWORD

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"


def sign_in_as(served: Served, page: Page, username: str) -> None:
    page.goto(f"{served.base_url}/sign-in")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_a_note_outlives_a_reload_and_another_form_until_it_is_sent(
    served: Served, page: Page
) -> None:
    at_a_call(served, page)
    page.keyboard.press("Alt+x")
    note, ending = page.locator("[id='f-close.note']"), page.locator("[id='f-close.disposition']")
    ending.select_option("resolved_on_phone")  # chosen, not typed: it does not come back
    note.fill("Her sister is there")
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    assert "sister" not in page.evaluate(STORED)

    page.reload()
    expect(note).to_have_value("Her sister is there")
    expect(note).to_be_visible()
    expect(ending).to_have_value("")
    page.get_by_role("region", name="Who is coming?").get_by_role(
        "button", name="Told", exact=True
    ).press("Enter")
    expect(page.locator("#banners")).to_contain_text("the caller was told")
    expect(note).to_have_value("Her sister is there")

    note.press("Control+a")
    note.press("Delete")
    page.wait_for_function(f"() => !{STORED}.includes('unsent')")
    page.reload()
    expect(page.locator("[data-as-of]")).to_contain_text("Data as of")
    expect(note).to_have_value("")


def test_what_was_sent_does_not_come_back_and_signing_out_leaves_nothing(
    served: Served, page: Page
) -> None:
    at_a_call(served, page)
    said = page.locator("[id='f-caller.said']")
    said.evaluate("box => { box.closest('details').open = true; }")
    said.fill("He threw a chair")
    said.locator("xpath=ancestor::form").get_by_role("button").press("Enter")
    expect(page.locator("main")).to_contain_text("He threw a chair")
    expect(said).to_have_value("")
    assert "unsent" not in page.evaluate(STORED)

    said.evaluate("box => { box.closest('details').open = true; }")
    said.fill("He is quiet now")
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url("**/sign-in")
    assert page.evaluate(STORED) == "[{},{}]"


def test_words_wait_while_the_network_is_gone(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake/paper")
    words = page.locator("#f-narrative")
    words.fill("She walks on the bridge")
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    page.context.set_offline(True)
    page.get_by_role("button", name="Write it down").press("Enter")
    page.wait_for_url("chrome-error://**")
    page.context.set_offline(False)
    page.wait_for_timeout(1000)  # nobody reads an error page faster
    page.goto(f"{served.base_url}/board")
    page.goto(f"{served.base_url}/intake/paper")
    expect(words).to_have_value("She walks on the bridge")


def test_a_form_that_was_left_is_empty_for_the_next_person(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake/paper")
    page.locator("#f-narrative").fill("She walks on the bridge")
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    page.goto(f"{served.base_url}/board")
    page.goto(f"{served.base_url}/intake/paper")
    page.wait_for_function(f"() => !{STORED}.includes('unsent')")
    expect(page.locator("#f-narrative")).to_have_value("")


def test_words_are_their_writers_alone(served: Served, page: Page) -> None:
    call = served.world.call(CALM)
    sign_in(served, page)
    address = f"{served.base_url}/calls/{call.reference}"
    page.goto(address)
    note = page.locator("[id='f-close.note']")
    note.evaluate("box => { box.closest('details').open = true; }")
    note.fill("Her sister is there")
    page.wait_for_function(f"() => {STORED}.includes('unsent')")

    page.context.clear_cookies()
    served.world.account("dispatcher", "another-dispatcher")
    sign_in_as(served, page, "another-dispatcher")
    page.goto(address)
    page.wait_for_timeout(READ_MS)
    expect(note).to_have_value("")
    page.context.clear_cookies()
    sign_in(served, page)
    page.goto(address)
    expect(note).to_have_value("Her sister is there")


def test_what_others_have_changed_meanwhile_is_not_overwritten(served: Served, page: Page) -> None:
    sign_in(served, page, "supervisor")
    page.goto(f"{served.base_url}/rules/denver-star/draft")
    editor = page.locator("#f-yaml")
    mine = editor.input_value().replace("low-risk call", "call of low risk")
    editor.fill(mine)
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    page.reload()
    expect(editor).to_have_value(mine)

    other = page.context.new_page()
    other.goto(page.url)
    other.locator("#f-yaml").fill(mine.replace("call of low risk", "calm call"))
    other.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(other.locator("#f-yaml")).to_have_value(mine.replace("call of low risk", "calm call"))
    page.reload()
    expect(editor).to_have_value(mine.replace("call of low risk", "calm call"))


def test_a_paper_call_that_is_sent_twice_by_its_kept_words_is_one_call(
    served: Served, page: Page
) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake/paper")
    page.locator("#f-narrative").fill("She walks on the bridge")
    page.locator("#f-location").fill("12 Mill Lane")
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    page.locator("#f-received_at").fill(f"{yesterday}T07:00")
    # What is copied from a sheet is no answer that nobody gave: it comes back, choices too.
    page.locator("#f-response_1").select_option("mobile_crisis")
    page.locator("#f-unit_1").fill("Mobile 1")
    page.locator("#f-sent_at_1").fill(f"{yesterday}T07:05")
    page.locator("[name='facts.weapon'][value='none_confirmed']").check()
    page.locator("[name=call_back][value=text]").check()
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    key = page.locator("[name=form_key]").input_value()
    page.reload()
    expect(page.locator("#f-narrative")).to_have_value("She walks on the bridge")
    expect(page.locator("#f-response_1")).to_have_value("mobile_crisis")
    expect(page.locator("[name='facts.weapon'][value='none_confirmed']")).to_be_checked()
    expect(page.locator("[name=call_back][value=text]")).to_be_checked()
    expect(page.locator("[name=call_back][value=ring]")).not_to_be_checked()
    expect(page.locator("[name=form_key]")).to_have_value(key)
    page.get_by_role("button", name="Write it down").press("Enter")
    page.wait_for_url("**/calls/*")
    assert the_call(served).narrative == "She walks on the bridge"
    page.goto(f"{served.base_url}/intake/paper")
    expect(page.locator("#f-narrative")).to_have_value("")


def test_a_part_that_is_typed_in_says_that_it_is_no_longer_true(served: Served, page: Page) -> None:
    (phone,) = served.world.team("Mobile 9")
    call = served.world.call(CALM)
    sign_in(served, page)
    page.goto(f"{served.base_url}/calls/{call.reference}")
    part = page.locator("[id^=dispatch-]", has=page.locator("[id^=cancel-]")).first
    part.locator("[id^=cancel-] > summary").click()
    part.get_by_label("Why").select_option("not_needed")
    expect(page.locator("[data-as-of]")).to_contain_text("Data as of")
    page.wait_for_timeout(2500)  # asked twice: nothing has changed
    expect(part.locator("[data-held]")).to_have_count(0)

    phone.text(f"{call.code} 1")
    phone.text(f"{call.code} SCENE")

    expect(part.locator(".panel-head")).to_contain_text("On scene")  # how it stands follows
    expect(part.locator(".slot-says")).to_contain_text("On scene")
    expect(part.get_by_label("Why")).to_have_value("not_needed")
    expect(part.locator("[data-held]")).to_contain_text("Something changed here")
    part.get_by_label("Why").select_option("")
    page.locator("h1").click()
    expect(page.locator("[data-held]")).to_have_count(0)
    expect(page.locator("[id^=cancel-]")).to_have_count(0)  # somebody is there
    expect(page.locator(".slot-says")).to_contain_text("Mobile 9 clinician")


def test_what_has_to_be_mended_stands_while_the_page_is_renewed(served: Served, page: Page) -> None:
    medical = {"problem_type": "medical", "consciousness": "alert", "breathing": "normal"}
    call = served.world.call(medical)
    sign_in(served, page)
    page.goto(f"{served.base_url}/calls/{call.reference}")
    unit = page.get_by_label("Unit", exact=True)
    unit.fill("Medic 7")
    unit.press("Enter")
    expect(page.locator(".dispatch .error")).to_contain_text("Write the CAD number")

    served.world.wait(seconds=61)

    expect(page.locator("#call-timeline")).to_contain_text("Hand-over is late")
    expect(unit).to_have_value("Medic 7")
    expect(page.locator(".dispatch .error")).to_contain_text("Write the CAD number")


def test_a_member_who_is_being_added_outlives_a_reload_with_all_that_was_chosen(
    served: Served, page: Page
) -> None:
    served.world.team("Mobile 9")
    served.world.client("supervisor")
    sign_in_as(served, page, "test-supervisor")
    page.goto(f"{served.base_url}/teams")
    page.get_by_role("link", name="Change Mobile 9").click()
    page.get_by_label("Name").fill("Kim Lee")
    chosen = (
        page.get_by_role("radio", name="Clinician"),
        page.get_by_role("group", name="Texts in").get_by_role("radio", name="Spanish"),
        page.get_by_role("checkbox", name="I have seen this phone in their hand"),
    )
    for choice in chosen:
        choice.check()
    page.get_by_label("Signs in as").select_option("test-supervisor")
    page.wait_for_timeout(500)  # as long as nobody chooses before it is sealed
    page.reload()

    expect(page.get_by_label("Name")).to_have_value("Kim Lee")
    for choice in chosen:
        expect(choice).to_be_checked()
    expect(page.get_by_label("Signs in as")).to_have_value("test-supervisor")
    page.get_by_label("Telephone", exact=True).fill("202 555 0143")
    page.get_by_role("button", name="Add the member").press("Enter")
    expect(page.locator("#banners")).to_contain_text("The member is added")
    page.reload()
    expect(page.get_by_label("Name")).to_have_value("")
    expect(chosen[0]).not_to_be_checked()

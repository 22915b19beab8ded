"""A reload in the middle of a word."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in, the_call
from triage.services import assessments
from triage.storage.calls import Call

WORDS = ("He cries", " and walks", " to and fro", " on the roof.")


def test_a_reload_right_after_the_last_key_loses_no_word_and_is_no_other_tab(
    served: Served, page: Page
) -> None:
    served.world.team("Mobile 9")
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("12 Mill Lane")
    page.reload()  # before anything was kept
    expect(page.locator("#f-location")).to_have_value("12 Mill Lane")
    page.locator("#f-narrative").focus()
    typed = ""
    for more in WORDS:
        page.keyboard.press("Control+End")
        page.keyboard.type(more)
        typed += more
        page.reload()
        expect(page.locator("#f-narrative")).to_have_value(typed)
        expect(page.locator("#kept")).to_contain_text("Kept at")
        expect(page.locator("#f-narrative")).to_be_focused()

    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/*")
    call = the_call(served)
    assert (call.location, call.narrative) == ("12 Mill Lane", typed)


def test_somebody_else_is_written_down_by_keyboard_and_outlives_a_reload(
    served: Served, page: Page
) -> None:
    served.world.team("Mobile 9")
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    page.locator("#f-narrative").fill("He cries")
    page.locator("#f-subject_about").focus()
    for typed in ("Tab", "Enter", "Tab", "End", "ArrowUp", "Tab"):  # opened; the last but one
        page.keyboard.press(typed)
    page.keyboard.type("Rosa Paz")
    page.keyboard.press("Tab")
    page.keyboard.type("12")
    page.keyboard.press("Tab")
    expect(page.locator("#e-third_party_phone")).to_be_visible()
    page.reload()
    expect(page.locator("#f-third_party_name")).to_have_value("Rosa Paz")
    expect(page.locator("#f-third_party_phone")).to_have_value("12")
    page.locator("#f-third_party_phone").fill("202-555-0171")
    expect(page.locator("#kept")).to_contain_text("Kept at")

    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/*")
    told = page.locator("#call-callers div", has=page.locator("dt", has_text="Somebody else"))
    expect(told).to_contain_text("Rosa Paz, has the key: landlord or caretaker, +12025550171")


KEEPS_NOTHING = "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })"
"""A browser that gets its pages by plain http encrypts nothing, and so keeps no words."""


def test_a_last_word_that_does_not_arrive_is_told(served: Served, page: Page) -> None:
    page.add_init_script(KEEPS_NOTHING)
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    page.locator("#f-location").fill("12 Mill Lane")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    page.route("**/intake/assess", lambda route: route.abort())
    page.evaluate("navigator.sendBeacon = () => true")  # lost on its way
    page.locator("#f-narrative").fill("He cries")
    page.reload()

    expect(page.locator("#kept")).to_contain_text(
        "What you typed just before the reload may be missing"
    )
    page.unroute("**/intake/assess")
    page.locator("#f-narrative").fill("He cries again")
    expect(page.locator("#kept")).to_contain_text("Kept at")


LATE = """() => {
    navigator.sendBeacon = (to, form) => !sessionStorage.setItem("late", JSON.stringify([...form]));
}"""
ARRIVES = """() => {
    const late = new URLSearchParams(JSON.parse(sessionStorage.getItem("late")));
    late.set("csrf_token", document.querySelector("meta[name=csrf-token]").content);
    fetch("/intake/assess", { method: "POST", body: late });
}"""


def test_what_is_typed_while_the_last_words_are_on_their_way_stands_beside_them(
    served: Served, page: Page
) -> None:
    page.add_init_script(KEEPS_NOTHING)
    served.world.team("Mobile 9")
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    page.locator("#f-location").fill("12 Mill Lane")
    page.locator("#f-narrative").fill("He cries")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    page.route("**/intake/assess", lambda route: route.abort())
    page.evaluate(LATE)
    page.locator("[data-fact=weapon]").focus()
    page.keyboard.press("3")
    page.locator("#f-narrative").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" and walks")
    page.reload()
    page.unroute("**/intake/assess")

    expect(page.locator("#kept")).to_contain_text("One moment")
    expect(page.locator("#f-narrative")).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(" on the roof.")
    page.locator("[data-fact=consciousness]").focus()
    page.keyboard.press("1")
    expect(page.locator(".not-taken")).to_have_text(
        "1 was not taken: the next question is on its way."
    )
    page.keyboard.press("Control+Enter")
    page.evaluate(ARRIVES)

    page.wait_for_url("**/calls/*")
    call = the_call(served)
    assert (call.location, call.narrative) == ("12 Mill Lane", "He cries and walks on the roof.")
    with served.world.context.reading() as uow:
        assert assessments.answers_of(uow, uow.get(Call, call.id)) == {"weapon": "none_seen"}

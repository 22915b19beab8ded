"""The whole journey in a real browser, with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import LONG_MS, Served
from tests.stories.test_calls import CALM
from tests.world import PASSWORD
from triage.storage.calls import Call, IntakeDraft

READ_MS = 400
"""To read a question that came by itself: a key before that is refused."""
TREMBLE_MS = 160
"""The same key pressed sooner is a finger that trembled."""
GATE = {
    "location_known": "1",
    "problem_type": "2",
    "consciousness": "1",
    "breathing": "1",
    "weapon": "4",
    "violence_now": "4",
    "attempt_in_progress": "2",
}


def sign_in(served: Served, page: Page, role: str = "dispatcher") -> None:
    page.goto(f"{served.base_url}/sign-in")
    expect(page.locator("[autofocus]")).to_be_focused()
    page.keyboard.type(served.world.account(role))
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def focused(page: Page) -> str:
    """The question that has the focus, or the id of whatever has it."""
    found: str = page.evaluate(
        "document.activeElement.closest('[data-fact]')?.dataset.fact || document.activeElement.id"
    )
    return found


def answer_the_gate(page: Page) -> None:
    for fact, key in GATE.items():
        assert focused(page) == fact
        page.keyboard.press(key)
        page.wait_for_timeout(TREMBLE_MS)


def until_read(page: Page) -> None:
    """Keys of a question that the server has just put next do not act at once."""
    page.wait_for_function("() => !document.activeElement.closest('.unread')")


def press_and_settle(page: Page, key: str) -> None:
    """Press an answer's key; once the server has told the new order, its first question is next."""
    with page.expect_response("**/intake/assess") as answer:
        page.keyboard.press(key)
    answer.value.finished()
    page.wait_for_timeout(READ_MS)
    page.wait_for_function("""() => document.querySelector("[data-main] .question:not(.answered)")
        ?.contains(document.activeElement)""")
    until_read(page)


def type_a_call(page: Page) -> None:
    keyboard = page.keyboard
    expect(page.locator("#f-location")).to_be_focused()
    keyboard.type("Pier 3, by the crane")
    keyboard.press("Enter")
    keyboard.type("202-555-0142")
    keyboard.press("Enter")
    keyboard.type("He walks to and fro and cries.")
    keyboard.press("Alt+q")


def the_call(served: Served) -> Call:
    with served.world.context.reading() as uow:
        return uow.session.scalars(select(Call)).one()


def at_a_call(served: Served, page: Page) -> Call:
    """Signed in as a dispatcher, with the page of a call before them that is kept fresh."""
    served.world.team("Mobile 9")
    call = served.world.call(CALM)
    sign_in(served, page)
    page.goto(f"{served.base_url}/calls/{call.reference}")
    expect(page.locator("[data-as-of]")).to_contain_text("Data as of")
    return call


def tab_to(page: Page, what: str) -> None:
    """Press Tab until the focus is on what the selector names."""
    for _ in range(120):
        if page.evaluate(f"document.activeElement.matches({what!r})"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {what}")


def type_and_answer(page: Page) -> None:
    """A call, the gate, two questions more, and one taken back."""
    page.keyboard.press("n")
    page.wait_for_url("**/intake")
    type_a_call(page)
    recommendation = page.locator("#recommendation")
    expect(recommendation).to_contain_text("Ask more first")
    answer_the_gate(page)
    expect(recommendation.locator(".response")).to_have_text("Mobile crisis team")
    expect(recommendation).to_contain_text("PROMPT, within 60 min")
    expect(recommendation.locator(".outlook")).to_contain_text(
        re.compile("Settled|May still become|Nothing more to ask")
    )
    expect(page.locator("#zone")).to_contain_text("Zone Harbor, from the list of places")
    page.wait_for_timeout(READ_MS)
    until_read(page)
    for _ in range(2):  # a question beyond the gate, and the one that follows it
        before = focused(page)
        assert before not in GATE
        press_and_settle(page, "u")
        assert focused(page) != before
    page.keyboard.press("Backspace")  # back to change one
    page.keyboard.press("Delete")
    expect(page.locator(f"[data-fact={focused(page)}] .word")).to_be_visible()


def test_a_call_from_the_first_word_to_the_follow_up(served: Served, page: Page) -> None:
    served.world.team("Mobile 9")
    sign_in(served, page)
    expect(page.get_by_text("No call is open.")).to_be_visible()

    type_and_answer(page)

    # It is sent, and its page goes on.
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/*")
    call = the_call(served)
    expect(page.get_by_text(f"Call {call.reference} is taken")).to_be_visible()
    expect(page.locator("#call-dispatches")).to_contain_text("Mobile 9 was asked")

    # The page comes to the simulated telephone, which answers.
    phone = page.context.new_page()
    phone.goto(f"{served.base_url}/simulator")
    row = phone.locator("[data-row]", has_text="Mobile 9")
    expect(row).to_contain_text("1 new")
    phone.keyboard.press("j")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/simulator?phone=*")
    expect(phone.locator(".bubbles")).to_contain_text(f"Reply {call.code} 1=accept")
    expect(phone.locator("#f-body")).to_be_focused()

    # The board moves by itself.
    page.bring_to_front()
    page.keyboard.press("Alt+b")
    page.wait_for_url("**/board")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator(".call-row")).to_contain_text("Asking teams")
    phone.bring_to_front()
    phone.keyboard.type(f"{call.code} 1 ETA 10")
    phone.keyboard.press("Enter")
    phone.wait_for_load_state()
    expect(phone.locator(".bubbles")).to_contain_text("accepted, it is yours")
    page.bring_to_front()
    expect(page.locator(".call-row")).to_contain_text("Mobile 9 on the way")

    # The follow-up waits in the list.
    tab_to(page, "nav a[href='/follow-ups']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/follow-ups")
    expect(page.locator("main")).to_contain_text(call.reference)


def test_a_question_that_an_answer_made_the_most_important_is_not_skipped(
    served: Served, page: Page
) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("Fifth Street Bridge")
    page.keyboard.press("Alt+q")
    for key in "1211342":
        press_and_settle(page, key)

    asked = []
    for _ in range(4):
        asked.append(focused(page))
        consequence = page.locator(f"[data-fact={asked[-1]}] .consequence").inner_text()
        expect(page.locator("ol.why li").first).to_have_text(consequence)
        press_and_settle(page, "u")
    assert "injury" in asked

    passed = focused(page)  # what a dispatcher passes over does not come back by itself
    page.keyboard.press("ArrowDown")
    went_to = focused(page)
    with page.expect_response("**/intake/assess"):
        page.keyboard.press("u")
    page.wait_for_timeout(500)
    assert focused(page) not in {passed, went_to}


def test_what_the_narrative_prompts_follows_the_gate_and_takes_none_of_its_keys(
    served: Served, page: Page
) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    page.keyboard.press("Alt+n")
    page.keyboard.type("Man on the roof with a knife. He says he will jump.")
    page.keyboard.press("Alt+q")
    page.wait_for_timeout(READ_MS)  # the server has told what the words prompt
    expect(page.locator("[data-fact=weapon] .heard")).to_have_text("knife")
    page.keyboard.type("1111342", delay=TREMBLE_MS)

    page.wait_for_function("() => document.activeElement.dataset.fact === 'dangerous_place'")
    expect(page.locator("[data-fact=dangerous_place] .heard")).to_have_text("roof")
    for fact, key in zip(GATE, "1111342", strict=True):
        chosen = page.locator(f"[data-fact={fact}] input:checked")
        expect(chosen).to_have_attribute("data-key", key)


def test_after_a_reload_the_keys_still_answer_the_question(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    type_a_call(page)
    press_and_settle(page, "1")
    press_and_settle(page, "1")
    was = focused(page)
    page.mouse.wheel(0, 400)
    page.reload()

    page.wait_for_function(f"() => document.activeElement.dataset.fact === '{was}'")
    page.keyboard.press("2")
    expect(page.locator(f"[data-fact={was}] input:checked")).to_have_attribute("data-key", "2")
    expect(page.locator("#f-location")).to_have_value("Pier 3, by the crane")


def test_answers_chosen_with_the_mouse_one_after_the_other_all_stand(
    served: Served, page: Page
) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    for fact in GATE:
        answer = page.locator(f"[data-fact={fact}] label.answer").first
        answer.click(delay=60, position={"x": 12, "y": 12})  # a finger is not faster
        page.wait_for_timeout(200)

    for fact in GATE:
        expect(page.locator(f"[data-fact={fact}] input:checked")).to_have_count(1)


def test_a_quick_chip_answers_and_the_questions_go_on(served: Served, page: Page) -> None:
    served.world.team("Mobile 9")
    call = served.world.call(CALM)
    sign_in(served, page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/*")

    page.keyboard.press("Alt+q")
    first = focused(page)
    assert first == "location_known"
    page.keyboard.press("1")
    expect(page.locator("#call-answers summary")).to_contain_text(f"({len(CALM) + 1})")
    page.keyboard.press("Alt+q")
    while (fact := focused(page)) != "injury":
        page.keyboard.press("ArrowDown")
        assert focused(page) != fact, "injury is not asked"
    page.keyboard.press("4")
    not_sent = page.get_by_text("Recommended, not sent: Ambulance")
    for width in (320, 1440):  # wherever the last answer was given
        page.set_viewport_size({"width": width, "height": 700})
        expect(not_sent).to_be_in_viewport(ratio=1)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#banners")).to_contain_text("Ambulance is to be dispatched in CAD now")
    expect(page.locator("#call-dispatches")).to_contain_text("Dispatch in CAD")

    phone = page.context.new_page()
    phone.goto(f"{served.base_url}/simulator")
    phone.keyboard.press("j")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/simulator?phone=*")
    tab_to(phone, "[data-focus=chip-1]")
    phone.keyboard.press("Enter")
    expect(phone.locator(".bubbles")).to_contain_text(f"{call.code} accepted")


def test_a_reload_and_a_lost_session_lose_nothing(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    type_a_call(page)
    page.keyboard.press("1")
    page.keyboard.type("3")
    page.reload()  # at once: before anything was due to be kept
    expect(page.locator("#f-location")).to_have_value("Pier 3, by the crane")
    page.goto(f"{served.base_url}/intake")
    expect(page.get_by_text("You have an unfinished call")).to_be_visible()
    tab_to(page, ".unfinished a[href^='/intake/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/intake/*")
    expect(page.locator("#f-location")).to_have_value("Pier 3, by the crane")
    expect(page.locator("#f-narrative")).to_have_value("He walks to and fro and cries.")
    expect(page.locator("[name='facts.problem_type'][value=welfare_check]")).to_be_checked()

    # The sign-in ends; in another tab somebody signs in again, and the first goes on by itself.
    page.context.clear_cookies()
    page.keyboard.press("Alt+n")
    page.keyboard.type("More. ")
    expect(page.locator("#kept")).to_contain_text("NOT KEPT: you are signed out")
    other = page.context.new_page()
    sign_in(served, other)
    page.bring_to_front()
    expect(page.locator("#kept")).to_contain_text("Kept at")
    with served.world.context.reading() as uow:
        drafts = uow.session.scalars(select(IntakeDraft)).all()
        assert any("More. " in (draft.form or "") for draft in drafts)


def test_enter_in_a_line_never_sends(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("Pier 3")
    for _ in range(5):
        page.keyboard.press("Enter")
    with served.world.context.reading() as uow:
        assert uow.session.scalars(select(Call)).all() == []


def test_the_board_says_when_it_is_stale_and_when_paging_is_dead(
    served: Served, page: Page
) -> None:
    served.start("watch")
    served.world.team("Mobile 9")
    served.world.call(CALM)
    sign_in(served, page)
    expect(page.locator("[data-as-of]")).to_contain_text("Data as of")
    expect(page.locator("#board-first")).not_to_contain_text("PAGING", timeout=LONG_MS)

    served.stop("worker")
    expect(page.locator("#board-first")).to_contain_text("PAGING DOES NOT WORK", timeout=LONG_MS)
    served.stop("web")
    expect(page.locator("[data-as-of]")).to_contain_text("STALE: no news since")
    expect(page.locator(".call-row")).to_have_count(1)


def test_what_is_being_typed_on_a_call_is_not_replaced(served: Served, page: Page) -> None:
    call = served.world.call({**CALM, "weapon": "in_hand"})
    sign_in(served, page)
    page.goto(f"{served.base_url}/calls/{call.reference}")
    unit = page.locator("[name=unit]").first
    unit.focus()
    page.keyboard.type("12-Adam")

    served.world.wait(seconds=61)

    expect(page.locator("#call-timeline")).to_contain_text("Hand-over is late")
    expect(unit).to_have_value("12-Adam")
    expect(unit).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("P-4711")
    page.keyboard.press("Enter")
    expect(page.locator("#banners")).to_contain_text("is handed over to 12-Adam.")


@pytest.mark.parametrize("width", [320, 768, 1440])
def test_no_page_is_wider_than_its_window(served: Served, page: Page, width: int) -> None:
    served.world.team("Mobile 9")
    call = served.world.call(CALM, location="A" * 200, narrative="w" * 400)
    sign_in(served, page)
    page.set_viewport_size({"width": width, "height": 700})
    for path in ("/board", "/intake", f"/calls/{call.reference}", "/simulator"):
        page.goto(served.base_url + path)
        wider = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        who = page.evaluate("""() => [...document.querySelectorAll("*")]
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .map((e) => `${e.tagName}.${e.className}`).slice(0, 5)""")
        assert wider <= 0, f"{path} is {wider} px too wide at {width}: {who}"

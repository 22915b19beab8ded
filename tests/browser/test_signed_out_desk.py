"""The sign-in ends while a dispatcher works: nothing typed is lost, and no other person's name is
put to it."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import at_a_call, sign_in, the_call
from tests.stories.test_calls import CALM
from tests.world import PASSWORD
from triage.services import assessments
from triage.storage.calls import Call


def sign_in_elsewhere(served: Served, page: Page, username: str = "") -> None:
    other = page.context.new_page()
    if username:
        other.goto(f"{served.base_url}/sign-in")
        other.locator("[name=username]").fill(username)
        other.locator("[name=password]").fill(PASSWORD)
        other.keyboard.press("Enter")
        other.wait_for_url(lambda url: "/sign-in" not in url)
    else:
        sign_in(served, other)
    other.close()
    page.bring_to_front()


def answered(served: Served, call: Call, fact: str = "injury") -> object:
    with served.world.context.reading() as uow:
        return assessments.answers_of(uow, uow.get(Call, call.id)).get(fact)


def test_an_answer_waits_on_the_calls_page_until_its_owner_is_signed_in_again(
    served: Served, page: Page
) -> None:
    call = at_a_call(served, page)

    page.context.clear_cookies()
    answer = page.locator("[name='facts.injury'][value=minor]")
    answer.check(force=True)
    expect(page.locator("#kept")).to_contain_text("NOT KEPT: you are signed out")
    served.world.account("dispatcher", "another-dispatcher")
    sign_in_elsewhere(served, page, "another-dispatcher")
    expect(page.locator("#kept")).to_contain_text("NOT KEPT: somebody else is signed in")
    expect(answer).to_be_checked()
    assert answered(served, call) is None

    page.context.clear_cookies()
    sign_in_elsewhere(served, page)
    expect(page.locator("#kept")).to_have_text("Kept")
    expect(answer).to_be_checked()
    assert answered(served, call) == "minor"


def test_words_at_intake_wait_while_somebody_else_is_signed_in(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    page.locator("#f-location").fill("12 Mill Lane")
    kept = page.locator("#kept")
    expect(kept).to_contain_text("Kept at")

    served.world.account("dispatcher", "another-dispatcher")
    page.context.clear_cookies()
    sign_in_elsewhere(served, page, "another-dispatcher")
    page.locator("#f-narrative").fill("She cries.")
    expect(kept).to_contain_text("NOT KEPT: somebody else is signed in in this browser")
    page.keyboard.press("Control+Enter")
    expect(kept).to_contain_text("NOT SENT: somebody else is signed in in this browser")
    expect(page.locator("#f-narrative")).to_have_value("She cries.")

    page.context.clear_cookies()
    sign_in_elsewhere(served, page)
    expect(kept).to_contain_text("Kept at")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/*")
    assert the_call(served).narrative == "She cries."


def test_the_command_bar_says_that_its_owner_is_signed_out(served: Served, page: Page) -> None:
    served.world.team("Mobile 9")
    call = served.world.call(CALM)
    sign_in(served, page)
    page.goto(f"{served.base_url}/board")
    line, said = page.locator("#command"), page.locator("#command-bar [data-said]")
    command = f"send {call.code}"

    page.context.clear_cookies()
    line.fill(command)
    page.keyboard.press("Enter")
    expect(said).to_contain_text("You are signed out: nothing was done.")
    expect(line).to_have_value(command)
    served.world.account("dispatcher", "another-dispatcher")
    sign_in_elsewhere(served, page, "another-dispatcher")
    line.focus()
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Somebody else is signed in in this browser: nothing was done.")

    page.context.clear_cookies()
    sign_in_elsewhere(served, page)
    line.focus()
    page.keyboard.press("Enter")
    expect(said).to_contain_text("othing was missing")
    expect(line).to_have_value("")

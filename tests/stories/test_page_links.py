"""The link in a page's text: opened once, by a person, on the telephone that was paged."""

import re

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import words
from tests.stories.test_calls import CALM
from tests.world import PASSWORD, Browser, Phone, World
from triage.domain.people_of_call import People, Subject
from triage.entrypoints.web import page_link
from triage.services import assignments, lost_phones, people
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.page_links import PageLink
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

PLACE, SAID = "12 Mill Lane", "He says that the voices are back"


@pytest.fixture
def phone(world: World) -> Phone:
    (clinician,) = world.team("Mobile 9", zones=["Northgate"])
    return clinician


@pytest.fixture
def call(world: World, phone: Phone) -> Call:
    call = world.call(
        CALM,
        location=PLACE,
        zone="Northgate",
        narrative=SAID,
        people=People(subject=Subject(name="Ada Lovelace")),
    )
    world.settle()
    return call


def link_of(phone: Phone) -> str:
    return in_text(phone.expect("within 60 min"))


def in_text(text: str) -> str:
    found = re.search(r"http\S+(/p/[A-Za-z0-9]{11}) (?:Next reply|Reply)", text)
    assert found, text
    return found[1]


def open_(world: World, link: str) -> tuple[Browser, str]:
    browser = world.client()
    return browser, open_in(browser, link)


def open_in(browser: Browser, link: str) -> str:
    """Where the browser goes on."""
    path: str = browser.submit(link, {}).location
    assert re.fullmatch(r"/p/call/[0-9a-f-]{36}", path)
    return path


def press(browser: Browser, path: str, action: str) -> str:
    answer = browser.submit(path, {"action": action}, to=f"{path}/mine", follow=True)
    return words(answer.text)


def test_a_program_that_looks_at_links_uses_nothing_up(
    world: World, phone: Phone, call: Call
) -> None:
    link = link_of(phone)
    for _ in range(3):
        assert world.client().client.head(link).status_code == 200
        shown = words(world.client().get(link).text)
    assert "For Mobile 9, clinician" in shown
    for private in (call.code, PLACE, SAID, "Ada", "Northgate"):
        assert private not in shown
    assert world.client().client.post(link).status_code == 400  # no page of ours sent it

    browser, path = open_(world, link)
    assert "Please answer" in words(browser.get(path).text)


def test_it_opens_once_and_says_so(world: World, phone: Phone, call: Call) -> None:
    link = link_of(phone)
    mine, other = world.client(), world.client()
    token = other.csrf(link)
    path = open_in(mine, link)

    second = other.client.post(link, data={"csrf_token": token})
    assert second.status_code == 410
    assert "opened already, and a link opens once. Sign in" in words(second.text)
    assert other.get(path).status_code == 401
    assert mine.get(link).location == path  # the browser that opened it goes on
    assert "Mobile 9 (clinician) opened the link." in words(
        world.client("dispatcher").get(f"/calls/{call.reference}").text
    )


def test_the_answer_to_a_yes_by_text_has_a_link_of_its_own(
    world: World, phone: Phone, call: Call
) -> None:
    link_of(phone)

    phone.text(f"{call.code} 1")

    me, path = open_(world, in_text(phone.expect("it is yours")))
    assert PLACE in words(me.get(path).text)
    phone.text(f"{call.code} accept")  # whoever has lost the first one gets another
    me, path = open_(world, in_text(phone.expect("it is yours")))
    assert PLACE in words(me.get(path).text)
    seen = world.client("dispatcher").get(f"/calls/{call.reference}").text
    assert "/p/... Next reply" in seen
    with world.context.reading() as uow:
        made = uow.session.scalars(select(PageLink)).all()
        assert len(made) == 3, "none is made that nobody is sent"


def test_whoever_is_given_a_call_by_hand_can_open_it(world: World) -> None:
    (asked,), (mine,) = world.team("Alpha"), world.team("Bravo")
    call = world.call(CALM, location=PLACE)
    asked.expect(call.code)

    def give(uow: UnitOfWork) -> None:
        of_call = select(Slot).join(Dispatch).where(Dispatch.call_id == call.id)
        member = uow.get(Responder, mine.responder_id)
        assignments.assign(uow, world.centre, uow.session.scalars(of_call).one(), member, None)

    world.context.do("test", give)

    asked.expect("stand down")
    me, path = open_(world, in_text(mine.expect("given to you by dispatch")))
    assert PLACE in words(me.get(path).text)


def test_a_call_is_worked_through_behind_the_link(world: World, phone: Phone, call: Call) -> None:
    me, path = open_(world, link_of(phone))

    before = words(me.get(path).text)
    assert "The place is shown when you have accepted" in before
    assert PLACE not in before
    said = press(me, path, "accept-15")
    assert "You have accepted: it is yours. You arrive in 15 min." in said
    assert PLACE in said
    assert 'href="geo:' in me.get(path).text
    apple = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"}
    assert 'href="maps://?q=' in me.client.get(path, headers=apple).text
    for private in (SAID, "Ada", "crisis", call.reference):
        assert private not in words(me.get(f"{path}/live").text)
    for action, told in (
        ("staged", "waits near"),
        ("on_scene", "on scene"),
        ("cleared", "cleared"),
    ):
        assert f"You: {told}." in press(me, path, action)


def test_a_sign_in_shows_what_the_link_does_not(world: World, phone: Phone, call: Call) -> None:
    me, path = open_(world, link_of(phone))
    assert f'href="/sign-in?next=/calls/{call.reference}"' in me.get(path).text
    world.account("clinician")
    with world.context.unit_of_work("test") as uow:
        account = people.find_account(uow, "test-clinician")
        assert account
        uow.get(Responder, phone.responder_id).account_id = account.id
    me.submit("/sign-in", {"username": "test-clinician", "password": PASSWORD})
    assert SAID in me.get(f"/calls/{call.reference}").text


def test_a_lost_phone_shuts_the_link_and_what_it_opened(
    world: World, phone: Phone, call: Call
) -> None:
    link = link_of(phone)
    me, path = open_(world, link)
    press(me, path, "accept")
    with world.context.unit_of_work("test") as uow:
        lost_phones.report(uow, world.centre, uow.get(Responder, phone.responder_id))

    assert me.get(path).status_code == 401
    assert "This link was taken back. Sign in" in words(me.get(f"{path}/live").text)
    refused = me.client.post(f"{path}/mine", data={"action": "on_scene"})
    assert refused.status_code in {400, 401}
    with world.context.unit_of_work("test") as uow:
        lost_phones.found(uow, world.centre, uow.get(Responder, phone.responder_id))
    assert me.get(path).status_code == 401
    phone.expect("to be paged on this phone")


def test_it_ends_with_the_call_and_in_time(world: World, phone: Phone, call: Call) -> None:
    link = link_of(phone)
    me, path = open_(world, link)
    press(me, path, "accept")
    dispatcher = world.client("dispatcher")
    for action in ("on_scene", "cleared"):
        press(me, path, action)
    its_page = f"/calls/{call.reference}"
    dispatcher.submit(its_page, {"disposition": "linked_to_care"}, to=f"{its_page}/close")

    assert "The call of this link has ended" in words(me.get(path).text)
    world.call(CALM, zone="Northgate")
    world.settle()
    late = link_of(phone)
    world.wait(hours=world.centre.policy.session_hours)
    assert "This link is too old" in words(world.client().get(late).text)
    world.ignores_texts("what is done about a page that nobody answers is another story")


def test_nobody_else_reads_the_secret(world: World, phone: Phone, call: Call) -> None:
    secret = link_of(phone).removeprefix("/p/")
    page = world.client("dispatcher").get(f"/calls/{call.reference}").text
    assert secret not in page
    assert "/p/..." in page
    with world.context.reading() as uow:
        link = uow.session.scalars(select(PageLink)).one()
    assert secret.encode() not in link.secret_index


def test_who_guesses_has_to_wait(world: World) -> None:
    browser = world.client()
    answers = [
        browser.get(f"/p/{number:011}").status_code for number in range(page_link.GUESSES + 1)
    ]
    assert answers == [404] * page_link.GUESSES + [429]
    world.wait(minutes=1)
    assert browser.get("/p/00000000000").status_code == 404
    page_link._guessed.clear()


def test_what_was_pressed_beside_an_older_question_answers_no_newer_one(
    world: World, phone: Phone, call: Call
) -> None:
    me, path = open_(world, link_of(phone))
    form = {"action": "accept", "page": "00000000-0000-0000-0000-000000000000"}
    answer = me.submit(path, form, to=f"{path}/mine")
    assert answer.status_code == 409
    assert "asked anew meanwhile" in words(answer.text)
    assert "ALARM RAISED" in words(
        me.submit(path, form | {"action": "help"}, to=f"{path}/mine", follow=True).text
    )
    world.desk.expect_ring("needs help")


def test_one_press_acts_once_however_often_it_is_sent(
    world: World, phone: Phone, call: Call
) -> None:
    me, path = open_(world, link_of(phone))
    press(me, path, "accept")
    token = me.csrf(path)

    def send(key: str, action: str) -> tuple[int, str]:
        form = {"action": action, "key": key, "csrf_token": token}
        answer = me.client.post(f"{path}/mine", data=form, headers={"X-Queued": "1"})
        return answer.status_code, answer.json["said"]

    arrived = send("first", "on_scene")
    assert arrived == (200, "You: on scene.")
    press(me, path, "transporting")
    assert send("first", "on_scene") == arrived  # told the same, not done again
    assert "Transporting" in me.get(path).text
    assert [send("help", "help") for _ in range(2)] == [send("help", "help")] * 2
    assert world.audited("alarm.raised") == 1
    assert world.audited("alarm.raised_again") == 0
    assert send("first", "cleared")[0] == 422  # a key belongs to one press
    phone.ignores("what an alarm does is another story")
    world.ignores_texts("what an alarm does is another story")


def test_what_arrives_too_late_is_told_what_is_true_now(
    world: World, phone: Phone, call: Call
) -> None:
    me, path = open_(world, link_of(phone))
    world.team("Mobile 8", zones=["Northgate"])[0].ignores("they are asked instead")
    press(me, path, "accept")
    press(me, path, "withdraw")
    form = {"action": "on_scene", "key": "late", "csrf_token": me.csrf(path)}
    late = me.client.post(f"{path}/mine", data=form, headers={"X-Queued": "1"})
    assert late.status_code == 409
    assert late.json["said"] == ("Nothing was changed: it is not yours any more, you are released.")
    world.ignores_texts("what an alarm does is another story")


def test_what_arrives_when_they_are_there_already_leads_nobody_back(
    world: World, phone: Phone, call: Call
) -> None:
    me, path = open_(world, link_of(phone))
    press(me, path, "accept-10")
    press(me, path, "on_scene")
    token = me.csrf(path)
    for action in ("en_route", "eta-5", "accept-5", "decline"):
        form = {"action": action, "key": action, "csrf_token": token}
        late = me.client.post(f"{path}/mine", data=form, headers={"X-Queued": "1"})
        assert late.status_code == 409, action
        assert "Nothing was changed: you are on scene since" in late.json["said"], action
    assert world.dispatches(call)[0].state.value == "on_scene"


def test_that_paging_does_not_work_stands_there_too(world: World, phone: Phone, call: Call) -> None:
    browser, path = open_(
        world, link_of(phone)
    )  # and in this story neither worker nor watcher runs

    for part in ("", "/live"):
        assert "PAGING DOES NOT WORK" in words(browser.get(path + part).text)


def test_whoever_lets_the_time_pass_reads_who_is_asked_now_and_that_they_may_still_come(
    world: World, phone: Phone, call: Call
) -> None:
    (second,) = world.team("Mobile 10", zones=["Northgate"])
    browser, path = open_(world, link_of(phone))
    world.wait(seconds=world.dispatch(call, "mobile_crisis").answer_within_min * 60 + 1)
    second.expect(call.code)
    shown = words(browser.get(path).text)
    assert "Your time to answer is over: Mobile 10 is being asked now." in shown
    assert "You may still accept" in shown

    assert "You have accepted: it is yours." in press(browser, path, "accept")
    second.expect("tand down")
    world.ignores_texts("that nobody answered is told elsewhere")


def test_a_cry_for_help_is_heard_though_the_call_has_ended_meanwhile(
    world: World, phone: Phone, call: Call
) -> None:
    me, path = open_(world, link_of(phone))
    press(me, path, "accept")
    press(me, path, "cleared")
    token = me.csrf(path)
    its_page = f"/calls/{call.reference}"
    world.client("dispatcher").submit(
        its_page, {"disposition": "linked_to_care"}, to=f"{its_page}/close"
    )
    assert "The call of this link has ended" in words(me.get(path).text)

    sent = {"action": "help", "csrf_token": token}
    told = me.client.post(f"{path}/mine", data=sent, headers={"X-Queued": "1"})

    assert "ALARM RAISED" in told.text
    world.desk.expect_ring("needs help")
    with world.context.unit_of_work("test") as uow:
        lost_phones.report(uow, world.centre, uow.get(Responder, phone.responder_id))
    again = me.client.post(f"{path}/mine", data=sent, headers={"X-Queued": "1"})
    assert again.status_code == 401
    assert world.audited("alarm.raised") == 1
    world.ignores_texts("what the team is told beside it is another story")

"""Who at the desk has a call, who else looks at it, and two who answer at the same time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.stories.test_board import board, fill, row
from tests.stories.test_calls import CALM
from tests.stories.test_intake import FORM, send
from tests.world import Browser, World
from triage.services import assessments
from triage.storage.calls import Call
from triage.storage.held_calls import Presence
from triage.storage.people import Account, SignIn


@pytest.fixture
def sam(world: World) -> Browser:
    return named(world, "sam.ortiz", "Sam Ortiz")


@pytest.fixture
def jo(world: World) -> Browser:
    return named(world, "j.rivera", "Jo Rivera")


def named(world: World, username: str, name: str) -> Browser:
    browser = world.client("dispatcher", username)
    with world.context.unit_of_work("test") as uow:
        account = uow.session.scalars(select(Account).where(Account.username == username)).one()
        account.name = name
    return browser


def account(world: World, username: str) -> str:
    with world.context.reading() as uow:
        return str(
            uow.session.scalars(select(Account.id).where(Account.username == username)).one()
        )


def head(browser: Browser, call: Call) -> str:
    page = browser.get(f"/calls/{call.reference}/live").get_data(as_text=True)
    found = re.search(r'<div id="call-desk".*?\n</div>\n', page, re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def act(browser: Browser, call: Call, what: str, **form: Any) -> str:
    path = f"/calls/{call.reference}"
    answer = browser.submit(path, form, to=f"{path}/{what}", follow=True)
    page: str = answer.get_data(as_text=True)
    return page


def test_a_call_of_a_program_is_nobodys_until_somebody_takes_it(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)
    assert "Nobody at the desk has it" in row(jo, call)
    assert "Take this call" in head(sam, call)

    assert f"You have call {call.code}." in act(sam, call, "take")
    assert "Sam Ortiz has it" in row(jo, call)
    assert "Nobody at the desk has it" not in row(jo, call)
    assert "You have this call" in head(sam, call)
    assert "Sam Ortiz has this call" in head(jo, call)
    page = sam.get(f"/calls/{call.reference}").get_data(as_text=True)
    assert "Has the call at the desk now." in page


def test_whoever_types_a_call_has_it(world: World, sam: Browser) -> None:
    reference = send(sam, FORM).headers["Location"].rsplit("/", 1)[1]
    with world.context.reading() as uow:
        call = uow.session.scalars(select(Call).where(Call.reference == reference)).one()
    assert "Sam Ortiz has it" in row(sam, call)
    page = sam.get(f"/calls/{reference}").get_data(as_text=True)
    assert "You have this call" in page, "at once, before anything is renewed"
    assert "Sam Ortiz has this call" not in page


def test_of_two_who_take_a_call_one_has_it_and_the_other_is_told(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)
    act(sam, call, "take", seen="")
    told = act(jo, call, "take", seen="")
    assert "Nothing was changed: Sam Ortiz has taken this call meanwhile." in told
    assert "Sam Ortiz has it" in row(jo, call)

    act(jo, call, "take", seen=account(world, "sam.ortiz"))
    assert "Jo Rivera has it" in row(sam, call)
    assert world.audited("call.taken_over") == 1


def test_a_call_is_given_to_a_colleague_who_accepts(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)
    act(sam, call, "take")
    assert "until your colleague accepts it" in act(
        sam, call, "give", to=account(world, "j.rivera")
    )

    assert "Sam Ortiz has it, gives it to Jo Rivera" in row(sam, call)
    assert f"A colleague gives you call {call.code}." in jo.get("/banners").get_data(as_text=True)
    assert "gives you" not in sam.get("/banners").get_data(as_text=True)

    act(jo, call, "take", seen=account(world, "sam.ortiz"))
    assert "Jo Rivera has it" in row(sam, call)
    assert "gives it" not in row(sam, call)


def test_a_colleague_may_say_no(world: World, sam: Browser, jo: Browser) -> None:
    call = world.call(CALM)
    act(sam, call, "take")
    act(sam, call, "give", to=account(world, "j.rivera"))
    assert "stays with your colleague" in act(jo, call, "decline")
    assert "gives it" not in row(sam, call)
    assert "is not offered to you any more" in act(jo, call, "decline")
    assert world.audited("call.offer_declined") == 1


def test_only_whoever_has_a_call_gives_it_and_only_to_somebody_there(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)
    act(sam, call, "take")
    assert "somebody else has this call" in act(jo, call, "give", to=account(world, "sam.ortiz"))
    assert "Choose who shall have the call" in act(sam, call, "give", to="")
    jo.submit("/board", {}, to="/sign-out")
    assert "Choose who" in act(sam, call, "give", to=account(world, "j.rivera"))


def test_signing_out_asks_first_and_the_board_names_who_is_gone(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)
    act(sam, call, "take")
    elsewhere = world.client("dispatcher", "sam.ortiz")
    elsewhere.submit("/board", {"anyway": "1"}, to="/sign-out")
    assert "Sam Ortiz has it" in row(jo, call)  # a page of theirs is open at the other place

    asked = sam.submit("/board", {}, to="/sign-out", follow=True).get_data(as_text=True)
    assert "If you sign out now, nobody has this:" in asked
    assert f"{call.code}, " in asked.split("Calls that you have")[-1]
    assert "Sam Ortiz has it" in row(jo, call)

    world.desk.ignores("that nobody dispatches in CAD")
    world.wait(minutes=4)
    sam.get("/board")
    sam.submit("/board", {"anyway": "1"}, to="/sign-out")
    assert "NOBODY HAS IT: Sam Ortiz has signed out" in row(jo, call)
    page = jo.get(f"/calls/{call.reference}").get_data(as_text=True)
    assert "Has signed out: nobody at the desk has the call until somebody takes it" in page


def test_whoever_signs_out_gives_all_calls_to_a_colleague_who_accepts(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)
    act(sam, call, "take")
    nobody = sam.submit("/sign-out", {"to": ""}, to="/sign-out/give", follow=True)
    assert "Choose who shall have the call" in nobody.get_data(as_text=True)
    given = sam.submit(
        "/sign-out", {"to": account(world, "j.rivera")}, to="/sign-out/give", follow=True
    ).get_data(as_text=True)
    assert "Your colleague is asked." in given
    assert "Given to Jo Rivera, not accepted yet." in given

    act(jo, call, "take", seen=account(world, "sam.ortiz"))
    assert sam.submit("/board", {}, to="/sign-out").headers["Location"] == "/sign-in"
    assert "Jo Rivera has it" in row(jo, call)


def test_a_call_that_no_board_has_room_for_is_given_back_too(world: World, sam: Browser) -> None:
    fill(world)
    call = world.call(CALM)
    act(sam, call, "take")
    assert call.reference not in sam.get("/board").get_data(as_text=True)

    sam.submit("/board", {"anyway": "1"}, to="/sign-out")

    page = world.client("supervisor").get(f"/calls/{call.reference}").get_data(as_text=True)
    assert "Has signed out: nobody at the desk has the call" in page


def test_at_the_end_of_a_session_nobody_has_its_calls(
    world: World, sam: Browser, jo: Browser
) -> None:
    world.ignores_texts("the desk alone matters")
    call = world.call(CALM)
    act(sam, call, "take")
    world.wait(hours=world.centre.policy.session_hours)
    supervisor = world.client("supervisor")
    assert "NOBODY HAS IT: Sam Ortiz has signed out" in row(supervisor, call)


def test_two_on_one_page_see_each_other_and_leave_no_rows(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)

    def here(browser: Browser, **form: str) -> None:
        path = f"/calls/{call.reference}"
        assert browser.submit(path, form, to=f"{path}/here").status_code == 204

    here(sam)
    assert "Sam Ortiz is on this page" in head(jo, call)
    here(sam, types="1")
    assert "Sam Ortiz is on this page, typing" in head(jo, call)
    assert "is on this page" not in head(sam, call)

    world.phones.ignored["all"] = "the desk alone matters"
    world.wait(seconds=10)
    assert "typing" not in head(jo, call)
    here(sam, left="1")
    assert "Sam Ortiz" not in head(jo, call)

    here(sam)
    world.wait(seconds=30)
    assert "Sam Ortiz" not in head(jo, call)
    world.wait(minutes=2)
    here(jo)
    with world.context.reading() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Presence)) == 1


def test_two_answers_to_one_question_are_both_shown_and_none_is_lost(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call({**CALM, "weapon": "unknown"})
    path = f"/calls/{call.reference}"
    seen = re.search(r'name="seen" value="(\d+)"', sam.get(path).get_data(as_text=True))
    assert seen
    mine = {"facts.weapon": "none_seen", "seen": seen[1]}
    jo.submit(path, {"facts.weapon": "in_hand", "seen": seen[1]}, to=f"{path}/answers")

    refused = sam.submit(path, mine, to=f"{path}/answers")
    page = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "Jo Rivera answered" in page
    assert "Answer again if yours is right" in page
    assert re.search(r'value="none_seen"[^>]* checked', page)  # what was typed stands
    assert current(world, call) == "in_hand"

    newer = re.search(r'name="seen" value="(\d+)"', page)
    assert newer
    assert newer[1] != seen[1]
    again = sam.submit(path, {**mine, "seen": newer[1]}, to=f"{path}/answers")
    assert again.status_code == 303
    assert current(world, call) == "none_seen"


def current(world: World, call: Call) -> Any:
    with world.context.reading() as uow:
        return assessments.answers_of(uow, uow.get(Call, call.id))["weapon"]


def test_a_person_is_not_overtaken_by_themselves(world: World, sam: Browser) -> None:
    call = world.call({**CALM, "weapon": "unknown"})
    path = f"/calls/{call.reference}"
    for weapon in ("in_hand", "none_seen"):
        form = {"facts.weapon": weapon, "seen": "1"}
        assert sam.submit(path, form, to=f"{path}/answers").status_code == 303
    assert current(world, call) == "none_seen"


# --- whose browser is dead ----------------------------------------------------------------


def test_a_holder_whose_pages_fell_silent_is_told_and_the_call_is_taken_with_one_key(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)
    world.desk.ignores("that nobody dispatches in CAD")
    act(sam, call, "take")
    world.wait(minutes=2)
    jo.get("/board")
    assert "Sam Ortiz has it" in row(jo, call)
    assert "data-have" not in board(jo)

    world.wait(minutes=2)
    assert "Sam Ortiz has it, not seen for 4 min" in row(jo, call)
    assert "not seen for 4 min" in head(jo, call)
    taken = board(jo).split("formaction=")[1]
    assert taken.startswith(f'"/calls/{call.reference}/take"')
    assert account(world, "sam.ortiz") in taken.split("data-have")[0]

    told = act(jo, call, "take", seen=account(world, "sam.ortiz"))
    assert f"You have call {call.code}. Until now Sam Ortiz had it, not seen for" in told
    assert "Took the call over from Sam Ortiz, not seen for 4 min." in told
    assert "Jo Rivera has it" in row(sam, call)
    assert "not seen" not in row(sam, call)


def test_an_open_page_is_heard_of_and_keeps_nobody_signed_in(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)
    world.desk.ignores("that nobody dispatches in CAD")
    act(sam, call, "take")
    before = sign_in(world, "sam.ortiz")
    for _ in range(6):
        world.wait(minutes=1)
        sam.get("/board/rows")
        sam.get(f"/calls/{call.reference}/live")
    assert "not seen" not in row(jo, call)
    now = sign_in(world, "sam.ortiz")
    assert now.last_seen_at == before.last_seen_at

    heard = now.heard_at
    for _ in range(3):
        world.wait(seconds=20)
        sam.get("/banners")
    assert sign_in(world, "sam.ortiz").heard_at == heard, "written once in 90 s"


def test_whoever_takes_it_from_somebody_there_is_told_to_tell_them(
    world: World, sam: Browser, jo: Browser
) -> None:
    call = world.call(CALM)
    act(sam, call, "take")
    told = act(jo, call, "take", seen=account(world, "sam.ortiz"))
    assert "Until now Sam Ortiz had it: tell them." in told
    assert "Took the call over from Sam Ortiz." in told


def sign_in(world: World, username: str) -> SignIn:
    with world.context.reading() as uow:
        of_them = select(SignIn).join(Account).where(Account.username == username)
        return uow.session.scalars(of_them).one()

"""A call that is being taken and not saved is on every board, and a colleague goes on with it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.stories.test_board import board
from tests.stories.test_held_calls import named
from tests.stories.test_intake import FORM, assess, form_key, send, the_call
from tests.world import Browser, World
from triage.storage.calls import IntakeDraft

TYPED = {"location": "Pier 3, by the crane", "narrative": "He walks to and fro and cries."}


@pytest.fixture
def kim(world: World) -> Browser:
    return named(world, "kim.lee", "Kim Lee")


@pytest.fixture
def jo(world: World) -> Browser:
    return named(world, "j.rivera", "Jo Rivera")


def part(browser: Browser, name: str) -> str:
    found = re.search(rf'<div id="{name}".*?\n</div>', board(browser), re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def go_on(browser: Browser, key: str) -> str:
    done = browser.submit("/board", {}, to=f"/intake/{key}/go-on", follow=True)
    return str(done.get_data(as_text=True))


def test_others_see_who_takes_a_call_since_when_and_where(
    world: World, kim: Browser, jo: Browser
) -> None:
    key = form_key(kim)
    assert "Being taken" not in board(jo)
    assess(kim, {"caller_phone": "(202) 555-0143"}, key)
    assert "Kim Lee for under a minute place not known" in part(jo, "board-unsaved")

    assess(kim, TYPED, key)
    for _ in range(9):
        world.wait(minutes=1)
        kim.get("/banners")
    told = part(jo, "board-unsaved")
    assert "Kim Lee for 9 min Pier 3, by the crane" in told
    assert "cries" not in told
    assert "still taking this call" in go_on(jo, key)

    assess(kim, {"location": "", "edition": "9"}, key)
    assert "Being taken" not in board(jo), "emptied again"
    send(kim, FORM, key=key)
    assert "Being taken" not in board(jo)


def test_what_somebody_left_is_loud_and_a_colleague_goes_on_with_every_word(
    world: World, kim: Browser, jo: Browser
) -> None:
    key = form_key(kim)
    assess(kim, TYPED, key)
    world.wait(minutes=5)
    told = part(jo, "board-left")
    assert "A CALL WAS BEGUN AND NOT SAVED: Pier 3, by the crane , 5 min ago" in told
    assert "Kim Lee took it, and was not seen for 5 min." in told
    assert f'formaction="/intake/{key}/go-on"' in board(jo)

    form = go_on(jo, key)
    assert "You take this call now. Until now Kim Lee did." in form
    assert 'value="Pier 3, by the crane"' in form
    assert "He walks to and fro and cries." in form
    assert world.audited("intake.taken_over") == 1
    assert "Jo Rivera" in part(kim, "board-unsaved")

    not_kept = assess(kim, {**TYPED, "narrative": "More", "edition": "7"}, key).json["not_kept"]
    assert "a colleague has gone on with this call" in not_kept
    sent = send(kim, {**FORM, "narrative": "More"}, key=key)
    assert sent.status_code == 409
    assert "A colleague has gone on with this call" in sent.text
    assert "More</textarea>" in sent.text

    send(jo, FORM, key=key)
    call = the_call(world)
    assert (call.created_at - call.received_at).total_seconds() >= 5 * 60
    assert "NOT SAVED" not in board(kim)


def test_of_two_who_go_on_one_does_and_signing_out_leaves_it_too(
    world: World, kim: Browser, jo: Browser
) -> None:
    key = form_key(kim)
    assess(kim, TYPED, key)
    asked = kim.submit("/board", {}, to="/sign-out", follow=True).get_data(as_text=True)
    assert TYPED["location"] in asked.split("Calls that you began and did not save")[-1]
    kim.submit("/board", {"anyway": "1"}, to="/sign-out")
    assert "Kim Lee took it, and has signed out." in part(jo, "board-left")

    back = named(world, "kim.lee", "Kim Lee")
    assert "You have begun a call and not saved it: Pier 3, by the crane." in board(back)
    back.submit("/board", {"anyway": "1"}, to="/sign-out")

    other = world.client("supervisor")
    assert "Until now Kim Lee did." in go_on(jo, key)
    assert "Jo Rivera is still taking this call" in go_on(other, key)
    assert "until now" not in go_on(jo, key).lower(), "it is theirs already"
    assert world.audited("intake.taken_over") == 1


def test_what_is_half_a_day_old_is_offered_to_its_owner_alone(
    world: World, kim: Browser, jo: Browser
) -> None:
    assess(kim, TYPED, form_key(kim))
    world.wait(hours=13)
    supervisor = world.client("supervisor")
    assert "NOT SAVED" not in board(supervisor)
    offered = named(world, "kim.lee", "Kim Lee").get("/intake").get_data(as_text=True)
    assert "Pier 3, by the crane" in offered
    assert "He walks to and fro and cries." in offered


RINGS = {"caller_phone": "(202) 555-0143"}
SAME = {"caller_phone": "+1 202 555 0143"}


def begun(browser: Browser, form: dict[str, str], key: str) -> str:
    """What the form says of others while this is typed."""
    told = assess(browser, form, key).json["parts"]["begun"]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", told)).strip()


def numbers_kept(world: World) -> int:
    with world.context.reading() as uow:
        return sum(one is not None for one in uow.session.scalars(select(IntakeDraft.phone_index)))


def test_two_who_take_a_call_from_one_number_are_told_of_each_other_before_it_is_saved(
    world: World, kim: Browser, jo: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    first, second = form_key(kim), form_key(jo)
    assert begun(kim, {**TYPED, **RINGS}, first) == ""
    assert begun(jo, {"caller_phone": "202 555 0199"}, second) == ""

    told = begun(jo, {**SAME, "edition": "1"}, second)

    assert "Kim Lee is taking a call from this number right now, since " in told
    assert TYPED["location"] in told
    assert "cries" not in told
    assert "Go on with it" not in told, "they are there"
    answer = jo.get(f"/intake/{second}").get_data(as_text=True)
    assert "Kim Lee is taking a call from this number" in answer, "without scripts, too"
    back = begun(kim, {**TYPED, **RINGS, "edition": "1"}, first)
    assert "Jo Rivera is taking a call from this number right now" in back
    assert begun(kim, RINGS, form_key(kim)).count("right now") == 1, "not of oneself"

    send(kim, FORM, key=first)
    assert "Kim Lee" in begun(jo, {**SAME, "edition": "2"}, second), "the other form of theirs"
    shown = jo.submit("/intake", SAME, to="/intake/known").get_data(as_text=True)
    assert "(same number)" in shown
    call = the_call(world)
    send(jo, FORM, f"attach:{call.reference}", second)
    assert "Jo Rivera" not in begun(kim, RINGS, form_key(kim))


def test_a_number_can_be_looked_up_no_longer_than_its_form_stands(
    world: World, kim: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    sent, thrown, changed = form_key(kim), form_key(kim), form_key(kim)
    for key in (sent, thrown, changed):
        assess(kim, {**TYPED, **RINGS}, key)
    assert numbers_kept(world) == 3

    send(kim, FORM, key=sent)
    kim.submit("/intake", {}, to=f"/intake/{thrown}/discard")
    assess(kim, {**TYPED, "caller_phone": "the bar", "edition": "1"}, changed)

    assert numbers_kept(world) == 0


def test_what_was_left_of_the_same_number_is_gone_on_with_from_the_form_and_both_are_kept(
    world: World, kim: Browser, jo: Browser
) -> None:
    first, second = form_key(kim), form_key(jo)
    assess(kim, {**TYPED, **RINGS}, first)
    still = send(jo, {**SAME, "narrative": "He is calm now"}, f"join:{first}", second)
    assert (still.status_code, "Kim Lee is still taking this call" in still.text) == (422, True)
    assert "He is calm now" in still.text
    world.wait(minutes=5)

    told = begun(jo, {**SAME, "narrative": "He is calm", "edition": "1"}, second)
    assert "Kim Lee began to take a call from this number at " in told
    assert "did not save it, and is gone." in told
    assert f'value="join:{first}"' in jo.get(f"/intake/{second}").text
    answer = send(
        jo, {**SAME, "narrative": "He is calm now", "edition": "2"}, f"join:{first}", second
    )

    assert answer.location == f"/intake/{first}"
    form = jo.get(answer.location).text
    assert "You take this call now. Until now Kim Lee did." in form
    assert "What you had typed before is kept: New call offers it." in form
    assert "He walks to and fro and cries." in form
    assert "He is calm now" in jo.get("/intake").text
    assert send(jo, SAME, "join:nonsense", form_key(jo)).status_code == 422

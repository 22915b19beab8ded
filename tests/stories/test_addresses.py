"""A phone that opens no links: it rings, asks for a PIN, and reads place and dangers."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import select

from tests.stories.test_alarms import on_a_call, signs_in, words
from tests.stories.test_calls import CALM, add
from tests.stories.test_leaving import stood_down
from tests.world import PASSWORD, Phone, World
from triage.domain.delivery import Whose
from triage.domain.phone_network import Refused
from triage.services import hazard_notes, pins, providers
from triage.storage.calls import Call
from triage.storage.messages import Message
from triage.storage.teams import Responder

PIN = "480213"


def with_pin(world: World, phone: Phone) -> Phone:
    with world.context.unit_of_work("test") as uow:
        assert phone.responder_id is not None
        pins.set_pin(uow, uow.get(Responder, phone.responder_id), PIN)
    return phone


def ready(world: World) -> tuple[Phone, Call]:
    phone, call = on_a_call(world)
    add(world, call, weapon="accessible")
    phone.expect("something dangerous is known now")
    return with_pin(world, phone), call


def test_place_and_dangers_are_read_after_the_pin(world: World) -> None:
    phone, call = ready(world)

    phone.text(f"{call.code} ADDR")

    phone.expect("your phone rings now")
    asked = phone.pick_up()
    assert "Enter your six digit PIN" in asked
    assert 'numDigits="6"' in asked
    assert "Pier" not in asked
    read = phone.press(PIN, times=2)
    assert read.count("Go to: Pier 3.") == 2
    assert "Dangers told: a weapon is within reach." in read
    assert "<Hangup" in read
    assert world.audited("page.address_read") == 1, "brought twice, it is one reading"
    told = words(world.client("dispatcher"), f"/calls/{call.reference}")
    assert "The address was read to CIT 1 by telephone" in told


def test_a_hazard_note_is_read_with_the_dangers(world: World) -> None:
    phone, call = ready(world)
    with world.context.unit_of_work("test") as uow:
        hazard_notes.add(uow, world.centre, "Large dog, bites.", place="pier 3")
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")
    phone.pick_up()

    assert "A note says: Large dog, bites." in phone.press(PIN)


def test_nothing_of_it_stands_in_a_text_an_address_or_a_log(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    phone, call = ready(world)
    phone.text(f"{call.code} ADDR")
    ring = phone.rings[-1]
    before = len(phone.inbox)
    phone.pick_up()
    phone.press(PIN)

    assert len(phone.inbox) == before
    assert "Pier" not in ring.body
    with world.context.reading() as uow:
        kept = uow.session.scalars(select(Message).where(Message.kind == "address")).one()
        assert "Pier" not in (kept.body or "")
    logged = caplog.text + "".join(capsys.readouterr())
    for secret in ("Pier", PIN, "weapon"):
        assert secret not in logged


def test_three_wrong_pins_and_it_rests_for_a_while(world: World) -> None:
    phone, call = ready(world)
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")
    phone.pick_up()

    assert "That was not your PIN. You can try 2 more times. Enter" in phone.press("111111")
    assert "That was not your PIN. You can try once more. Enter" in phone.press("2222")
    over = phone.press("333333")
    assert "Too many wrong PINs" in over
    assert "<Gather" not in over
    phone.expect("Too many wrong PINs: none is taken before")
    assert "Too many wrong PINs" in phone.press(PIN)  # the right one comes too late
    assert world.audited("page.address_read") == 0
    assert world.audited("member.pin_rests") == 1

    rings = len(phone.rings)
    phone.text(f"{call.code} ADDR")
    phone.expect("none is taken before")
    assert len(phone.rings) == rings
    world.wait(minutes=16)
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")
    assert "Go to: Pier 3" in phone.press(PIN)


def test_a_wrong_pin_that_the_network_brings_again_counts_once(world: World) -> None:
    phone, call = ready(world)
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")

    assert "You can try 2 more times." in phone.press("111111", times=3)
    assert "You can try once more." in phone.press("111111"), "typed again it is another"
    assert world.audited("page.address_refused") == 2
    assert "Too many wrong PINs" in phone.press("222222", times=2)
    phone.expect("Too many wrong PINs: none is taken before")
    phone.expect_silence()
    assert world.audited("member.pin_rests") == 1


def locked_out(world: World) -> tuple[Phone, Call]:
    phone, call = ready(world)
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")
    for _ in range(3):
        phone.press("111111")
    phone.expect("Too many wrong PINs: none is taken before")
    return phone, call


LOCKED_OUT = "THE ADDRESS: too many wrong PINs"


def test_who_has_typed_too_many_wrong_pins_is_read_the_address_by_the_desk(world: World) -> None:
    _, call = locked_out(world)
    dispatcher, path = world.client("dispatcher"), f"/calls/{call.reference}"
    assert LOCKED_OUT in words(dispatcher, "/board")
    told = words(dispatcher, path)
    assert "CIT 1 cannot hear the address: no PIN of theirs is taken until " in told
    assert "once you are sure that it is them" in told
    (slot,) = world.dispatches(call)[0].slots

    to = f"{path}/slots/{slot.id}/address-read"
    for said in (
        "you read the address to CIT 1",
        "Nothing was changed: somebody has done this already",
    ):
        answer = dispatcher.submit(path, {}, to=to)
        shown = dispatcher.get(path) if answer.status_code == 303 else answer
        assert said in shown.text

    assert LOCKED_OUT not in words(dispatcher, "/board")
    assert "The desk read the address to CIT 1 (" in words(dispatcher, path)


def test_who_hears_the_address_after_all_or_is_there_needs_no_desk(world: World) -> None:
    phone, call = locked_out(world)
    dispatcher = world.client("dispatcher")
    world.wait(minutes=16)
    world.ignores_texts("questions on the way are another story")
    phone.text(f"{call.code} ADDR")
    assert "Go to: Pier 3" in phone.press(PIN)
    assert LOCKED_OUT not in words(dispatcher, "/board")

    phone.text(f"{call.code} ADDR")
    for _ in range(3):
        phone.press("111111")
    assert LOCKED_OUT in words(dispatcher, "/board")
    phone.text(f"{call.code} SCENE")
    assert LOCKED_OUT not in words(dispatcher, "/board")


def test_wrong_pins_count_only_in_a_row(world: World) -> None:
    phone, call = ready(world)
    for _ in range(2):
        phone.text(f"{call.code} ADDR")
        phone.expect("your phone rings now")
        for _ in range(2):
            assert "That was not your PIN" in phone.press("111111")
        assert "Go to: Pier 3" in phone.press(PIN)
    assert world.audited("member.pin_rests") == 0


def test_only_whoever_has_the_call_is_rung(world: World) -> None:
    other, theirs = on_a_call(world, "CIT 2")
    with_pin(world, other)
    (phone,) = world.team("CIT 1")
    with_pin(world, phone)
    call = world.call(CALM, location="Pier 3")
    phone.expect(f"Reply {call.code}")

    phone.text(f"{theirs.code} ADDR")
    phone.expect("No page of yours has this code")
    phone.text(f"{call.code} ADDR")
    phone.expect("You have not accepted")
    other.text(f"{call.code} ADDR")
    other.expect("No page of yours has this code")

    assert phone.rings == []
    assert other.rings == []
    assert world.audited("page.address_asked") == 0


def test_without_a_pin_it_says_where_to_set_one(world: World) -> None:
    phone, call = on_a_call(world)

    phone.text(f"{call.code} direccion")

    phone.expect("you have no PIN yet")
    assert phone.rings == []


def test_what_was_begun_before_they_gave_it_back_reads_nothing(world: World) -> None:
    phone, call = ready(world)
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")
    phone.pick_up()
    phone.text(f"{call.code} 2")
    phone.expect("you have given it back")
    world.desk.expect("nobody is left to ask")

    assert "nothing to read to you" in phone.press(PIN)


def test_an_old_call_and_another_telephone_read_nothing(world: World) -> None:
    phone, call = ready(world)
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")
    phone.pick_up()

    world.wait(minutes=11)

    assert "nothing to read to you" in phone.press(PIN)


def test_a_machine_that_answers_hears_nothing(world: World) -> None:
    phone, call = ready(world)
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")

    said = phone.pick_up("machine_start")

    assert "<Say" not in said


def test_a_member_sets_a_pin_with_their_password(world: World) -> None:
    phone, call = on_a_call(world)
    browser = signs_in(world, phone)
    path = "/account/safety"

    def send(pin: str, password: str = PASSWORD) -> int:
        form = {"pin": pin, "password_pin": password}
        return int(browser.submit(path, form, to=f"{path}/pin").status_code)

    for easy in ("", "12345", "1234567", "123456", "987654", "111111", "1112 1", phone.number[-6:]):
        assert send(easy) == 422, easy
    assert send(PIN, "wrong") == 422
    assert send(PIN) == 303
    assert PIN not in browser.get(path).get_data(as_text=True)
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")
    assert "Go to: Pier 3" in phone.press(PIN)


def test_after_a_stand_down_nobody_is_told_to_accept(world: World) -> None:
    phone, call = stood_down(world)

    phone.text(f"{call.code} ADDR")

    assert "called off" in phone.inbox[-1]
    assert phone.rings == []


def test_while_no_call_goes_out_it_does_not_promise_one(world: World) -> None:
    phone, call = ready(world)
    world.phones.no_calls = Refused("20003", Whose.PROVIDER)
    with world.context.unit_of_work("test") as uow:
        providers.note(uow, "voice", Refused("20003", Whose.PROVIDER))

    phone.text(f"{call.code} ADDR")

    told = phone.expect("your phone may not ring")
    assert "Ring the desk or ask dispatch by radio" in told
    assert "Pier" not in told
    assert len(told) <= 160
    world.phones.no_calls = None
    world.wait(seconds=10)
    assert "Go to: Pier 3" in phone.press(PIN)  # the way back is found by it
    phone.text(f"{call.code} ADDR")
    phone.expect_ring("Enter your six digit PIN")
    phone.expect("your phone rings now")

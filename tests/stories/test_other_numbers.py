"""Whose the telephones of the desk and of partners are is shown; before that a person is told."""

from __future__ import annotations

import re

from sqlalchemy import delete, select

from tests.stories.test_alarms import on_a_call, untaken
from tests.stories.test_calls import CALM
from tests.world import World
from triage.domain.lifecycle import MessageState
from triage.services import rosters
from triage.services.rosters import NewPartner
from triage.storage.messages import Message
from triage.storage.verified_numbers import VerifiedNumber

NEVER = "never verified"
DANGER = CALM | {"neglect_or_abuse": "immediate_danger", "age_band": "child_under_12"}


def forget(world: World) -> None:
    """Nobody has shown of any number whose it is."""
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(delete(VerifiedNumber))


def board(world: World) -> str:
    return world.client("dispatcher").get("/board").get_data(as_text=True)


def test_the_desk_is_rung_and_a_key_shows_that_it_is_the_desk(world: World) -> None:
    assert NEVER not in board(world)
    forget(world)
    shown = board(world)
    assert "1 number that we ring or text was never verified" in shown
    assert "Let it ring under Teams, and press 1" in shown
    dispatcher = world.client("dispatcher")

    dispatcher.submit("/teams", {}, to="/desk-phone/ring")
    world.settle()
    world.desk.expect_ring("Press 1 if it is the telephone of the desk")
    assert "press 1 if" in world.desk.pick_up().lower()
    assert "That was not 1." in world.desk.press("2")
    assert NEVER in board(world)
    assert "Alarms of teams ring here" in world.desk.press("1")

    assert NEVER not in board(world)
    assert world.audited("number.verified") == 2, "the other is of before the story"


def test_a_machine_shows_nothing_and_the_desk_is_not_rung_twice_at_once(world: World) -> None:
    forget(world)
    dispatcher = world.client("dispatcher")
    dispatcher.submit("/teams", {}, to="/desk-phone/ring")
    world.desk.expect_ring("Press 1 if")

    world.desk.pick_up("machine_start")
    assert dispatcher.submit("/teams", {}, to="/desk-phone/ring").status_code == 409

    assert len(world.desk.rings) == 1
    assert NEVER in board(world)


def test_an_alarm_rings_a_desk_that_was_never_verified_and_its_key_shows_it(world: World) -> None:
    forget(world)
    phone, call = on_a_call(world)
    phone.text(f"{call.code} HELP")
    phone.expect("ALARM RAISED")

    world.desk.expect_ring("needs help")
    assert "You take care of it" in world.desk.press("1")

    assert untaken(world) == []
    assert NEVER not in board(world)


def test_what_a_new_partner_is_to_be_told_goes_to_a_person_until_somebody_has_rung_them(
    world: World,
) -> None:
    number = world.phone_number()
    new = NewPartner("Child Protection", "child_protection", number)
    world.context.do("test", lambda uow: rosters.add_partner(uow, world.centre, new))
    world.call(DANGER)
    world.settle()
    world.ignores_texts("what dispatchers and the desk are told")

    assert number not in world.phones.inboxes
    with world.context.reading() as uow:
        notice = uow.session.scalars(select(Message).where(Message.partner_id.is_not(None))).one()
        assert (notice.state, notice.last_error) == (MessageState.FAILED, "unverified")
        assert notice.ring_since is not None
    dispatcher = world.client("dispatcher")
    assert "Child Protection" in dispatcher.get("/watch").get_data(as_text=True)
    assert "Child Protection" in board(world)
    assert NEVER in board(world)

    verify = re.search(r'action="(/partners/[0-9a-f-]+/verify)"', dispatcher.get("/teams").text)
    assert verify
    dispatcher.submit("/teams", {}, to=verify[1])
    assert dispatcher.submit("/teams", {}, to=verify[1]).status_code == 409
    assert NEVER not in board(world)
    assert world.audited("number.verified") == 2
    world.call(DANGER)
    world.settle()

    assert len(world.phones.inboxes[number]) == 1

"""Acting on a text fails for a fault of ours: the alarm in it and the text itself are kept."""

from __future__ import annotations

import pytest
from sqlalchemy import text as sql

from tests.stories.test_alarms import on_a_call, untaken, words
from tests.stories.test_duress import WORD, knows
from tests.stories.test_replies import outcomes, unread
from tests.typical_calls import UNARMED
from tests.world import Phone, World
from triage.domain.alarms import AlarmKind
from triage.services.unread_replies import NOT_DONE
from triage.storage.calls import Call
from triage.storage.teams import Responder

_ABORTS = {
    "sqlite": [
        """CREATE TRIGGER broken BEFORE INSERT ON audit_entry WHEN NEW.event IN ({events})
        BEGIN SELECT RAISE(ABORT, 'broken'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'
        USING ERRCODE = '{code}'; END $$ LANGUAGE plpgsql""",
        """CREATE TRIGGER broken BEFORE INSERT ON audit_entry FOR EACH ROW
        WHEN (NEW.event IN ({events})) EXECUTE FUNCTION broken()""",
    ],
}
LOST_RACE, FAULT = "23505", "P0001"
"""SQLSTATEs: of a race that is lost each time, and of something else that goes wrong."""


def break_writing(world: World, *events: str, code: str = FAULT) -> None:
    """From now on the database refuses whatever these events of the audit trail tell of."""
    listed = ", ".join(f"'{event}'" for event in events)
    world.broken = True
    with world.context.unit_of_work("test") as uow:
        for statement in _ABORTS[uow.session.get_bind().dialect.name]:
            uow.session.execute(sql(statement.format(events=listed, code=code)))


def half_broken(world: World, name: str, forced: bool) -> tuple[Phone, Call]:
    phone, call = on_a_call(world, name)
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")
    if forced:
        knows(world, phone)
    return phone, call


@pytest.mark.parametrize("code", [LOST_RACE, FAULT])
@pytest.mark.parametrize("said", ["{code} CLEAR", "CLEAR"])
def test_the_alarm_under_duress_stands_and_the_answer_is_that_of_the_same_text_without(
    world: World, said: str, code: str
) -> None:
    calm, first = half_broken(world, "CIT 1", forced=False)
    forced, second = half_broken(world, "CIT 2", forced=True)
    break_writing(world, "slot.cleared", code=code)

    calm.text(said.format(code=first.code))
    forced.text(f"{said.format(code=second.code)} {WORD}")

    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id) == (AlarmKind.DURESS, second.id)
    world.desk.expect_ring("Silent alarm of CIT 2")
    told = "That could not be done, nothing was changed. A dispatcher reads it. Or phone dispatch."
    for phone in (calm, forced):
        assert phone.expect(told) == told
    assert outcomes(world)[-2:] == [NOT_DONE, NOT_DONE]
    assert WORD not in " ".join(unread(world))
    assert len(unread(world)) == 2
    assert "could not be done" in words(world.client("dispatcher"), "/board")
    assert world.dispatch(second, "mobile_crisis").state.value == "on_scene"


@pytest.mark.parametrize("said", ["{code} unsafe", "WITHDRAW"])
def test_who_must_leave_is_an_alarm_though_leaving_could_not_be_written_down(
    world: World, said: str
) -> None:
    phone, call = half_broken(world, "CIT 1", forced=False)
    break_writing(world, "slot.withdrawn")

    phone.text(said.format(code=call.code))

    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id) == (AlarmKind.HELP, call.id)
    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")


def test_a_text_that_is_brought_twice_raises_it_once(world: World) -> None:
    phone, _ = half_broken(world, "CIT 1", forced=True)
    break_writing(world, "slot.cleared")

    phone.text(f"CLEAR {WORD}", times=3)

    assert len(world.desk.rings) == 1
    assert outcomes(world)[-1] == NOT_DONE
    phone.expect("That could not be done")


def test_stop_is_heeded_and_not_answered_though_moving_on_fails(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    world.call(UNARMED)
    phone.expect("Reply")
    break_writing(world, "page.undeliverable")

    phone.text("STOP")

    phone.expect_silence()
    assert outcomes(world)[-1] == NOT_DONE
    assert unread(world) == ["STOP"]
    with world.context.reading() as uow:
        assert uow.get(Responder, phone.responder_id).opted_out_at

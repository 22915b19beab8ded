"""A call is taken in few words with the database, however many are open, and told as it stands."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from tests.stories.test_api import Program
from tests.typical_calls import CALM, UNARMED
from tests.world import World
from triage.storage.calls import Caller
from triage.storage.teams import Team
from triage.storage.timers import Timer

MOST_STATEMENTS = 32
ARMED = UNARMED | {
    "weapon": "accessible",
    "suicidal_ideation": "active",
    "violence_now": "physical",
}


def statements(world: World, work: Callable[[], Any]) -> list[str]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(*heard: Any) -> None:
        asked.append(heard[2])

    engine = world.context.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return asked


@pytest.mark.parametrize("facts", [UNARMED, ARMED], ids=["unarmed", "armed"])
def test_a_call_costs_as_many_statements_however_many_are_open(
    world: World, facts: dict[str, str]
) -> None:
    mobile = world.team("MCT", calls_at_once=100)
    pair = world.pair("CIT", calls_at_once=100)
    world.call(facts)

    second = statements(world, lambda: world.call(facts))
    for _ in range(12):
        world.call(facts)
    later = statements(world, lambda: world.call(facts))

    assert len(later) == len(second)
    assert len(later) <= MOST_STATEMENTS
    tables = [asked.split()[2] for asked in later if asked.startswith("INSERT")]
    assert len(tables) == len(set(tables)), "rows of one table are saved together"
    for phone in mobile if facts is UNARMED else pair:
        assert len(phone.inbox) == 1 + 1 + 12 + 1


@pytest.mark.parametrize(
    "facts",
    [
        UNARMED,
        ARMED,
        CALM | {"neglect_or_abuse": "immediate_danger", "age_band": "child_under_12"},
        {},
    ],
    ids=["unarmed", "armed", "neglect", "asking"],
)
def test_the_answer_tells_what_a_later_look_tells(world: World, facts: dict[str, str]) -> None:
    world.ignores_texts("whom each of these calls asks is another story")
    world.team("MCT")
    world.pair("CIT")
    world.partner("Child Protection", "social_services")
    program = Program(world)
    told = program.post(
        {
            "facts": facts,
            "narrative": "Somebody needs help",
            "location": "Pier 3",
            "received_at": "2026-01-02T03:04:05.678901+02:00",
        }
    )
    assert told.status_code == 201
    answered = told.get_json()

    looked_at = program.get(answered["reference"]).get_json()

    assert looked_at["timeline"].pop()["event"] == "call.looked_at"
    assert looked_at == answered
    assert answered["received_at"] == "2026-01-02T01:04:05.678901+00:00"


def test_what_hangs_on_a_new_row_is_known_but_for_what_was_undone(world: World) -> None:
    old = world.call(UNARMED)

    with world.context.unit_of_work("test") as uow:
        team = uow.add(Team(name="New", responses=[], zones=[], skills=[]))
        uow.set_timer("kept", team, uow.now)
        with contextlib.suppress(ValueError), uow.session.begin_nested():
            uow.set_timer("undone", team, uow.now)
            raise ValueError
        known = uow.new_under(team.id, Timer, by="subject_id")

        assert known is not None
        assert [timer.kind for timer in known] == ["kept"]
        assert uow.new_under(old.id, Caller) is None, "others may have added some"

"""What is kept in a process until the database counts a change, on both databases."""

import contextlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from tests.typical_calls import UNARMED
from tests.world import World, settings_for
from triage.app import build_context
from triage.domain.alarms import AlarmKind
from triage.domain.errors import NotFound
from triage.services import api_tokens, availability
from triage.storage.audit import AuditEntry
from triage.storage.calls import Answer, Call
from triage.storage.habits import AnswerHabits
from triage.storage.policies import EscalationPolicyRow
from triage.storage.revisions import COUNTED
from triage.storage.safety import Alarm
from triage.storage.teams import Shift, Suspension, Team
from triage.storage.unit_of_work import UnitOfWork


def number(world: World) -> int:
    with world.context.database.engine.connect() as connection:
        return int(connection.execute(text("SELECT number FROM revision")).scalar_one())


def one_row_each(world: World) -> None:
    """A row in every table that is counted."""
    (phone,) = world.team("MCT 1")
    with world.context.unit_of_work("test") as uow:
        assert phone.responder_id
        uow.add(
            Alarm(kind=AlarmKind.HELP, responder_id=phone.responder_id, raised_at=uow.now, rings=0)
        )
        ends = uow.now + timedelta(hours=1)
        uow.add(Suspension(kind="zone", subject="north", until=ends, reason="test"))
        api_tokens.add(uow, "cad", ["assess"])
        uow.add(AnswerHabits(sha256="0" * 64, counted_at=uow.now, calls=1, counts={}))
        uow.add(
            EscalationPolicyRow(
                name="test", response="", level_rank=0, steps=[], repeat_s=60, edited_by="test"
            )
        )


@pytest.mark.parametrize("change", ["UPDATE {} SET created_at = created_at", "DELETE FROM {}"])
def test_the_database_counts_every_change_whoever_makes_it(world: World, change: str) -> None:
    before = number(world)
    one_row_each(world)
    assert number(world) >= before + 6
    for table in reversed(COUNTED):  # what points to others goes first
        before = number(world)
        with world.context.database.engine.begin() as connection:
            connection.execute(text(change.format(table)))
        assert number(world) > before, table


def roster_reads(world: World) -> list[str]:
    """Every statement that reads the roster from now on."""
    seen: list[str] = []

    @event.listens_for(world.context.database.engine, "before_cursor_execute")
    def see(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM responder JOIN shift" in statement:
            seen.append(statement)

    return seen


def options(world: World) -> dict[str, int]:
    with world.context.reading() as uow:
        found = availability.team_options(uow, None)
    return {one.name: len(one.members) for one in found}


def test_a_roster_is_read_once_until_anybody_changes_it(world: World, tmp_path: Path) -> None:
    world.team("MCT 1")
    seen = roster_reads(world)
    for _ in range(3):
        world.call(UNARMED)
        assert options(world) == {"MCT 1": 1}
    assert len(seen) == 1

    elsewhere = build_context(settings_for(world.context.settings.database_url, tmp_path))
    with elsewhere.unit_of_work("another process") as uow:
        uow.session.scalars(select(Team)).one().retired_at = uow.now
    elsewhere.database.engine.dispose()

    assert options(world) == {}


def test_without_a_count_nothing_is_kept(world: World) -> None:
    with world.context.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM revision"))
    world.team("MCT 1")
    assert options(world) == {"MCT 1": 1}
    world.team("MCT 2")
    assert options(world) == {"MCT 1": 1, "MCT 2": 1}


def test_a_shift_begins_and_ends_without_any_change(world: World) -> None:
    world.team("MCT 1")
    with world.context.unit_of_work("test") as uow:
        shift = uow.session.scalars(select(Shift)).one()
        shift.starts_at = uow.now + timedelta(minutes=30)
        shift.ends_at = uow.now + timedelta(minutes=80)
    seen = roster_reads(world)

    assert options(world) == {"MCT 1": 0}
    world.wait(minutes=40)
    assert options(world) == {"MCT 1": 1}
    assert len(seen) == 1
    world.wait(minutes=50)
    assert options(world) == {"MCT 1": 0}


def test_whoever_changes_it_sees_the_change_and_nobody_else_does_before_the_commit(
    world: World,
) -> None:
    world.team("MCT 1")
    assert options(world) == {"MCT 1": 1}
    with (
        contextlib.suppress(ZeroDivisionError),
        world.context.unit_of_work("supervisor") as uow,
    ):
        uow.session.scalars(select(Team)).one().retired_at = uow.now
        assert availability.team_options(uow, None) == []
        raise ZeroDivisionError
    assert options(world) == {"MCT 1": 1}


def test_notes_are_saved_with_what_they_are_about_and_undone_with_their_savepoint(
    world: World,
) -> None:
    call = world.call(UNARMED)

    def count(uow: UnitOfWork, kind: type[Answer | AuditEntry]) -> int:
        return len(uow.session.scalars(select(kind).where(kind.call_id == call.id)).all())

    def answer(uow: UnitOfWork, fact: str) -> None:
        uow.add(Answer(call_id=call.id, fact=fact, value='"yes"', given_by=uow.actor))
        uow.audit("test.noted", uow.get(Call, call.id))

    with world.context.unit_of_work("test") as uow:
        before = count(uow, Answer), count(uow, AuditEntry)
        answer(uow, "kept")
        with contextlib.suppress(NotFound), uow.session.begin_nested():
            answer(uow, "undone")
            assert count(uow, Answer) == before[0] + 2, "whoever asks finds them saved"
            answer(uow, "undone too")
            raise NotFound
        answer(uow, "kept as well")
    with world.context.reading() as uow:
        assert (count(uow, Answer), count(uow, AuditEntry)) == (before[0] + 2, before[1] + 2)
        facts = uow.session.scalars(select(Answer.fact).where(Answer.call_id == call.id))
        assert {"kept", "kept as well"} == set(facts) - UNARMED.keys()

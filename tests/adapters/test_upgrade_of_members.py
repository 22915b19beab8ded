"""Members and shifts of the release before that did not ask whose a telephone is."""

import pytest
from sqlalchemy import select, text

from tests.world import World
from triage.storage import migration
from triage.storage.teams import Responder, Shift
from triage.storage.timers import Timer

BEFORE = "0003"


def test_who_was_there_is_paged_as_before_and_their_shifts_end(world: World) -> None:
    (phone,) = world.team("Alpha")
    engine = world.context.database.engine
    migration.downgrade(engine, BEFORE)
    migration.upgrade(engine)

    with world.context.reading() as uow:
        member = uow.session.scalars(select(Responder)).one()
        assert (member.verified_how, member.code_word) == ("carried_over", None)
        assert abs((member.verified_at - uow.now).total_seconds()) < 300
        shift = uow.session.scalars(select(Shift)).one()
        timers = uow.session.scalars(select(Timer).where(Timer.subject_id == shift.id)).all()
        assert [(one.kind, one.due_at) for one in timers] == [("shift_end", shift.ends_at)]
    assert member.id == phone.responder_id


def test_a_telephone_with_two_owners_stops_the_upgrade_and_names_the_teams(world: World) -> None:
    world.team("Alpha")
    world.team("Bravo")
    engine = world.context.database.engine
    migration.downgrade(engine, BEFORE)
    with engine.connect() as connection, connection.begin():
        [one, *_] = connection.scalars(text("SELECT phone_index FROM responder")).all()
        same = text("UPDATE responder SET phone_index = :one")
        connection.execute(same, {"one": one})

    with pytest.raises(RuntimeError, match="in Alpha, Bravo: retire one of them first"):
        migration.upgrade(engine)

    with engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE responder SET retired_at = CURRENT_TIMESTAMP"))
    migration.upgrade(engine)

"""Callers who were being transferred when a release came that knows the steps of it."""

from sqlalchemy import select

from tests.stories.test_reliefs import orphans
from tests.stories.test_transfers import line_call
from tests.world import World
from triage.storage import migration
from triage.storage.dispatches import Dispatch, Transfer

BEFORE = "0004"


def test_who_was_to_be_transferred_is_rung_for_and_who_was_is_with_their_line(
    world: World,
) -> None:
    owed, done = line_call(world), line_call(world)
    with world.context.unit_of_work("test") as uow:
        row = uow.session.scalars(select(Dispatch).where(Dispatch.call_id == done.id)).one()
        row.state, row.confirmed_at = "handed_over", uow.now
        confirmed_at = row.confirmed_at
    engine = world.context.database.engine
    migration.downgrade(engine, BEFORE)
    migration.upgrade(engine)

    with world.context.reading() as uow:
        found = {
            transfer.dispatch.call_id: transfer
            for transfer in uow.session.scalars(select(Transfer))
        }
        assert found[owed.id].state == "offered"
        assert (found[done.id].state, found[done.id].released_at) == ("released", confirmed_at)
    assert orphans(world) == 0
    world.settle()
    assert world.audited("dispatch.hand_over_late") == 1
    assert orphans(world) == 0

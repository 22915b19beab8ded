"""A web server takes a call for practice: nothing of it stays, and nobody hears of it."""

from sqlalchemy import event, func, select

from tests.typical_calls import UNARMED
from tests.world import World
from triage.entrypoints.rehearsal import rehearse
from triage.storage.base import Base


def rows(world: World) -> dict[str, int]:
    with world.context.reading() as uow:
        return {
            table.name: uow.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_a_rehearsal_goes_through_everything_and_leaves_nothing(world: World) -> None:
    (phone,) = world.team("MCT 1")
    before, written = rows(world), set()

    @event.listens_for(world.context.database.engine, "before_cursor_execute")
    def see(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO "):
            written.add(statement.split()[2])

    rehearse(world.context)
    event.remove(world.context.database.engine, "before_cursor_execute", see)

    assert {"call", "assessment", "dispatch", "page", "message", "audit_entry"} <= written
    assert rows(world) == before
    phone.expect_silence()
    assert world.call(UNARMED).code in phone.expect("accept")


def test_a_service_that_cannot_rehearse_serves_all_the_same(world: World) -> None:
    engine = world.context.database.engine

    @event.listens_for(engine, "before_cursor_execute")
    def fail(*_: object) -> None:
        raise RuntimeError("the database is not what it was")

    rehearse(world.context)
    event.remove(engine, "before_cursor_execute", fail)

    assert world.call(UNARMED).code

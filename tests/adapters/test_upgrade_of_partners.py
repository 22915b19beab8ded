"""Partners of the release before, whose numbers nobody was asked about."""

from tests.world import World
from triage.services import other_numbers
from triage.storage import migration

BEFORE = "0024"


def test_partners_stay_verified_and_the_desk_is_to_be_rung(world: World) -> None:
    world.partner("Child Protection", "child_protection")
    engine = world.context.database.engine

    migration.downgrade(engine, BEFORE)
    migration.upgrade(engine)

    with world.context.reading() as uow:
        (left,) = other_numbers.unverified(uow, world.centre)
    assert (left.phone, left.partner) == (world.centre.policy.desk_phone, None)

"""Cries for help of the release before, where one stood on a page and rang nobody."""

from tests.stories.test_alarms import findings, on_a_call, untaken
from tests.world import World
from triage.domain.alarms import AlarmKind
from triage.storage import migration

BEFORE = "0004"


def test_a_cry_that_nobody_has_taken_rings_after_the_upgrade_and_stands_after_going_back(
    world: World,
) -> None:
    phone, call = on_a_call(world)
    phone.text("need help")
    phone.expect("ALARM RAISED")
    rung = len(world.desk.rings)
    engine = world.context.database.engine

    migration.downgrade(engine, BEFORE)
    migration.upgrade(engine)

    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id, alarm.rings) == (AlarmKind.HELP, call.id, 0)
    assert alarm.responder_id == phone.responder_id
    assert len(world.desk.rings) == rung + 1
    assert findings(world) == set()


def test_who_is_on_scene_at_the_upgrade_is_asked_in_time_whether_all_is_well(world: World) -> None:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")
    engine = world.context.database.engine

    migration.downgrade(engine, BEFORE)
    migration.upgrade(engine)

    assert findings(world) == set()
    world.wait(minutes=19)
    phone.expect_silence()
    world.wait(minutes=2)
    phone.expect("Roster check")

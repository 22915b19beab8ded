"""A unit is to be dispatched in CAD, and nobody confirms it: supervisors are alarmed."""

from tests.stories.test_escalation import lay_down, step
from tests.stories.test_paging import nobody_sent
from tests.world import Phone, World
from triage.domain.lifecycle import DispatchState
from triage.domain.spoken import spelled
from triage.services import availability, dispatches
from triage.services.dispatches import Urgency
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch

IMMEDIATE, ROUTINE = Urgency("IMMEDIATE", 1, 10, 1), Urgency("ROUTINE", 4, 240, 15)
PROMPT = Urgency("PROMPT", 2, 40, 4)


def owe(world: World, urgency: Urgency) -> Call:
    """A call to which police are to come."""
    call = nobody_sent(world, location="Dockside Apartments", zone="Harbor")
    also(world, call, "police", urgency)
    return call


def also(world: World, call: Call, response: str, urgency: Urgency) -> None:
    world.context.do(
        "test",
        lambda uow: dispatches.open_dispatch(
            uow, world.centre, uow.get(Call, call.id), response, urgency, "by_hand"
        ),
    )


def supervisor(world: World, name: str = "Supervisors") -> Phone:
    (phone,) = world.team(name, (availability.SUPERVISOR,), ("supervisor",))
    return phone


def confirm(world: World, call: Call) -> None:
    dispatch = world.dispatch(call, "police")
    where = f"/calls/{call.reference}"
    form = {"unit": "4A12", "cad_number": "26-000123"}
    sent = world.client("dispatcher").submit(
        where, form, f"{where}/dispatches/{dispatch.id}/handed-over"
    )
    assert sent.status_code == 303
    assert world.dispatch(call, "police").state is DispatchState.HANDED_OVER


def page_of(world: World, call: Call) -> str:
    return str(world.client("dispatcher").get(f"/calls/{call.reference}").text)


def test_a_supervisor_is_texted_and_rung_until_it_is_confirmed(world: World) -> None:
    boss = supervisor(world)
    call = owe(world, IMMEDIATE)
    world.wait(seconds=50)
    boss.expect_silence()

    world.wait(seconds=11)
    told = boss.expect("NOT CONFIRMED IN CAD. IMMEDIATE, within 10 min, Harbor.")
    assert told.endswith(f"Reply {call.code} 1=accept 2=decline")
    assert "Dockside" not in told
    said = boss.expect_ring("Nobody has confirmed it in CAD").body
    assert spelled(call.code) in said
    page = page_of(world, call)
    assert "Supervisors are alarmed until it is confirmed." in page
    assert "Supervisors was asked to take charge" in page
    assert "Not confirmed in CAD: the supervisors alarmed by telephone (1)." in page

    world.wait(seconds=125)
    boss.expect("NOT CONFIRMED IN CAD")
    assert len(boss.rings) == 2

    confirm(world, call)
    boss.expect("confirmed in CAD, 4A12 goes.")
    world.wait(hours=1)
    boss.expect_silence()
    assert len(boss.rings) == 2


def test_whoever_has_charge_is_left_alone_for_a_time_and_the_others_are(world: World) -> None:
    boss, other = supervisor(world), supervisor(world, "Night supervisors")
    call = owe(world, IMMEDIATE)
    world.wait(seconds=65)
    boss.expect("NOT CONFIRMED IN CAD")
    other.expect("NOT CONFIRMED IN CAD")
    boss.rings, other.rings  # noqa: B018 -- heard

    boss.text(f"{call.code} 1")
    boss.expect("you have taken charge. See that it is dispatched in CAD")
    other.expect("Supervisors has taken charge. Nothing is asked of you now.")
    assert "has taken charge</strong>" in page_of(world, call)
    assert "Supervisors has taken charge" in world.client("dispatcher").get("/board").text
    world.wait(minutes=4)
    boss.expect_silence()

    world.wait(minutes=2)
    boss.expect("is still not confirmed in CAD")
    world.wait(minutes=2)
    boss.expect("NOT CONFIRMED IN CAD")
    other.expect("NOT CONFIRMED IN CAD")
    assert len(boss.rings) == len(other.rings) == 2

    other.press("1")
    boss.expect("Night supervisors has taken charge")
    confirm(world, call)
    other.expect("confirmed in CAD, 4A12 goes")
    boss.expect("confirmed in CAD, 4A12 goes")  # had charge before


def test_who_says_no_is_asked_again_and_where_all_do_the_desk_is_told(world: World) -> None:
    boss = supervisor(world)
    call = owe(world, IMMEDIATE)
    world.wait(seconds=65)
    boss.expect("NOT CONFIRMED IN CAD")
    boss.expect_ring("Immediate page")

    boss.text(f"{call.code} 2")
    boss.expect("declined. No other supervisor is left: the desk is told.")
    world.desk.expect(f"{call.code} (IMMEDIATE): dispatch it in CAD now")
    world.wait(seconds=125)
    boss.expect("NOT CONFIRMED IN CAD")
    boss.expect_ring("Immediate page")


def test_without_a_supervisor_the_desk_is_told_in_each_round_until_it_is_confirmed(
    world: World,
) -> None:
    call = owe(world, IMMEDIATE)
    world.wait(seconds=65)
    world.desk.expect("then confirm it on the board. No supervisor is on shift.")
    assert "No supervisor is reached now" in page_of(world, call)
    world.wait(seconds=125)
    world.desk.expect("dispatch it in CAD now")

    confirm(world, call)
    world.wait(minutes=30)
    world.desk.expect_silence()


def test_nobody_answers_for_a_day_and_the_hand_over_is_never_forgotten(world: World) -> None:
    boss = supervisor(world)
    owe(world, IMMEDIATE)

    for _ in range(24):
        before = len(boss.inbox), len(boss.rings)
        world.wait(hours=1)
        assert (len(boss.inbox), len(boss.rings)) > before
    world.desk.ignores("told too where supervisors said nothing")


def test_two_units_of_one_call_are_one_alarm_and_the_second_goes_on_alone(world: World) -> None:
    boss = supervisor(world)
    call = owe(world, IMMEDIATE)
    also(world, call, "ems", IMMEDIATE)
    world.wait(seconds=65)
    boss.expect("NOT CONFIRMED IN CAD")
    boss.expect_silence()
    assert len(boss.rings) == 1

    confirm(world, call)
    boss.expect("confirmed in CAD, 4A12 goes.")
    world.wait(seconds=30)
    boss.expect_silence()
    world.wait(seconds=35)
    boss.expect("NOT CONFIRMED IN CAD")
    assert len(boss.rings) == 2


def test_what_has_hours_has_minutes_before_anybody_is_woken(world: World) -> None:
    boss = supervisor(world)
    call = owe(world, ROUTINE)
    world.wait(minutes=23)
    boss.expect_silence()
    world.wait(minutes=2)
    boss.expect("NOT CONFIRMED IN CAD. ROUTINE, within 4 h, Harbor.")
    assert boss.rings == []

    key = world.dispatch(call, "police").id
    world.context.do(
        "test",
        lambda uow: dispatches.cancel(uow, world.centre, uow.get(Dispatch, key), "duplicate"),
    )
    boss.expect("stand down")
    world.wait(hours=1)
    boss.expect_silence()


def test_rings_of_other_calls_and_the_text_of_many_take_no_ring_from_it(world: World) -> None:
    boss = supervisor(world)
    lay_down(world, [step("next_team", times=0), step("supervisor"), step("supervisor", "voice")])
    handed_over = owe(world, PROMPT)
    world.wait(seconds=241)
    boss.expect("NOT CONFIRMED IN CAD")
    world.wait(seconds=110)

    waiting = [nobody_sent(world) for _ in range(3)]
    for call in waiting:
        also(world, call, "mobile_crisis", PROMPT)
    world.settle()  # of these the first rings; the text of all is on its way

    assert sum(of(one) in ring.body for one in waiting for ring in boss.rings) == 1
    assert not any(of(handed_over) in ring.body for ring in boss.rings)
    world.wait(seconds=11)
    assert any(of(handed_over) in ring.body for ring in boss.rings)
    boss.ignores("the other texts")


def test_of_many_that_nobody_confirms_each_is_texted_and_one_rings(world: World) -> None:
    boss = supervisor(world)
    many = [owe(world, PROMPT) for _ in range(3)]

    world.wait(seconds=241)
    for _ in many:
        boss.expect("NOT CONFIRMED IN CAD")
    world.wait(seconds=121)

    assert len(boss.rings) == 1


def of(call: Call) -> str:
    return spelled(call.code)

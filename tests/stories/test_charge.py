"""A supervisor who takes charge has it for a time; whoever says no is not the last one asked."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select, text, update

from tests.stories.test_escalation import (
    ask_again,
    call_in,
    code_of,
    lay_down,
    off_shift,
    state,
    step,
    supervisor,
)
from tests.world import Phone, World
from triage.services import audits, lost_phones, rosters, waiting
from triage.storage.dispatches import Dispatch, Page
from triage.storage.teams import Responder
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork


def found(world: World) -> list[str]:
    """What the auditor finds of calls that stand still."""
    with world.context.reading() as uow:
        around = audits.Surroundings(simulated=True, demo=True)
        codes = [finding.code for finding in audits.audit(uow, world.centre, around)]
    return [code for code in codes if code == "no_next_step"]


def desk_of(world: World) -> Phone:
    return Phone(world, world.centre.policy.desk_phone)


def in_charge(world: World, rank: int = 1) -> tuple[Phone, Dispatch]:
    """A supervisor has taken charge of a call for which nobody is left to ask."""
    boss = supervisor(world)
    dispatch = call_in(world, rank)
    boss.expect("NOBODY LEFT")
    if rank == 1:
        boss.expect_ring("Nobody is left to ask")
    boss.text(f"{code_of(world, dispatch)} 1")
    boss.expect("you have taken charge")
    return boss, dispatch


def path_of(world: World, dispatch: Dispatch) -> str:
    with world.context.reading() as uow:
        return f"/calls/{uow.get(Dispatch, dispatch.id).call.reference}"


def shown(world: World, path: str) -> str:
    return world.client("dispatcher").get(path).get_data(as_text=True)


def somebody_has_charge(world: World, dispatch: Dispatch) -> bool:
    """As the board and the page of the call say, both alike."""
    on_board = "has taken charge" in shown(world, "/board")
    assert ("has taken charge</strong>" in shown(world, path_of(world, dispatch))) is on_board
    return on_board


def retire(world: World, phone: Phone) -> None:
    with world.context.unit_of_work("test") as uow:
        rosters.retire_member(uow, world.centre, uow.get(Responder, phone.responder_id))
    world.settle()


def lose(world: World, phone: Phone) -> None:
    with world.context.unit_of_work("test") as uow:
        lost_phones.report(uow, world.centre, uow.get(Responder, phone.responder_id))
    world.settle()


def stop(world: World, phone: Phone) -> None:
    phone.text("STOP")


# --- charge ends --------------------------------------------------------------------------


@pytest.mark.parametrize("leaves", [off_shift, retire, lose, stop])
def test_charge_ends_when_whoever_has_it_leaves_duty(
    world: World, leaves: Callable[[World, Phone], None]
) -> None:
    boss, dispatch = in_charge(world)
    assert somebody_has_charge(world, dispatch)
    other = supervisor(world, "Night supervisors")

    leaves(world, boss)

    other.expect("NOBODY LEFT")
    other.expect_ring("Nobody is left to ask")
    assert not somebody_has_charge(world, dispatch)
    assert world.audited("page.charge_ended") == 1
    assert found(world) == []
    for _ in range(4):
        before = len(other.rings)
        world.wait(minutes=3)
        other.expect("NOBODY LEFT")
        assert len(other.rings) > before


def test_charge_that_nobody_else_can_take_is_told_to_the_desk(world: World) -> None:
    boss, dispatch = in_charge(world, 2)

    off_shift(world, boss)

    desk_of(world).expect("no supervisor on shift")
    assert found(world) == []
    assert state(world, dispatch) == "unfilled"


def test_charge_is_given_back_by_text(world: World) -> None:
    boss, dispatch = in_charge(world, 2)
    other = supervisor(world, "Night supervisors")
    code = code_of(world, dispatch)

    boss.text(f"{code} 2")

    boss.expect(f"{code}: you have given charge back. Other supervisors are asked.")
    other.expect_ring("Nobody is left to ask")
    boss.expect_silence()
    assert not somebody_has_charge(world, dispatch)
    boss.text(f"{code} 1")
    boss.expect("you have taken charge")
    other.expect(f"{code}: Supervisors has taken charge. Nothing is asked of you now.")


def test_whoever_alone_gives_charge_back_is_asked_in_the_next_round(world: World) -> None:
    boss, dispatch = in_charge(world)

    boss.text(f"{code_of(world, dispatch)} 2")

    boss.expect("No other supervisor is left: the desk is told.")
    desk_of(world).expect("no supervisor has said yes")
    boss.expect_silence()
    world.wait(seconds=121)
    boss.expect("NOBODY LEFT")
    boss.expect_ring("Nobody is left to ask")


def test_charge_is_given_back_by_a_key(world: World) -> None:
    boss = supervisor(world)
    dispatch = call_in(world, 1)
    boss.expect("NOBODY LEFT")
    boss.expect_ring("Nobody is left")
    assert "taken charge" in boss.press("1")

    assert "No other supervisor is left" in boss.press("2")

    assert not somebody_has_charge(world, dispatch)
    desk_of(world).expect("no supervisor has said yes")


def test_a_dispatcher_writes_down_that_charge_is_given_back(world: World) -> None:
    _, dispatch = in_charge(world)
    browser = world.client("dispatcher")
    path = path_of(world, dispatch)
    with world.context.reading() as uow:
        page = uow.session.scalars(select(Page.id)).one()
    assert "Supervisors gives charge back" in browser.get(path).get_data(as_text=True)

    browser.submit(path, {"answer": "declines:telephone"}, to=f"{path}/pages/{page}/answer")

    told = browser.get(path).get_data(as_text=True)
    assert "gives charge back" not in told
    assert "has given charge back: nobody has charge any more" in told
    desk_of(world).expect("no supervisor has said yes")


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_charge_has_a_limit_and_whoever_has_it_is_reminded_first(world: World, rank: int) -> None:
    boss, dispatch = in_charge(world, rank)
    policy = world.centre.policy
    rang = len(boss.rings)
    longest = policy.call_back_after(rank).total_seconds()

    world.wait(seconds=longest - 2)
    boss.expect_silence()
    world.wait(seconds=3)
    boss.expect(f"{code_of(world, dispatch)} still has nobody")
    assert somebody_has_charge(world, dispatch)
    assert found(world) == []
    world.wait(minutes=dispatch.answer_within_min, seconds=1)

    assert not somebody_has_charge(world, dispatch)
    if rank == 1:
        boss.expect("NOBODY LEFT")
    assert len(boss.rings) > rang
    assert found(world) == []


def test_whoever_answers_the_reminder_keeps_charge(world: World) -> None:
    boss, dispatch = in_charge(world)
    for _ in range(3):
        world.wait(minutes=5, seconds=1)
        boss.expect("still has nobody")
        boss.text(f"{code_of(world, dispatch)} 1")
        boss.expect("you have taken charge")
        world.wait(minutes=4)
        boss.expect_silence()

    world.wait(minutes=1, seconds=1)
    boss.expect("still has nobody")
    world.wait(minutes=1, seconds=1)
    boss.expect("NOBODY LEFT")
    boss.expect_ring("Nobody is left to ask")


def test_a_reminder_that_does_not_arrive_ends_charge_at_once(world: World) -> None:
    boss, dispatch = in_charge(world, 2)
    world.phones.landlines.add(boss.number)

    world.wait(minutes=10, seconds=1)
    world.settle()

    boss.expect_ring("Nobody is left to ask")
    assert world.audited("page.charge_ended") == 1
    assert not somebody_has_charge(world, dispatch)


def test_after_an_outage_nobody_loses_charge_without_a_reminder(world: World) -> None:
    boss, dispatch = in_charge(world)

    world.wait(hours=1)

    boss.expect("still has nobody")
    assert somebody_has_charge(world, dispatch)


def test_a_team_that_comes_ends_charge_without_a_word_more(world: World) -> None:
    boss, dispatch = in_charge(world)
    (alpha,) = world.team("Alpha")
    world.context.do("test", lambda uow: _offer(world, uow))
    alpha.text(f"{code_of(world, dispatch)} 1")
    alpha.expect("accepted, it is yours")
    boss.expect("Taken by Alpha, stand down")
    alpha.ignores("being asked whether all is well")

    world.wait(hours=1)

    boss.expect_silence()
    assert found(world) == []


def _offer(world: World, uow: UnitOfWork) -> None:
    waiting.offer(uow, world.centre)


def test_charge_of_a_pair_lives_on_for_the_half_that_is_missing(world: World) -> None:
    """Whoever has charge was asked for the first place; somebody has that now."""
    boss = supervisor(world)
    clinician, officer = world.pair("CIT 1")
    dispatch = call_in(world, 1, "co_responder")
    for phone in (clinician, officer):
        phone.expect("Reply")
        phone.text("2")
        phone.expect("declined")
    boss.expect("NOBODY LEFT")
    boss.text("1")
    boss.expect("you have taken charge")

    clinician.text(f"{code_of(world, dispatch)} 1")

    clinician.expect("Reply")  # with all hands: its officer had not said no yet
    clinician.expect("accepted, it is yours")
    officer.expect("Reply")  # all hands, and nobody has said yes
    boss.expect("Taken by CIT 1, stand down")
    assert state(world, dispatch) == "unfilled"
    assert found(world) == []
    boss.expect("NOBODY LEFT")
    boss.expect_ring("Nobody is left to ask")


# --- several supervisors ------------------------------------------------------------------


def test_the_others_are_told_who_has_charge_and_asked_again_when_it_ends(world: World) -> None:
    other = supervisor(world, "Night supervisors")
    boss, dispatch = in_charge(world)
    code = code_of(world, dispatch)
    other.expect("NOBODY LEFT")

    other.expect(f"{code}: Supervisors has taken charge. Nothing is asked of you now.")
    other.text(f"{code} 1")
    other.expect("Supervisors has taken charge")
    rang = len(other.rings)
    world.wait(minutes=4)
    other.expect_silence()
    assert len(other.rings) == rang

    boss.text(f"{code} 2")

    boss.expect("Other supervisors are asked.")
    other.expect("NOBODY LEFT")
    assert len(other.rings) == rang + 1


def test_two_supervisors_take_charge_at_once_and_one_has_it(
    world: World, another_world: Callable[[], World]
) -> None:
    both = [supervisor(world, "Early"), supervisor(world, "Late")]
    dispatch = call_in(world, 1)
    code = code_of(world, dispatch)
    for phone in both:
        phone.expect_ring("Nobody is left to ask")
    other = another_world()
    barrier = threading.Barrier(2)

    def say_yes(here: World, number: int) -> None:
        barrier.wait()
        here.receive(f"IN{number}", both[number].number, f"{code} 1")

    threads = [
        threading.Thread(target=say_yes, args=(here, number))
        for number, here in enumerate((world, other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.settle()

    taken = [phone for phone in both if any("you have taken charge" in t for t in phone.inbox)]
    assert len(taken) == 1
    (late,) = [phone for phone in both if phone not in taken]
    assert [t for t in late.inbox if "has taken charge" in t or "Taken by" in t]
    with world.context.reading() as uow:
        left = sorted(uow.session.scalars(select(Page.state)))
    assert left == ["accepted", "withdrawn"]
    other.close()


# --- a no, a telephone that takes no text -------------------------------------------------


def test_a_no_of_the_only_supervisor_is_told_to_the_desk_and_asked_anew(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 2)
    boss.expect("NOBODY LEFT")

    boss.text("2")

    boss.expect("declined. No other supervisor is left: the desk is told.")
    desk = desk_of(world)
    desk.expect("no supervisor has said yes")
    desk.expect_silence()
    assert boss.rings == []
    for _ in range(3):
        world.wait(seconds=601)
        boss.expect("NOBODY LEFT")
        boss.text("2")
        boss.expect("declined. No other supervisor is left: the desk is told.")
        desk.expect("no supervisor has said yes")
    desk.expect_silence()
    assert found(world) == []


def test_a_no_makes_the_next_step_due_at_once(world: World) -> None:
    boss, other = supervisor(world), supervisor(world, "Night supervisors")
    call_in(world, 2)
    boss.expect("NOBODY LEFT")
    other.expect("NOBODY LEFT")
    assert other.rings == []

    boss.text("2")

    boss.expect("declined. Other supervisors are asked.")
    other.expect_ring("Nobody is left to ask")
    assert boss.rings == []
    assert not desk_of(world).inbox


def test_the_next_shift_is_asked_when_whoever_was_asked_goes_home(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 2)
    boss.expect("NOBODY LEFT")
    world.wait(seconds=121)  # the round is over, the next one is ten minutes away
    boss.expect_ring("Nobody is left to ask")
    other = supervisor(world, "Night supervisors")

    off_shift(world, boss)

    other.expect("NOBODY LEFT")


def test_a_policy_that_ends_ends_with_the_desk(world: World) -> None:
    boss = supervisor(world)
    lay_down(world, [step("next_team"), step("supervisor")], 0)
    dispatch = call_in(world, 1, caller_phone="202-555-0142")
    boss.expect("NOBODY LEFT")
    desk_of(world).expect("no supervisor has said yes")
    boss.text("2")
    boss.expect("the desk is told")

    for _ in range(6):
        world.wait(minutes=20)
        assert found(world) == []

    page = shown(world, path_of(world, dispatch))
    assert "Nobody is left to ask" in page
    assert "CALL BACK" in page


def test_charge_under_a_policy_that_ends_goes_back_to_all_supervisors(world: World) -> None:
    lay_down(world, [step("next_team"), step("supervisor")], 0)
    boss, dispatch = in_charge(world, 2)
    desk_of(world).expect("no supervisor has said yes")
    other = supervisor(world, "Night supervisors")

    boss.text(f"{code_of(world, dispatch)} 2")

    boss.expect("Other supervisors are asked.")
    other.expect("NOBODY LEFT")
    desk_of(world).expect("no supervisor has said yes")
    assert found(world) == []


def test_a_landline_is_rung_though_it_takes_no_text(world: World) -> None:
    boss = supervisor(world)
    world.phones.landlines.add(boss.number)
    dispatch = call_in(world, 2)

    boss.expect_ring("Nobody is left to ask")
    assert "taken charge" in boss.press("1")
    assert somebody_has_charge(world, dispatch)


def test_a_landline_is_rung_at_the_highest_level_and_may_say_no(world: World) -> None:
    boss = supervisor(world)
    world.phones.landlines.add(boss.number)
    call_in(world, 1)
    boss.expect_ring("Nobody is left to ask")

    assert "No other supervisor is left" in boss.press("2")

    desk_of(world).expect("no supervisor has said yes")
    rang = len(boss.rings)
    world.wait(seconds=121)
    assert len(boss.rings) == rang + 1
    desk_of(world).expect("no supervisor has said yes")


def test_a_telephone_that_neither_reads_nor_rings_is_told_to_the_desk(world: World) -> None:
    boss = supervisor(world)
    world.phones.landlines.add(boss.number)
    world.phones.silent.add(boss.number)

    call_in(world, 2)

    desk_of(world).expect("no supervisor has said yes")


def test_a_supervisor_who_stops_is_told_to_the_desk(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 2)
    boss.expect("NOBODY LEFT")

    boss.text("STOP")

    desk_of(world).expect("no supervisor on shift")


# --- what whoever says no is told ---------------------------------------------------------


def test_a_no_is_answered_with_what_truly_follows(world: World) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    dispatch = call_in(world, 1)
    alpha.expect("Reply")
    alpha.text("2")
    alpha.expect("declined. Somebody else is being asked.")
    bravo.expect("Reply")
    bravo.text("2")
    bravo.expect("declined. Nobody else is free: the desk is told.")
    desk_of(world).expect("no supervisor on shift")
    for phone in (alpha, bravo):
        phone.expect("Reply")  # both are asked once more, with all hands

    code = code_of(world, dispatch)
    alpha.text(f"{code} 2")
    alpha.expect("declined. Others on shift are still being asked.")
    bravo.text(f"{code} 2")
    bravo.expect("declined. Nobody else is free: the desk is told.")


def test_the_last_team_hears_that_supervisors_are_asked(world: World) -> None:
    boss = supervisor(world)
    (alpha,) = world.team("Alpha")
    call_in(world, 2)
    alpha.expect("Reply")
    alpha.text("2")
    boss.expect("NOBODY LEFT")
    alpha.expect("declined. Nobody else is free: supervisors are asked.")


# --- the auditor --------------------------------------------------------------------------


def cancelled(world: World, *kinds: str) -> None:
    """A fault of ours, as the auditor must see it."""
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(
            update(Timer)
            .where(Timer.kind.in_(kinds), Timer.state == "waiting")
            .values(state="cancelled")
        )


def test_whom_nobody_is_alarmed_for_is_found_and_looked_after(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 1)
    boss.expect("NOBODY LEFT")
    boss.expect_ring("Nobody is left to ask")
    assert found(world) == []

    cancelled(world, "escalate")
    assert found(world) == ["no_next_step"]

    world.wait(minutes=5)
    assert found(world) == []
    world.wait(seconds=121)
    boss.expect("NOBODY LEFT")
    boss.expect_ring("Nobody is left to ask")


def test_charge_without_an_end_is_found(world: World) -> None:
    in_charge(world)
    cancelled(world, "charge_remind", "charge_end")
    assert found(world) == ["no_next_step"]


def test_a_policy_at_its_end_needs_a_call_back(world: World) -> None:
    boss = supervisor(world)
    lay_down(world, [step("next_team"), step("supervisor"), step("supervisor", wait_s=60)], 0)
    call_in(world, 2)
    boss.expect("NOBODY LEFT")
    cancelled(world, "escalate")
    assert found(world) == ["no_next_step"]
    world.wait(minutes=5)
    world.wait(minutes=5)
    boss.expect("NOBODY LEFT")
    desk_of(world).expect("no supervisor has said yes")
    assert found(world) == []

    cancelled(world, "call_back")
    assert found(world) == ["no_next_step"]


def test_a_page_without_a_time_for_its_answer_is_found(world: World) -> None:
    (alpha,) = world.team("Alpha")
    call_in(world, 1)
    alpha.expect("Reply")
    cancelled(world, "page_answer")
    assert found(world) == ["no_next_step"]
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(text("UPDATE page SET state = 'withdrawn'"))
    assert found(world) == []


def test_a_new_round_that_finds_nobody_takes_charge_from_nobody(world: World) -> None:
    boss, dispatch = in_charge(world)

    assert ask_again(world, dispatch).startswith("No team is free")

    boss.expect_silence()
    assert somebody_has_charge(world, dispatch)
    boss.text(f"{code_of(world, dispatch)} 1")
    boss.expect("you have taken charge")
    assert found(world) == []


def test_a_new_round_that_asks_a_team_ends_the_charge(world: World) -> None:
    boss, dispatch = in_charge(world, 2)
    (alpha,) = world.team("Alpha")

    assert ask_again(world, dispatch).endswith("Alpha first.")

    alpha.expect("Reply")
    boss.expect("Stand down, teams are asked anew")
    assert not somebody_has_charge(world, dispatch)
    alpha.text("2")
    alpha.expect("declined.")
    world.wait(minutes=2)
    boss.expect("NOBODY LEFT")
    boss.ignores("that they are rung as well is another story")
    assert found(world) == []

"""Nobody answers: the next is tried, then supervisors and all hands, until somebody has it."""

import os
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import and_, select

from tests.stories.test_paging import nobody_sent
from tests.world import Phone, World
from triage.domain.delivery import Whose
from triage.domain.escalation import read_policy
from triage.domain.lifecycle import PageState
from triage.domain.phone_network import Refused
from triage.domain.spoken import spelled
from triage.domain.storm import LIMITS
from triage.entrypoints import worker
from triage.services import (
    asked_again,
    availability,
    dispatches,
    escalation_policies,
    escalations,
    reports,
    shifts,
    storms,
    switches,
)
from triage.services.dispatches import Urgency
from triage.services.reports import Report
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page
from triage.storage.messages import Message
from triage.storage.teams import Shift, Suspension
from triage.storage.timers import ClockShift

LEVELS = {
    1: Urgency("IMMEDIATE", 1, 10, 1),
    2: Urgency("URGENT", 2, 30, 2),
    4: Urgency("ROUTINE", 4, 240, 15),
}


def call_in(world: World, rank: int, response: str = "mobile_crisis", **more: Any) -> Dispatch:
    """A call of this level, for which this response is sought."""
    call = nobody_sent(world, location="Dockside Apartments", zone="Harbor", **more)
    world.context.do(
        "test",
        lambda uow: dispatches.open_dispatch(
            uow, world.centre, uow.get(Call, call.id), response, LEVELS[rank], "by_hand"
        ),
    )
    world.settle()
    return world.dispatch(call, response)


def state(world: World, dispatch: Dispatch) -> str:
    with world.context.reading() as uow:
        return uow.get(Dispatch, dispatch.id).state.value


def code_of(world: World, dispatch: Dispatch) -> str:
    with world.context.reading() as uow:
        return uow.get(Dispatch, dispatch.id).call.code


def supervisor(world: World, name: str = "Supervisors") -> Phone:
    (phone,) = world.team(name, ("supervision",), ("supervisor",))
    return phone


def lay_down(world: World, steps: list[dict[str, object]], repeat_s: int = 60) -> None:
    policy, _ = read_policy("Tonight", steps, repeat_s)
    world.context.do(
        "supervisor",
        lambda uow: escalation_policies.lay_down(uow, world.centre, ("mobile_crisis", 0), policy),
    )


def step(who: str, channel: str = "sms", wait_s: int | None = 0, times: int = 1) -> dict:
    return {"who": who, "channel": channel, "wait_s": wait_s, "times": times, "every_s": 30}


# --- whoever is asked ---------------------------------------------------------------------


def test_the_highest_level_rings_after_half_of_the_time(world: World) -> None:
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, 1)
    alpha.expect("IMMEDIATE")

    world.wait(seconds=15)
    assert alpha.rings == []
    world.wait(seconds=16)

    said = alpha.expect_ring("IMMEDIATE".lower()).body
    assert "Harbor" in said
    assert "Dockside" not in said
    assert len(alpha.rings) == 1
    assert state(world, dispatch) == "seeking"


def test_whoever_has_answered_is_not_rung(world: World) -> None:
    (alpha,) = world.team("Alpha")
    call_in(world, 1)
    alpha.expect("Reply")
    alpha.text("1")
    alpha.expect("accepted, it is yours")

    world.wait(seconds=40)

    assert alpha.rings == []


def test_other_levels_are_texted_only(world: World) -> None:
    (alpha,) = world.team("Alpha")
    call_in(world, 2)
    alpha.expect("Reply")

    world.wait(seconds=100)

    assert alpha.rings == []


# --- nobody left --------------------------------------------------------------------------


def test_when_nobody_is_left_the_supervisor_is_told_until_somebody_takes_it(world: World) -> None:
    boss = supervisor(world)
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, 1)
    alpha.expect("IMMEDIATE, within 10 min")
    alpha.text("2")
    alpha.expect("declined.")
    alpha.expect("IMMEDIATE, within 10 min")

    told = boss.expect("NOBODY LEFT TO ASK")
    assert "IMMEDIATE" in told
    assert "Dockside" not in told
    boss.expect_ring("Nobody is left to ask")
    assert state(world, dispatch) == "unfilled"

    world.wait(seconds=125)
    alpha.expect("IMMEDIATE, within 10 min")
    boss.expect("NOBODY LEFT TO ASK")
    assert len(boss.rings) == 2

    boss.text("1")
    boss.expect("you have taken charge")
    world.wait(minutes=4)
    boss.expect_silence()
    assert len(boss.rings) == 2
    assert state(world, dispatch) == "unfilled"
    assert world.audited("page.charge_taken") == 1


def test_all_hands_are_asked_for_the_highest_level_and_the_first_yes_has_it(world: World) -> None:
    boss = supervisor(world)
    (alpha,) = world.team("Alpha")
    (other,) = world.team("Youth", ("youth_mobile_crisis",))
    (officer,) = world.team("Patrol", ("police_liaison",), ("officer",))
    dispatch = call_in(world, 1)
    alpha.expect("Reply")
    alpha.text("2")
    boss.expect_ring("Immediate page")

    other.expect("IMMEDIATE")
    alpha.expect("declined.")
    alpha.expect("IMMEDIATE")  # who said no once may change their mind
    officer.expect_silence()
    assert state(world, dispatch) == "unfilled"
    with world.context.reading() as uow:
        path = f"/calls/{uow.get(Dispatch, dispatch.id).call.reference}"
    page = world.client("dispatcher").get(path).text
    assert "No team is left, all hands are asked." in page
    assert "<strong>Nobody is left to ask" not in page

    other.text("1")

    other.expect("it is yours")
    alpha.expect("Taken by Youth, stand down")
    boss.expect("NOBODY LEFT")
    boss.expect("Taken by Youth, stand down")
    assert state(world, dispatch) == "accepted"
    for phone in (alpha, other, boss):
        phone.expect_silence()
    other.ignores("being asked whether all is well")
    world.wait(hours=1)
    for phone in (alpha, boss):
        phone.expect_silence()


def test_all_hands_leaves_whoever_has_a_call_alone(world: World) -> None:
    (busy,) = world.team("Busy")
    first = call_in(world, 4)
    busy.expect("Reply")
    busy.text("1")
    busy.expect("it is yours")

    second = call_in(world, 1)
    world.desk.expect("nobody is left to ask")
    world.wait(minutes=10)
    world.desk.expect("nobody is left to ask")

    busy.expect_silence()
    assert state(world, first) == "accepted"
    assert state(world, second) == "unfilled"


def test_without_any_supervisor_the_desk_is_told(world: World) -> None:
    dispatch = call_in(world, 2)

    desk = world.desk
    desk.expect("nobody is left to ask and no supervisor on shift")
    assert state(world, dispatch) == "unfilled"


def test_nobody_answers_for_a_day_and_the_call_is_never_forgotten(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 1)

    for _ in range(24):
        before = len(boss.inbox)
        world.wait(hours=1)
        assert len(boss.inbox) > before
    boss.expect_ring("Immediate page")


def test_the_half_that_is_missing_is_escalated_alone(world: World) -> None:
    boss = supervisor(world)
    clinician, officer = world.pair("CIT 1")
    (spare,) = world.team("Spare clinician", ("mobile_crisis",))
    dispatch = call_in(world, 1, "co_responder")
    clinician.expect("IMMEDIATE, within 10 min")
    clinician.text("1")
    clinician.expect("accepted, it is yours")
    officer.text("2")
    boss.expect_ring("Immediate page")

    boss.expect("NOBODY LEFT")
    spare.expect_silence()
    officer.expect("Reply")
    officer.expect("declined.")
    officer.expect("IMMEDIATE")
    assert state(world, dispatch) == "unfilled"

    officer.text("1")
    boss.expect("Taken by CIT 1")
    officer.expect("accepted, it is yours")

    assert state(world, dispatch) == "accepted"
    clinician.expect("officer CIT 1 has accepted too")


def test_a_policy_asks_few_teams_and_then_goes_on(world: World) -> None:
    lay_down(world, [step("next_team", times=1), step("supervisor")])
    boss = supervisor(world)
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    dispatch = call_in(world, 2)
    alpha.expect("Reply")

    alpha.text("2")
    alpha.expect("declined.")

    boss.expect("NOBODY LEFT")
    bravo.expect_silence()
    assert state(world, dispatch) == "unfilled"


def test_a_call_ends_under_the_policy_it_began_under(world: World) -> None:
    boss = supervisor(world)
    lay_down(world, [step("next_team"), step("supervisor", wait_s=60)])
    (alpha,) = world.team("Alpha")
    call_in(world, 2)
    alpha.expect("Reply")

    lay_down(world, [step("next_team"), step("supervisor", wait_s=3000)])
    alpha.text("2")
    alpha.expect("declined.")
    world.wait(seconds=62)

    boss.expect("NOBODY LEFT")


def test_asking_everybody_again_begins_anew(world: World) -> None:
    boss = supervisor(world)
    dispatch = call_in(world, 2)
    boss.expect("NOBODY LEFT")
    (alpha,) = world.team("Alpha")

    world.context.do(
        "test",
        lambda uow: asked_again.ask_again(uow, world.centre, uow.get(Dispatch, dispatch.id)),
    )
    alpha.expect("Reply")
    boss.expect("Stand down")
    world.wait(minutes=20)

    boss.expect("NOBODY LEFT")


def test_a_page_to_all_hands_gives_way_to_one_of_their_own(world: World) -> None:
    lay_down(world, [step("next_team", times=0), step("all_hands")], repeat_s=3000)
    world.desk.ignores("what it is told is another story")
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, 2)
    alpha.expect("Reply")
    world.wait(minutes=5)
    alpha.expect("Reply")  # with all hands

    world.context.do(
        "test",
        lambda uow: asked_again.ask_again(uow, world.centre, uow.get(Dispatch, dispatch.id)),
    )
    alpha.expect("Reply")
    with world.context.reading() as uow:
        states = uow.session.scalars(select(Page.state).order_by(Page.created_at)).all()
    assert states == ["passed_over", "withdrawn", "open"]
    alpha.text("1")
    alpha.expect("accepted, it is yours")
    assert state(world, dispatch) == "accepted"


def ask_again(world: World, dispatch: Dispatch) -> str:
    told: str = world.context.do(
        "test",
        lambda uow: str(asked_again.ask_again(uow, world.centre, uow.get(Dispatch, dispatch.id))),
    )
    world.settle()
    return told


def asked_with_all_hands(world: World) -> tuple[Phone, Phone, Dispatch]:
    """Alpha and Bravo were asked in turn, then both at once; then Alpha alone, in a new round."""
    lay_down(world, [step("next_team", times=0), step("all_hands")], repeat_s=3000)
    world.desk.ignores("what it is told is another story")
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    dispatch = call_in(world, 2)
    alpha.expect("Reply")
    world.wait(minutes=3)
    bravo.expect("Reply")
    world.wait(minutes=2)
    for phone in (alpha, bravo):
        phone.expect("Reply")
    ask_again(world, dispatch)
    alpha.expect("Reply")
    return alpha, bravo, dispatch


def test_a_no_to_all_hands_counts_in_the_new_round(world: World) -> None:
    alpha, bravo, dispatch = asked_with_all_hands(world)
    bravo.text(f"{code_of(world, dispatch)} 2")
    bravo.expect("declined.")
    asked = world.audited("page.opened")
    (youth,) = world.team("Youth", ("youth_mobile_crisis",))
    alpha.text(f"{code_of(world, dispatch)} 2")
    alpha.expect("declined. Everybody else on shift is asked.")
    youth.expect("Reply")
    for phone in (alpha, bravo):
        phone.expect_silence()  # their no counts, with all hands too
    assert world.audited("page.opened") == asked, "Bravo is not asked as the next team"
    assert state(world, dispatch) == "unfilled"

    world.wait(seconds=3001)
    for phone in (alpha, bravo):
        phone.expect("Reply")  # the policy begins anew
    youth.ignores("asked as before")


def test_nobody_is_said_to_be_asked_where_all_have_said_no_to_being_asked_again(
    world: World,
) -> None:
    alpha, bravo, dispatch = asked_with_all_hands(world)
    bravo.text(f"{code_of(world, dispatch)} 2")
    bravo.expect("declined.")
    alpha.text(f"{code_of(world, dispatch)} 2")
    alpha.expect("declined. Nobody else is free: the desk is told.")
    for phone in (alpha, bravo):
        phone.expect_silence()
    assert state(world, dispatch) == "unfilled"


def test_a_no_in_the_new_round_is_the_newest_that_the_desk_sees(world: World) -> None:
    steps = [step("next_team", times=0), step("supervisor"), step("all_hands", wait_s=30)]
    lay_down(world, steps, repeat_s=3000)
    for name in ("Supervisors", "Chiefs"):
        supervisor(world, name)
    world.ignores_texts("who is asked how often is another story")
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, 2)
    for _ in range(3):
        world.wait(minutes=2)
    assert world.audited("page.opened_all_hands") == 1
    with world.context.reading() as uow:
        path = f"/calls/{uow.get(Dispatch, dispatch.id).call.reference}"
    ask_again(world, dispatch)
    alpha.text(f"{code_of(world, dispatch)} 2")

    page = world.client("dispatcher").get(path).get_data(as_text=True)

    assert "Alpha: declined" in page
    assert "Alpha: not needed any more" not in page
    assert "takes it after all" in page
    assert "Alpha, declined" in page, "for who assigns by hand"


# --- a caller who waits, a team that becomes free -----------------------------------------


def test_a_waiting_caller_is_called_back_in_time(world: World) -> None:
    dispatch = call_in(world, 2)
    world.desk.expect("nobody is left to ask")

    def due() -> bool:
        with world.context.reading() as uow:
            return uow.get(Dispatch, dispatch.id).call_back_at is not None

    world.wait(minutes=9)
    assert not due()
    world.wait(minutes=2)
    world.desk.expect("nobody is left to ask")
    assert due()

    world.context.do(
        "test",
        lambda uow: escalations.called_back(uow, world.centre, uow.get(Dispatch, dispatch.id)),
    )
    assert not due()
    world.wait(minutes=11)
    world.desk.expect("nobody is left to ask")
    assert due()
    assert world.audited("dispatch.called_back") == 1


def test_a_team_that_clears_is_offered_to_the_most_urgent_call_that_waits(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = call_in(world, 2)
    alpha.expect("Reply")
    alpha.text("1")
    alpha.expect("accepted, it is yours")
    later = call_in(world, 4)
    world.desk.expect("nobody is left to ask")
    urgent = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    assert state(world, urgent) == "unfilled"

    for word, told in (("SCENE", "you are on scene"), ("CLEAR", "you are free")):
        alpha.text(f"{code_of(world, first)} {word}")
        alpha.expect(told)

    alpha.expect(f"Reply {code_of(world, urgent)} 1")
    alpha.expect_silence()
    alpha.text(f"{code_of(world, urgent)} 1")
    alpha.expect("accepted, it is yours")
    assert state(world, urgent) == "accepted"
    assert state(world, later) == "unfilled"


@pytest.mark.parametrize("how", ["gives back", "declines another", "shift", "switch", "START"])
def test_whoever_becomes_free_is_asked(world: World, how: str) -> None:
    (alpha,) = world.team("Alpha")
    with world.context.unit_of_work("supervisor") as uow:
        shift = uow.session.scalar(select(Shift).where(Shift.responder_id == alpha.responder_id))
        assert shift is not None
        if how == "shift":
            shift.starts_at = uow.now + timedelta(minutes=20)
            from triage.services import freed_teams

            freed_teams.offer_soon(uow, shift, shift.starts_at)
    if how == "START":
        alpha.text("STOP")
    if how == "switch":
        _switch_off(world, alpha)
    first = call_in(world, 2) if how in {"gives back", "declines another"} else None
    if first is not None:
        alpha.expect("URGENT, within 30 min")
    if how == "gives back":
        alpha.text("1")
        alpha.expect("accepted, it is yours")
    waits = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    assert state(world, waits) == "unfilled"

    if first is not None:
        alpha.text(f"{code_of(world, first)} 2")
        alpha.expect("given it back" if how == "gives back" else "declined.")
        world.desk.ignores("whether the call that was given back has nobody left")
    elif how == "shift":
        world.wait(minutes=21)
    elif how == "switch":
        with world.context.unit_of_work("supervisor") as uow:
            switches.lift(uow, uow.session.scalars(select(Suspension)).one())
    else:
        alpha.text("START")
        alpha.expect("Texts to this phone are on again")

    alpha.expect(f"Reply {code_of(world, waits)} 1")
    if how == "START":
        alpha.expect("Reply READY")


def _switch_off(world: World, phone: Phone) -> None:
    from triage.storage.teams import Responder

    with world.context.unit_of_work("supervisor") as uow:
        assert phone.responder_id
        member = uow.get(Responder, phone.responder_id)
        until = uow.now + timedelta(hours=3)
        switches.suspend(uow, world.centre, ("team", str(member.team_id)), until, "van broken")


# --- everybody who was paged is told, once -------------------------------------------------


def test_everybody_who_was_paged_is_stood_down_once(world: World) -> None:
    boss = supervisor(world)
    phones = [world.team(name)[0] for name in ("Alpha", "Bravo", "Charlie")]
    dispatch = call_in(world, 1)
    for phone in phones:  # each is asked in turn, keeps silent, and is asked again with all hands
        phone.expect("Reply")
        world.wait(seconds=61)
    boss.expect_ring("Immediate page")
    boss.expect("NOBODY LEFT")

    world.context.do(
        "test",
        lambda uow: dispatches.cancel(
            uow, world.centre, uow.get(Dispatch, dispatch.id), "caller_cancelled"
        ),
    )
    world.settle()

    for phone in (*phones, boss):
        downs = [text for text in phone.inbox if "Stand down" in text]
        assert len(downs) == 1, phone.inbox
    with world.context.reading() as uow:
        states = set(uow.session.scalars(select(Page.state)))
    assert states == {PageState.WITHDRAWN}
    world.wait(hours=2)
    for phone in (*phones, boss):
        assert "Stand down" in phone.inbox[-1]


# --- what a dispatcher sees ---------------------------------------------------------------


def test_the_board_has_a_task_to_call_back_until_it_is_done(world: World) -> None:
    dispatch = call_in(world, 2, caller_phone="202-555-0142")
    world.desk.expect("nobody is left to ask")
    browser = world.client("dispatcher")
    assert "Call back" not in browser.get("/board").get_data(as_text=True)
    world.wait(minutes=11)
    world.desk.expect("nobody is left to ask")

    shown = browser.get("/board").get_data(as_text=True)
    assert "CALL BACK: the caller still waits" in shown
    done = browser.submit("/board", {}, to=f"/board/call-backs/{dispatch.id}/done", follow=True)

    assert "The call-back is noted" in done.get_data(as_text=True)
    assert "CALL BACK" not in browser.get("/board").get_data(as_text=True)
    again = browser.submit("/board", {}, to=f"/board/call-backs/{dispatch.id}/done")
    assert again.status_code == 409


def test_a_dispatcher_diverts_a_team_from_the_page_of_the_call(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = call_in(world, 4)
    alpha.expect("ROUTINE, within 4 h")
    alpha.text(f"{code_of(world, first)} 1")
    alpha.expect("accepted, it is yours")
    urgent = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    browser = world.client("dispatcher")
    with world.context.reading() as uow:
        path = f"/calls/{uow.get(Dispatch, urgent.id).call.reference}"
        other = f"/calls/{uow.get(Dispatch, first.id).call.reference}"
        team = uow.session.scalars(select(Page.team_id)).first()
    shown = browser.get(path).get_data(as_text=True)
    assert f"Divert Alpha from {code_of(world, first)} (ROUTINE)" in shown

    browser.submit(
        path, {"offer": f"{team}:{first.id}"}, to=f"{path}/dispatches/{urgent.id}/divert"
    )
    assert "Alpha is asked to turn" in browser.get(path).get_data(as_text=True)
    alpha.text(f"{code_of(world, urgent)} 1")
    alpha.expect("accepted, it is yours")
    world.desk.expect("nobody is left to ask")

    assert "Alpha" in browser.get(path).get_data(as_text=True)
    assert "Team diverted" in browser.get(other).get_data(as_text=True)
    assert "Team diverted, asked anew" in browser.get("/board").get_data(as_text=True)
    assert state(world, urgent) == "accepted"
    timeline = browser.get(other).get_data(as_text=True)
    assert "DIVERTED: Alpha" in timeline


# --- many calls at once -------------------------------------------------------------------


def test_in_a_storm_a_supervisor_gets_one_text_and_the_highest_level_its_own(world: World) -> None:
    boss = supervisor(world)
    codes = [code_of(world, call_in(world, 4)) for _ in range(9)]
    assert [text for text in boss.inbox if codes[0] in text]
    assert len(boss.inbox) == 1

    urgent = code_of(world, call_in(world, 1))
    boss.expect(f"Reply {urgent} 1")
    assert len(boss.rings) == 1
    world.wait(seconds=31)

    told = boss.expect("NOBODY LEFT TO ASK for 9 calls")
    assert "and 3 more" in told
    assert len([text for text in boss.inbox if "for 9 calls" in text]) == 1
    boss.text(f"{codes[5]} 1")
    boss.expect(f"{codes[5]}: you have taken charge")


def test_where_one_call_is_left_of_several_its_text_says_so(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 4)
    boss.expect("NOBODY LEFT TO ASK. ROUTINE")
    left = call_in(world, 4)
    call_in(world, 4)
    code = code_of(world, left)
    others = and_(Dispatch.id != left.id, Dispatch.response == left.response)
    with world.context.unit_of_work("test") as uow:
        for row in uow.session.scalars(select(Dispatch).where(others)).all():
            dispatches.cancel(uow, world.centre, row, "not_needed")
    boss.ignores("that the others are not needed")
    world.wait(seconds=31)

    told = boss.inbox[-1]
    assert told.startswith(f"NOBODY LEFT TO ASK for {code}. See the board. Take charge")


@pytest.mark.parametrize("told", [False, True])
def test_only_a_supervisor_who_was_told_of_a_call_is_told_that_it_is_over(
    world: World, told: bool
) -> None:
    boss = supervisor(world)
    call_in(world, 4)
    boss.expect("NOBODY LEFT TO ASK. ROUTINE")
    held_back, other = call_in(world, 4), call_in(world, 4)
    if told:
        world.wait(seconds=31)
        boss.expect("NOBODY LEFT TO ASK for 3 calls")

    with world.context.unit_of_work("test") as uow:
        dispatches.cancel(uow, world.centre, uow.get(Dispatch, held_back.id), "not_needed")
    if told:
        boss.expect(f"{code_of(world, held_back)}: Stand down")
    boss.expect_silence()
    if not told:
        world.wait(seconds=31)
        assert code_of(world, other) in boss.expect("NOBODY LEFT TO ASK for 2 calls")


def away(world: World) -> None:
    world.phones.broken = Refused("no connection: ConnectionError", Whose.PROVIDER)


def off_shift(world: World, phone: Phone) -> None:
    with world.context.unit_of_work("test") as uow:
        shift = uow.session.scalars(
            select(Shift).where(Shift.responder_id == phone.responder_id)
        ).one()
        shifts.end_shift(uow, world.centre, shift)
    world.settle()


def held_back(world: World) -> Phone:
    """A supervisor was told of one call; that of another has not left yet."""
    boss = supervisor(world)
    call_in(world, 2)
    boss.expect("NOBODY LEFT")
    call_in(world, 2)
    away(world)
    world.wait(seconds=31)
    return boss


def test_who_has_gone_home_is_not_told_of_the_calls_that_were_held_back(world: World) -> None:
    boss = held_back(world)
    off_shift(world, boss)

    world.phones.broken = None
    world.wait(minutes=1)
    world.wait(minutes=1)

    assert not [text for text in boss.inbox if "for 2 calls" in text]
    for _ in range(2):
        world.desk.expect("nobody is left to ask and no supervisor on shift")


def test_calls_that_were_held_back_for_long_are_old_news(world: World) -> None:
    boss = held_back(world)

    world.wait(seconds=world.centre.policy.page_valid_s + 5)
    world.phones.broken = None
    world.wait(minutes=1)
    boss.expect_ring("Urgent page")

    assert not [text for text in boss.inbox if "for 2 calls" in text]


def test_calls_that_were_held_back_are_told_of_when_texts_leave_again(world: World) -> None:
    boss = held_back(world)

    world.phones.broken = None
    world.wait(minutes=1)

    boss.expect("NOBODY LEFT TO ASK for 2 calls")


@pytest.mark.parametrize("taken", [True, False])
def test_the_desk_is_told_that_nobody_is_left_only_while_it_is_true(
    world: World, taken: bool
) -> None:
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, 1)
    alpha.expect("IMMEDIATE")
    away(world)
    alpha.text("2")
    assert state(world, dispatch) == "unfilled"
    if taken:
        alpha.text(f"{code_of(world, dispatch)} 1")
        assert state(world, dispatch) == "accepted"

    world.phones.broken = None
    world.wait(minutes=1)
    alpha.ignores("what is sent to it late")

    told = [text for text in world.desk.inbox if "nobody is left to ask" in text]
    assert bool(told) is not taken


def test_the_desk_is_not_told_for_long_that_nobody_is_left(world: World) -> None:
    away(world)
    dispatch = call_in(world, 2)
    with world.context.reading() as uow:
        owed = uow.session.scalars(select(Message).where(Message.to_role == "desk")).all()
    policy = world.centre.policy

    assert {one.call_id for one in owed} == {dispatch.call_id}
    assert {(one.expires_at - one.created_at).total_seconds() for one in owed} == {
        policy.page_valid_s
    }


def bundled(world: World) -> tuple[Phone, Phone, list[str]]:
    """Two supervisors were told of one call in a text of its own, and are about to be told of
    three in one."""
    boss, other = supervisor(world), supervisor(world, "Others")
    codes = [code_of(world, call_in(world, 2)) for _ in range(3)]
    boss.expect("NOBODY LEFT")
    other.expect("NOBODY LEFT")
    return boss, other, codes


def reported(world: World, phone: Phone, status: str, code: str) -> None:
    """The carrier says this of the newest text to this telephone."""
    with world.context.unit_of_work("carrier") as uow:
        theirs = select(Message).where(Message.responder_id == phone.responder_id)
        texts = uow.session.scalars(theirs.order_by(Message.created_at.desc()))
        (attempt,) = texts.first().handed_over
        reports.hear(uow, world.centre, Report(attempt.provider_id or "", status, code))
    world.settle()


def rung_about(phone: Phone) -> str:
    return " ".join(ring.body for ring in phone.rings)


@pytest.mark.parametrize("status", ["refused", "undelivered", "failed"])
def test_where_one_text_of_many_calls_is_lost_each_of_them_moves_on_at_once(
    world: World, status: str
) -> None:
    boss, other, codes = bundled(world)
    if status == "refused":
        world.phones.landlines.add(boss.number)
    world.wait(seconds=31)
    if status != "refused":
        boss.expect("NOBODY LEFT TO ASK for 3 calls")
        assert boss.rings == []
        reported(world, boss, status, "30003")

    assert world.audited("page.undeliverable") == 3
    for code in codes:
        assert spelled(code) in rung_about(boss), "no text tells of it: the telephone rings"
    other.expect("NOBODY LEFT TO ASK for 3 calls")
    assert len(other.rings) == 1, "their text is there"
    assert "You have taken charge" in boss.press("1")
    other.expect("has taken charge")


def test_where_one_text_of_many_calls_was_too_late_each_of_them_rings(world: World) -> None:
    boss, _, codes = bundled(world)
    lay_down(world, [step("next_team", times=0), step("supervisor")], repeat_s=3600)
    world.phones.no_texts = Refused("no connection: ConnectionError", Whose.PROVIDER)
    world.wait(seconds=31)
    assert boss.rings == []

    world.wait(seconds=world.centre.policy.page_valid_s + 5)

    for code in codes[1:]:
        assert spelled(code) in rung_about(boss)
    world.ignores_texts("what leaves afterwards")


def test_a_telephone_that_takes_no_text_is_rung_for_each_call_at_once(world: World) -> None:
    boss = supervisor(world)
    world.phones.landlines.add(boss.number)

    for _ in range(3):
        code = code_of(world, call_in(world, 2))
        assert spelled(code) in rung_about(boss)


def test_a_telephone_that_had_its_share_is_spared_while_others_can_come(world: World) -> None:
    (alpha,) = world.team("Alpha", calls_at_once=9)
    for _ in range(5):
        dispatch = call_in(world, 4)
        alpha.expect("ROUTINE")
        with world.context.unit_of_work("test") as uow:
            row = uow.get(Dispatch, dispatch.id)
            dispatches.cancel(uow, world.centre, row, "not_needed")
        alpha.expect("Stand down, not needed any more")
    (bravo,) = world.team("Zulu", calls_at_once=9)

    call_in(world, 4)
    bravo.expect("ROUTINE")
    alpha.expect_silence()

    call_in(world, 1)
    alpha.expect("IMMEDIATE")


@pytest.mark.parametrize(("most", "within"), LIMITS)
def test_a_telephone_had_its_share_exactly_from_a_limit_on(
    world: World, most: int, within: timedelta
) -> None:
    (alpha,) = world.team("Alpha", calls_at_once=9)
    call_in(world, 4)
    alpha.expect("ROUTINE")

    def asked_before(times: int) -> None:
        with world.context.unit_of_work("test") as uow:
            page = uow.session.scalars(select(Page)).first()
            assert page is not None
            for number in range(times):
                earlier = uow.add(
                    Page(
                        slot_id=page.slot_id,
                        number=2 + number,
                        team_id=page.team_id,
                        responder_id=page.responder_id,
                        state=PageState.PASSED_OVER,
                        answer_by=uow.now,
                    )
                )
                earlier.created_at = uow.now - within + timedelta(minutes=1)

    def had_its_share() -> bool:
        with world.context.reading() as uow:
            return bool(storms.flooded(uow, availability.team_options(uow, None)))

    asked_before(most - 2)
    assert not had_its_share()
    asked_before(1)
    assert had_its_share()


def test_a_yes_and_an_escalation_at_once_leave_nobody_alarmed_and_untold(world: World) -> None:
    boss = supervisor(world)
    (alpha,) = world.team("Alpha")
    lay_down(world, [step("next_team", times=0), step("supervisor", wait_s=60)])
    alpha.ignores("pages and answers, which race")
    boss.ignores("whether the alarm or the yes was first")
    for number in range(int(os.environ.get("RACE_ROUNDS", "4"))):
        dispatch = call_in(world, 2)
        code = code_of(world, dispatch)
        alpha.text(f"{code} 2")
        with world.context.unit_of_work("test") as uow:
            uow.add(ClockShift(ahead_s=61))
        barrier = threading.Barrier(2)

        def say_yes(
            code: str = code, number: int = number, barrier: threading.Barrier = barrier
        ) -> None:
            barrier.wait()
            world.receive(f"IN{number}", alpha.number, f"{code} 1")

        def escalate(barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            worker.fire_timers(world.context)

        threads = [threading.Thread(target=one) for one in (say_yes, escalate)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        world.settle()

        assert state(world, dispatch) == "accepted"
        with world.context.reading() as uow:
            left = select(Page.id).where(Page.state == PageState.OPEN)
            assert uow.session.scalars(left).all() == []
        about = [text for text in boss.inbox if code in text]
        if about:
            assert "stand down" in about[-1]
        alpha.text(f"{code} SCENE")
        alpha.text(f"{code} CLEAR")
        alpha.text(f"{code} 1")


def test_a_supervisor_who_is_only_rung_is_rung_for_each_call_in_a_storm(world: World) -> None:
    boss = supervisor(world)
    lay_down(world, [step("next_team", times=0), step("supervisor", "voice")], repeat_s=600)
    first = call_in(world, 2)
    world.wait(seconds=2)

    second = call_in(world, 2)
    world.wait(seconds=2)

    rung = " ".join(ring.body for ring in boss.rings)
    for dispatch in (first, second):
        assert spelled(code_of(world, dispatch)) in rung
    world.ignores_texts("what else they are told")

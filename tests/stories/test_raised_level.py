"""New answers make a call more urgent: what was sent for it asks, waits and alarms by that."""

from __future__ import annotations

from sqlalchemy import select

from tests.stories.test_alarms import words
from tests.stories.test_calls import add
from tests.stories.test_escalation import call_in, lay_down, step, supervisor
from tests.typical_calls import UNARMED
from tests.world import World
from triage.domain.delivery import Whose
from triage.domain.escalation import read_policy
from triage.domain.lifecycle import PageState
from triage.domain.phone_network import Refused
from triage.services import calls, escalation_policies
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.timers import ClockShift

URGENT = UNARMED | {"weapon": "accessible"}
RAISED = "raised to IMMEDIATE. Come as fast as is safe."


def level(world: World, call: Call, response: str = "co_responder") -> str:
    return world.dispatch(call, response).level_label


def laid_down(world: World, rank: int, steps: list[dict[str, object]]) -> None:
    policy, _ = read_policy(f"Of level {rank}", steps, repeat_s=600)
    where = "mobile_crisis", rank
    world.context.do(
        "supervisor", lambda uow: escalation_policies.lay_down(uow, world.centre, where, policy)
    )


def test_whoever_is_asked_next_is_asked_by_the_higher_level(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(URGENT)
    assert clinician.expect("Reply").startswith("URGENT, within 30 min: officer + clinician")
    officer.expect("URGENT")
    next_pair = world.pair("CIT 2")
    world.wait(seconds=10)

    add(world, call, violence_now="physical")

    assert level(world, call) == "IMMEDIATE"
    again = clinician.expect("Reply")
    assert again.startswith("IMMEDIATE (raised), within 10 min: officer + clinician")
    officer.expect("IMMEDIATE (raised)")
    world.wait(seconds=61)
    for phone in next_pair:
        assert phone.expect("Reply").startswith("IMMEDIATE, within 10 min")
    world.wait(seconds=61)
    assert world.dispatch(call, "co_responder").state == "unfilled"
    world.ignores_texts("how it goes on is another story")
    told = words(world.client("dispatcher"), f"/calls/{call.reference}")
    assert "CIT co-responder: raised from URGENT to IMMEDIATE." in told


def test_whoever_is_on_the_way_is_told_once_and_whoever_is_there_is_not(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(URGENT)
    for phone in (clinician, officer):
        phone.text(f"{call.code} 1")
    clinician.text(f"{call.code} scene")
    before = len(clinician.inbox), len(officer.inbox)

    add(world, call, violence_now="physical")

    new = officer.inbox[before[1] :]
    assert [text for text in new if RAISED in text] == [f"{call.code}: {RAISED}"]
    assert not any(RAISED in text for text in clinician.inbox[before[0] :])
    before = len(clinician.inbox), len(officer.inbox)
    add(world, call, violence_now="physical", problem_type="other")
    assert (len(clinician.inbox), len(officer.inbox)) == before


def test_supervisors_are_alarmed_by_the_higher_level_at_once(world: World) -> None:
    boss, pair = supervisor(world), world.pair("CIT 1")
    call = world.call(URGENT)
    for phone in pair:
        phone.text(f"{call.code} 2")
        phone.ignores("their no is another story")
    assert "URGENT, within 30 min" in boss.expect("NOBODY LEFT TO ASK")

    add(world, call, violence_now="physical")

    assert "IMMEDIATE, within 10 min" in boss.expect("NOBODY LEFT TO ASK")
    boss.expect_ring("immediate")
    boss.expect_silence()
    world.ignores_texts("what else is alarmed is another story")


def test_no_step_of_the_higher_level_is_skipped_for_one_that_was_done_under_the_lower(
    world: World,
) -> None:
    tell, ring, hands = step("supervisor"), step("supervisor", "voice"), step("all_hands")
    laid_down(world, 2, [step("next_team", times=0), tell])
    laid_down(world, 1, [step("next_team", times=0), hands, ring])
    boss, (youth,) = supervisor(world), world.team("Youth", ("youth_mobile_crisis",))
    dispatch = call_in(world, 2)
    with world.context.reading() as uow:
        call = uow.get(Call, dispatch.call_id)
    boss.expect("NOBODY LEFT TO ASK. URGENT")

    add(world, call, weapon="accessible", violence_now="physical")

    assert youth.expect("Reply").startswith("IMMEDIATE")
    boss.expect_ring("immediate")
    world.ignores_texts("what else is alarmed is another story")


def test_where_both_levels_have_the_same_steps_it_goes_on_where_it_was(world: World) -> None:
    later = step("supervisor", "voice", wait_s=600)
    lay_down(world, [step("next_team", times=0), step("supervisor"), later], repeat_s=600)
    boss, (alpha,) = supervisor(world), world.team("Alpha")
    dispatch = call_in(world, 2)
    with world.context.reading() as uow:
        call = uow.get(Call, dispatch.call_id)
    alpha.text(f"{call.code} 2")
    boss.expect("NOBODY LEFT TO ASK. URGENT")

    add(world, call, weapon="accessible", violence_now="physical")

    boss.expect_ring("immediate")
    world.ignores_texts("what else is told is another story")


def test_a_supervisor_who_was_to_read_of_it_among_others_reads_of_it_at_once(world: World) -> None:
    boss = supervisor(world)
    hands_soon = step("all_hands", wait_s=60)
    lay_down(world, [step("next_team", times=0), step("supervisor"), hands_soon], repeat_s=14400)
    waiting = [call_in(world, 2) for _ in range(3)]
    with world.context.reading() as uow:
        call = uow.get(Call, waiting[-1].call_id)
    boss.expect("NOBODY LEFT TO ASK. URGENT")

    add(world, call, weapon="accessible", violence_now="physical")

    assert f"Reply {call.code} 1" in boss.expect("NOBODY LEFT TO ASK. IMMEDIATE")
    world.wait(seconds=31)
    assert call.code not in boss.expect("NOBODY LEFT TO ASK for 2 calls")
    world.ignores_texts("what else is alarmed is another story")


def test_more_teams_are_asked_where_the_policy_of_the_higher_level_says_so(world: World) -> None:
    laid_down(world, 2, [step("next_team"), step("supervisor")])
    (alpha,), (bravo,) = world.team("Alpha"), world.team("Bravo")
    dispatch = call_in(world, 2)
    with world.context.reading() as uow:
        call = uow.get(Call, dispatch.call_id)
    first, second = (alpha, bravo) if alpha.inbox else (bravo, alpha)
    first.text(f"{call.code} 2")
    assert not second.inbox
    assert world.dispatch(call, "mobile_crisis").state == "unfilled"

    add(world, call, weapon="accessible", violence_now="physical")

    assert second.expect("Reply").startswith("IMMEDIATE, within 10 min")
    assert world.dispatch(call, "mobile_crisis").state == "seeking"
    world.ignores_texts("what else is told is another story")


def test_a_lower_level_is_for_a_person_to_say(world: World) -> None:
    clinician, _ = world.pair("CIT 1")
    call = world.call(URGENT)
    world.ignores_texts("what is asked is another story")
    add(world, call, violence_now="physical")
    texts = len(clinician.inbox)

    with world.context.unit_of_work("test") as uow:
        calls.take_back_answer(uow, world.centre, uow.get(Call, call.id))

    assert level(world, call) == "IMMEDIATE"
    assert len(clinician.inbox) == texts


def test_what_is_not_recommended_any_more_keeps_its_level(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(UNARMED)
    assert phone.expect("Reply").startswith("PROMPT")

    add(world, call, violence_now="physical")

    assert level(world, call, "mobile_crisis") == "PROMPT"
    phone.expect_silence()


def test_nobody_is_passed_over_for_a_text_that_another_took_the_place_of(world: World) -> None:
    """The work that made the second text had begun before the first was made, and waited."""
    clinician, officer = world.pair("CIT 1")
    world.phones.broken = Refused("too many requests", Whose.PROVIDER)
    call = world.call(UNARMED)
    world.wait(seconds=10)
    add(world, call, weapon="accessible")
    with world.context.unit_of_work("test") as uow:
        uow.session.scalars(select(ClockShift)).one().ahead_s -= 5
    add(world, call, violence_now="physical")
    world.wait(seconds=66)

    with world.context.reading() as uow:
        states = set(uow.session.scalars(select(Page.state)))
    assert states == {PageState.OPEN}, "nothing has left, so nobody is passed over"
    world.phones.broken = None
    world.wait(seconds=30)
    for phone in (clinician, officer):
        assert phone.expect("Reply").startswith("IMMEDIATE")
        phone.ignores("they are rung as well: too late for a text alone")

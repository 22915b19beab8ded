"""Supervisors lay down, as part of a policy, how long a caller waits for a team before somebody
rings back, and which team under way may be asked to come instead."""

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import words
from tests.stories.test_diverts import accepted, offered
from tests.stories.test_escalation import LEVELS, call_in, state, step
from tests.stories.test_escalation_page import FORM, lay_down, names, read, typed_on
from tests.stories.test_paging import nobody_sent
from tests.world import Phone, World
from triage.domain.escalation import read_policy
from triage.domain.lifecycle import PageState
from triage.services import dispatches, escalation_policies
from triage.services.waiting import AT_ONCE
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.policies import EscalationPolicyRow
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

NIGHTS = FORM | {"call_back_min": "3", "divert_ranks": "1"}
LATER = NIGHTS | {"name": "Nights, later", "call_back_min": "25", "divert_ranks": "9"}


def is_due(world: World, dispatch: Dispatch) -> bool:
    with world.context.reading() as uow:
        return uow.get(Dispatch, dispatch.id).call_back_at is not None


def test_a_caller_is_called_back_as_the_policy_says_that_held_when_the_call_was_sent(
    world: World,
) -> None:
    before = call_in(world, 2)
    lay_down(world, NIGHTS)
    under_it = call_in(world, 2)
    asked = lay_down(world, LATER)
    assert "Ring the caller back: now after 3 min; then after 25 min." in asked
    after = call_in(world, 2)
    other_level = call_in(world, 4)

    due = {}
    for minute in range(1, 32):
        world.wait(minutes=1)
        for it in (before, under_it, after, other_level):
            if is_due(world, it):
                due.setdefault(it.id, minute)

    assert due[under_it.id] in {3, 4}
    assert due[before.id] in {10, 11}  # settings.toml
    assert other_level.id not in due
    assert due[after.id] in {25, 26}
    world.ignores_texts("that nobody is left is told")


def test_which_team_may_be_diverted_is_said_by_the_policy(world: World) -> None:
    (alpha,) = world.team("Alpha")
    accepted(world, alpha, 2)
    world.wait(seconds=1)
    by_settings = call_in(world, 1)
    lay_down(world, NIGHTS | {"level_rank": "1"})
    near = call_in(world, 1)
    lay_down(world, LATER | {"level_rank": "1"})
    never = call_in(world, 1)

    assert offered(world, by_settings) == []
    assert offered(world, near) == ["Alpha"]
    assert offered(world, never) == []
    with world.context.reading() as uow:
        path = f"/calls/{uow.get(Dispatch, near.id).call.reference}"
    assert "Divert Alpha from" in world.client("dispatcher").get(path).text
    world.ignores_texts("that nobody is left is told")


def test_the_page_says_both_in_words_and_each_version_is_kept(world: World) -> None:
    browser = world.client("supervisor")
    shown = read(browser.get("/escalation"))
    assert "is to be rung back after: URGENT 10 min, PROMPT 20 min, ROUTINE 60 min." in shown
    assert "less urgent by 2 or more levels may be asked" in shown
    opened = typed_on(read(browser.get("/escalation/edit")))
    assert (opened["call_back_min"], opened["divert_ranks"]) == ("", "")

    lay_down(world, NIGHTS)
    shown = read(browser.get("/escalation"))
    assert "is to be rung back after 3 min." in shown
    assert "less urgent by 1 or more levels may be asked" in shown
    again = typed_on(read(browser.get("/escalation/edit?response=mobile_crisis&level_rank=2")))
    assert (again["call_back_min"], again["divert_ranks"]) == ("3", "1")

    lay_down(world, LATER)
    assert "No team on its way to another call is asked" in read(browser.get("/escalation"))
    with world.context.reading() as uow:
        kept = uow.session.query(EscalationPolicyRow).order_by(EscalationPolicyRow.id).all()
    said = [(row.call_back_min, row.divert_ranks, row.ended_at is None) for row in kept]
    assert said == [(3, 1, False), (25, 9, True)]
    assert world.audited("policy.laid_down") == 2
    assert world.audited("policy.ended") == 1


def test_what_would_happen_says_when_the_caller_is_rung_back(world: World) -> None:
    browser = world.client("supervisor")
    shown = words(browser.submit("/escalation/edit", {**NIGHTS, "wish": "preview"}).text)
    assert "7:00 The caller is to be rung back." in shown  # two teams of two minutes, then three
    assert "10:00 The caller is to be rung back." in shown

    by_settings = {**FORM, "wish": "preview"}
    shown = words(browser.submit("/escalation/edit", by_settings).text)
    assert "14:00 The caller is to be rung back." in shown
    assert "And so on. When nobody was left: again every" in shown
    assert "less urgent by 2 or more levels may be asked" in shown
    every_level = by_settings | {"level_rank": "0"}
    shown = words(browser.submit("/escalation/edit", every_level).text)
    assert "The caller is to be rung back." not in shown


def test_what_is_wrong_is_marked_where_only_a_look_was_asked_for_and_a_new_name_says_for_whom(
    world: World,
) -> None:
    browser = world.client("supervisor")
    wrong = NIGHTS | {"call_back_min": "0", "divert_ranks": "12", "wish": "preview"}
    said = read(browser.submit("/escalation/edit", wrong))
    assert "Write whole minutes, 1 to 1,440, or nothing." in said
    assert 'id="e-call_back_min"' in said
    assert 'id="e-divert_ranks"' in said
    assert ">Ring the caller back after</a>" in said
    assert ">Which teams under way may be asked</a>" in said

    opened = typed_on(read(browser.get("/escalation/edit?response=mobile_crisis&level_rank=3")))
    assert opened["name"] == "Mobile crisis team, PROMPT"
    assert typed_on(read(browser.get("/escalation/edit")))["name"] == ""
    lay_down(world, NIGHTS)
    assert read(browser.get("/escalation")).count("(its own)") == 1


@pytest.mark.parametrize("typed", ["soon", "0", "1441", "-5", "2.5", "9" * 30])
def test_what_is_not_a_wait_or_a_level_is_refused_in_words(world: World, typed: str) -> None:
    wrong = NIGHTS | {"call_back_min": typed, "divert_ranks": typed, "wish": "save"}

    answer = world.client("supervisor").submit("/escalation/edit", wrong)

    said = read(answer)
    assert answer.status_code == 422
    assert "Write whole minutes, 1 to 1,440, or nothing." in said
    assert "Write how many levels, 1 to 9, or nothing." in said
    assert typed_on(said)["call_back_min"] == typed
    assert names(world) == []


def test_whoever_reads_spanish_reads_it_in_spanish(world: World) -> None:
    lay_down(world, NIGHTS)
    browser = world.client("supervisor")
    browser.submit("/escalation", {"language": "es", "next": "/escalation"}, to="/language")
    edit = read(browser.get("/escalation/edit"))
    assert "Mientras no venga nadie: volver a llamar a quien llamó después de, min" in edit
    assert "Vacío: 5, 10, 20, 60 min según el nivel, como dicen los ajustes." in edit

    wrong = NIGHTS | {"call_back_min": "0", "divert_ranks": "0", "wish": "save"}
    refused = read(browser.submit("/escalation/edit", wrong))
    assert "Escriba minutos enteros, de 1 a 1,440, o nada." in refused
    assert "Escriba cuántos niveles, de 1 a 9, o nada." in refused

    shown = read(browser.get("/escalation"))
    assert "hay que volver a llamar a quien llamó después de 3 min." in shown
    assert "menos urgente por 1 niveles o más" in shown


def test_a_team_that_is_free_waits_behind_no_calls_that_it_could_not_take(world: World) -> None:
    many_wait(world, "co_responder")
    last = call_in(world, 4)

    (bravo,) = world.team("Bravo")
    world.wait(seconds=10)

    bravo.expect("ROUTINE")
    assert state(world, last) == "seeking"


def test_a_team_that_is_free_waits_behind_no_calls_that_ask_nobody_any_more(world: World) -> None:
    one_team = [step("next_team"), step("supervisor")]
    for_one_level(world, one_team)
    many_wait(world, "mobile_crisis")
    last = call_in(world, 4)

    (bravo,) = world.team("Bravo")
    world.context.do("test", lambda uow: _silent_for_all(uow, bravo))
    world.wait(seconds=10)

    bravo.expect("ROUTINE")
    assert state(world, last) == "seeking"


def for_one_level(world: World, steps: list[dict[str, object]]) -> None:
    policy, _ = read_policy("One team", steps, repeat_s=600)
    where = "mobile_crisis", 2
    world.context.do(
        "supervisor", lambda uow: escalation_policies.lay_down(uow, world.centre, where, policy)
    )


def many_wait(world: World, response: str) -> None:
    """More than are read together."""
    call = nobody_sent(world)

    def send(uow: UnitOfWork) -> None:
        for _ in range(AT_ONCE + 1):
            dispatches.open_dispatch(
                uow, world.centre, uow.get(Call, call.id), response, LEVELS[2], "by_hand"
            )

    world.context.do("test", send)
    world.settle()
    world.ignores_texts("that nobody is left is told")


def _silent_for_all(uow: UnitOfWork, phone: Phone) -> None:
    """They were asked for everything urgent, and did not answer."""
    member = uow.get(Responder, phone.responder_id)
    for slot in uow.session.scalars(select(Slot).join(Dispatch).where(Dispatch.level_rank == 2)):
        uow.add(
            Page(
                slot_id=slot.id,
                number=1,
                team_id=member.team_id,
                responder_id=member.id,
                state=PageState.PASSED_OVER,
                answer_by=uow.now,
            )
        )

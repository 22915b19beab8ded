"""Short codes run out: it is told early, and a call is opened all the same."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest
from sqlalchemy import insert, select

from tests.stories.test_escalation import call_in, code_of, state
from tests.world import World
from triage.domain.lifecycle import CallState
from triage.domain.new_codes import codes
from triage.services import call_codes
from triage.services.unread_replies import UNREAD
from triage.storage.base import new_id
from triage.storage.calls import Call
from triage.storage.messages import InboundMessage

CALM = {"problem_type": "other"}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Forty codes, as if there were no more."""
    known = [*dict.fromkeys(islice(codes(Random(1)), 40))]

    class Chance(Random):
        def choices(self, population: str, *, k: int) -> list[str]:  # type: ignore[override]
            return [*self.choice(known)] if k == 4 else super().choices(population, k=k)

    monkeypatch.setattr(call_codes, "_random", Chance(2))
    return known


def take(world: World, taken: list[str], state: CallState) -> None:
    """So many calls of today have these codes."""
    with world.context.unit_of_work("test") as uow:
        rows = [
            {
                "id": new_id(),
                "created_at": uow.now,
                "version": 1,
                "reference": f"T-{code}",
                "code": code,
                "state": state,
                "origin": "api",
                "received_at": uow.now,
                "rule_set": "county-default",
            }
            for code in taken
        ]
        uow.session.execute(insert(Call), rows)


def found(world: World) -> list[str]:
    with world.context.reading() as uow:
        return [finding.code for finding in call_codes.running_out(uow)]


def test_one_free_code_among_many_is_found(world: World, few: list[str]) -> None:
    take(world, few[1:], CallState.CLOSED)

    assert world.call(CALM).code == few[0]


def test_when_all_have_been_used_lately_one_that_is_over_is_given_out_again(
    world: World, few: list[str]
) -> None:
    take(world, few, CallState.CLOSED)

    assert world.call(CALM).code in few


def test_when_open_calls_have_them_all_a_call_is_opened_and_paged_all_the_same(
    world: World, few: list[str]
) -> None:
    (alpha,) = world.team("Alpha")
    take(world, few, CallState.OPEN)

    dispatch = call_in(world, 2)

    code = code_of(world, dispatch)
    assert len(code) == 6
    alpha.expect(code)
    for _ in range(2):  # asked back once, then a person reads it
        alpha.text(f"{code} 1")
        alpha.expect("Not understood")
    assert state(world, dispatch) == "seeking"
    with world.context.reading() as uow:
        texts = select(InboundMessage.outcome).order_by(InboundMessage.created_at)
        assert uow.session.scalars(texts).all()[-1] == UNREAD


def test_it_is_told_while_there_is_time(world: World, few: list[str]) -> None:
    take(world, few[:10], CallState.OPEN)
    assert found(world) == []

    take(world, few[10:35], CallState.CLOSED)

    assert found(world) == ["codes_low"]

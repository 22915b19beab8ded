"""The old team says one thing in the very moment in which the new one says yes.

Whichever is first: nobody is released before somebody else has accepted, and where a place is
still needed either somebody has it or somebody is sought for it.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.stories.test_reliefs import having, slots
from tests.world import Phone, World
from triage.domain.errors import TriageError
from triage.domain.lifecycle import TAKEN, WANTED, SlotState
from triage.services import replacements
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.teams import Shift
from triage.storage.unit_of_work import UnitOfWork

ROUNDS = 3


@pytest.fixture
def world(world: World) -> World:
    world.ignores_texts("who is told what depends on who was first; what must hold does not")
    return world


def at_once(*works: Callable[[], None]) -> None:
    barrier = threading.Barrier(len(works))
    failed: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


def texting(world: World, phone: Phone, body: str, number: int) -> Callable[[], None]:
    return lambda: world.receive(f"race-{phone.number}-{number}-{body}", phone.number, body)


def judge(world: World, call: Call) -> None:
    """What must hold whoever was first."""
    with world.context.reading() as uow:
        rows = uow.session.scalars(
            select(Slot).join(Dispatch).where(Dispatch.call_id == call.id).order_by(Slot.id)
        ).all()
        counting = [slot for slot in rows if slot.state in TAKEN]
        ended = [slot for slot in rows if slot.state is SlotState.CLEARED]
        sought = [slot for slot in rows if slot.state in WANTED and slot.relieves is None]
        assert len(counting) + len(ended) + len(sought) == 1, [slot.state for slot in rows]
        for slot in rows:
            if slot.state is SlotState.REPLACED:
                entries = uow.session.scalars(
                    select(AuditEntry).where(AuditEntry.call_id == call.id)
                ).all()
                at = {one.event: one.created_at for one in entries}
                assert at["slot.replaced"] >= at["page.accepted"]
                heir = next(one for one in rows if one.replaces_id == slot.id)
                assert heir.state in TAKEN
        orphans = [s for s in rows if s.relieves is not None and s.relieves.relief_asked_at is None]
        assert not orphans


@pytest.mark.parametrize("word", ["clear", "withdraw", "2", "replace", "scene"])
def test_whatever_the_old_team_says_while_the_new_one_accepts(
    world: World, another_world: Callable[[], World], word: str
) -> None:
    other = another_world()
    for number in range(ROUNDS):
        call, old = having(world, f"Old {number}")
        (new,) = world.team(f"New {number}")
        old.text(f"{call.code} replace")
        new.expect("relief for")

        at_once(
            texting(world, old, f"{call.code} {word}", number),
            texting(other, new, f"{call.code} 1", number),
        )
        world.settle()

        judge(world, call)
        assert slots(world, call)[0][0] in {"replaced", "withdrawn"}, slots(world, call)
        end(world, call)
    other.context.database.engine.dispose()


def test_two_words_of_the_same_team_at_once_ask_for_one_relief(
    world: World, another_world: Callable[[], World]
) -> None:
    other = another_world()
    for number in range(ROUNDS):
        call, old = having(world, f"Old {number}")
        (new,) = world.team(f"New {number}")

        at_once(
            texting(world, old, f"{call.code} replace", 1),
            texting(other, old, f"{call.code} replace please", 2),
        )
        world.settle()

        assert slots(world, call) == [("accepted", f"Old {number}"), ("paged", f"New {number}")]
        assert new.inbox
        end(world, call)
    other.context.database.engine.dispose()


@pytest.mark.parametrize("word", ["clear", "withdraw"])
def test_a_relief_is_asked_while_the_team_ends_it(
    world: World, another_world: Callable[[], World], word: str
) -> None:
    """One member texts, a dispatcher writes down what was said by radio."""
    other = another_world()
    for number in range(ROUNDS):
        call, old = having(world, f"Old {number}")
        old.text(f"{call.code} scene")
        world.team(f"New {number}")

        at_once(
            texting(world, old, f"{call.code} replace", number),
            texting(other, old, f"{call.code} {word}", number),
        )
        world.settle()

        judge(world, call)
        end(world, call)
    other.context.database.engine.dispose()


def test_a_relief_is_called_off_while_it_is_accepted(
    world: World, another_world: Callable[[], World]
) -> None:
    other = another_world()
    for number in range(ROUNDS):
        call, old = having(world, f"Old {number}")
        (new,) = world.team(f"New {number}")
        old.text(f"{call.code} replace")
        new.expect("relief for")

        def call_off(call: Call = call) -> None:
            def work(uow: UnitOfWork) -> None:
                row = uow.session.scalars(
                    select(Slot)
                    .join(Dispatch)
                    .where(Dispatch.call_id == call.id, Slot.replaces_id.is_(None))
                ).one()
                replacements.call_off(uow, world.centre, row, "radio")

            with suppress(TriageError):  # the new team was faster: there is nothing to call off
                world.context.do("dispatcher", work)

        at_once(call_off, texting(other, new, f"{call.code} 1", number))
        world.settle()

        judge(world, call)
        assert slots(world, call)[0][0] in {"accepted", "replaced"}
        end(world, call)
    other.context.database.engine.dispose()


def end(world: World, call: Call) -> None:
    """Every team goes home, so that the next round has teams of its own."""
    with world.context.unit_of_work("test") as uow:
        for shift in uow.session.scalars(select(Shift)):
            shift.ends_at = uow.now - timedelta(seconds=1)

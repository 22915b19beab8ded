"""A sample of the races that `make faults RACES=100000` runs."""

from collections.abc import Callable

from tests.faults.races import Races
from tests.world import World

ROUNDS = 25


def test_whoever_is_first_the_other_sees_it(
    world: World, another_world: Callable[[], World]
) -> None:
    world.ignores_texts("who is told what depends on who was first; the races judge what must hold")
    other = another_world()
    tally = Races(world, other).run(ROUNDS)
    other.context.database.engine.dispose()

    assert tally.wrong == []
    assert tally.answered_first + tally.escalated_first == ROUNDS
    assert tally.answered_first  # else the two do not meet
    assert tally.escalated_first

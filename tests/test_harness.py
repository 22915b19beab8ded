"""The harness keeps its promise: a text that nobody expected fails the story."""

import pytest

from tests.stories.test_calls import CALM
from tests.world import Phone, World

unexpected = pytest.mark.xfail(
    raises=AssertionError, reason="this story leaves something unread", strict=True
)


def declined(world: World) -> Phone:
    """A page was declined, and nothing of it read yet: page, answer, and a text to the desk."""
    (phone,) = world.team("Mobile 1")
    call = world.call(CALM)
    world.settle()
    phone.text(f"{call.code} 2")
    return phone


def test_a_story_that_expects_every_text_holds(world: World) -> None:
    phone = declined(world)

    phone.expect("Reply")
    phone.expect("declined")
    world.desk.expect("nobody is left to ask")


@unexpected
def test_a_text_to_a_phone_that_the_story_forgets_fails_it(world: World) -> None:
    phone = declined(world)

    phone.expect("Reply")
    phone.expect("declined")


@unexpected
def test_a_text_that_is_still_owed_when_the_story_ends_fails_it(world: World) -> None:
    world.team("Mobile 1")
    world.call(CALM)


def test_the_failure_lists_whose_texts_they_are(world: World) -> None:
    phone = declined(world)

    with pytest.raises(AssertionError) as failure:
        world.expect_silence()
    for part in ("Mobile 1 clinician", phone.number, "declined", "the desk", "nobody is left"):
        assert part in str(failure.value)
    world.ignores_texts("they were listed")


def test_a_text_is_not_passed_over_for_a_later_one(world: World) -> None:
    phone = declined(world)

    with pytest.raises(AssertionError, match=r"unread are \['PROMPT.*declined"):
        phone.expect("declined")
    world.ignores_texts("the story has failed by now")


def test_taking_the_code_reads_the_page_and_nothing_before_it(world: World) -> None:
    phone = declined(world)

    assert phone.code
    phone.expect("declined")
    world.desk.expect("nobody is left to ask")


def test_what_is_beside_the_point_is_said_phone_by_phone(world: World) -> None:
    phone = declined(world)

    phone.ignores("what a team is told that declines")
    world.desk.expect("nobody is left to ask")


@unexpected
def test_a_ring_that_nobody_expected_fails_the_story(world: World) -> None:
    phone = declined(world)
    phone.text("need help")
    phone.ignores("its texts")

    assert "nobody is left" in world.desk.inbox[0]


def test_a_ring_that_was_expected_does_not(world: World) -> None:
    phone = declined(world)
    phone.text("need help")
    phone.ignores("its texts")

    assert "nobody is left" in world.desk.inbox[0]
    world.desk.expect_ring("needs help")

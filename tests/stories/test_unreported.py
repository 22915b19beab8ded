"""The provider takes pages and says nothing more of them: they ring, and the watcher tells."""

import pytest
from sqlalchemy import select

from tests.stories.test_escalation import call_in
from tests.stories.test_watch import DEMO, REAL, found, pass_time
from tests.world import World
from triage.domain.delivery import Whose
from triage.domain.phone_network import Refused
from triage.services import copies, reports
from triage.services.reports import Report
from triage.storage.attempts import Attempt

URGENT = 2


def report(world: World, status: str = "sent") -> None:
    """The provider tells of every text that it has taken by now."""
    with world.context.unit_of_work("carrier") as uow:
        taken = uow.session.scalars(select(Attempt.provider_id).where(Attempt.channel == "sms"))
        for key in taken.all():
            reports.hear(uow, world.centre, Report(key or "", status))


def reports_came(world: World) -> None:
    """An ordinary page of a while ago, which was accepted."""
    (phone,) = world.team("Earlier")
    call_in(world, URGENT)
    report(world, "delivered")
    phone.text(f"{phone.code} 1")
    phone.expect("accepted, it is yours")
    phone.ignores("being asked whether all is well")
    report(world)
    world.wait(hours=2)
    assert phone.rings == []


def test_a_page_of_which_nothing_is_reported_rings_once(world: World) -> None:
    reports_came(world)
    (alpha,) = world.team("Alpha")
    call_in(world, URGENT)
    alpha.expect("1=accept")

    world.wait(seconds=15)
    assert alpha.rings == []
    world.wait(seconds=6)
    alpha.expect_ring("press 1 to accept")
    world.wait(seconds=40)

    assert len(alpha.rings) == 1
    assert world.audited("page.unreported") == 1


@pytest.mark.parametrize("what", ["reported", "answered"])
def test_a_page_that_is_known_to_be_on_its_way_or_was_answered_does_not_ring(
    world: World, what: str
) -> None:
    reports_came(world)
    (alpha,) = world.team("Alpha")
    call_in(world, URGENT)
    alpha.expect("URGENT, within 30 min")
    if what == "reported":
        report(world)
    else:
        alpha.text(f"{alpha.code} 1")
        alpha.expect("accepted, it is yours")

    world.wait(seconds=21)

    assert alpha.rings == []


def test_where_reports_never_come_nobody_is_rung_for_that(world: World) -> None:
    (alpha,) = world.team("Alpha")
    call_in(world, URGENT)

    world.wait(seconds=60)

    assert len(alpha.inbox) == 1
    assert alpha.rings == []


def test_without_a_number_that_can_ring_the_page_goes_on_as_always(world: World) -> None:
    reports_came(world)
    world.phones.no_calls = Refused("no_voice_sender", Whose.NUMBER)
    (alpha,), (bravo,) = world.team("Alpha"), world.team("Bravo")
    call_in(world, URGENT)
    for _ in range(3):
        world.wait(seconds=41)

    for phone in (alpha, bravo):
        phone.expect("1=accept")
        phone.expect_silence()


@pytest.mark.parametrize(("reported", "is_found"), [(0, True), (1, True), (2, False)])
def test_of_three_pages_two_without_a_report_are_found(
    world: World, reported: int, is_found: bool
) -> None:
    for number in range(3):
        (phone,) = world.team(f"Team {number}")
        call_in(world, URGENT)
        phone.ignores("its page and how it rings")
        if number < reported:
            report(world)
    with world.context.unit_of_work("test") as uow:
        copies.note(uow, "elsewhere", 1)
    assert "callbacks" not in found(world, REAL)

    pass_time(world, seconds=21)

    assert ("callbacks" in found(world, REAL)) is is_found
    assert "callbacks" not in found(world, DEMO)


def test_two_pages_of_one_call_are_enough(world: World) -> None:
    for name in ("Alpha", "Bravo"):
        (phone,) = world.team(name)
        phone.ignores("its page and how it rings")
    call_in(world, URGENT)
    world.wait(seconds=60)
    assert "callbacks" not in found(world, REAL), "one may be a hiccup"

    world.wait(seconds=61)  # the next is asked
    pass_time(world, seconds=21)

    assert "callbacks" in found(world, REAL)

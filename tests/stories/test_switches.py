"""A team, a partner or a zone is switched off for a while, without touching a rule."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.stories.test_escalation import call_in, code_of, supervisor
from tests.world import Browser, World
from triage.services import dispatches
from triage.services.dispatches import Urgency
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.teams import Partner, Suspension, Team
from triage.storage.unit_of_work import UnitOfWork

URGENT = Urgency("URGENT", 2, 30, 2)


def local(world: World, **ahead: float) -> str:
    """A day and time of the centre's as a browser's field sends it."""
    with world.context.reading() as uow:
        zone = world.centre.policy.time_zone
        at: datetime = (uow.now + timedelta(**ahead)).astimezone(zone)
        return at.strftime("%Y-%m-%dT%H:%M")


def key_of(world: World, kind: type[Team] | type[Partner], name: str) -> str:
    with world.context.reading() as uow:
        return str(uow.session.scalar(select(kind.id).where(kind.name == name)))


def switch_off(world: World, what: str, hours: float = 4, reason: str = "Van broken") -> Browser:
    supervisor = world.client("supervisor")
    form = {"what": what, "until": local(world, hours=hours), "reason": reason}
    assert supervisor.submit("/switches", form).status_code == 302
    return supervisor


def send(world: World, zone: str | None = None) -> Call:
    """A call for which a mobile crisis team is wanted, whatever the rules say."""
    call = world.call({"problem_type": "other"}, zone=zone, disposition="test_call")

    def open_dispatch(uow: UnitOfWork) -> None:
        found = uow.get(Call, call.id)
        dispatches.open_dispatch(uow, world.centre, found, "mobile_crisis", URGENT, "by_hand")

    world.context.do("test", open_dispatch)
    world.settle()
    return call


def test_a_suspended_team_is_not_paged_and_comes_back_by_itself(world: World) -> None:
    (first,) = world.team("MCT 1")
    (second,) = world.team("MCT 2")
    supervisor = switch_off(world, f"team:{key_of(world, Team, 'MCT 1')}")

    page = supervisor.get("/switches").get_data(as_text=True)
    assert "Team MCT 1 is OFF" in page
    assert "Van broken" in page
    assert "Test supervisor" in page

    send(world)
    second.expect("Reply")
    first.expect_silence()

    world.wait(hours=5)
    assert (
        "Nothing is switched off. A team, a partner or a zone that is off stands here"
        in supervisor.get("/switches").get_data(as_text=True)
    )
    send(world)
    second.expect("URGENT, within 30 min")
    first.expect("Reply")


def test_no_team_is_sent_into_a_suspended_zone(world: World) -> None:
    (phone,) = world.team("MCT 1", calls_at_once=5)
    switch_off(world, "zone:Downtown", reason="Flooding")

    call = send(world, zone="Downtown")
    world.desk.expect("nobody is left to ask")

    phone.expect_silence()
    assert world.dispatch(call, "mobile_crisis").state == "unfilled"
    elsewhere = next(z for z in world.centre.gazetteer.zones if z != "Downtown")
    send(world, zone=elsewhere)
    phone.expect("Reply")


def test_a_suspended_partner_gets_no_notice(world: World) -> None:
    from triage.services import partners

    house = world.partner("Harbor House", "shelter")
    switch_off(world, f"partner:{key_of(world, Partner, 'Harbor House')}")
    call = world.call({"problem_type": "other"}, disposition="test_call")

    world.context.do(
        "test",
        lambda uow: partners.notify(uow, world.centre, uow.get(Call, call.id), "shelter", "bed"),
    )

    house.expect_silence()
    assert world.audited("notice.no_partner") == 1


def test_switching_on_again_works_at_once_and_only_once(world: World) -> None:
    (phone,) = world.team("MCT 1")
    supervisor = switch_off(world, f"team:{key_of(world, Team, 'MCT 1')}")
    with world.context.reading() as uow:
        path = f"/switches/{uow.session.scalar(select(Suspension.id))}/lift"

    assert supervisor.submit("/switches", {}, to=path).status_code == 302
    assert supervisor.submit("/switches", {}, to=path).status_code == 409

    send(world)
    phone.expect("Reply")
    assert (world.audited("switch.off"), world.audited("switch.on")) == (1, 1)


def test_what_is_off_already_gets_the_new_time(world: World) -> None:
    world.team("MCT 1")
    what = f"team:{key_of(world, Team, 'MCT 1')}"
    switch_off(world, what, hours=2)
    supervisor = switch_off(world, what, hours=20, reason="Longer than we thought")

    page = supervisor.get("/switches").get_data(as_text=True)
    assert page.count("Team MCT 1 is OFF") == 1
    assert "Longer than we thought" in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("what", "", "Choose what"),
        ("what", "team:nobody", "Choose what"),
        ("what", "zone:Atlantis", "Choose what"),
        ("what", "everything", "Choose what"),
        ("what", "zone:\0", "Choose what"),
        ("until", "", "lie ahead"),
        ("until", "2020-01-01T08:00", "lie ahead"),
        ("until", "9999-12-31T23:59", "such as 2026-11-24"),
        ("until", "soon", "such as 2026-11-24"),
        ("until", "2026-11-24T08:00+00:00", "such as 2026-11-24"),
        ("until", "2190-01-01T08:00", "At most a year"),
        ("until", "2027-03-14T02:30", "does not exist"),
        ("reason", " \0 ", "Write why"),
        ("reason", "x" * 201, "Write why"),
    ],
)
def test_what_is_wrong_stands_by_its_field_and_is_kept(
    world: World, field: str, typed: str, said: str
) -> None:
    good = {"what": "zone:Downtown", "until": local(world, hours=4), "reason": "Flooding"}

    answer = world.client("supervisor").submit("/switches", {**good, field: typed})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert "Flooding" in page or field == "reason"
    assert world.audited("switch.off") == 0


def test_dispatchers_see_the_switches_and_cannot_turn_them(world: World) -> None:
    switch_off(world, "zone:Downtown", reason="Flooding")
    dispatcher = world.client("dispatcher")

    page = dispatcher.get("/switches").get_data(as_text=True)
    assert "Zone Downtown is OFF" in page
    assert "Switch on" not in page
    assert "Off until" not in page
    form = {"what": "zone:Harbor", "until": local(world, hours=4), "reason": "No"}
    assert dispatcher.submit("/switches", form).status_code == 403
    assert world.client("clinician").get("/switches").status_code == 403


def test_who_switched_what_off_is_in_the_audit_trail(world: World) -> None:
    switch_off(world, "zone:Downtown")
    with world.context.reading() as uow:
        entry = uow.session.scalar(select(AuditEntry).where(AuditEntry.event == "switch.off"))
    assert entry is not None
    assert entry.actor.startswith("account:")
    assert entry.details["subject"] == "Downtown"


def test_a_zone_that_is_switched_off_hides_no_call_from_its_supervisor(world: World) -> None:
    world.team("Alpha")
    boss = supervisor(world)
    switch_off(world, "zone:Harbor", reason="Flood")

    dispatch = call_in(world, 1)

    boss.expect("NOBODY LEFT TO ASK")
    boss.expect_ring("Press 1 to take charge")
    boss.text(f"{code_of(world, dispatch)} 1")
    boss.expect("you have taken charge")


def test_a_supervisor_who_is_asked_stays_so_when_the_zone_is_switched_off(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 1)
    boss.expect("NOBODY LEFT TO ASK")

    switch_off(world, "zone:Harbor", reason="Flood")
    world.wait(seconds=61)

    boss.expect_ring("Press 1 to take charge")
    world.ignores_texts("that they are asked again")

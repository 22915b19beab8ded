"""Whom a text reaches is known before it matters; off duty nobody is paged."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.stories.test_calls import CALM
from tests.stories.test_escalation import call_in, supervisor
from tests.stories.test_rosters import MEMBER, NEW_YORK, add_team
from tests.world import Phone, World
from triage.domain.delivery import Whose
from triage.domain.errors import Refused
from triage.domain.lifecycle import MessageState
from triage.domain.phone_network import Refused as Away
from triage.domain.reachability import Trouble
from triage.entrypoints import worker
from triage.services import (
    assignments,
    communication_tests,
    dispatches,
    outbox,
    reachability,
    reports,
    rosters,
    shifts,
    switches,
    verification,
)
from triage.services.availability import supervisors_on_duty
from triage.services.reports import Report
from triage.services.rosters import NewMember, NewTeam
from triage.services.shifts import NewShift
from triage.storage.attempts import Attempt
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.reach_tests import ReachRun
from triage.storage.teams import Responder, Shift, Team
from triage.storage.timers import ClockShift, Timer


def recruit(
    world: World, name: str, *, seen: bool = True, role: str = "clinician", team: str | None = None
) -> Phone:
    """A new member, in a new team unless one is named."""
    number = world.phone_number()
    with world.context.unit_of_work("test") as uow:
        found = uow.session.scalar(select(Team).where(Team.name == (team or name)))
        found = found or rosters.add_team(uow, world.centre, NewTeam(name, ["mobile_crisis"]))
        new = NewMember(role, f"{name} {role}", number, seen_in_person=seen)
        member = rosters.add_member(uow, world.centre, found, new)
        return Phone(world, number, member.id)


def roster(world: World, phone: Phone, in_min: float, minutes: float) -> UUID:
    """A shift that begins so many minutes from now."""
    with world.context.unit_of_work("test") as uow:
        member = uow.get(Responder, phone.responder_id or UUID(int=0))
        starts = uow.now + timedelta(minutes=in_min)

        def wall(at: datetime) -> datetime:
            return at.astimezone(NEW_YORK).replace(tzinfo=None)

        new = NewShift(wall(starts), wall(starts + timedelta(minutes=minutes)))
        [made] = shifts.add_shifts(uow, world.centre, member, new)
        return made.id


def on_duty(world: World, name: str, minutes: float = 480) -> Phone:
    """A verified member who is on shift and has confirmed it."""
    phone = recruit(world, name)
    roster(world, phone, 0, minutes)
    phone.expect("Reply READY")
    phone.text("ready")
    phone.expect("texts reach you")
    return phone


def red(world: World) -> dict[str, list[Trouble]]:
    with world.context.reading() as uow:
        return {one.responder.team.name: list(one.troubles) for one in reachability.red_list(uow)}


def paged(world: World) -> list[str]:
    """The teams whose answer is awaited."""
    with world.context.reading() as uow:
        open_pages = select(Team.name).join(Page).where(Page.state == "open")
        return sorted(uow.session.scalars(open_pages))


def member_of(world: World, phone: Phone) -> Responder:
    with world.context.reading() as uow:
        return uow.get(Responder, phone.responder_id or UUID(int=0))


# --- verified before use ----------------------------------------------------------------------


def test_a_new_number_is_paged_only_after_it_has_replied_its_word(world: World) -> None:
    alpha = recruit(world, "Alpha", seen=False)
    roster(world, alpha, 0, 480)
    text = alpha.expect("to be paged on this phone")
    word = text.split("Reply ")[1].split()[0]

    first = world.call(CALM)
    assert paged(world) == []
    alpha.expect_silence()
    assert red(world) == {"Alpha": [Trouble.UNVERIFIED]}

    alpha.text("ready")
    assert word in alpha.expect("to be paged on this phone")
    alpha.text(f"ok {word.lower()}!")
    alpha.expect("pages you on this phone from now on")
    assert member_of(world, alpha).verified_how == "reply"
    assert red(world) == {}

    second = world.call(CALM)
    alpha.expect(second.code)
    assert first.code != second.code


def test_somebody_elses_phone_does_not_verify_a_number(world: World) -> None:
    alpha = recruit(world, "Alpha", seen=False)
    word = alpha.expect("to be paged").split("Reply ")[1].split()[0]

    stranger, bravo = world.stranger(), recruit(world, "Bravo", seen=False)
    bravo.expect("to be paged")
    stranger.text(word)
    stranger.expect("nobody reads texts to this number")
    bravo.text(word)
    bravo.expect("to be paged")

    assert member_of(world, alpha).verified_at is None


def test_help_and_stop_of_an_unverified_phone_are_heard(world: World) -> None:
    alpha = recruit(world, "Alpha", seen=False)
    alpha.expect("to be paged")

    alpha.text("need help")
    world.desk.expect_ring("Alarm. Alpha")
    alpha.expect("ALARM RAISED")
    alpha.text("STOP")

    assert member_of(world, alpha).opted_out_at


def test_work_given_by_hand_tells_an_unverified_number_nothing(world: World) -> None:
    """The text would carry the place: a person rings instead."""
    alpha = recruit(world, "Alpha", seen=False)
    alpha.expect("to be paged")
    on_duty(world, "Bravo")
    call = world.call(CALM)
    with world.context.unit_of_work("test") as uow:
        [dispatch] = dispatches.of_call(uow, call)
        member = uow.get(Responder, alpha.responder_id or UUID(int=0))
        assignments.assign(uow, world.centre, dispatch.slots[0], member, None)
    alpha.expect_silence()
    with world.context.reading() as uow:
        assert [text.kind for text in outbox.to_ring(uow, 9)] == ["update"]


def test_a_supervisor_verifies_by_hand_and_it_is_on_record(world: World) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    form = {name: typed for name, typed in MEMBER.items() if name != "seen_in_person"}
    supervisor.submit(team, form, to=f"{team}/members")
    page = supervisor.get(team).text
    assert "Number not verified" in page
    [path] = re.findall(r'action="(/members/[0-9a-f-]+/verify)"', page)

    supervisor.submit(team, {}, to=path.replace("/verify", "/ask"))
    supervisor.submit(team, {}, to=path)

    assert "Number not verified" not in supervisor.get(team).text
    assert world.audited("member.verified") == 1
    assert supervisor.submit(team, {}, to=path).status_code == 409
    number = Phone(world, "+12025550142")
    assert len([text for text in number.inbox if "to be paged" in text]) == 2


def test_a_new_number_is_verified_anew_and_the_old_one_is_paged_no_more(world: World) -> None:
    alpha, bravo = on_duty(world, "Alpha"), on_duty(world, "Bravo")
    call = world.call(CALM)
    alpha.expect(call.code)
    number = world.phone_number()

    def change(to: str) -> None:
        with world.context.unit_of_work("test") as uow:
            member = uow.get(Responder, alpha.responder_id or UUID(int=0))
            verification.change_number(uow, world.centre, member, to)

    with pytest.raises(Refused, match="a member of Bravo already"):
        change(bravo.number)
    with pytest.raises(Refused, match="the number that they have"):
        change(alpha.number)
    change(number)

    bravo.expect(call.code)
    new = Phone(world, number)
    new.text(new.expect("to be paged").split("Reply ")[1].split()[0])
    new.expect("from now on")
    assert paged(world) == ["Bravo"]


def test_one_telephone_in_use_belongs_to_one_member_whoever_is_faster(world: World) -> None:
    """The table refuses what two screens at once would let through."""
    alpha, bravo = recruit(world, "Alpha"), recruit(world, "Bravo")

    def steal() -> None:
        with world.context.unit_of_work("test") as uow:
            thief = uow.get(Responder, bravo.responder_id or UUID(int=0))
            thief.phone_index = uow.get(Responder, alpha.responder_id or UUID(int=0)).phone_index

    with pytest.raises(Exception, match="somebody else changed this first"):
        steal()
    with world.context.unit_of_work("test") as uow:
        rosters.retire_member(
            uow, world.centre, uow.get(Responder, alpha.responder_id or UUID(int=0))
        )
    steal()


# --- before each shift ------------------------------------------------------------------------


def test_each_member_is_asked_before_a_shift_and_ready_is_enough(world: World) -> None:
    alpha = recruit(world, "Alpha")
    roster(world, alpha, 60, 480)
    alpha.expect_silence()

    world.wait(minutes=16)
    with world.context.reading() as uow:
        shift = uow.session.scalars(select(Shift)).one()
        starts, ends = (at.astimezone(NEW_YORK) for at in (shift.starts_at, shift.ends_at))
    text = alpha.expect("Reply READY")
    assert f"Shift {starts:%a %H:%M}-{ends:%H:%M} E" in text

    alpha.text("Presente")
    alpha.expect("texts reach you")
    world.wait(minutes=60)
    alpha.expect_silence()
    assert red(world) == {}
    assert world.audited("shift.confirmed") == 1


@pytest.mark.parametrize("how", ["taken out", "over"])
def test_after_an_outage_nobody_is_asked_about_a_shift_that_is_not(world: World, how: str) -> None:
    alpha = recruit(world, "Alpha")
    world.phones.no_texts = Away("20003", Whose.PROVIDER)
    shift = roster(world, alpha, 20, 30)
    world.settle()
    if how == "taken out":
        with world.context.unit_of_work("test") as uow:
            shifts.end_shift(uow, world.centre, uow.get(Shift, shift))
    else:
        world.wait(minutes=51)
        world.desk.ignores("that they did not answer")

    world.phones.no_texts = None
    world.wait(minutes=10)

    alpha.expect_silence()


def test_who_has_not_answered_is_told_to_the_supervisors_on_duty_in_one_text(world: World) -> None:
    boss = recruit(world, "Desk", role="supervisor")
    roster(world, boss, 0, 480)
    boss.text("ready")
    boss.expect("Thank you, texts reach you")
    silent = [recruit(world, name) for name in ("Alpha", "Bravo")]
    now = datetime.now(NEW_YORK)
    with world.context.unit_of_work("test") as uow:
        now = uow.now.astimezone(NEW_YORK).replace(tzinfo=None)
        for phone in silent:
            member = uow.get(Responder, phone.responder_id or UUID(int=0))
            new = NewShift(now + timedelta(minutes=60), now + timedelta(minutes=120))
            shifts.add_shifts(uow, world.centre, member, new)

    world.wait(minutes=16)
    for phone in silent:
        phone.expect("Reply READY")
    world.wait(minutes=33)
    assert red(world) == {}
    world.wait(minutes=2)

    told = boss.expect("No answer before the shift")
    assert "Alpha clinician, Bravo clinician" in told
    boss.expect_silence()
    assert red(world) == {"Alpha": [Trouble.UNCONFIRMED], "Bravo": [Trouble.UNCONFIRMED]}
    silent[0].text("ready")
    silent[0].expect("Thank you, texts reach you")
    assert red(world) == {"Bravo": [Trouble.UNCONFIRMED]}


def test_without_a_supervisor_on_duty_the_desk_is_told(world: World) -> None:
    alpha = recruit(world, "Alpha")
    roster(world, alpha, 20, 480)
    alpha.expect("Reply READY")
    world.wait(minutes=11)

    Phone(world, world.centre.policy.desk_phone).expect("No answer before the shift")


def test_the_unconfirmed_are_asked_last_but_they_are_asked(world: World) -> None:
    alpha = recruit(world, "Alpha")
    roster(world, alpha, 0, 480)
    bravo = on_duty(world, "Bravo")
    alpha.expect("Reply READY")
    call = world.call(CALM)

    bravo.expect(call.code)
    assert paged(world) == ["Bravo"]
    bravo.text(f"{call.code} 2")
    bravo.expect("declined.")
    alpha.expect(call.code)
    alpha.text(f"{call.code} 1")
    alpha.expect("accepted")
    assert world.audited("shift.confirmed") == 2  # an answer to a page shows it as well


def test_whoever_stays_on_duty_is_not_asked_again(world: World) -> None:
    alpha = on_duty(world, "Alpha", 120)
    with world.context.unit_of_work("test") as uow:
        first = uow.session.scalars(select(Shift)).one()
        member = uow.get(Responder, alpha.responder_id or UUID(int=0))
        ends = first.ends_at.astimezone(NEW_YORK).replace(tzinfo=None)
        shifts.add_shifts(uow, world.centre, member, NewShift(ends, ends + timedelta(hours=2)))
    call = world.call(CALM)
    alpha.expect(call.code)

    world.wait(minutes=119)
    world.desk.expect("nobody is left to ask")
    alpha.expect_silence()
    call = world.call(CALM)
    world.wait(minutes=1.5)
    alpha.expect("PROMPT, within 60 min")

    assert red(world) == {}
    with world.context.reading() as uow:
        assert all(shift.confirmed_at for shift in uow.session.scalars(select(Shift)))


def test_ready_says_nothing_of_a_page_that_waits(world: World) -> None:
    alpha = on_duty(world, "Alpha")
    call = world.call(CALM)
    alpha.expect(call.code)

    alpha.text("ready")

    assert f"{call.code} 1" in alpha.expect("Nothing was changed")
    assert paged(world) == ["Alpha"]


def seen_in_their_hand(world: World, phone: Phone) -> None:
    with world.context.unit_of_work("test") as uow:
        member = uow.get(Responder, phone.responder_id or UUID(int=0))
        verification.by_hand(uow, world.centre, member)
    world.settle()


def test_a_number_that_was_verified_by_hand_on_duty_is_still_to_show_itself(world: World) -> None:
    """It was not asked when others were: then nobody had verified it. Nor may it stay unseen."""
    alpha = recruit(world, "Alpha", seen=False)
    roster(world, alpha, 0, 480)
    alpha.expect("to be paged on this phone")
    alpha.expect_silence()

    seen_in_their_hand(world, alpha)

    alpha.expect("Reply READY")
    assert red(world) == {}
    world.wait(minutes=11)
    world.desk.expect("No answer before the shift")
    assert red(world) == {"Alpha": [Trouble.UNCONFIRMED]}
    alpha.text("ready")
    alpha.expect("texts reach you")
    assert red(world) == {}


def test_what_one_telephone_has_shown_says_nothing_of_the_next(world: World) -> None:
    alpha = on_duty(world, "Alpha")
    fresh = Phone(world, world.phone_number(), alpha.responder_id)
    with world.context.unit_of_work("test") as uow:
        member = uow.get(Responder, alpha.responder_id or UUID(int=0))
        verification.change_number(uow, world.centre, member, fresh.number)
    fresh.expect("to be paged on this phone")
    alpha.expect_silence()

    seen_in_their_hand(world, fresh)

    fresh.expect("Reply READY")
    world.wait(minutes=11)
    world.desk.expect("No answer before the shift")
    assert red(world) == {"Alpha": [Trouble.UNCONFIRMED]}


# --- off duty nobody is paged -----------------------------------------------------------------


def test_a_shift_that_ends_moves_an_open_page_on_at_once(world: World) -> None:
    alpha = on_duty(world, "Alpha", 30)
    world.wait(minutes=29.5)
    call = world.call(CALM)
    alpha.expect(call.code)
    bravo = on_duty(world, "Bravo")
    bravo.expect_silence()

    world.wait(minutes=1)  # the page had two minutes

    bravo.expect(call.code)
    assert paged(world) == ["Bravo"]
    dispatcher = world.client("dispatcher")
    assert (
        "Alpha went off duty; the next is asked" in dispatcher.get(f"/calls/{call.reference}").text
    )
    alpha.text(f"{call.code} 1")  # asked while on duty: the yes still counts
    alpha.expect("accepted")
    bravo.expect("stand down")


def test_a_page_does_not_leave_after_the_shift_though_no_clock_has_moved_it_on(
    world: World,
) -> None:
    """Whoever sends looks again: the worker that fires timers may be dead."""
    alpha = on_duty(world, "Alpha", 30)
    with world.context.unit_of_work("test") as uow:
        uow.add(ClockShift(ahead_s=29.9 * 60))
    call = world.call(CALM)
    with world.context.unit_of_work("test") as uow:
        uow.session.scalars(select(ClockShift)).one().ahead_s += 30

    worker.send_texts(world.context, "test")

    assert world.phones.unread(alpha.number) == []
    world.desk.expect("nobody is left to ask")
    assert paged(world) == []
    assert world.dispatch(call, "mobile_crisis").state.value == "unfilled"


def test_a_shift_that_goes_on_moves_nothing(world: World) -> None:
    alpha = on_duty(world, "Alpha", 30)
    with world.context.unit_of_work("test") as uow:
        first = uow.session.scalars(select(Shift)).one()
        member = uow.get(Responder, alpha.responder_id or UUID(int=0))
        ends = first.ends_at.astimezone(NEW_YORK).replace(tzinfo=None)
        shifts.add_shifts(uow, world.centre, member, NewShift(ends, ends + timedelta(hours=2)))
    world.wait(minutes=29.5)
    call = world.call(CALM)
    alpha.expect(call.code)

    world.wait(minutes=1)

    assert paged(world) == ["Alpha"]


@pytest.mark.parametrize("how", ["end", "stop", "retire", "retire_team", "team_off", "zone_off"])
def test_whoever_leaves_duty_is_asked_no_more(world: World, how: str) -> None:
    alpha = on_duty(world, "Alpha")
    call = world.call(CALM, zone="Harbor")
    alpha.expect(call.code)
    bravo = on_duty(world, "Bravo")

    if how == "stop":
        alpha.text("STOP")
    else:
        with world.context.unit_of_work("test") as uow:
            member = uow.get(Responder, alpha.responder_id or UUID(int=0))
            until = uow.now + timedelta(hours=1)
            if how == "end":
                [shift] = member.shifts
                shifts.end_shift(uow, world.centre, shift)
            elif how == "retire":
                rosters.retire_member(uow, world.centre, member)
            elif how == "retire_team":
                rosters.retire_team(uow, world.centre, member.team)
            elif how == "team_off":
                subject = ("team", str(member.team_id))
                switches.suspend(uow, world.centre, subject, until, "no car")
            else:
                switches.suspend(uow, world.centre, ("zone", "Harbor"), until, "flood")
    world.settle()

    if how == "zone_off":
        world.desk.expect("nobody is left to ask")
        assert paged(world) == []
    else:
        bravo.expect(call.code)
        assert paged(world) == ["Bravo"]


def test_a_phone_that_sends_stop_with_work_in_hand_is_reached_by_radio(world: World) -> None:
    alpha = on_duty(world, "Alpha")
    call = world.call(CALM)
    alpha.text(f"{call.code} 1")
    alpha.expect("accepted")
    dispatcher = world.client("dispatcher")
    assert "Reach them by radio" not in dispatcher.get("/board").text

    alpha.text("STOP")

    page = dispatcher.get("/board").text
    assert "texted a stop word. Reach them by radio." in page
    assert "Reach them by radio." in dispatcher.get(f"/calls/{call.reference}").text
    assert "sent STOP: no page reaches this phone" in page
    alpha.text("START")
    alpha.expect("on again")
    page = dispatcher.get("/board").text
    assert "Reach them by radio" not in page
    assert "sent STOP" not in page


def test_the_carrier_may_tell_of_stop_first(world: World) -> None:
    alpha = on_duty(world, "Alpha")
    one = world.call(CALM)
    alpha.text(f"{one.code} 1")
    alpha.expect("accepted")
    world.phones.dead.add(alpha.number)

    alpha.text(f"{one.code} eta 10")
    world.settle()

    assert red(world) == {"Alpha": [Trouble.OPTED_OUT]}


# --- phones that lose texts -------------------------------------------------------------------


def lose(world: World, phone: Phone, *outcomes: tuple[MessageState, str | None]) -> None:
    """What became of the latest texts to this phone, the oldest first."""
    with world.context.unit_of_work("test") as uow:
        texts = uow.session.scalars(
            select(Message)
            .where(Message.responder_id == phone.responder_id)
            .order_by(Message.created_at)
        ).all()
        template = texts[0]
        for state, error in outcomes:
            uow.add(
                Message(
                    kind="update",
                    to_role="clinician",
                    responder_id=phone.responder_id,
                    to=template.to,
                    to_index=template.to_index,
                    body="K7QM",
                    state=state,
                    last_error=error,
                    priority=5,
                    due_at=uow.now,
                    expires_at=uow.now,
                )
            )
            uow.session.flush()


LOST, ARRIVED = MessageState.UNDELIVERED, MessageState.DELIVERED


@pytest.mark.parametrize(
    ("outcomes", "trouble"),
    [
        ([(LOST, "30003")], None),
        ([(LOST, "30003"), (ARRIVED, None), (LOST, "30005")], Trouble.FAILING),
        ([(LOST, "30003"), (LOST, "30005"), (ARRIVED, None), (ARRIVED, None)], None),
        ([(LOST, "30006")], Trouble.LANDLINE),
        ([(LOST, "30006"), (ARRIVED, None)], None),
        ([(LOST, "30001"), (LOST, "30002"), (LOST, "30034")], None),  # the provider's own
    ],
)
def test_a_phone_is_judged_by_its_last_three_texts(
    world: World, outcomes: list[tuple[MessageState, str | None]], trouble: Trouble | None
) -> None:
    alpha = on_duty(world, "Alpha")
    lose(world, alpha, *outcomes)

    assert red(world) == ({"Alpha": [trouble]} if trouble else {})
    page = world.client("dispatcher").get("/board").text
    assert ("1 person on duty now or soon may not be reached" in page) is (trouble is not None)


def test_a_landline_stays_on_the_red_list_though_somebody_has_taken_its_call(world: World) -> None:
    world.ignores_texts("who else is asked is beside the point")
    boss = supervisor(world, "Boss")
    world.phones.landlines.add(boss.number)
    call_in(world, 1)
    assert red(world) == {"Boss": [Trouble.LANDLINE]}

    with world.context.unit_of_work("carrier") as uow:
        rung = uow.get(Attempt, UUID(boss.rings[-1].id))
        report = Report(rung.provider_id or "", "delivered", attempt_id=rung.id)  # it was taken
        assert reports.hear(uow, world.centre, report)

    assert red(world) == {"Boss": [Trouble.LANDLINE]}


def test_a_phone_that_gets_its_texts_is_not_red_for_rings_that_fail(world: World) -> None:
    world.ignores_texts("who is asked is beside the point")
    (alpha,) = world.team("Alpha")
    world.phones.no_calls = Away("no_voice_sender", Whose.NUMBER)
    for _ in range(2):
        call_in(world, 1)
        world.wait(seconds=31)
        alpha.text(f"{alpha.code} 1")
        alpha.text("scene")
        alpha.text("clear")

    assert red(world) == {}


def test_the_red_list_is_of_those_who_are_needed_soon(world: World) -> None:
    alpha = recruit(world, "Alpha", seen=False)
    alpha.expect("to be paged")
    shift = roster(world, alpha, 130, 60)
    assert red(world) == {}

    world.wait(minutes=11)
    assert red(world) == {"Alpha": [Trouble.UNVERIFIED]}
    with world.context.unit_of_work("test") as uow:
        shifts.end_shift(uow, world.centre, uow.get(Shift, shift))
    assert red(world) == {}
    world.wait(minutes=300)  # what was due for it finds nothing
    with world.context.reading() as uow:
        assert set(uow.session.scalars(select(Timer.state))) <= {"done"}


# --- communication tests ----------------------------------------------------------------------


def test_everybody_is_tested_and_the_results_say_who_answered(world: World) -> None:
    alpha, bravo = recruit(world, "Alpha"), recruit(world, "Bravo")
    carol, delta = recruit(world, "Carol"), recruit(world, "Delta", seen=False)
    world.phones.dead.add(bravo.number)
    supervisor, dispatcher = world.client("supervisor"), world.client("dispatcher")
    empty = dispatcher.get("/teams/tests").text
    assert "No test yet. Who answered and who was not reached stands here" in empty
    assert dispatcher.submit("/board", {}, to="/teams/tests").status_code == 403

    supervisor.submit("/teams/tests", {})
    alpha.expect("Test, this is no call. Reply READY")
    carol.expect("Test")
    delta.expect("to be paged")
    delta.expect_silence()
    world.wait(seconds=30)
    alpha.text("READY")

    page = dispatcher.get("/teams/tests").text
    alpha.expect("texts reach you")
    assert re.search(r"after 3\d s", page)
    assert "texted a stop word" in page
    assert "number not verified" in page
    assert "1 answered" in page
    assert "2 not reached" in page
    assert "1 not answered yet" in page
    world.wait(hours=25)
    tomorrow = world.client("dispatcher").get("/teams/tests").text
    assert "no answer, no report of arrival" in tomorrow
    assert world.audited("reach_run.started") == 1


def test_a_second_test_waits_for_the_first(world: World) -> None:
    supervisor = world.client("supervisor")
    supervisor.submit("/teams/tests", {})

    again = supervisor.submit("/teams/tests", {}, follow=True)

    assert "No second test was begun: a test has just begun: wait half an hour" in again.text
    assert again.request.path == "/teams/tests"
    assert world.audited("reach_run.started") == 1


def test_a_test_comes_every_week_at_the_same_time_on_the_wall(world: World) -> None:
    alpha = recruit(world, "Alpha")
    with world.context.unit_of_work("test") as uow:
        communication_tests.plan(uow, world.centre)
    with world.context.reading() as uow:
        planned = communication_tests.next_planned(uow)
    not_yet = world.client("dispatcher").get(f"/teams/tests/{planned.id}")
    assert not_yet.status_code == 404
    assert "is planned and has not begun" in not_yet.text
    for _ in range(3):
        with world.context.reading() as uow:
            run = uow.session.scalars(select(ReachRun).where(ReachRun.started_at.is_(None))).one()
            assert f"{run.due_at.astimezone(NEW_YORK):%A %H:%M}" == "Tuesday 10:00"
            ahead = run.due_at - uow.now
        world.wait(seconds=ahead.total_seconds() + 1)
        alpha.expect("Test, this is no call")
    alpha.expect_silence()
    with world.context.reading() as uow:
        assert uow.session.scalar(select(func.count()).select_from(ReachRun)) == 4


def test_a_test_that_was_missed_by_hours_wakes_nobody(world: World) -> None:
    alpha = recruit(world, "Alpha")
    with world.context.unit_of_work("test") as uow:
        communication_tests.plan(uow, world.centre)
        due_at = uow.session.scalars(select(ReachRun.due_at)).one()
        ahead = due_at - uow.now

    world.wait(seconds=ahead.total_seconds() + 4 * 3600)

    alpha.expect_silence()
    with world.context.reading() as uow:
        assert uow.session.scalars(select(ReachRun.due_at)).one() > due_at


def test_supervisors_on_duty_are_those_whom_a_text_reaches(world: World) -> None:
    boss = recruit(world, "Desk", role="supervisor")
    recruit(world, "Home", role="supervisor")
    roster(world, boss, 0, 60)
    with world.context.reading() as uow:
        assert [one.id for one in supervisors_on_duty(uow)] == [boss.responder_id]
    boss.text("STOP")
    with world.context.reading() as uow:
        assert list(supervisors_on_duty(uow)) == []

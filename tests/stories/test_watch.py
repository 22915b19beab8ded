"""A watcher of its own sees what stands still, says so everywhere, and a person sees to it."""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from tests.stories.test_alarms import signs_in
from tests.stories.test_calls import CALM
from tests.stories.test_escalation import call_in, code_of
from tests.stories.test_voice import phones
from tests.twilio_double import Twilio
from tests.world import Browser, Phone, World
from triage.domain.delivery import Whose
from triage.domain.findings import Finding
from triage.domain.lifecycle import DispatchState
from triage.domain.phone_network import Refused, Unknown
from triage.entrypoints.watcher import ClockWatch, Watcher
from triage.entrypoints.worker import settle_unknown
from triage.services import audits, cad, copies, dispatches, outbox, restored, watch
from triage.services.audits import Surroundings
from triage.storage import migration
from triage.storage.dispatches import Dispatch, Page
from triage.storage.messages import Message
from triage.storage.timers import ClockShift, Heartbeat, Timer
from triage.storage.watching import WatchRound

ARMED = {**CALM, "weapon": "in_hand"}
REAL = Surroundings(simulated=False, demo=False)
DEMO = Surroundings(simulated=True, demo=True)


def behind(world: World, twilio: Twilio) -> World:
    """The world behind Twilio's own client. Nobody picks up and nothing is reported."""
    network = phones(twilio, "http://127.0.0.1:1")
    return World(replace(world.context, phone=network), world.phones)


def beat(world: World) -> None:
    """A worker has just looked."""
    with world.context.unit_of_work("test") as uow:
        known = uow.session.scalars(select(Heartbeat)).first()
        if known is None:
            uow.add(Heartbeat(worker="test", at=uow.now))
        else:
            known.at = uow.now


def found(world: World, around: Surroundings = DEMO) -> list[str]:
    """The codes of what an audit finds now, a worker being at work."""
    beat(world)
    with world.context.reading() as uow:
        return [finding.code for finding in audits.audit(uow, world.centre, around)]


def watched(world: World) -> None:
    """A worker and a watcher have just looked."""
    beat(world)
    Watcher(world.context).round()


def pass_time(world: World, **time: float) -> None:
    """Time passes and no worker does anything."""
    with world.context.unit_of_work("test") as uow:
        uow.add(ClockShift(ahead_s=timedelta(**time).total_seconds()))


def set_timer(world: World, kind: str = "follow_up", **more: Any) -> None:
    """Something due some seconds ago, for nobody."""
    late_s = more.pop("late_s", 0)
    with world.context.unit_of_work("test") as uow:
        about = uow.add(ClockShift(ahead_s=0))
        uow.set_timer(kind, about, uow.now - timedelta(seconds=late_s), **more)


def timers(world: World, state: str) -> list[Timer]:
    with world.context.reading() as uow:
        return list(uow.session.scalars(select(Timer).where(Timer.state == state)))


def pagingz(world: World) -> tuple[int, Any]:
    answer = world.app.test_client().get("/pagingz")
    return answer.status_code, answer.json


def words(browser: Browser, path: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", browser.get(path).get_data(as_text=True)).split())


# --- what is found ----------------------------------------------------------------------


def test_a_quiet_centre_with_a_worker_passes(world: World) -> None:
    assert found(world) == []

    watched(world)
    status, state = pagingz(world)

    assert status == 200
    assert state["paging"] is True
    assert state["state"] == "ok"
    assert state["findings"] == []
    keys = {"tick_age_s", "watched_age_s", "oldest_timer_s", "oldest_text_s", "parked_timers"}
    assert keys <= state.keys()


def test_no_worker_and_nobody_who_watches_are_told_without_a_watcher(world: World) -> None:
    status, state = pagingz(world)
    assert status == 503
    assert [one["code"] for one in state["findings"]] == ["no_worker", "no_watcher"]

    watched(world)
    assert pagingz(world)[0] == 200
    pass_time(world, seconds=9)
    assert pagingz(world)[0] == 200
    pass_time(world, seconds=2)

    status, state = pagingz(world)
    assert status == 503
    assert [one["code"] for one in state["findings"]] == ["no_worker", "no_watcher"]


BEHIND_A_PROXY = {"X-Forwarded-For": "203.0.113.9"}
FROM_OUTSIDE = {"REMOTE_ADDR": "203.0.113.9"}


def test_a_stranger_reads_one_word_and_no_name_of_what_was_found(world: World) -> None:
    watched(world)
    web = world.app.test_client()

    def ask(path: str = "/pagingz") -> Any:
        return web.get(path, environ_overrides=FROM_OUTSIDE)

    assert (ask().status_code, ask().json) == (200, {"state": "ok"})
    set_timer(world, "a_removed_step", priority=8, late_s=70)
    watched(world)
    assert (ask().status_code, ask().json) == (503, {"state": "degraded"})
    pass_time(world, seconds=11)
    assert (ask().status_code, ask().json) == (503, {"state": "down"})
    proxied = web.get("/pagingz", headers=BEHIND_A_PROXY)
    assert proxied.json == {"state": "down"}
    told = ask("/metrics").get_data(as_text=True)
    assert "triage_findings" not in told
    assert "no_worker" not in told
    assert "triage_paging 0.0" in told


@pytest.mark.parametrize("role", [None, "clinician", "administrator", "dispatcher", "supervisor"])
def test_what_was_found_is_named_to_the_desk_and_to_a_token_that_may_watch(
    world: World, role: str | None
) -> None:
    browser = world.client(role)
    named = role in {"dispatcher", "supervisor"}

    state = browser.get("/pagingz", headers=BEHIND_A_PROXY).json

    assert ("findings" in state) is named
    for scope, may in (("watch:read", True), ("calls:read", False)):
        bearer = {"Authorization": f"Bearer {world.token(scope)}", **BEHIND_A_PROXY}
        web = world.app.test_client()
        assert ("findings" in web.get("/pagingz", headers=bearer).json) is may
        told = web.get("/metrics", headers=bearer).get_data(as_text=True)
        assert ("triage_findings" in told) is may


def test_every_open_dispatch_has_a_next_step_in_every_state(world: World) -> None:
    world.ignores_texts("a day of them, while the next steps are looked at")
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"})
    hand_over = world.call(ARMED)
    seen = set()

    def look() -> None:
        seen.update(d.state for one in (call, hand_over) for d in world.dispatches(one))
        assert "no_next_step" not in found(world)

    look()
    world.wait(seconds=61)
    look()
    for answer in ("1", "ETA 10", "SCENE"):
        for phone in (clinician, officer):
            phone.text(f"{call.code} {answer}")
            look()
        world.wait(hours=1)
        look()
    for phone in (clinician, officer):
        phone.text(f"{call.code} CLEAR")
        look()
    refused = world.call({**CALM, "weapon": "accessible"})
    clinician.text(f"{refused.code} 2")
    officer.text(f"{refused.code} 2")
    for _ in range(3):
        seen.update(d.state for d in world.dispatches(refused))
        assert "no_next_step" not in found(world)
        world.wait(hours=2)

    states = DispatchState
    assert {
        states.SEEKING,
        states.HALF_FORMED,
        states.ACCEPTED,
        states.EN_ROUTE,
        states.ON_SCENE,
        states.CLEARED,
        states.HAND_OVER,
        states.UNFILLED,
    } <= seen


def test_a_dispatch_that_nothing_will_move_on_is_found(world: World) -> None:
    world.team("Mobile 9")
    call = world.call(CALM)
    assert found(world) == []

    with world.context.unit_of_work("test") as uow:  # a fault of ours, as the watcher must see it
        uow.session.execute(delete(Timer).where(Timer.kind != "look_after"))
        uow.session.execute(update(Message).values(state="sent"))
    assert found(world) == ["no_next_step"]

    with world.context.unit_of_work("test") as uow:
        dispatch = uow.get(Dispatch, world.dispatch(call, "mobile_crisis").id)
        dispatches.cancel(uow, world.centre, dispatch, "unsafe")
    assert found(world) == []


def test_that_the_caller_is_to_be_called_back_finds_nobody(world: World) -> None:
    world.team("Mobile 9")
    call = world.call(CALM)
    world.ignores_texts("whatever was sent before the fault")
    world.settle()
    with world.context.unit_of_work("test") as uow:  # a fault of ours, as the watcher must see it
        dispatch = uow.get(Dispatch, world.dispatch(call, "mobile_crisis").id)
        uow.session.execute(delete(Timer).where(Timer.kind != "look_after"))
        uow.session.execute(update(Page).values(state="passed_over"))
        due_at = uow.now + timedelta(minutes=20)
        uow.set_timer("call_back", dispatch, due_at, priority=3, dispatch_id=dispatch.id)

    assert found(world) == ["no_next_step"]


def test_what_the_release_before_left_open_is_looked_after_too(world: World) -> None:
    call = world.call(ARMED)
    engine = world.context.database.engine
    migration.downgrade(engine, "0003")
    migration.upgrade(engine)

    world.settle()

    assert "no_next_step" not in found(world)
    waiting = [timer for timer in timers(world, "waiting") if timer.kind == "look_after"]
    assert {timer.dispatch_id for timer in waiting} == {d.id for d in world.dispatches(call)}


def test_a_call_that_waits_for_answers_without_a_deadline_is_found(world: World) -> None:
    world.call({"problem_type": "mental_health_crisis"})
    assert found(world) == []

    with world.context.unit_of_work("test") as uow:
        uow.session.execute(delete(Timer))
    assert found(world) == ["no_next_step"]


@pytest.mark.parametrize(
    ("priority", "of_a_dispatch", "bound_s", "code"),
    [(1, False, 2, "timers_late"), (3, True, 5, "timers_late"), (8, False, 60, "backlog")],
)
def test_a_step_is_late_beyond_its_own_bound(
    world: World, priority: int, of_a_dispatch: bool, bound_s: int, code: str
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    dispatch = world.dispatch(call, "mobile_crisis").id if of_a_dispatch else None

    set_timer(world, late_s=bound_s - 1, priority=priority, dispatch_id=dispatch)
    assert found(world) == []
    set_timer(world, late_s=bound_s + 1, priority=priority, dispatch_id=dispatch)
    assert found(world) == [code]

    beat(world)
    with world.context.reading() as uow:
        (late,) = audits.audit(uow, world.centre, DEMO)
    assert late.count >= 1
    assert bound_s <= (late.oldest_s or 0) < bound_s + 10
    phone.expect("PROMPT")


@pytest.mark.parametrize(
    ("priority", "of_a_dispatch", "told_after"), [(1, False, 1), (3, True, 2), (8, False, 5)]
)
def test_a_step_that_fails_is_told_long_before_it_is_given_up(
    world: World, priority: int, of_a_dispatch: bool, told_after: int
) -> None:
    """Put off again and again it is never overdue by its own time."""
    dispatch = uuid4() if of_a_dispatch else None
    set_timer(world, "hand_over", priority=priority, dispatch_id=dispatch)  # of nothing there is
    world.settle()
    for failed in range(1, 5):
        assert found(world) == (["timers_late"] if failed >= told_after else [])
        world.wait(seconds=5 * failed + 1)

    assert found(world) == ["parked" if of_a_dispatch else "parked_later"]


def test_one_text_of_several_calls_is_found_late_and_parked_as_a_step_of_each(
    world: World,
) -> None:
    set_timer(world, "bundle", late_s=4, priority=2)
    assert found(world) == []
    set_timer(world, "bundle", late_s=6, priority=2)
    assert found(world) == ["timers_late"]

    with world.context.unit_of_work("test") as uow:
        uow.session.execute(update(Timer).values(state="parked"))
    assert found(world) == ["parked"]


@pytest.mark.parametrize(
    ("kind", "priority", "bound_s", "code"),
    [
        ("update", 1, 5, "texts_late"),
        ("update", 3, 60, "texts_late"),
        ("reminder", 8, 60, "backlog"),
    ],
)
def test_a_text_is_late_beyond_its_own_bound(
    world: World, kind: str, priority: int, bound_s: int, code: str
) -> None:
    with world.context.unit_of_work("test") as uow:
        outbox.enqueue(
            uow,
            world.centre,
            kind=kind,
            to="+12025550177",
            to_role="clinician",
            body="Something changed.",
            priority=priority,
        )
    pass_time(world, seconds=bound_s - 4)  # true time goes on as well
    assert found(world) == []
    pass_time(world, seconds=5)
    assert found(world) == [code]
    Phone(world, "+12025550177").expect("Something changed.")


def test_a_provider_that_takes_nothing_is_found_and_gone_when_it_is_back(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    world.phones.broken = Refused("20003", Whose.PROVIDER)
    call = world.call(CALM)
    world.settle()
    assert "provider" in found(world)

    world.phones.broken = None
    world.wait(seconds=6)

    assert call.code in phone.expect("Reply")
    assert "provider" not in found(world)


def test_one_text_that_is_taken_at_no_try_is_told_though_the_list_of_texts_answers(
    world: World, twilio: Twilio
) -> None:
    """The provider fails at each text and says truly that it has none."""
    wired = behind(world, twilio)
    wired.team("Mobile 9")
    twilio.behave("503", only="Messages")
    wired.call(CALM)
    wired.settle()
    assert "provider" not in found(wired), "one may be a hiccup"

    wired.wait(seconds=7)
    assert len(twilio.requests) == 2
    assert found(wired) == ["provider"]
    for _ in range(5):  # a person rings them by now: nothing waits, and nothing was taken
        wired.wait(seconds=7)
        assert found(wired) == ["provider"]

    twilio.behave("ok")
    wired.team("Mobile 8")
    wired.call(CALM)
    wired.settle()
    assert len(twilio.texts) == 1
    assert found(wired) == []


def test_a_text_in_doubt_that_was_taken_is_no_fault_of_the_provider(
    world: World, twilio: Twilio
) -> None:
    wired = behind(world, twilio)
    wired.team("Mobile 9")
    twilio.behave("500_after_accept", only="Messages", times=1)
    wired.call(CALM)
    wired.settle()
    wired.wait(seconds=7)
    twilio.behave("503", only="Messages", times=1)
    wired.team("Mobile 8")
    wired.call(CALM)
    wired.settle()

    assert len(twilio.texts) == 1
    assert "provider" not in found(wired)


def test_after_two_doubts_a_telephone_that_takes_nothing_is_no_sign_that_others_do(
    world: World,
) -> None:
    (phone,), (landline,) = world.team("Mobile 9"), world.team("Mobile 8")
    world.phones.ignored[phone.number] = "it is in doubt"
    world.phones.landlines.add(landline.number)
    reply(world, landline.number)
    world.settle()
    assert "provider" not in found(world), "one number that takes no texts is that number's"

    world.phones.no_texts = Unknown("http 503")
    for _ in range(2):
        reply(world, phone.number)
        world.settle()
    assert found(world) == ["provider"]
    world.phones.no_texts = None
    reply(world, landline.number, priority=0)
    world.wait(seconds=6)
    assert found(world) == ["provider"]
    reply(world, phone.number, priority=0)
    world.wait(seconds=6)
    assert phone.inbox
    assert found(world) == []


def reply(world: World, number: str, priority: int = 1) -> None:
    """Something owed to this number."""
    with world.context.unit_of_work("test") as uow:
        outbox.enqueue(
            uow,
            world.centre,
            kind="reply",
            to=number,
            to_role="clinician",
            body="Noted.",
            priority=priority,
        )


@pytest.mark.parametrize("level", [1, 2], ids=["rung meanwhile", "may wait"])
def test_a_provider_that_asks_for_time_is_told_only_if_it_refuses_after_that(
    world: World, twilio: Twilio, level: int
) -> None:
    wired = behind(world, twilio)
    twilio.behave("429", retry_after="60", only="Messages")
    for number in range(3):
        wired.team(f"Mobile {number}")
        call_in(wired, level)
    for _ in range(3):
        assert found(wired) == []
        wired.wait(seconds=9)
    assert len(twilio.requests) == 1

    wired.wait(seconds=34)
    assert len(twilio.requests) == 2
    assert "provider" in found(wired)

    twilio.behave("ok")
    wired.wait(seconds=61)
    assert "provider" not in found(wired)


def test_texts_refused_for_a_reason_nobody_knows_are_told_once_it_is_not_one_telephone(
    world: World,
) -> None:
    (one,), (other,) = world.team("Mobile 9"), world.team("Mobile 8")
    world.phones.no_texts = Refused("http 400", Whose.NOT_SAID)
    for _ in range(3):
        reply(world, one.number)
        world.settle()
    assert found(world) == []
    reply(world, other.number)
    world.settle()
    assert found(world) == ["provider"]

    world.phones.no_texts = None
    world.wait(seconds=11)
    assert one.inbox
    assert other.inbox
    assert found(world) == []


def test_a_provider_that_reports_nothing_is_found_but_not_with_simulated_telephones(
    world: World,
) -> None:
    for name in ("Mobile 1", "Mobile 2", "Mobile 3"):
        (phone,) = world.team(name)
        world.call(CALM)
        phone.expect("PROMPT, within 60 min")
    with world.context.unit_of_work("test") as uow:
        copies.note(uow, "elsewhere", 1)
    assert "callbacks" not in found(world, REAL)

    pass_time(world, seconds=25)

    assert "callbacks" in found(world, REAL)
    assert "callbacks" not in found(world, DEMO)


def test_a_copy_that_is_too_old_is_found_unless_there_is_nothing_worth_copying(
    world: World,
) -> None:
    assert found(world, REAL) == ["backup_none"]
    assert found(world, DEMO) == []

    with world.context.unit_of_work("test") as uow:
        copies.note(uow, "elsewhere", 1)
    assert found(world, REAL) == []
    pass_time(world, minutes=31)
    assert found(world, REAL) == ["backup_old"]

    pass_time(world, hours=24)
    with world.context.unit_of_work("test") as uow:
        copies.note(uow, "while a clock was wrong", 1)
    pass_time(world, hours=-24)
    assert found(world, REAL) == ["backup_old"]

    none = replace(world.centre.policy, backup_max_min=0)
    with world.context.reading() as uow:
        assert audits.audit(uow, replace(world.centre, policy=none), REAL) == []


def test_a_clock_that_jumps_is_found_for_some_minutes() -> None:
    with_clock = ClockWatch(only_back=False)
    noon = _instant(0)

    assert with_clock.look(noon, 100, 0) == []
    assert with_clock.look(_instant(6.5), 105, 0) == []  # 1.5 s: within what is borne
    assert with_clock.look(_instant(3611.5), 110, 0) == [Finding("clock", 1, 0)]
    assert with_clock.look(_instant(3911), 409.5, 0) == [Finding("clock", 1, 299.5)]
    assert with_clock.look(_instant(3912), 410.5, 0) == []


def test_in_a_demo_time_may_be_moved_forward_but_not_back() -> None:
    in_a_demo = ClockWatch(only_back=True)
    in_a_demo.look(_instant(0), 0, 0)
    assert in_a_demo.look(_instant(3600), 5, 0) == []
    assert in_a_demo.look(_instant(3300), 10, 0) == [Finding("clock", 1, 0)]


def _instant(seconds: float) -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(seconds=seconds)


def test_a_clock_that_goes_back_sends_nothing_twice_and_is_found(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    world.call(CALM)
    assert phone.expect("Reply")
    watcher = Watcher(world.context)
    watched(world)
    watcher.round()

    pass_time(world, minutes=-5)
    world.settle()
    beat(world)
    assert watcher.round() is False

    phone.expect_silence()
    status, state = pagingz(world)
    assert status == 503
    assert [one["code"] for one in state["findings"]] == ["clock"]


# --- rounds, and who is told ------------------------------------------------------------


@dataclass
class Outside:
    """Somebody outside who listens, in the test's hand."""

    calls: int = 0
    problem: str | None = None
    within_s: list[float] = field(default_factory=list)

    def beat(self, within_s: float) -> str | None:
        self.calls += 1
        self.within_s.append(within_s)
        return self.problem


def test_somebody_outside_is_told_only_while_all_is_well(world: World) -> None:
    outside = Outside()
    watcher = Watcher(replace(world.context, heartbeat=outside))

    if watcher.round():  # nobody beats
        watcher.tell_outside()
    assert outside.calls == 0

    beat(world)
    for _ in range(3):  # at most every 30 s
        assert watcher.round()
        watcher.tell_outside()
    assert outside.calls == 1
    assert outside.within_s == [5.0]


def test_rounds_are_kept_for_a_day_and_none_of_a_future_that_is_gone(world: World) -> None:
    watched(world)
    pass_time(world, hours=25)
    watched(world)
    with world.context.reading() as uow:
        assert len(uow.session.scalars(select(WatchRound)).all()) == 1

    pass_time(world, hours=-2)
    watched(world)

    with world.context.reading() as uow:
        (kept,) = uow.session.scalars(select(WatchRound)).all()
        assert kept.created_at <= uow.now


def test_metrics_say_what_was_found(world: World) -> None:
    beat(world)
    set_timer(world, late_s=90, priority=1)
    Watcher(world.context).round()

    told = world.app.test_client().get("/metrics").get_data(as_text=True)

    assert 'triage_findings{code="timers_late"} 1.0' in told
    assert "triage_paging 0.0" in told


PLACES = ("/", "/intake", "/follow-ups", "/teams", "/rules", "/switches", "/watch")


def test_every_signed_in_page_says_it_and_keeps_it_fresh(world: World) -> None:
    supervisor = world.client("supervisor")
    for path in PLACES:
        page = supervisor.get(path, follow_redirects=True).get_data(as_text=True)
        assert "PAGING DOES NOT WORK: no worker is running" in page
        assert "Ring the teams by telephone or radio" in page
        assert re.search(r"/(watch|board)-\w+\.js", page)

    watched(world)
    for path in PLACES:
        page = supervisor.get(path, follow_redirects=True).get_data(as_text=True)
        assert "PAGING DOES NOT WORK" not in page


def test_a_clinician_reads_what_a_clinician_is_to_do(world: World) -> None:
    """Not to ring teams whose numbers they may not look at."""
    (phone,) = world.team("Mobile 9")
    theirs = signs_in(world, phone, "member")
    assert theirs.get("/teams").status_code == 403
    desk = world.centre.policy.desk_phone

    page = words(theirs, "/my-calls")

    assert "no worker is running. Keep telephone and radio on: dispatch rings you." in page
    assert f"and that you need help. Dispatch: {desk}." in page
    for theirs_not in ("Ring the teams", "Teams", "your supervisor"):
        assert theirs_not not in page
    with world.context.unit_of_work("test") as uow:
        watch.keep(uow, "test", 1, [Finding("backup_old"), Finding("codes_low")])
    assert "backup" not in words(theirs, "/banners")


def test_the_lines_are_a_fragment_that_costs_nothing_while_nothing_changes(world: World) -> None:
    dispatcher = world.client("dispatcher")

    first = dispatcher.get("/banners")
    again = dispatcher.get("/banners", headers={"If-None-Match": first.headers["ETag"]})
    assert "no worker is running" in first.get_data(as_text=True)
    assert (again.status_code, again.data) == (304, b"")

    watched(world)
    moved = dispatcher.get("/banners", headers={"If-None-Match": first.headers["ETag"]})
    assert moved.status_code == 200
    assert moved.get_data(as_text=True).strip() == ""
    assert world.client().get("/banners").status_code == 302  # to the sign-in page


def test_a_cry_for_help_is_on_every_screen_of_the_desk_and_on_no_other(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Pier 3")
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    phone.text(f"{call.code} ASSIST")
    world.desk.expect_ring("Alarm. Mobile 9")
    phone.expect("ALARM RAISED")
    watched(world)

    for role in ("dispatcher", "supervisor"):
        told = world.client(role).get("/intake" if role == "dispatcher" else "/teams")
        page = told.get_data(as_text=True)
        assert f"Mobile 9 (clinician) NEEDS HELP: {call.code}" in page
        assert "/alarms#alarm-" in page
    for role in ("administrator", "clinician"):
        assert "NEEDS HELP" not in world.client(role).get("/banners").get_data(as_text=True)


def test_a_hand_over_that_nobody_confirms_is_told_away_from_the_board_too(world: World) -> None:
    dispatcher = world.client("dispatcher")
    call = world.call(ARMED)
    watched(world)
    assert "DISPATCH IN CAD NOW" not in words(dispatcher, "/banners")

    world.wait(minutes=6)
    watched(world)
    told = words(dispatcher, "/banners")
    assert "DISPATCH IN CAD NOW, nobody has confirmed it:" in told
    assert f"{call.code} (CIT officer)" in told
    assert "Stands still (hand over) 6 min" in words(dispatcher, f"/calls/{call.reference}")
    world.desk.expect("dispatch it in CAD now")
    world.wait(minutes=5)
    world.desk.expect("dispatch it in CAD now")
    assert "Stands still (hand over) 11 min" in words(dispatcher, f"/calls/{call.reference}")

    for dispatch in world.dispatches(call):
        if dispatch.state is DispatchState.HAND_OVER:
            with world.context.unit_of_work("test") as uow:
                row = uow.get(Dispatch, dispatch.id)
                cad.confirm(uow, world.centre, row, "12-A", "CAD 7")
    assert "DISPATCH IN CAD NOW" not in words(dispatcher, "/banners")


def test_a_team_that_accepted_and_says_no_more_is_marked_on_the_board(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    dispatcher = world.client("dispatcher")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    assert "not on the way yet: ring them" not in words(dispatcher, "/board")

    world.wait(minutes=11)
    assert "not on the way yet: ring them" in words(dispatcher, "/board")
    phone.text(f"{call.code} ETA 10")
    phone.expect("you arrive in 10 min")
    assert "not on the way yet: ring them" not in words(dispatcher, "/board")


# --- what a person does about it --------------------------------------------------------


def park_one(world: World) -> Timer:
    """A step of a release that is gone: nobody here knows what to do."""
    set_timer(world, "a_removed_step")
    world.wait(minutes=10, seconds=1)
    settle_unknown(world.context)
    (parked,) = timers(world, "parked")
    return parked


def test_a_step_nobody_knows_is_left_to_another_release_and_found_late(world: World) -> None:
    set_timer(world, "a_newer_step")
    set_timer(world, "a_newer_step_of_a_dispatch", dispatch_id=uuid4())
    world.wait(seconds=6)
    settle_unknown(world.context)

    assert [(it.attempts, it.last_error) for it in timers(world, "waiting")] == [(0, None)] * 2
    assert found(world) == ["timers_late"]
    world.wait(minutes=1)
    settle_unknown(world.context)
    assert found(world) == ["timers_late", "backlog"]
    assert timers(world, "parked") == []


@pytest.mark.parametrize(("hours", "done"), [(0.5, True), (1.5, False)])
def test_what_a_release_before_has_parked_is_done_by_one_that_knows_it(
    world: World, hours: float, done: bool
) -> None:
    set_timer(world, "team_free")
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(update(Timer).values(state="parked", last_error="LookupError"))
    pass_time(world, hours=hours)
    assert found(world) == ["parked_later"]

    settle_unknown(world.context)
    world.settle()

    assert found(world) == ([] if done else ["parked_later"])
    assert len(timers(world, "done")) == done
    assert world.audited("timer.taken_up") == done


def test_a_step_nobody_knows_is_parked_found_and_done_again_when_it_is_known(
    world: World,
) -> None:
    parked = park_one(world)
    assert found(world) == ["parked_later"]
    watched(world)
    assert "A step that can wait failed" in words(world.client("dispatcher"), "/intake")

    supervisor = world.client("supervisor")
    assert "A removed step" in words(supervisor, "/watch")
    with world.context.unit_of_work("test") as uow:  # a release that knows it is put in place
        uow.get(Timer, parked.id).kind = "follow_up_gone"
    done = supervisor.submit("/watch", {}, to=f"/watch/steps/{parked.id}/retry")
    assert done.status_code == 303
    assert world.audited("timer.retried") == 1
    assert found(world) == []
    (waiting,) = timers(world, "waiting")
    assert (waiting.attempts, waiting.last_error) == (0, None)


def test_a_parked_step_is_dismissed_for_a_reason_by_a_supervisor_only(world: World) -> None:
    parked = park_one(world)
    to = f"/watch/steps/{parked.id}/dismiss"
    dispatcher = world.client("dispatcher")
    assert "A removed step" in words(dispatcher, "/watch")
    assert "Do it now" not in words(dispatcher, "/watch")
    assert dispatcher.submit("/intake", {"reason": "not_needed"}, to=to).status_code == 403

    supervisor = world.client("supervisor")
    refused = supervisor.submit("/watch", {"reason": ""}, to=to)
    assert refused.status_code == 422
    assert "Choose why it need not be done." in refused.get_data(as_text=True)
    assert found(world) == ["parked_later"]

    assert supervisor.submit("/watch", {"reason": "not_needed"}, to=to).status_code == 303
    assert found(world) == []
    assert world.audited("timer.dismissed") == 1
    again = supervisor.submit("/watch", {"reason": "not_needed"}, to=to)
    assert again.status_code == 409


def test_a_call_back_that_was_left_undone_once_is_due_again_while_the_caller_waits(
    world: World,
) -> None:
    world.ignores_texts("the desk is told that nobody comes")
    dispatch = call_in(world, 2)
    with world.context.unit_of_work("test") as uow:
        of_it = update(Timer).where(Timer.kind == "call_back")
        uow.session.execute(of_it.values(state="parked", last_error="a fault"))
    assert found(world) == ["parked"]
    (parked,) = timers(world, "parked")
    supervisor = world.client("supervisor")
    to = f"/watch/steps/{parked.id}/dismiss"
    assert supervisor.submit("/watch", {"reason": "done_by_hand"}, to=to).status_code == 303

    for _ in range(4):
        world.wait(minutes=5)

    with world.context.reading() as uow:
        assert uow.get(Dispatch, dispatch.id).call_back_at is not None


def test_what_is_too_old_to_help_is_shown_as_missed_and_not_done_late(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        about = uow.add(ClockShift(ahead_s=0))
        until = uow.now + timedelta(minutes=1)
        uow.set_timer("a_removed_step", about, uow.now, valid_until=until)
    world.wait(minutes=2)
    (missed,) = timers(world, "expired")
    assert missed.attempts == 0
    watched(world)

    dispatcher, supervisor = world.client("dispatcher"), world.client("supervisor")
    assert "steps were missed" in words(dispatcher, "/banners")
    assert "Steps that were missed" in words(dispatcher, "/watch")
    done = supervisor.submit(
        "/watch", {"reason": "done_by_hand"}, to=f"/watch/steps/{missed.id}/dismiss"
    )
    assert done.status_code == 303
    assert "missed" not in words(dispatcher, "/banners")


@pytest.mark.parametrize("answers", [True, False])
def test_a_ring_that_was_missed_is_shown_only_where_nobody_has_answered(
    world: World, answers: bool
) -> None:
    """No worker is there when whoever has not answered is to be rung."""
    world.ignores_texts("what is asked, answered and asked of the next")
    (phone,) = world.team("Mobile 9")
    dispatch = call_in(world, 1)
    if answers:
        world.receive("IN1", phone.number, f"{code_of(world, dispatch)} 1")
    pass_time(world, minutes=3)
    world.settle()

    missed = [timer.kind for timer in timers(world, "expired")]
    assert missed == ([] if answers else ["remind"])
    told = words(world.client("dispatcher"), "/banners")
    assert ("steps were missed" in told) is not answers


def test_a_text_that_may_not_have_arrived_is_rung_about_and_noted(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    world.phones.dead.add(phone.number)
    with world.context.unit_of_work("test") as uow:
        dispatch = uow.get(Dispatch, world.dispatch(call, "mobile_crisis").id)
        dispatches.cancel(uow, world.centre, dispatch, "unsafe")
    world.settle()
    watched(world)

    dispatcher = world.client("dispatcher")
    assert "Texts may not have arrived" in words(dispatcher, "/banners")
    page = dispatcher.get("/watch").get_data(as_text=True)
    assert "Mobile 9 (clinician)" in page
    to = re.search(r'action="(/watch/texts/[^"]+)"', page)
    assert to
    assert dispatcher.submit("/watch", {}, to=to[1]).status_code == 303
    assert "Texts may not have arrived" not in words(dispatcher, "/banners")
    assert dispatcher.submit("/watch", {}, to=to[1]).status_code == 409


@pytest.mark.parametrize("role", ["clinician", "administrator"])
def test_the_watch_is_for_the_desk(world: World, role: str) -> None:
    assert world.client(role).get("/watch").status_code == 403


# --- a copy put back --------------------------------------------------------------------


def test_what_a_restored_copy_owed_is_held_and_new_calls_are_paged(world: World) -> None:
    (old,) = world.team("Mobile 1")
    before = world.call(CALM)  # its page had not left when the copy was made
    (new,) = world.team("Mobile 2")
    held = world.context.do("operator", restored.hold)
    assert held[0] >= 2
    assert held[1] == 1

    after = world.call(CALM)
    world.wait(minutes=10)
    new.expect("PROMPT, within 60 min")
    codes = {text for inbox in world.phones.inboxes.values() for text in inbox}
    assert not [text for text in codes if before.code in text]
    assert [text for text in codes if after.code in text]
    assert found(world) == ["held"]
    watched(world)
    dispatcher = world.client("dispatcher")
    assert "a backup was restored" in words(dispatcher, "/intake")
    assert before.code in words(dispatcher, "/watch")

    released = world.context.do("operator", restored.resume)
    assert released[0] >= 2
    world.settle()
    assert "held" not in found(world)
    assert before.code in old.expect("Reply")  # the old page was too old: asked anew

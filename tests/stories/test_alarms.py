"""Somebody in the field needs help: every screen of the desk, and telephones until a person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.stories.test_calls import CALM
from tests.stories.test_escalation import supervisor
from tests.world import PASSWORD, Browser, Phone, World
from triage.adapters.simulator_sms import SimulatorSms
from triage.domain.alarms import AlarmKind
from triage.domain.delivery import Whose
from triage.domain.findings import KINDS, Finding
from triage.domain.phone_network import OutboundCall, Refused, Sent
from triage.entrypoints import worker
from triage.services import (
    alarm_lists,
    alarm_rings,
    alarms,
    audits,
    people,
    providers,
    verification,
    watch,
)
from triage.services.audits import Surroundings
from triage.services.people import find_account
from triage.storage.attempts import Attempt
from triage.storage.calls import Call
from triage.storage.messages import Message
from triage.storage.safety import Alarm
from triage.storage.teams import Responder
from triage.storage.timers import Timer

DESK = "+12025550190"


def on_a_call(world: World, name: str = "CIT 1") -> tuple[Phone, Call]:
    (phone,) = world.team(name)
    call = world.call(CALM, location="Pier 3")
    phone.text(f"{call.code} 1")
    phone.expect("it is yours")
    return phone, call


def untaken(world: World) -> list[Alarm]:
    with world.context.reading() as uow:
        return list(alarm_lists.untaken(uow))


def in_force(world: World) -> list[Alarm]:
    with world.context.reading() as uow:
        return list(alarm_lists.in_force(uow))


def findings(world: World) -> set[str]:
    with world.context.reading() as uow:
        found = audits.audit(uow, world.centre, Surroundings(simulated=True, demo=True))
    return {one.code for one in found if one.code != "no_worker"}


def words(browser: Browser, path: str) -> str:
    page = browser.get(path).get_data(as_text=True)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_menu_leads_to_the_alarms_for_whoever_may_open_them(world: World) -> None:
    for role, sees in {"dispatcher": True, "supervisor": True, "clinician": False}.items():
        page = world.client(role).get("/shifts" if role == "clinician" else "/board").text
        menu = page[page.index("<nav") : page.index("</nav>")]
        assert ('<a href="/alarms">Alarms</a>' in menu) is sees


def test_a_cry_for_help_rings_the_desk_and_the_supervisors_at_once(world: World) -> None:
    boss = supervisor(world)
    phone, call = on_a_call(world)

    phone.text("need help")

    phone.expect("ALARM RAISED")
    for rung in (world.desk, boss):
        ring = rung.expect_ring("CIT 1, clinician, needs help")
        assert f"Call {', '.join(call.code)}." in ring.body
        assert "Pier" not in ring.body
    assert len(phone.rings) == 0
    with world.context.reading() as uow:
        rings = uow.session.scalars(select(Message).where(Message.kind == "alarm")).all()
        asked = uow.session.scalars(select(Message).where(Message.kind == "page")).one()
        assert {ring.priority for ring in rings} == {0}
        assert all(ring.created_at >= asked.created_at for ring in rings)
        (alarm,) = alarm_lists.untaken(uow)
        assert max(r.sent_at for r in rings) - alarm.created_at < timedelta(seconds=15)


def test_it_rings_again_until_a_key_takes_it(world: World) -> None:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} ASSIST")
    phone.expect("ALARM RAISED")
    rung = world.desk
    rung.expect_ring("needs help")

    rung.pick_up("machine_start")  # a voice mailbox takes nothing
    world.wait(seconds=31)
    assert len(rung.rings) == 2
    rung.pick_up()
    assert "That was not 1" in rung.press("2")
    world.wait(seconds=31)
    assert len(rung.rings) == 3
    assert "You take care of it" in rung.press("1")

    world.wait(minutes=5)
    assert len(rung.rings) == 3
    assert untaken(world) == []
    with world.context.reading() as uow:
        alarm = uow.session.scalars(select(Alarm)).one()
        assert (alarm.taken_by, alarm.taken_through) == ("desk", "voice")
    assert world.audited("alarm.taken") == 1


def test_a_key_that_the_network_brings_again_is_not_told_that_somebody_else_has_it(
    world: World,
) -> None:
    """Our answer was lost on its way: who heard that another takes care of it would do nothing."""
    boss = supervisor(world)
    phone, _ = on_a_call(world)
    phone.text("need help")
    phone.expect("ALARM RAISED")
    boss.expect_ring("needs help")
    world.desk.expect_ring("needs help")

    assert "You take care of it" in boss.press("1")

    assert "You take care of it" in boss.press("1")
    assert "Somebody takes care of this alarm already" in world.desk.press("1")
    assert world.audited("alarm.taken") == 1


def test_a_provider_that_asks_for_patience_does_not_silence_it(world: World) -> None:
    """Calls are to wait for an hour; an alarm is tried at once, and each time that it rings."""
    phone, _ = on_a_call(world)
    with world.context.unit_of_work("test") as uow:
        providers.note(uow, "voice", Refused("20429", Whose.PROVIDER, 3600.0))

    phone.text("need help")
    world.desk.expect("Alarm. CIT 1")
    phone.expect("ALARM RAISED")

    world.desk.expect_ring("needs help")


def test_while_the_provider_goes_on_refusing_each_ring_tries_anew(world: World) -> None:
    phone, _ = on_a_call(world)
    world.phones.broken = Refused("20429", Whose.PROVIDER, 3600.0)
    phone.text("need help")
    assert world.desk.rings == []
    world.phones.broken = None

    world.wait(seconds=31)
    world.desk.expect("Alarm. CIT 1")
    world.desk.expect("Alarm. CIT 1")
    phone.expect("ALARM RAISED")

    assert len(world.desk.rings) == 1


def test_it_is_on_every_screen_of_the_desk_and_one_button_takes_it(world: World) -> None:
    dispatcher = world.client("dispatcher")
    phone, call = on_a_call(world)
    phone.text("help me")
    phone.expect("ALARM RAISED")

    for path in ("/board", f"/calls/{call.reference}", "/intake", "/alarms", "/banners"):
        assert "CIT 1 (clinician) NEEDS HELP" in words(dispatcher, path), path
    assert "NEEDS HELP" not in words(world.client("clinician"), "/banners")
    page = dispatcher.get("/alarms").get_data(as_text=True)
    taken = re.search(r'action="(/alarms/[^"]+/take)"', page)
    assert taken
    dispatcher.submit("/alarms", {"next": "/alarms"}, to=taken[1])

    assert "I take care of it" not in words(dispatcher, f"/calls/{call.reference}")
    told = words(dispatcher, "/alarms")
    assert "Not yet" in told
    assert "Test dispatcher" in told
    again = dispatcher.submit("/alarms", {}, to=taken[1], follow=True)
    assert "taken care of already" in again.get_data(as_text=True)
    world.wait(minutes=2)
    assert len(world.desk.rings) == 1


def taken_by(world: World, name: str) -> Alarm:
    """Their alarm is taken, by a dispatcher of this name."""
    (alarm,) = untaken(world)
    username = name.lower()
    with world.context.unit_of_work("test") as uow:
        people.add_account(uow, world.centre, username, name, "dispatcher", PASSWORD)
    world.client("dispatcher", username).submit("/alarms", {}, to=f"/alarms/{alarm.id}/take")
    return alarm


def test_who_needed_help_stays_on_every_screen_until_somebody_says_that_it_is_over(
    world: World,
) -> None:
    phone, call = on_a_call(world)
    clinician, colleague = signs_in(world, phone), world.client("dispatcher")
    path = f"/calls/{call.reference}"
    phone.text("need help")
    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")
    assert "rings at dispatch. Nobody has taken it yet." in words(clinician, path)
    assert "My alarm is over" not in words(clinician, path)

    alarm = taken_by(world, "Dana")

    clock = "Dana has it since "
    for shown in ("/board", path, "/alarms"):
        assert "CIT 1 (clinician) NEEDS HELP" in words(colleague, shown), shown
        assert clock in words(colleague, shown), shown
    assert "Dana has it, it is not over" in words(colleague, "/intake")
    assert "Dana has your alarm since " in words(clinician, path)

    phone.text("need help")  # once more: that is another one, and nobody has it
    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")
    assert "Nobody has taken it yet." in words(clinician, path)
    taken_by(world, "Ruth")
    colleague.submit("/alarms", {}, to=f"/alarms/{alarm.id}/over")
    assert "Ruth has your alarm since " in words(clinician, path)
    with world.context.reading() as uow:
        (second,) = alarm_lists.in_force(uow)
    colleague.submit("/alarms", {}, to=f"/alarms/{second.id}/over")
    for shown in ("/board", path, "/intake"):
        assert "NEEDS HELP:" not in words(colleague, shown), shown
    assert "has your alarm" not in words(clinician, path)
    assert "The alarm of CIT 1 is over." in words(colleague, path)
    assert world.audited("alarm.over") == 2


def dana_has_it(world: World) -> tuple[Phone, Call, Browser]:
    """Dana alone has the alarm of CIT 1; her colleague looks on."""
    phone, call = on_a_call(world)
    phone.text("need help")
    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")
    colleague = world.client("dispatcher")
    taken_by(world, "Dana")
    return phone, call, colleague


def test_an_alarm_whose_holder_is_not_seen_is_loud_again_and_another_takes_it(
    world: World,
) -> None:
    phone, call, colleague = dana_has_it(world)
    world.phones.ignored["all"] = "the alarm alone matters"
    path = f"/calls/{call.reference}"
    world.wait(minutes=2)
    assert "Dana had it" not in words(colleague, "/board")
    world.wait(minutes=1, seconds=10)

    for shown in ("/board", path, "/alarms", "/banners"):
        assert "Dana had it, and is gone." in words(colleague, shown), shown
    for shown in ("/board", path):
        assert "I take care of it" in words(colleague, shown), shown
        assert "It is over" not in words(colleague, shown), shown
    assert "Dana had it, and is gone." in words(signs_in(world, phone), path)

    (alarm,) = in_force(world)
    colleague.submit("/alarms", {}, to=f"/alarms/{alarm.id}/take")
    assert "Test dispatcher has it since" in words(colleague, "/board")
    assert "is taken care of. Dana had it, and is gone." in words(colleague, path)
    again = colleague.submit("/alarms", {}, to=f"/alarms/{alarm.id}/take", follow=True)
    assert "taken care of already" in again.get_data(as_text=True)


def test_an_alarm_whose_holder_is_not_seen_rings_again_where_nobody_at_the_desk_takes_it(
    world: World,
) -> None:
    _, call, colleague = dana_has_it(world)
    world.phones.ignored["all"] = "the rings alone matter"
    dana, rings = world.client("dispatcher", "dana"), len(world.desk.rings)
    for _ in range(5):  # as long as a page of hers is open
        world.wait(minutes=2)
        dana.get("/banners")
    assert "Dana had it" not in words(colleague, "/board")

    world.wait(minutes=3, seconds=5)
    assert "Dana had it, and is gone." in words(colleague, "/board")
    assert len(world.desk.rings) == rings, "the desk is told first"
    world.wait(seconds=world.centre.policy.ring_again_s)
    assert len(world.desk.rings) == rings + 1
    assert "Dana is not seen: nobody takes care of the alarm of CIT 1, it rings again." in words(
        colleague, f"/calls/{call.reference}"
    )
    world.wait(seconds=world.centre.policy.ring_again_s)
    assert len(world.desk.rings) == rings + 2, "until a person takes it"

    (alarm,) = untaken(world)
    dana.submit("/alarms", {}, to=f"/alarms/{alarm.id}/take")
    assert "Dana has it since" in words(colleague, "/board"), "back, she may have it again"
    dana.submit("/alarms", {}, to=f"/alarms/{alarm.id}/over")
    world.wait(minutes=9)
    assert len(world.desk.rings) == rings + 2
    assert findings(world) == set()


def test_who_has_taken_an_alarm_by_telephone_is_not_looked_for_at_a_screen(world: World) -> None:
    phone, _ = on_a_call(world)
    phone.text("need help")
    phone.expect("ALARM RAISED")
    world.phones.ignored["all"] = "the rings alone matter"
    world.desk.pick_up()
    world.desk.press("1")
    rings = len(world.desk.rings)

    world.wait(minutes=9)

    assert len(world.desk.rings) == rings


def test_an_alarm_whose_holder_signs_out_rings_again(world: World) -> None:
    _, call, colleague = dana_has_it(world)
    dana = world.client("dispatcher", "dana")
    asked = dana.submit("/board", {}, to="/sign-out", follow=True).get_data(as_text=True)
    assert "If you sign out now, nobody has this:" in asked
    assert "CIT 1 (clinician) NEEDS HELP" in " ".join(asked.split())
    world.phones.ignored["all"] = "the ring alone matters"
    world.wait(minutes=3, seconds=10)
    dana.submit("/board", {"anyway": "1"}, to="/sign-out")
    world.settle()

    world.desk.expect_ring("needs help")
    assert "Dana had it, and is gone." in words(colleague, "/board")
    assert "Has signed out: nobody takes care of the alarm of CIT 1" in words(
        colleague, f"/calls/{call.reference}"
    )
    world.desk.pick_up()
    world.desk.press("1")
    assert "Somebody at the desk has it since" in words(colleague, "/board")


def test_who_needs_help_comes_before_who_had_to_withdraw(world: World) -> None:
    older, _ = on_a_call(world, "CIT 1")
    newer, _ = on_a_call(world, "CIT 2")
    world.phones.ignored["all"] = "the screens alone matter"
    older.text("unsafe")
    world.wait(seconds=5)
    newer.text("need help")

    for shown in ("/board", "/banners", "/alarms"):
        told = words(world.client("dispatcher"), shown)
        assert "HAD TO WITHDRAW" in told
        assert told.index("NEEDS HELP") < told.index("HAD TO WITHDRAW"), shown


def test_who_needed_help_says_on_their_own_page_that_it_is_over(world: World) -> None:
    phone, call = on_a_call(world)
    clinician, path = signs_in(world, phone), f"/calls/{call.reference}"
    phone.text("need help")
    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")
    too_early = clinician.submit(path, {"action": "over"}, to=f"{path}/mine")
    assert "no alarm of yours is taken" in too_early.get_data(as_text=True)
    assert len(untaken(world)) == 1
    taken_by(world, "Dana")

    clinician.submit(path, {"action": "over"}, to=f"{path}/mine")

    assert "NEEDS HELP:" not in words(world.client("dispatcher"), "/board")
    assert "CIT 1 (clinician) says: the alarm is over." in words(world.client("dispatcher"), path)
    assert world.audited("alarm.over") == 1


def test_eight_cries_are_one_alarm_that_rings_eight_times(world: World) -> None:
    phone, call = on_a_call(world)

    for _ in range(8):
        phone.text(f"{call.code} ASSIST")

    assert len(untaken(world)) == 1
    assert len(world.desk.rings) == 8  # nothing throttles it
    assert len([t for t in phone.inbox if "ALARM RAISED" in t]) == 8
    phone.text("STOP")
    phone.text("assist")
    assert len(world.desk.rings) == 9


def test_telephones_that_still_ring_when_it_is_taken_are_stopped_once(world: World) -> None:
    boss = supervisor(world)
    phone, _ = on_a_call(world)
    hush = worker.Hush(world.context)
    phone.text("need help")
    phone.expect("ALARM RAISED")
    for rung in (world.desk, boss):
        rung.expect_ring("needs help")
    hush.work(lambda: True)
    assert world.phones.stopped == []

    taken_by(world, "Dana")

    for _ in range(2):
        hush.work(lambda: True)
    assert len(world.phones.stopped) == 2
    with world.context.reading() as uow:
        rang = uow.session.scalars(select(Attempt.provider_id).where(Attempt.channel == "voice"))
        assert set(world.phones.stopped) == set(rang)


def test_on_the_invented_telephones_too_a_ring_is_stopped(tmp_path: Path) -> None:
    network = SimulatorSms(tmp_path / "phones.sqlite")
    rings = [network.call(OutboundCall(f"a{n}", DESK, "said", 60)) for n in range(2)]

    assert isinstance(rings[0], Sent)
    network.stop_ringing(rings[0].provider_id)

    assert [ring["our_id"] for ring in network.ringing()] == ["a1"]


def test_two_people_are_two_alarms_and_neither_waits_for_the_other(world: World) -> None:
    one, _ = on_a_call(world, "CIT 1")
    two, _ = on_a_call(world, "CIT 2")

    one.text("need help")
    one.expect("ALARM RAISED")
    two.text("need help")
    two.expect("ALARM RAISED")

    assert [ring.body.split(".")[2].strip() for ring in world.desk.rings] == [
        "CIT 1, clinician, needs help",
        "CIT 2, clinician, needs help",
    ]


def test_on_no_call_it_is_an_alarm_all_the_same(world: World) -> None:
    (phone,) = world.team("CIT 1")

    phone.text("assist")
    phone.expect("ALARM RAISED")

    assert "on no call" in world.desk.expect_ring("CIT 1").body
    dispatcher = world.client("dispatcher")
    assert "CIT 1 (clinician) NEEDS HELP: on no call" in words(dispatcher, "/board")


def signs_in(world: World, phone: Phone, username: str = "test-clinician") -> Browser:
    """The member with this phone, at a browser."""
    world.account("clinician", username)
    with world.context.unit_of_work("test") as uow:
        account = find_account(uow, username)
        assert account is not None
        assert phone.responder_id is not None
        uow.get(Responder, phone.responder_id).account_id = account.id
    return world.client("clinician", username)


def test_the_button_on_the_clinicians_page_raises_it(world: World) -> None:
    phone, call = on_a_call(world)
    clinician = signs_in(world, phone)

    path = f"/calls/{call.reference}"
    said = clinician.submit(path, {"action": "help"}, to=f"{path}/mine", follow=True)

    assert "ALARM RAISED" in said.get_data(as_text=True)
    world.desk.expect_ring("needs help")


def test_a_supervisor_who_needs_help_is_not_rung_about_it_nor_is_who_is_with_them(
    world: World,
) -> None:
    boss, beside = world.team("Supervisors", ("supervision",), ("supervisor", "supervisor"))

    boss.text("need help")
    boss.expect("ALARM RAISED")

    assert [boss.rings, beside.rings] == [[], []]
    world.desk.expect_ring("needs help")


@pytest.mark.parametrize("comes", [True, False], ids=["with them", "elsewhere"])
def test_whoever_is_with_them_is_not_rung_about_it_where_theirs_is_the_desks_telephone(
    world: World, comes: bool
) -> None:
    """At night the desk's telephone is an officer's, of another team."""
    (clinician,) = world.team("CIT 1", ("co_responder",))
    (officer,) = world.team("Unit 4", ("co_responder" if comes else "police",), ("officer",))
    boss = supervisor(world)
    at_night = replace(world.centre.policy, desk_phone=officer.number)
    world.context = replace(world.context, centre=replace(world.centre, policy=at_night))
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    world.ignores_texts("who is rung matters here")
    for phone in (clinician, officer) if comes else (clinician,):
        phone.text(f"{call.code} 1")

    clinician.text(f"{call.code} need help")

    boss.expect_ring("needs help")
    assert ["needs help" in ring.body for ring in officer.rings] == [True] * (not comes)


def test_an_alarm_has_a_live_timer_until_it_is_taken_and_is_found_where_it_has_none(
    world: World,
) -> None:
    phone, _ = on_a_call(world)
    phone.text("need help")
    world.desk.expect_ring("Alarm. CIT 1")
    phone.expect("ALARM RAISED")
    (alarm,) = untaken(world)

    assert findings(world) == set()
    for _ in range(4):
        world.wait(seconds=20)
        world.desk.expect_ring("Alarm. CIT 1")
        with world.context.reading() as uow:
            waiting = select(Timer).where(
                Timer.subject_id == alarm.id,
                Timer.kind == alarm_rings.RING,
                Timer.state == "waiting",
            )
            assert len(uow.session.scalars(waiting).all()) == 1
    assert findings(world) == {"alarm_untaken"}
    with world.context.unit_of_work("test") as uow:
        timer = uow.session.scalars(waiting).one()
        timer.state = "parked"
    assert findings(world) >= {"alarm_untaken", "alarm_silent", "parked"}
    with world.context.unit_of_work("test") as uow:
        alarms.take(uow, world.centre, uow.get(Alarm, alarm.id), "screen")
    assert "alarm_untaken" not in findings(world)


def test_without_any_telephone_it_says_at_once_that_it_reaches_nobody(world: World) -> None:
    phone, call = on_a_call(world)
    mute = replace(world.centre.policy, desk_phone=None)
    world.context = replace(world.context, centre=replace(world.centre, policy=mute))

    phone.text("need help")
    phone.expect("ALARM RAISED")

    dispatcher = world.client("dispatcher")
    assert "The alarm rings nobody" in words(dispatcher, f"/calls/{call.reference}")
    for path in ("/board", "/banners", "/alarms"):
        assert "It reaches no telephone" in words(dispatcher, path), path
    assert findings(world) == {"alarm_unheard"}
    boss = supervisor(world)
    world.wait(seconds=31)
    boss.expect_ring("needs help")
    assert "alarm_unheard" not in findings(world)
    assert "It reaches no telephone" not in words(dispatcher, "/alarms")


# --- while no call goes out --------------------------------------------------------------------


def shut(world: World, *ways: str) -> None:
    for way in ways:
        with world.context.unit_of_work("test") as uow:
            providers.note(uow, way, Refused("20003", Whose.PROVIDER))


def test_while_no_call_goes_out_it_is_texted_at_once_as_well(world: World) -> None:
    boss = supervisor(world)
    phone, call = on_a_call(world)
    world.phones.no_calls = Refused("20003", Whose.PROVIDER)
    shut(world, "voice")

    phone.text("need help")

    told = f"CIT 1, clinician, needs help. Call {call.code}."
    for reached in (world.desk, boss):
        text = reached.expect("needs help")
        assert told in text
        assert "Take it under Alarms" in text
        assert "Pier" not in text
        assert reached.rings == []
    assert phone.inbox[-1].startswith(f"{call.code}: ALARM RAISED")
    assert "CIT 1 (clinician) NEEDS HELP" in words(world.client("dispatcher"), "/board")
    told = words(world.client("dispatcher"), f"/calls/{call.reference}")
    assert "No telephone rings: the alarm is texted to 2 telephones." in told
    assert "alarm_unheard" not in findings(world)

    world.wait(seconds=31)  # and again, until somebody takes it
    world.desk.expect("Alarm. CIT 1")
    assert len([text for text in boss.inbox if "needs help" in text]) == 2
    with world.context.unit_of_work("test") as uow:
        alarms.take(uow, world.centre, alarm_lists.untaken(uow)[0], "screen")
    world.wait(minutes=2)
    assert len([text for text in boss.inbox if "needs help" in text]) == 2


def test_an_alarm_that_finds_out_that_no_call_goes_out_is_texted_five_seconds_later(
    world: World,
) -> None:
    phone, _ = on_a_call(world)
    world.phones.no_calls = Refused("20003", Whose.PROVIDER)

    phone.text("need help")
    phone.expect("ALARM RAISED")
    assert world.desk.inbox == []
    world.wait(seconds=6)

    world.desk.expect("needs help")
    assert world.audited("alarm.texted") == 1


def test_one_that_rings_is_not_texted(world: World) -> None:
    phone, _ = on_a_call(world)

    phone.text("need help")
    phone.expect("ALARM RAISED")
    world.wait(minutes=2)

    assert world.desk.inbox == []
    assert len(world.desk.rings) > 1


def test_under_duress_the_text_goes_to_no_phone_of_the_team(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    for phone in (clinician, officer):
        phone.text(f"{call.code} 1")
    with world.context.unit_of_work("test") as uow:
        member = uow.get(Responder, clinician.responder_id)
        before = [len(phone.inbox) for phone in (clinician, officer)]
        providers.note(uow, "voice", Refused("20003", Whose.PROVIDER))
        world.phones.no_calls = Refused("20003", Whose.PROVIDER)
        alarms.raise_(uow, world.centre, AlarmKind.DURESS, member)

    assert "Do not ring, text or radio them" in world.desk.expect(
        "Silent alarm of CIT 1, clinician"
    )
    assert [len(phone.inbox) for phone in (clinician, officer)] == before


def test_while_neither_calls_nor_texts_go_out_the_watcher_says_what_to_do(world: World) -> None:
    phone, _ = on_a_call(world)
    world.phones.broken = Refused("20003", Whose.PROVIDER)
    shut(world, "voice", "sms")

    phone.text("need help")

    assert findings(world) == {"provider", "alarm_unheard"}
    dispatcher = world.client("dispatcher")
    for path in ("/board", "/banners", "/alarms"):
        assert "It reaches no telephone" in words(dispatcher, path), path
    assert "by radio or by another telephone" in KINDS["alarm_unheard"].to_do
    world.phones.broken = None
    world.wait(seconds=31)
    world.desk.expect("Alarm. CIT 1")
    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")
    assert "alarm_unheard" not in findings(world)


def test_that_it_is_not_safe_is_an_alarm_whatever_else_the_text_tells(world: World) -> None:
    boss = supervisor(world)
    phone, call = on_a_call(world)

    phone.text(f"{call.code} not safe here, he has a knife")

    assert [alarm.kind for alarm in untaken(world)] == [AlarmKind.HELP]
    boss.expect_ring("Alarm")
    world.ignores_texts("what an alarm sets off is told above")


LATER = {
    "on the way": ["GO"],
    "withdrawn": ["SCENE", "unsafe"],
    "cleared": ["SCENE", "CLEAR"],
    "cleared, verdict given": ["SCENE", "CLEAR", "1"],
}


@pytest.mark.parametrize("moment", LATER)
def test_help_alone_is_an_alarm_until_long_after_the_call_and_the_button_stays(
    world: World, moment: str
) -> None:
    phone, call = on_a_call(world)
    clinician = signs_in(world, phone)
    for said in LATER[moment]:
        phone.text(f"{call.code} {said}")
    world.ignores_texts("what is asked of others is another story")
    world.wait(minutes=30)
    assert "I need help" in words(clinician, f"/calls/{call.reference}")

    phone.text("HELP")

    assert "ALARM RAISED" in phone.inbox[-1]
    assert AlarmKind.HELP in {alarm.kind for alarm in untaken(world)}
    assert any("needs help" in ring.body for ring in world.desk.rings)


def test_help_of_somebody_on_no_call_is_read_by_a_dispatcher(world: World) -> None:
    """It may be a question to the carrier; whoever means it may not be able to say more."""
    (phone,) = world.team("CIT 1")
    phone.text("HELP")
    phone.expect("Send HELP again if you need help now, or ring")
    board = "/board"
    assert "Texts that nobody has read" not in words(world.client("dispatcher"), board)

    world.wait(minutes=2, seconds=5)

    assert "CIT 1 (clinician)" in words(world.client("dispatcher"), board)
    assert "HELP" in words(world.client("dispatcher"), board)
    assert untaken(world) == []
    phone.text("HELP")  # no question to the carrier any more
    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help. They are on no call")


def test_that_no_backup_is_needed_is_no_alarm_and_read_at_once(world: World) -> None:
    phone, call = on_a_call(world)

    phone.text("No backup needed")

    told = f"{call.code}: no alarm is raised, a dispatcher reads your text."
    assert phone.expect(told).endswith(f"If you need help: {call.code} ASSIST")
    assert untaken(world) == []
    board = words(world.client("dispatcher"), "/board")
    assert "Texts that nobody has read" in board
    assert "nothing was done, read it" in board
    assert "No backup needed" in board
    phone.text("no, backup needed")
    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")


def test_and_is_one_where_it_may_answer_whether_all_is_well(world: World) -> None:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")
    world.wait(minutes=20, seconds=5)
    phone.expect("Roster check")

    phone.text("no backup needed")

    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")


def test_that_it_is_not_safe_is_heard_from_a_number_that_is_not_verified_yet(
    world: World,
) -> None:
    phone, call = on_a_call(world)
    assert phone.responder_id is not None
    key, fresh = phone.responder_id, Phone(world, world.phone_number(), phone.responder_id)
    world.context.do(
        "test",
        lambda uow: verification.change_number(
            uow, world.centre, uow.get(Responder, key), fresh.number
        ),
    )
    fresh.expect("to be paged on this phone")

    fresh.text("unsafe")

    fresh.expect("ALARM RAISED")
    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id) == (AlarmKind.HELP, call.id)
    world.desk.expect_ring("needs help")
    assert world.dispatch(call, "mobile_crisis").state.value == "accepted"


def test_that_nobody_takes_it_is_said_to_nobody_any_more_once_somebody_has(world: World) -> None:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} ASSIST")
    world.ignores_texts("the desk's screens alone matter")
    world.wait(minutes=2)
    desk = world.client("dispatcher")

    def told(place: str) -> bool:
        with world.context.unit_of_work("test") as uow:  # the watcher's last round, seconds old
            watch.keep(uow, "test", 1, [Finding("alarm_untaken", 1, 120.0)])
        return "takes an alarm of somebody in the field" in words(desk, place)

    for place in ("/banners", "/board"):
        assert told(place), place
    (alarm,) = untaken(world)
    desk.submit("/alarms", {"next": "/alarms"}, f"/alarms/{alarm.id}/take")
    for place in ("/banners", "/board"):
        assert not told(place), place

"""Somebody forces them: an ordinary text, an ordinary answer, and an alarm at the desk alone."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.stories.test_addresses import LOCKED_OUT, PIN, locked_out
from tests.stories.test_alarms import on_a_call, signs_in, untaken, words
from tests.stories.test_calls import CALM
from tests.stories.test_escalation import supervisor
from tests.world import PASSWORD, Phone, World
from triage.domain.alarms import AlarmKind
from triage.domain.errors import Refused
from triage.domain.findings import Finding
from triage.domain.lifecycle import DispatchState, SlotState
from triage.services import dispatches, duress, watch
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.messages import InboundMessage, Message
from triage.storage.teams import Responder

WORD = "bluebird"


def knows(world: World, phone: Phone, word: str = WORD) -> Phone:
    with world.context.unit_of_work("test") as uow:
        assert phone.responder_id is not None
        duress.set_word(uow, uow.get(Responder, phone.responder_id), word)
    return phone


def pair_on_scene(world: World, name: str) -> tuple[Phone, Phone, Call]:
    clinician, officer = world.pair(name)
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    for phone in (clinician, officer):
        phone.expect("URGENT, within 30 min")
        phone.text(f"{call.code} 1")
        phone.expect("accepted, it is yours")
        phone.text(f"{call.code} SCENE")
        phone.expect("you are on scene")
    clinician.expect("officer CIT 1 has accepted too and comes with you")
    return clinician, officer, call


def test_whoever_is_there_too_reads_of_an_open_cry_for_help(world: World) -> None:
    clinician, officer, call = pair_on_scene(world, "CIT 1")
    clinician.text("need help")
    clinician.expect("ALARM RAISED")
    officer.expect(f"{call.code}: CIT 1 (clinician) needs help. The desk is alarmed.")
    clinician.text("need help")
    clinician.expect("ALARM RAISED")
    officer.expect_silence()
    for _ in range(2):
        world.desk.expect_ring("needs help")
    page = words(world.client("dispatcher"), f"/calls/{call.reference}")
    assert "CIT 1 (officer) is texted that a colleague needs help." in page


def test_nobody_reads_of_a_silent_alarm_there(world: World) -> None:
    clinician, officer, call = pair_on_scene(world, "CIT 1")
    knows(world, clinician)
    clinician.text(f"{call.code} {WORD}")
    assert [alarm.kind for alarm in untaken(world)] == [AlarmKind.DURESS]
    officer.expect_silence()
    world.desk.expect_ring("Silent alarm")
    clinician.ignores("an ordinary answer")


MOMENTS = {
    "asked": [],
    "accepted": ["{code} 1"],
    "on the way": ["{code} 1", "ETA 10"],
    "on scene": ["{code} 1", "SCENE"],
    "cleared": ["{code} 1", "SCENE", "CLEAR"],
    "on scene and asked how it is": ["{code} 1", "SCENE", None],
}
SAID = [
    "{code} ok",
    "ok",
    "1",
    "{code} 2",
    "SCENE",
    "{code} CLEAR",
    "what do you want",
    "note calm",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_answer_is_the_ordinary_one_letter_for_letter(world: World, moment: str) -> None:
    """Of two teams in the same place one puts its word into the text. Whatever answers it, and
    what comes in the hour after, is the same; only that they are not asked to come anywhere."""
    for number, said in enumerate(SAID):
        heard = []
        for under_duress in (False, True):
            (phone,) = world.team(f"Unit {number} {under_duress}", zones=["Harbor"])
            call = world.call(CALM, zone="Harbor", location="Pier 3")
            for step in MOMENTS[moment]:
                if step is None:
                    world.wait(minutes=21)
                else:
                    phone.text(step.format(code=call.code))
            body = said.format(code=call.code)
            if under_duress:
                body = f"{body} {WORD}"
                knows(world, phone)
            before = len(phone.inbox)
            phone.text(body)
            world.wait(minutes=25)
            after = [text for text in phone.inbox[before:] if "1=accept" not in text]
            heard.append([t.replace(call.code, "CODE") for t in after])
            _end(world, phone, call)
        # each has a name, a time and a link of its own
        own = r"(?<=Unit) \d+ \w+|(?<=since) \d\d:\d\d|(?<=/p/)[\w-]+"
        ordinary, forced = ([re.sub(own, "", text) for text in one] for one in heard)
        assert forced == ordinary, said
        assert "ALARM" not in " ".join(forced).upper()
    kinds = {alarm.kind for alarm in untaken(world)}
    assert AlarmKind.DURESS in kinds
    world.desk.ignores("what is said to dispatch, which the team does not hear")


def _end(world: World, phone: Phone, call: Call) -> None:
    """Neither this team nor this call takes part in what follows."""
    with world.context.unit_of_work("test") as uow:
        assert phone.responder_id is not None
        uow.get(Responder, phone.responder_id).team.retired_at = uow.now
        for dispatch in dispatches.of_call(uow, uow.get(Call, call.id)):
            dispatch.state = DispatchState.CANCELLED
            for slot in dispatch.slots:
                slot.state = SlotState.CANCELLED


def test_the_word_alone_reads_as_ok(world: World) -> None:
    (phone,) = world.team("CIT 1")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    phone.text("SCENE")
    phone.expect("you are on scene")
    knows(world, phone)

    phone.text("Bluebird.")
    world.desk.expect_ring("Silent alarm of CIT 1")

    phone.expect(f"{call.code}: thank you, noted.")
    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id) == (AlarmKind.DURESS, call.id)


@pytest.mark.parametrize("typed", ["bluebrid", "Blueebird.", "bluevird"])
def test_a_slip_inside_the_word_raises_it_too_and_is_answered_as_ever(
    world: World, typed: str
) -> None:
    phone, call = on_a_call(world)
    knows(world, phone)

    phone.text(f"{call.code} ok {typed}")

    world.desk.expect_ring("Silent alarm of CIT 1")
    assert phone.expect("noted") == f"{call.code}: thank you, noted."
    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id) == (AlarmKind.DURESS, call.id)
    with world.context.reading() as uow:
        bodies = [one.body for one in uow.session.scalars(select(InboundMessage))]
    assert typed not in " ".join(body or "" for body in bodies)


@pytest.mark.parametrize(
    ("word", "typed"), [("bluebird", "blueberd x"), ("bluebird", "blubird"), ("clovers", "clobers")]
)
def test_what_may_as_well_be_another_word_raises_nothing(
    world: World, word: str, typed: str
) -> None:
    phone, call = on_a_call(world)
    knows(world, phone, word)

    phone.text(f"{call.code} note all calm, {typed}")

    phone.expect("your note is kept")
    assert untaken(world) == []
    assert world.desk.rings == []


def test_the_desk_and_supervisors_are_rung_at_once_and_no_phone_of_the_team(world: World) -> None:
    boss = supervisor(world)
    clinician, officer, call = pair_on_scene(world, "CIT 1")
    before = [len(phone.inbox) for phone in (clinician, officer)]
    knows(world, clinician)

    clinician.text(f"ok {WORD}")

    for rung in (world.desk, boss):
        ring = rung.expect_ring(
            "Silent alarm of CIT 1, clinician. Do not ring, text or radio them."
        )
        assert f"Call {', '.join(call.code)}" in ring.body
    assert [clinician.rings, officer.rings] == [[], []]
    assert [len(phone.inbox) for phone in (clinician, officer)] == [before[0] + 1, before[1]]
    world.wait(seconds=31)
    boss.expect_ring("Silent alarm of CIT 1")
    assert len(world.desk.rings) == 2
    world.desk.press("1")
    assert untaken(world) == []
    assert clinician.inbox[-1] == f"{call.code}: thank you, noted."


def test_a_supervisor_of_the_same_team_is_not_rung_about_it(world: World) -> None:
    """They may stand beside whoever forces their colleague."""
    forced, beside = world.team("Supervisors", ("supervision",), ("supervisor", "supervisor"))
    boss = supervisor(world, "Others")
    knows(world, forced)

    forced.text(f"ok {WORD}")

    assert forced.inbox
    assert [forced.rings, beside.rings, beside.inbox] == [[], [], []]
    for rung in (world.desk, boss):
        rung.expect_ring("Silent alarm of Supervisors, supervisor")


def test_it_is_on_the_screens_of_the_desk_and_on_no_other(world: World) -> None:
    clinician, officer, call = pair_on_scene(world, "CIT 1")
    theirs = signs_in(world, clinician, "test-one")
    partners = signs_in(world, officer, "test-two")
    path = f"/calls/{call.reference}"
    knows(world, clinician)
    before = [words(one, p) for one in (theirs, partners) for p in (path, "/banners")]

    clinician.text(f"ok {WORD}")
    world.desk.expect_ring("Silent alarm of CIT 1")
    clinician.expect("thank you, noted")

    after = [words(one, p) for one in (theirs, partners) for p in (path, "/banners")]
    assert [_timeless(page) for page in after] == [_timeless(page) for page in before]
    dispatcher = world.client("dispatcher")
    for place in ("/board", path, "/banners", "/alarms"):
        told = words(dispatcher, place)
        assert "SILENT ALARM" in told, place
        assert "Do not ring, text or radio them" in told, place


def test_that_nobody_takes_it_is_told_on_the_screens_of_the_desk_alone(world: World) -> None:
    clinician, officer, _ = pair_on_scene(world, "CIT 1")
    theirs = [signs_in(world, p, n) for p, n in ((clinician, "test-one"), (officer, "test-two"))]
    knows(world, clinician)
    clinician.text(f"ok {WORD}")
    world.desk.expect_ring("Silent alarm of CIT 1")
    clinician.expect("thank you, noted")
    world.wait(seconds=61)
    world.desk.expect_ring("Silent alarm of CIT 1")

    with world.context.unit_of_work("test") as uow:
        found = [Finding("alarm_untaken"), Finding("alarm_silent"), Finding("callbacks")]
        watch.keep(uow, "watcher", 1, found)

    for browser in theirs:
        told = words(browser, "/banners")
        assert "PAGING DOES NOT WORK" in told
        assert "alarm" not in told.lower()
    told = words(world.client("dispatcher"), "/banners")
    assert "Nobody takes an alarm of somebody in the field" in told
    assert "Reach them by radio" not in told  # whoever is forced is not to be rung


def _timeless(page: str) -> str:
    return re.sub(r"\d\d:\d\d|under a minute|\d+ min|\d+ s\b", "", page)


def test_programs_that_read_calls_learn_nothing_of_it(world: World) -> None:
    clinician, _, call = pair_on_scene(world, "CIT 1")
    knows(world, clinician)
    clinician.text(f"ok {WORD}")
    world.desk.expect_ring("Silent alarm of CIT 1")
    clinician.expect("thank you, noted")
    bearer = {"Authorization": f"Bearer {world.token('calls:read')}"}

    got = world.app.test_client().get(f"/api/v1/calls/{call.reference}", headers=bearer)

    assert got.status_code == 200
    assert "alarm" not in got.get_data(as_text=True).lower()


def test_the_word_itself_is_kept_nowhere(world: World) -> None:
    (phone,) = world.team("CIT 1")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    knows(world, phone)

    phone.text(f"NOTE all is calm {WORD} here")
    world.desk.expect_ring("Silent alarm of CIT 1")
    phone.expect("your note is kept")

    with world.context.reading() as uow:
        bodies = [m.body or "" for m in uow.session.scalars(select(InboundMessage))]
        bodies += [m.body or "" for m in uow.session.scalars(select(Message))]
        details = [str(e.details) for e in uow.session.scalars(select(AuditEntry))]
        assert phone.responder_id is not None
        kept = uow.get(Responder, phone.responder_id).duress_index
    assert "NOTE all is calm here" in bodies
    assert not [text for text in (*bodies, *details) if WORD in text.lower()]
    assert kept is not None
    assert WORD.upper().encode() not in kept


def test_two_members_with_the_same_word_cannot_be_told_by_it(world: World) -> None:
    one, two = world.pair("CIT 1")
    knows(world, one)
    knows(world, two)

    with world.context.reading() as uow:
        assert one.responder_id is not None
        assert two.responder_id is not None
        indexes = {uow.get(Responder, p.responder_id).duress_index for p in (one, two)}
    assert len(indexes) == 2
    (other,) = world.team("CIT 2")
    other.text(WORD)  # their word is nobody else's
    other.expect("No question is open for this phone")
    assert untaken(world) == []


def test_a_refusal_of_the_text_does_not_undo_the_alarm(world: World) -> None:
    (phone,) = world.team("CIT 1")
    call = world.call(CALM)
    knows(world, phone)

    phone.text(f"{call.code} SCENE {WORD}")
    world.desk.expect_ring("Silent alarm of CIT 1")

    phone.expect("You have not accepted")
    world.desk.expect("nobody is left to ask")
    assert len(untaken(world)) == 1


def test_on_no_call_and_after_stop_it_is_heard(world: World) -> None:
    (phone,) = world.team("CIT 1")
    knows(world, phone)
    phone.text("STOP")

    phone.text(f"hello {WORD}")
    world.desk.expect_ring("Silent alarm of CIT 1")

    (alarm,) = untaken(world)
    assert alarm.call_id is None


def test_a_member_sets_it_with_their_password_and_is_told_what_will_not_do(world: World) -> None:
    (phone,) = world.team("CIT 1")
    browser = signs_in(world, phone)
    path = "/account/safety"

    def send(**form: str) -> tuple[int, str]:
        answer = browser.submit(path, form, to=f"{path}/word")
        return answer.status_code, answer.get_data(as_text=True)

    assert send(word=WORD, password_word="wrong")[0] == 422
    status, page = send(word="scene", password_word=PASSWORD)
    assert status == 422
    assert "means something in our texts already" in page
    assert untaken(world) == []
    assert send(word=WORD, password_word=PASSWORD)[0] == 303
    assert world.audited("member.duress_word_set") == 1
    assert WORD not in browser.get(path).get_data(as_text=True)
    phone.text(WORD)
    phone.expect("No question is open for this phone")
    assert len(untaken(world)) == 1
    assert send(word="", password_word=PASSWORD)[0] == 303
    phone.text(f"{WORD} {WORD}")
    phone.expect("No question is open for this phone")
    assert len(world.desk.rings) == 1


def test_who_has_no_account_types_word_and_pin_beside_a_supervisor(world: World) -> None:
    phone, call = on_a_call(world)
    path = f"/members/{phone.responder_id}/safety"
    boss = world.client("supervisor")

    def send(**form: str) -> tuple[int, str]:
        answer = boss.submit(path, form, to=path)
        return answer.status_code, answer.get_data(as_text=True)

    assert send(word=WORD, pin=PIN, password="wrong")[0] == 422
    assert send(word="", pin="", password=PASSWORD)[0] == 422
    status, page = send(word=WORD, pin="123456", password=PASSWORD)
    assert status == 422
    assert "Choose another" in page
    phone.text(WORD)
    phone.expect("Not understood")
    assert untaken(world) == []  # one of the two was wrong: neither was kept
    assert send(word=WORD, pin=PIN, password=PASSWORD)[0] == 303
    page = boss.get(path).get_data(as_text=True)
    assert WORD not in page
    assert PIN not in page

    phone.text(f"ok {WORD}")
    world.desk.expect_ring("Silent alarm of CIT 1")
    phone.expect("thank you, noted")
    assert len(untaken(world)) == 1
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")
    assert "Go to: Pier 3" in phone.press(PIN)
    assert world.audited("member.pin_set") == 1
    team = re.search(r'href="(/teams/[0-9a-f-]+)"', boss.get("/teams").get_data(as_text=True))
    assert team
    assert path in boss.get(team[1]).get_data(as_text=True)


def test_nobody_sets_it_for_whoever_has_an_account(world: World) -> None:
    (phone,) = world.team("CIT 1")
    signs_in(world, phone)
    path = f"/members/{phone.responder_id}/safety"

    boss = world.client("supervisor")
    assert "under Your safety" in words(boss, path)
    to_teams = boss.submit("/account/safety", {"word": WORD, "password": PASSWORD}, to=path)
    assert to_teams.status_code == 409
    assert world.audited("member.duress_word_set") == 0
    assert world.client("dispatcher").get(path).status_code == 403


def test_who_is_in_no_team_has_nothing_to_set(world: World) -> None:
    assert "in no team" in words(world.client("administrator"), "/account/safety")
    with world.context.unit_of_work("test") as uow, pytest.raises(Refused):
        duress.set_word(uow, Responder(role="officer", skills=[]), "ok")


def test_nobody_reads_the_address_to_whoever_may_be_forced(world: World) -> None:
    phone, call = locked_out(world)
    knows(world, phone).text(f"{call.code} ok {WORD}")
    world.ignores_texts("what the desk reads matters here")
    dispatcher, path = world.client("dispatcher"), f"/calls/{call.reference}"
    told = words(dispatcher, path)
    assert "Do not ring, text or radio them: because of the silent alarm nobody reads it" in told
    assert LOCKED_OUT not in told
    assert LOCKED_OUT not in words(dispatcher, "/board")
    assert "It was read to them" not in told

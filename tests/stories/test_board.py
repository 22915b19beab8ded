"""The board: every open call, the loudest first, and nothing hidden."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, select

from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, add
from tests.world import Browser, Phone, World
from triage.domain.lifecycle import CallState
from triage.services import dispatches, watch
from triage.services.dispatches import Urgency
from triage.storage.calls import MOST_LISTED, Call
from triage.storage.timers import Heartbeat
from triage.storage.unit_of_work import UnitOfWork

URGENT = Urgency("URGENT", 2, 30, 2)
ARMED = {**CALM, "weapon": "in_hand"}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def board(browser: Browser) -> str:
    page: str = browser.get("/board").get_data(as_text=True)
    return page


def row(browser: Browser, call: Call) -> str:
    """What the row of a call says, in one line of words."""
    found = re.search(rf'<li id="row-{call.reference}".*?</p>\s*</li>', board(browser), re.DOTALL)
    assert found, f"{call.reference} is not on the board"
    words = re.sub(r"<[^>]+>", " ", found[0])
    return re.sub(r"\s+", " ", words)


def order(browser: Browser, chosen: str = "") -> list[str]:
    """chosen -- which calls are shown, as the address says it."""
    return re.findall(r'<li id="row-([^"]+)"', browser.get(f"/board{chosen}").text)


def beat(world: World) -> None:
    """A worker has just looked, and a watcher found nothing wrong."""
    with world.context.unit_of_work("test") as uow:
        watch.keep(uow, "test", 1, [])
        known = uow.session.scalars(select(Heartbeat)).first()
        if known is None:
            uow.add(Heartbeat(worker="test", at=uow.now))
        else:
            known.at = uow.now


def pages_until_nobody(phones: list[Phone], code: str) -> None:
    for phone in phones:
        phone.text(f"{code} 2")


def test_a_row_says_who_is_asked_and_moves_with_them(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Pier 3, by the crane")

    asked = row(dispatcher, call)
    for said in ("Asking teams", call.code, call.reference, "PROMPT", "within 60 min"):
        assert said in asked
    assert "Pier 3, by the crane" in asked
    assert "Zone Harbor" in asked
    assert "Mobile 9 asked" in asked
    assert "min left" in asked

    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    assert "Accepted" in row(dispatcher, call)
    phone.text(f"{call.code} ETA 10")
    phone.expect("you arrive in 10 min")
    assert "On the way" in row(dispatcher, call)
    assert "ETA" in row(dispatcher, call)
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")
    assert "On scene" in row(dispatcher, call)
    phone.text(f"{call.code} CLEAR")
    phone.expect("cleared, you are free")
    assert "Nothing open: close it" in row(dispatcher, call)


def test_half_a_pair_is_a_state_of_its_own(world: World, dispatcher: Browser) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"})

    clinician.text(f"{call.code} 1")
    officer.expect("URGENT, within 30 min")
    clinician.expect("accepted, it is yours")

    said = row(dispatcher, call)
    assert "Half a team" in said
    assert "CIT 1 (clinician) accepted" in said
    assert "CIT 1 (officer) asked" in said


def test_half_a_pair_with_nobody_left_to_ask_is_pinned_too(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"})

    clinician.text(f"{call.code} 1")
    officer.expect("URGENT, within 30 min")
    clinician.expect("accepted, it is yours")
    officer.text(f"{call.code} 2")
    officer.expect("declined.")
    world.desk.expect("nobody is left to ask")

    said = row(dispatcher, call)
    assert "HALF A TEAM, nobody left to ask" in said
    assert "nobody left to ask (officer); CIT 1 (clinician) accepted" in said
    assert "NOBODY COMING" not in said


def test_nobody_coming_is_the_first_row_and_pinned(world: World, dispatcher: Browser) -> None:
    phones = world.team("Mobile 9")
    lost = world.call(CALM)
    pages_until_nobody(phones, lost.code)
    phones[0].expect("declined.")
    world.desk.expect("nobody is left to ask")
    armed = world.call(ARMED)
    world.wait(minutes=2)
    world.desk.expect("dispatch it in CAD now")

    assert order(dispatcher)[0] == lost.reference
    assert "NOBODY COMING" in row(dispatcher, lost)
    assert "nobody left to ask" in row(dispatcher, lost)
    assert armed.reference in order(dispatcher)
    pinned = board(dispatcher).split('id="board-alarms"')[1].split('id="board-rows"')[0]
    assert lost.reference in pinned


def fill(world: World) -> None:
    """As many open calls as a board lists: those after them are beyond it."""
    with world.context.unit_of_work("test") as uow:
        for number in range(MOST_LISTED):
            uow.add(
                Call(
                    reference=f"260101-A{number:05}",
                    code=f"{number:04}",
                    state=CallState.OPEN,
                    origin="form",
                    received_at=uow.now,
                    rule_set="county-default",
                )
            )


def cancel_all(dispatcher: Browser, call: Call) -> None:
    page = dispatcher.get(f"/calls/{call.reference}").get_data(as_text=True)
    cancel = re.search(r'action="([^"]+/cancel)"', page)
    assert cancel
    dispatcher.submit(f"/calls/{call.reference}", {"reason": "unsafe"}, to=cancel[1])


def test_nobody_coming_is_told_of_calls_beyond_the_list_too(
    world: World, dispatcher: Browser
) -> None:
    fill(world)
    world.ignores_texts("who is asked is another story")
    phones = world.team("Mobile 9")
    lost = world.call(CALM)
    assert "not listed here:" not in board(dispatcher)
    pages_until_nobody(phones, lost.code)
    other = world.call(CALM)
    gone = world.call(CALM)
    cancel_all(dispatcher, gone)

    page = board(dispatcher)
    assert f"row-{lost.reference}" not in page
    told = page.split('id="board-beyond"')[1].split("</div>")[0]
    assert f'href="/calls/{lost.reference}"' in told
    assert f'href="/calls/{gone.reference}"' in told
    assert other.reference not in told


def test_however_many_calls_beyond_the_list_lack_somebody_the_board_asks_the_same_few_times(
    world: World, dispatcher: Browser
) -> None:
    fill(world)
    world.ignores_texts("who is asked is another story")
    clinician, officer = world.pair("CIT 1", calls_at_once=9)

    def half_a_team() -> str:
        call = world.call({**CALM, "weapon": "accessible"})
        clinician.text(f"{call.code} 1")
        officer.text(f"{call.code} 2")
        return call.code

    def look() -> tuple[str, int]:
        with counted(world.context.database.engine) as asked:
            page = board(dispatcher)
        return page.split('id="board-beyond"')[1].split("</div>")[0], len(asked)

    codes = [half_a_team()]
    look()  # what is read once in each process
    _, few = look()
    codes += [half_a_team() for _ in range(4)]
    look()

    told, asked = look()

    assert all(f">{code}</a>" in told for code in codes)
    assert asked == few


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The queries that are asked meanwhile."""
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_what_is_red_at_the_desk_is_told_of_calls_beyond_the_list_too(
    world: World, dispatcher: Browser
) -> None:
    fill(world)
    world.ignores_texts("who is asked is another story")
    (phone,) = world.team("Mobile 9")
    calm = world.call(CALM)
    phone.text(f"{calm.code} 1")
    officer, dropped = world.call(ARMED), world.call(CALM)
    act(dispatcher, dropped, "/line-lost", {})

    def told() -> str:
        return board(dispatcher).split('id="board-tasks-beyond"')[1].split("</div>")[0]

    assert f'href="/calls/{dropped.reference}"' in told()
    assert officer.reference not in told()
    assert "1 red task is not listed" in board(dispatcher), "on a narrow screen, too"
    world.wait(seconds=61)
    assert f'href="/calls/{officer.reference}"' in told()
    assert calm.reference not in told()

    with world.context.unit_of_work("test") as uow:
        never_asked = uow.add(
            Call(
                reference="260101-NOBODY",
                code="ZZZ9",
                state=CallState.OPEN,
                origin="form",
                received_at=uow.now,
                rule_set="county-default",
            )
        ).reference
    page = board(dispatcher)
    assert never_asked in page.split('id="board-beyond"')[1].split("</div>")[0]


def test_everything_cancelled_is_nobody_coming_too(world: World, dispatcher: Browser) -> None:
    world.team("Mobile 9")
    call = world.call(CALM)
    cancel_all(dispatcher, call)

    assert "NOBODY COMING" in row(dispatcher, call)


def test_a_hand_over_turns_red_after_a_minute(world: World, dispatcher: Browser) -> None:
    call = world.call(ARMED)

    assert "Dispatch in CAD: CIT officer" in row(dispatcher, call)
    world.wait(seconds=61)
    world.desk.expect("dispatch it in CAD now")
    assert "DISPATCH IN CAD NOW: CIT officer" in row(dispatcher, call)
    assert 'class="call-row tone-alarm"' in board(dispatcher)


def test_a_late_team_is_overdue_against_its_level(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} 1 ETA 30")
    phone.expect("accepted, it is yours")

    world.wait(minutes=61)
    phone.expect("Roster check")

    assert "OVERDUE: nobody there yet" in row(dispatcher, call)
    assert "passed" in row(dispatcher, call)
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")
    assert "OVERDUE" not in row(dispatcher, call)


def test_what_is_recommended_and_not_sent_is_loud(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)

    add(world, call, weapon="in_hand")

    assert "RECOMMENDED, NOT SENT: " in row(dispatcher, call)
    assert "CIT officer" in row(dispatcher, call)
    phone.expect("PROMPT")


def test_a_team_that_needs_help_is_an_alarm_until_somebody_says_it_is_over(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    phone.text(f"{call.code} ASSIST")
    world.desk.expect_ring("Alarm. Mobile 9")
    phone.expect("ALARM RAISED")

    assert "Mobile 9 (clinician) NEEDS HELP" in board(dispatcher)
    path = f"/calls/{call.reference}"
    taken = re.search(r'action="(/alarms/[^"]+)"', dispatcher.get(path).get_data(as_text=True))
    assert taken
    dispatcher.submit(path, {}, to=taken[1])
    assert "Test dispatcher has it since" in board(dispatcher)
    dispatcher.submit(path, {}, to=taken[1].replace("/take", "/over"))
    assert "NEEDS HELP" not in board(dispatcher)

    phone.text(f"{call.code} ASSIST")
    world.desk.expect_ring("Alarm. Mobile 9")
    phone.expect("ALARM RAISED")
    assert "NEEDS HELP" in board(dispatcher)


def test_texts_that_nobody_could_act_on_wait_to_be_read(world: World, dispatcher: Browser) -> None:
    stranger = world.stranger()
    stranger.text("<b>who are you?</b>")
    stranger.expect("nobody reads texts to this number")

    page = board(dispatcher)
    assert "Texts that nobody has read" in page
    assert "&lt;b&gt;who are you?&lt;/b&gt;" in page
    noted = re.search(r'action="(/board/texts/[^"]+)"', page)
    assert noted
    assert dispatcher.submit("/board", {}, to=noted[1]).status_code == 303
    assert "who are you" not in board(dispatcher)
    assert dispatcher.submit("/board", {}, to=noted[1]).status_code == 409


def test_a_dead_worker_is_said_with_what_to_do(world: World, dispatcher: Browser) -> None:
    assert "PAGING DOES NOT WORK: no worker is running" in board(dispatcher)
    assert "telephone or radio" in board(dispatcher)
    assert "PAGING DOES NOT WORK" in dispatcher.get("/intake").get_data(as_text=True)

    beat(world)
    assert "PAGING DOES NOT WORK" not in board(dispatcher)

    world.wait(seconds=11)
    assert "PAGING DOES NOT WORK" in board(dispatcher)


def test_an_unchanged_board_costs_a_few_bytes(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    beat(world)

    first = dispatcher.get("/board/rows")
    again = dispatcher.get("/board/rows", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert float(again.headers["X-As-Of"]) >= float(first.headers["X-As-Of"])
    assert re.fullmatch(r"\d\d:\d\d:\d\d E[SD]T", again.headers["X-As-Of-Local"])

    add(world, call, weapon="in_hand")
    moved = dispatcher.get("/board/rows", headers={"If-None-Match": first.headers["ETag"]})
    assert moved.status_code == 200
    phone.expect("PROMPT")


def test_the_board_asks_the_same_few_questions_however_many_calls(
    world: World, dispatcher: Browser
) -> None:
    def statements(after: int) -> int:
        """So many new calls."""
        for _ in range(after):
            world.call({**CALM, "weapon": "accessible"})
        with counted(world.context.database.engine) as asked:
            dispatcher.get("/board/rows")
        return len(asked)

    pair = world.pair("CIT 1", calls_at_once=50)
    statements(after=1)  # who is on shift is asked once, and again when it has changed
    few = statements(after=1)
    assert statements(after=12) == few
    for phone in pair:
        assert len(phone.inbox) == 1 + 1 + 12


def test_a_closed_call_leaves_the_board(world: World, dispatcher: Browser) -> None:
    call = world.call(CALM, disposition="test_call")

    assert call.reference not in board(dispatcher)
    assert "No call is open." in board(dispatcher)


@pytest.mark.parametrize("role", ["clinician", "administrator"])
def test_the_board_is_for_dispatchers(world: World, role: str) -> None:
    assert world.client(role).get("/board").status_code == 403
    assert world.client(role).get("/board/rows").status_code == 403


def test_a_row_tells_how_much_of_its_time_is_gone(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    assert "0 of 60 min" in row(dispatcher, call)
    phone.ignores("how late they are stands on the board")
    world.wait(minutes=12)
    assert "12 of 60 min" in row(dispatcher, call)
    world.wait(minutes=38)
    assert "50 of 60 min, 10 left" in row(dispatcher, call)
    world.wait(minutes=15)
    assert "65 of 60 min, 5 min over" in row(dispatcher, call)

    phone.text(f"{call.code} SCENE")
    assert "of 60 min" not in row(dispatcher, call)
    world.wait(minutes=20)  # the clock has stopped
    assert "On scene after 1 h 05 min, target 60 min, late" in row(dispatcher, call)
    page = dispatcher.get(f"/calls/{call.reference}").get_data(as_text=True)
    assert "On scene after 1 h 05 min, target 60 min, <strong>late</strong>" in page


def test_of_whoever_had_to_leave_again_the_clock_goes_on(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    for said in ("1", "SCENE"):
        phone.text(f"{call.code} {said}")
    world.ignores_texts("who is asked instead, and the alarm, are other stories")
    world.wait(minutes=8)
    assert "On scene after" in row(dispatcher, call)
    phone.text(f"{call.code} WITHDRAW")
    assert "8 of 60 min" in row(dispatcher, call)


def test_that_somebody_is_there_reassures_nobody_while_others_are_owed(
    world: World, dispatcher: Browser
) -> None:
    call, _ = on_scene(world)
    path = f"/calls/{call.reference}"
    assert "On scene after" in dispatcher.get(path).get_data(as_text=True)

    also_sent(world, call, "mediation")

    assert "NOBODY COMING: Mediation" in row(dispatcher, call)
    assert "0 of 60 min" in row(dispatcher, call)
    for where in (row(dispatcher, call), dispatcher.get(path).get_data(as_text=True)):
        assert "On scene after" not in where


def test_nor_while_what_is_recommended_is_not_sent(world: World, dispatcher: Browser) -> None:
    call, _ = on_scene(world)
    path = f"/calls/{call.reference}"

    add(world, call, weapon="in_hand")

    assert "RECOMMENDED, NOT SENT" in row(dispatcher, call)
    for where in (row(dispatcher, call), dispatcher.get(path).get_data(as_text=True)):
        assert "On scene after" not in where


def test_of_two_teams_the_one_that_is_there_is_not_said_to_come(
    world: World, dispatcher: Browser
) -> None:
    (mediator,) = world.team("Mediators 1", ["mediation"], ["mediator"])
    call, _ = on_scene(world)
    also_sent(world, call, "mediation")
    mediator.text(f"{call.code} 1 ETA 20")
    mediator.text(f"{call.code} ENROUTE")
    assert "On scene, others are coming" in row(dispatcher, call)
    world.wait(minutes=61)
    assert "OVERDUE: not all have come" in row(dispatcher, call)
    first = r"First there after \d+ s\. "  # on a busy machine the story takes some
    assert re.search(first + "Not all yet", row(dispatcher, call))
    stops = first + "The clock stops when all who were sent are there"
    assert re.search(stops, dispatcher.get(f"/calls/{call.reference}").text)


def test_a_card_says_what_they_do_now(world: World, dispatcher: Browser) -> None:
    call, phone = on_scene(world)
    path = f"/calls/{call.reference}"
    for said, shown in (
        ("STAGED", "Waiting near"),
        ("SCENE", "On scene"),
        ("TRANSPORT", "Transporting"),
        ("CLEAR", "Cleared"),
    ):
        phone.text(f"{call.code} {said}")
        head = dispatcher.get(path).text.split('id="now-')[1].split("</div>")[0]
        assert shown in head, said


def test_that_somebody_was_there_is_not_green_when_they_have_left(
    world: World, dispatcher: Browser
) -> None:
    call, phone = on_scene(world)
    paths = ("/board", f"/calls/{call.reference}")
    for path in paths:
        assert 'class="ageing tone-good"' in dispatcher.get(path).text
    phone.text(f"{call.code} CLEAR")
    for path in paths:
        page = dispatcher.get(path).text
        assert "On scene after" in page
        assert 'class="ageing tone-quiet"' in page


def on_scene(world: World) -> tuple[Call, Phone]:
    """A call at which the only team is, and their phone."""
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    for said in ("1", "SCENE"):
        phone.text(f"{call.code} {said}")
    world.ignores_texts("what they are told is another story")
    return call, phone


def also_sent(world: World, call: Call, response: str) -> None:
    def send(uow: UnitOfWork) -> None:
        found = uow.get(Call, call.id)
        dispatches.open_dispatch(uow, world.centre, found, response, URGENT, "by_hand")

    world.context.do("test", send)
    world.settle()


def test_a_telephone_line_does_not_keep_the_clock_running_where_somebody_comes(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call({**ARMED, "suicidal_ideation": "active"}, caller_phone="202-555-0143")
    assert any(one.reached_by == "transfer" for one in world.dispatches(call))
    for number, one in enumerate(world.dispatches(call)):
        if one.reached_by == "cad":
            to_cad = f"/dispatches/{one.id}/handed-over"
            act(dispatcher, call, to_cad, {"unit": f"Unit {number}", "cad_number": f"26-{number}"})
    world.wait(minutes=61)
    assert "OVERDUE" not in row(dispatcher, call)

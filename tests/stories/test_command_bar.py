"""The command line does what the buttons do, and says what it did."""

from html import unescape
from typing import Any

import pytest

from tests.stories.test_calls import CALM, state
from tests.stories.test_transfers import line_call, step
from tests.world import Browser, World
from triage.services import calls
from triage.storage.calls import Call

ARMED = {**CALM, "weapon": "in_hand"}


def says(world: World, command: str, desk: Browser | None = None) -> str:
    """What the line answers to a command that was typed on the board."""
    desk = desk or world.client("dispatcher")
    form = {"command": command, "next": "/board", "csrf_token": desk.csrf("/board")}
    answer: Any = desk.client.post("/command", data=form, headers={"X-Live": "1"})
    assert answer.status_code == 200, answer.text
    return str(answer.json["to"] or answer.json["said"])


def slots(world: World, call: Call) -> list[str]:
    return [slot.state.value for one in world.dispatches(call) for slot in one.slots]


def test_a_pair_is_assigned_by_one_line_and_told(world: World) -> None:
    clinician, officer = world.pair("CIT 2")
    call = world.call({**CALM, "weapon": "accessible"})
    world.settle()
    clinician.expect(call.code)
    officer.expect(call.code)

    said = says(world, f"a {call.code.lower()} cit2")

    assert said == f"{call.code}: CIT 2 is assigned as clinician and officer."
    assert slots(world, call) == ["accepted", "accepted"]
    world.ignores_texts("what whoever is assigned reads is told elsewhere")


def test_a_whole_call_goes_by_the_line(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(CALM)
    phone.expect(call.code)
    world.ignores_texts("the answers to what the radio said are told elsewhere")

    assert says(world, f"yes {call.code} mob") == f"{call.code}: Mobile 1 accepts by radio."
    assert "arrives in 12 min" in says(world, f"eta {call.code} 12")  # only one can be meant
    assert "Mobile 1 on scene" in says(world, f"there {call.code} mobile1")
    assert "all is well" in says(world, f"ok {call.code}")
    assert "Mobile 1 cleared" in says(world, f"clear {call.code}")
    assert "closed: Linked to care" in says(world, f"end {call.code} linked")
    assert state(world, call) == "closed"
    assert "is closed: nothing can be added" in says(world, f"clear {call.code}")
    page = world.client("dispatcher").get(f"/calls/{call.reference}").text
    assert "Mobile 1 accepted by radio" in page


def test_what_is_sent_is_said_as_it_stands(world: World) -> None:
    world.team("Mobile 1")
    call = world.call(CALM)
    world.ignores_texts("who is asked is another story")
    with world.context.unit_of_work("test") as uow:
        calls.add_answers(uow, world.centre, uow.get(Call, call.id), {"weapon": "in_hand"})

    said = says(world, f"send {call.code}")

    assert said.startswith(f"{call.code}: CIT officer is to be dispatched in CAD now")
    assert "nothing was missing" in says(world, f"send {call.code}")


def test_no_by_radio_asks_the_next_and_says_so(world: World) -> None:
    (first,) = world.team("Mobile 1")
    (second,) = world.team("Mobile 2")
    call = world.call(CALM)
    world.settle()
    asked = first if world.phones.unread(first.number) else second
    asked.expect(call.code)

    said = says(world, f"no {call.code}")

    assert "declines by radio" in said
    (second if asked is first else first).expect(call.code)
    world.ignores_texts("what whoever declined reads is told elsewhere")


def test_a_yes_by_radio_counts_for_whoever_was_passed_over_or_said_no(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(CALM)
    phone.expect(call.code)
    world.ignores_texts("what follows when nobody is left to ask is told elsewhere")
    world.wait(minutes=30)
    assert slots(world, call) == ["unfilled"]

    refused = says(world, f"yes {call.code} Mobil 7")
    assert refused.endswith("Which of them: Mobile 1? Nothing was changed.")
    assert says(world, f"yes {call.code} mobile1") == f"{call.code}: Mobile 1 accepts by radio."
    assert slots(world, call) == ["accepted"]

    none = says(world, f"yes {call.code} mobile1")  # it is theirs already
    assert f"To give it to a team type: a {call.code} TEAM." in none


@pytest.mark.parametrize("after_all", [True, False])
def test_a_team_that_is_asked_now_comes_before_one_that_said_no(
    world: World, after_all: bool
) -> None:
    first, _ = (world.team(name)[0] for name in ("Mobile 1", "Mobile 2"))
    call = world.call(CALM)
    world.settle()
    asked, other = ("Mobile 1", "Mobile 2")[:: 1 if world.phones.unread(first.number) else -1]
    world.ignores_texts("who is asked when is told elsewhere")
    assert f"{asked} declines by radio." in says(world, f"no {call.code}")
    world.settle()

    name, who = (asked, asked) if after_all else ("mobile", other)
    assert says(world, f"yes {call.code} {name}") == f"{call.code}: {who} accepts by radio."
    assert slots(world, call) == ["accepted"]


def test_cad_is_confirmed_with_unit_and_number(world: World) -> None:
    call = world.call({"problem_type": "medical", "consciousness": "alert", "breathing": "normal"})

    assert "handed over to Medic 12" in says(world, f"cad {call.code} Medic 12 2026-1177")

    (dispatch,) = world.dispatches(call)
    assert (dispatch.state.value, dispatch.cad_number) == ("handed_over", "2026-1177")
    board = world.client("dispatcher")
    assert "Handed over in CAD: close it when it has ended" in board.get("/board").text
    assert "on scene" in says(world, f"there {call.code} Medic 12")
    shown = " ".join(board.get("/board").text.split())
    assert "Medic 12 on scene, CAD 2026-1177" in shown
    assert "close it" not in shown


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("a {code}", "Who? Type: a CODE TEAM."),
        ("radio {code}", "Who? Type: radio CODE UNIT."),
        ("a {code} mobil 1x", "No team is called mobil 1x. Is it one of these: Mobile 1?"),
        ("a {code} Medic 12", "For a unit by radio type: radio {code} Medic 12."),
        ("a ZZZZ cit2", "There is no call ZZZZ"),
        ("there {code} cit9", "No team has accepted {code} yet. Nothing was changed."),
        ("eta {code} 10", "No team has accepted {code} yet. Nothing was changed."),
        ("eta {code} -5", "Minutes until arrival: a number from 1 to 600. Nothing was changed."),
        ("cad {code} M12 77", "Nothing of this call waits for CAD"),
        ("rang {code}", "No call-back of this call is due"),
        ("drop {code} because", "Which reason?"),
        ("end {code} hospital", "Which ending?"),
        ("again {code}", "Somebody is still being asked"),
        ("frobnicate {code}", "There is no command frobnicate"),
    ],
)
def test_what_cannot_be_done_changes_nothing_and_says_why(
    world: World, command: str, said: str
) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(CALM)
    phone.expect(call.code)
    before = slots(world, call)

    answer = says(world, command.format(code=call.code))

    assert said.format(code=call.code) in answer
    assert answer.endswith("Nothing was changed.")
    assert slots(world, call) == before
    phone.expect_silence()


def test_several_teams_that_may_be_meant_are_named(world: World) -> None:
    world.team("Mobile 1")
    world.team("Mobile 2")
    world.ignores_texts("whoever is paged first")
    call = world.call(CALM)

    assert "Which of them: Mobile 1, Mobile 2?" in says(world, f"a {call.code} mobile")


def test_a_unit_by_radio_is_assigned_by_a_word_of_its_own(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(CALM)
    phone.expect(call.code)

    assert says(world, f"radio {call.code} Medic 12") == (
        f"{call.code}: Medic 12 is assigned as clinician."
    )

    assert slots(world, call) == ["accepted"]
    phone.expect("tand down")


def test_of_several_that_wait_for_cad_one_is_named_before_its_unit(world: World) -> None:
    call = world.call({**ARMED, "violence_now": "physical", "consciousness": "unconscious"})
    world.ignores_texts("which of our teams are asked is told elsewhere")
    waiting = [one for one in world.dispatches(call) if one.state == "hand_over"]
    assert len(waiting) > 1

    assert "Several wait for CAD" in says(world, f"cad {call.code} Engine4")
    refused = says(world, f"cad {call.code} Medic 12 26-1")
    assert "Several wait for CAD" in refused
    assert f"such as: cad {call.code}" in refused
    said = says(world, f"cad {call.code} ambulance Medic 12 26-1")

    assert said == f"{call.code}: Ambulance is handed over to Medic 12."
    found = world.dispatch(call, "ems")
    assert (found.state, found.cad_number) == ("handed_over", "26-1")


def test_of_a_pair_the_unit_by_radio_says_whose_place_it_takes(world: World) -> None:
    world.pair("CIT 2")
    call = world.call({**CALM, "weapon": "accessible"})
    world.ignores_texts("who is asked and told to stand down is told elsewhere")

    refused = says(world, f"radio {call.code} 12-Adam")
    asks = f"Several are sought (clinician, officer): say which, such as: radio {call.code}"
    assert f"{asks} clinician 12-Adam. Nothing was changed." in refused
    said = says(world, f"radio {call.code} officer 12-Adam")

    assert said == f"{call.code}: 12-Adam is assigned as officer."


def test_a_unit_by_radio_for_what_goes_through_cad_is_told_how(world: World) -> None:
    call = world.call({"problem_type": "medical", "consciousness": "alert", "breathing": "normal"})

    refused = says(world, f"radio {call.code} Medic 12")

    assert f"is confirmed so: cad {call.code} UNIT CAD-NUMBER." in refused


def test_where_a_line_does_not_answer_the_desk_reads_how_a_team_is_sent(
    world: World,
) -> None:
    desk = world.client("dispatcher")
    call = line_call(world)
    assert f"open the call: o {call.code}." in says(world, f"a {call.code} mobile")
    step(desk, call, "ringing")
    world.wait(seconds=91)
    world.ignores_texts("who is asked, and told to stand down, is told elsewhere")

    refused = says(world, f"a {call.code} mobile")

    assert "Crisis line has not taken the caller, and no team is sought." in refused
    send = f"To send what is recommended (Mobile crisis team) type: send {call.code}."
    assert send in refused
    says(world, f"send {call.code}")
    assert "is assigned as clinician" in says(world, f"a {call.code} mobile")
    refused = says(world, f"a {call.code} mobile")
    assert "No other team is sought: it is with Mobile" in refused
    assert "type: send" not in refused


def test_it_goes_places(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(CALM)
    phone.expect(call.code)

    assert says(world, "new") == "/intake"
    assert says(world, call.code.lower()) == f"/calls/{call.reference}"
    assert says(world, f"o {call.reference}") == f"/calls/{call.reference}"


def test_without_javascript_the_page_comes_back_and_says_it(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(CALM)
    phone.expect(call.code)
    desk = world.client("dispatcher")

    wrong = desk.submit(
        "/board", {"command": f"radio {call.code} <b>", "next": "/board"}, "/command", follow=True
    )
    assert wrong.request.path == "/board"
    assert f"{call.code}: <b> is assigned as clinician." in unescape(wrong.text)
    refused = desk.submit(
        "/board", {"command": f"eta {call.code} x y", "next": "/board"}, "/command", follow=True
    )
    assert "Nothing was changed." in refused.text
    assert f'value="eta {call.code} x y" autofocus' in refused.text  # it can be mended
    away = desk.submit("/board", {"command": "", "next": "//evil.example"}, "/command")
    assert away.headers["Location"] == "/"
    world.ignores_texts("the pages that were withdrawn")


def test_what_may_be_meant_is_offered(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(CALM)
    phone.expect(call.code)
    desk = world.client("dispatcher")

    def offered(typed: str) -> list[str]:
        return list(desk.get("/command/offers", query_string={"q": typed}).json)

    assert "there CODE TEAM" in offered("th")
    assert offered("a ") == [f"a {call.code}"]
    assert offered(f"a {call.code[:2]}") == [f"a {call.code}"]
    assert offered(f"a {call.code} mo") == [f"a {call.code} Mobile 1"]
    assert f"drop {call.code} unsafe" in offered(f"drop {call.code} ")
    assert offered("zzz zzz") == []


@pytest.fixture
def escritorio(world: World) -> Browser:
    """A dispatcher who reads Spanish."""
    desk = world.client("dispatcher")
    desk.submit("/board", {"language": "es", "next": "/board"}, to="/language")
    return desk


def test_a_call_goes_by_the_line_in_spanish(world: World, escritorio: Browser) -> None:
    world.team("Mobile 1")
    call = world.call(CALM)
    world.settle()
    world.ignores_texts("the texts of whoever is told are told elsewhere")
    code = call.code

    def dice(command: str) -> str:
        return says(world, command, escritorio)

    assert dice(f"si {code}") == f"{code}: Mobile 1 acepta por radio."
    assert "llega en 12 min" in dice(f"llega {code} 12")
    assert f"{code}: Mobile 1 en la escena." in dice(f"ALLÍ {code} mobile1")
    assert "cleared" not in dice(f"clear {code}")  # the English word, answered in Spanish
    assert "Escriba: cierra CÓDIGO FINAL." in dice("cierra")
    refused = dice(f"cierra {code} nada")
    assert "Conectada con atención o servicios" in refused
    assert "linked_to_care" not in refused
    assert "cerrada" in dice(f"cierra {code} conectada con atencion")
    assert state(world, call) == "closed"
    assert "Los que hay: a, radio, sí, no, llega" in dice("auxilio")


def test_spanish_words_are_listed_and_offered(world: World, escritorio: Browser) -> None:
    world.ignores_texts("that no team is there is told elsewhere")
    call = world.call(CALM)

    def offered(typed: str) -> list[str]:
        return list(escritorio.get("/command/offers", query_string={"q": typed}).json)

    assert offered("alli") == ["allí CÓDIGO EQUIPO"]
    assert offered("there") == ["there CÓDIGO EQUIPO"]
    assert offered("envia ") == [f"envia {call.code}"]
    assert offered(f"cancela {call.code} no es") == [
        f"cancela {call.code} No es seguro para este equipo"
    ]
    page = unescape(escritorio.get("/commands").text)
    assert "<code>allí CÓDIGO EQUIPO</code>" in page
    assert '<code lang="en">there</code>' in page
    assert "linked_to_care" not in page


def test_it_is_the_desks_alone(world: World) -> None:
    clinician = world.client("clinician")
    assert clinician.get("/commands").status_code == 403
    assert "command-bar" not in clinician.get("/account/safety").text
    assert "a CODE TEAM" in world.client("supervisor").get("/commands").text


def test_endings_go_by_the_words_of_the_page_and_what_is_near_is_named(world: World) -> None:
    world.team("Mobile 1")
    world.ignores_texts("who is asked")
    call = world.call(CALM)
    near = says(world, f"end {call.code} crisis_xenter")
    assert "Which ending? One of: crisis_centre" in near
    assert "linked" not in near
    for ending in ("caller_canceled", "caller_cancelled"):
        assert "a clinician or supervisor has to agree" in says(world, f"end {call.code} {ending}")
    assert says(world, "help") == "/commands"
    assert "cad K7QM ambulance Medic12 4471" in world.client("dispatcher").get("/commands").text

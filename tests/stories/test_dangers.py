"""Who is under way when more is learned of danger is told that it is, and sees what it is."""

from __future__ import annotations

from tests.stories.test_alarms import on_a_call, signs_in, words
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, add, close
from tests.stories.test_intake import FORM, form_key, send
from tests.typical_calls import UNARMED
from tests.world import World
from triage.services import calls
from triage.storage.calls import Call

TOLD = "something dangerous is known now"


def test_a_second_caller_who_saw_a_knife_reaches_whoever_is_on_the_way(world: World) -> None:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} ETA 10")
    phone.expect("you arrive")
    dispatcher = world.client("dispatcher")
    second = FORM | {"facts.weapon": "accessible", "caller_relation": "bystander"}

    send(dispatcher, second, f"attach:{call.reference}", form_key(dispatcher))

    text = phone.expect(TOLD)
    assert text == (
        f"{call.code}: something dangerous is known now. Ask dispatch before you go in,"
        f" or reply {call.code} ADDR."
    )
    told = words(dispatcher, f"/calls/{call.reference}")
    assert "CIT 1 (clinician) is texted that something dangerous is known now" in told


def test_what_is_no_danger_or_known_already_or_not_known_is_no_news(world: World) -> None:
    phone, call = on_a_call(world)
    add(world, call, weapon="accessible")
    phone.expect(TOLD)
    world.wait(minutes=2)

    add(world, call, weapon="accessible", housing="unknown")
    add(world, call, violence_now="unknown", weapon_type="other", dv_unemployed="yes")
    add(world, call, weapon="none_seen")
    phone.expect_silence()

    add(world, call, violence_now="physical")
    phone.expect(TOLD)
    world.expect_silence()


def test_several_answers_of_one_minute_are_one_text(world: World) -> None:
    phone, call = on_a_call(world)
    add(world, call, weapon="accessible")
    add(world, call, violence_now="threatening")
    phone.expect(TOLD)
    phone.expect_silence()


def test_what_is_said_to_be_none_stands_apart_from_the_dangers(world: World) -> None:
    phone, call = on_a_call(world)
    add(world, call, weapon="none_seen")
    clinician = signs_in(world, phone)
    page = words(clinician, f"/calls/{call.reference}")
    assert "Asked, and said to be none No weapon is seen." in page
    assert "Dangers, as told" not in page

    add(world, call, weapon="none_confirmed", violence_now="physical")
    phone.expect(TOLD)
    page = words(clinician, f"/calls/{call.reference}")
    assert "Dangers, as told Somebody is being hit or hurt." in page
    assert "Asked, and said to be none Somebody says there is no weapon." in page


def test_who_has_no_phone_here_is_told_by_radio_and_that_is_red_until_it_is_done(
    world: World,
) -> None:
    (phone,) = world.team("Mobile 9")
    dispatcher = world.client("dispatcher")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    act(dispatcher, call, "/assign", {"unit": "Unit 12"})
    phone.expect("taken by Unit 12")

    add(world, call, weapon="accessible")
    owed = "TELL Unit 12 BY RADIO: danger (weapon)"
    assert owed in words(dispatcher, "/board")
    page = words(dispatcher, f"/calls/{call.reference}")
    assert owed in page
    assert "say it to them. A weapon is within reach. They were told by radio" in page
    assert "TELL BY RADIO: Unit 12. Something dangerous is known now: weapon." in page

    assert "Nobody has told them by radio yet." not in page
    world.wait(seconds=61)
    assert "Nobody has told them by radio yet." in words(dispatcher, f"/calls/{call.reference}")

    add(world, call, violence_now="physical")  # while somebody speaks on the radio
    said = act(dispatcher, call, "/told-by-radio", {"turn": "0"})
    assert "more is dangerous there than you saw" in said
    assert "danger (violence now, weapon)" in words(dispatcher, "/board")

    told = act(dispatcher, call, "/told-by-radio", {"turn": "1"})
    assert "Danger told by radio: done." in told
    assert "TELL Unit 12" not in words(dispatcher, "/board")
    assert world.audited("radio.ended") == 1
    phone.expect_silence()


def test_gas_a_dog_that_may_attack_an_edge_and_traffic_are_dangers_too(world: World) -> None:
    for name, learned, shown in (
        ("CIT 1", {"fire_gas_chemical": "gas"}, "There is gas."),
        ("CIT 2", {"animals": "dangerous"}, "Animals: Animal that may attack."),
        ("CIT 4", {"dangerous_place": "at_edge"}, "The person is on the edge, in the water or"),
        ("CIT 5", {"in_traffic": "yes"}, "In traffic: Yes."),
    ):
        phone, call = on_a_call(world, name)
        add(world, call, **learned)
        phone.expect(TOLD)
        assert shown in words(
            signs_in(world, phone, name.lower().replace(" ", ".")), f"/calls/{call.reference}"
        )

    phone, call = on_a_call(world, "CIT 3")
    add(world, call, animals="needs_care")
    phone.expect_silence()
    page = words(signs_in(world, phone, "cit.3"), f"/calls/{call.reference}")
    assert "Dangers, as told" not in page


def test_whoever_goes_to_a_knife_reads_who_else_comes_and_whether_they_were_sent(
    world: World,
) -> None:
    phone, call = on_a_call(world)
    clinician, page = signs_in(world, phone), f"/calls/{call.reference}"
    assert "Also" not in words(clinician, page)
    phone.ignores("what it is texted of the danger is another story")

    add(world, call, weapon="accessible", violence_now="physical")
    dispatcher = world.client("dispatcher")
    act(dispatcher, call, "/send", {})
    assert "Also to come: Police patrol Not sent yet" in words(clinician, page)
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})
    assert "Also coming: Police patrol 4A12 Sent" in words(clinician, page)
    world.desk.expect("IMMEDIATE): nobody is left to ask")


def test_who_has_left_the_call_need_not_be_told_by_radio_any_more(world: World) -> None:
    world.ignores_texts("who is asked is another story")
    dispatcher = world.client("dispatcher")
    for ending, form in (
        ("/progress", {"to": "cleared"}),
        ("/relief", {"act": "withdraw"}),
        ("/cancel", {"reason": "unsafe"}),
    ):
        world.team(f"Mobile {ending}")
        call = world.call(CALM)
        act(dispatcher, call, "/assign", {"unit": "Unit 12"})
        add(world, call, weapon="accessible")
        assert "TELL Unit 12 BY RADIO: danger" in words(dispatcher, "/board")
        if ending == "/progress":
            act(dispatcher, call, ending, {"to": "on_scene"})
        page = act(dispatcher, call, ending, form)
        assert "Danger told by radio: over, they left the call." in page
        assert "BY RADIO: danger" not in words(dispatcher, "/board")
        assert ("TELL Unit 12 BY RADIO that they need not come" in page) is (ending == "/cancel")


def test_of_a_closed_call_nobody_need_be_told(world: World) -> None:
    call = world.call(CALM | {"weapon": "in_hand"})
    dispatcher = world.client("dispatcher")
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})
    add(world, call, violence_now="physical")
    assert "TELL 4A12 BY RADIO" in words(dispatcher, "/board")
    close(world, call, "duplicate")
    assert "Danger told by radio: over" in words(dispatcher, f"/calls/{call.reference}")
    world.ignores_texts("follow-ups are another story")


def test_who_was_told_of_a_knife_that_was_a_mistake_is_named_and_can_be_told(world: World) -> None:
    phone, call = on_a_call(world)
    dispatcher = world.client("dispatcher")
    add(world, call, weapon="accessible")
    phone.expect(TOLD)
    owed = "TELL CIT 1: the danger stands no more (weapon)"

    with world.context.unit_of_work("test") as uow:
        calls.take_back_answer(uow, world.centre, uow.get(Call, call.id))
    for page in ("/board", f"/calls/{call.reference}"):
        assert owed in words(dispatcher, page)
    assert "Sent with it or told of it: CIT 1." in words(dispatcher, f"/calls/{call.reference}")

    add(world, call, weapon="in_hand")  # there is one after all
    phone.expect_silence()  # who was told a moment ago asks anyhow
    assert owed not in words(dispatcher, "/board")
    add(world, call, weapon="none_confirmed")
    assert owed in words(dispatcher, "/board")
    phone.expect_silence()

    said = act(dispatcher, call, "/corrected", {"turn": "0", "how": "text"})
    assert "They are texted that what was told of a danger has changed." in said
    assert phone.expect("has changed") == (
        f"{call.code}: what was told of a danger has changed. Ask dispatch what is known now,"
        f" or reply {call.code} ADDR."
    )
    assert owed not in words(dispatcher, "/board")
    assert "CIT 1 is texted that what was told" in words(dispatcher, f"/calls/{call.reference}")
    assert world.audited("corrected.ended") == 2


def test_units_without_a_phone_that_were_sent_for_a_danger_are_told_by_radio_too(
    world: World,
) -> None:
    phone, call = on_a_call(world)
    dispatcher = world.client("dispatcher")
    phone.ignores("what is texted is another story")
    add(world, call, weapon="accessible", violence_now="physical")
    act(dispatcher, call, "/send", {})
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})

    add(world, call, violence_now="none")
    assert "TELL CIT 1, 4A12: the danger" in words(dispatcher, "/board")
    stale = act(dispatcher, call, "/corrected", {"turn": "1", "how": "told"})
    assert "more has changed than you saw" in stale
    act(dispatcher, call, "/corrected", {"turn": "0", "how": "text"})
    assert "TELL 4A12: the danger" in words(dispatcher, "/board")
    act(dispatcher, call, "/corrected", {"turn": "0", "how": "told"})
    assert ": the danger stands" not in words(dispatcher, "/board")
    world.desk.expect("IMMEDIATE): nobody is left to ask")


def test_whoever_accepts_reads_that_dangers_are_told_and_never_which(world: World) -> None:
    said = "Dangers told: open the page or ring dispatch."
    clinician, officer = world.pair("CIT 1")
    call = world.call(UNARMED | {"weapon": "accessible"})
    clinician.expect("Reply")
    clinician.text(f"{call.code} 1")
    text = clinician.expect("it is yours")
    assert said in text
    assert "weapon" not in text
    officer.ignores("its page is another story")

    (phone,) = world.team("Mobile 9")
    call = world.call(UNARMED)
    phone.expect("Reply")
    phone.text(f"{call.code} 1")
    assert said not in phone.expect("it is yours")


def test_what_was_said_to_be_none_is_not_said_once_a_team_had_to_leave(world: World) -> None:
    phone, call = on_a_call(world)
    (after,) = world.team("CIT 2")
    world.ignores_texts("what is texted is another story")
    phone.text(f"{call.code} withdraw")
    after.text(f"{call.code} 1")
    page = words(signs_in(world, after, "cit.2"), f"/calls/{call.reference}")
    assert "A team left" in page
    assert "Asked, and said to be none" not in page


def test_half_a_team_on_scene_is_not_the_team_on_scene(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(UNARMED | {"weapon": "accessible"})
    world.ignores_texts("what is texted is another story")
    for phone in (clinician, officer):
        phone.text(f"{call.code} 1")
    officer.text(f"{call.code} scene")
    desk = words(world.client("dispatcher"), f"/calls/{call.reference}")
    theirs = words(signs_in(world, clinician), f"/calls/{call.reference}")
    for page in (desk, theirs):
        assert "Officer on scene, clinician coming" in page

    clinician.text(f"{call.code} scene")
    assert "coming" not in words(world.client("dispatcher"), f"/calls/{call.reference}").split(
        "Timeline"
    )[0].replace("Also coming", "")

"""What the rules have sent and would not send any more is said, and ended by a person alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.stories.test_board import row
from tests.stories.test_call_page import act, look, words
from tests.stories.test_calls import add
from tests.stories.test_who_comes import script
from tests.typical_calls import UNARMED
from tests.world import World
from triage.services import listed_calls
from triage.storage.calls import Call

NOT_ANY_MORE = "Not recommended any more"
ON_THE_BOARD = "Sent, not recommended any more: Mobile crisis team"
MEDICAL = {"consciousness": "unconscious", "breathing": "none"}


def test_a_team_that_is_not_recommended_any_more_goes_on_and_is_said_to(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    dispatcher, call = world.client("dispatcher"), world.call(UNARMED)
    phone.text(f"{call.code} 1")
    world.ignores_texts("what the team is told of the answers")
    assert NOT_ANY_MORE not in look(dispatcher, call)

    add(world, call, **MEDICAL)

    said = words(look(dispatcher, call))
    assert f"{NOT_ANY_MORE} : by what is known now the rules would not send" in said
    assert "Send first who is recommended now." in said
    assert ON_THE_BOARD in row(dispatcher, call)
    assert world.dispatch(call, "mobile_crisis").state == "accepted"

    act(dispatcher, call, "/send", {})
    assert "Send first" not in words(look(dispatcher, call))
    act(dispatcher, call, "/handed-over", {"unit": "Medic 4", "cad_number": "26-1"})
    canceled(world, call)
    assert NOT_ANY_MORE not in look(dispatcher, call)
    assert ON_THE_BOARD not in row(dispatcher, call)


def beyond(world: World) -> list[tuple[str, str]]:
    """Where it would be told, were it beyond what a board lists."""
    with world.context.reading() as uow:
        first = replace(listed_calls.of_board(uow, 1)[0], received_at=uow.now - timedelta(days=1))
        return listed_calls.nobody_beyond(uow, world.centre, [first])


def canceled(world: World, call: Call) -> None:
    dispatcher = world.client("dispatcher")
    key = world.dispatch(call, "mobile_crisis").id
    act(dispatcher, call, f"{key}/cancel", {"reason": "changed_response"})
    assert world.dispatch(call, "mobile_crisis").state == "cancelled"


def test_who_was_chosen_by_a_person_is_not_held_against_the_rules(world: World) -> None:
    world.team("Mobile 9")
    world.ignores_texts("who is asked")
    dispatcher, call = world.client("dispatcher"), world.call(UNARMED)
    chosen = {"override_response": "co_responder", "override_reason": "known_history"}
    act(dispatcher, call, "/override", chosen)

    add(world, call, **MEDICAL)

    assert NOT_ANY_MORE not in look(dispatcher, call)
    assert "not recommended any more" not in row(dispatcher, call)


def test_who_is_only_not_free_is_recommended_as_before(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    world.ignores_texts("who is asked")
    dispatcher, call = world.client("dispatcher"), world.call(UNARMED)
    phone.text(f"{call.code} 2")

    add(world, call, intoxication="none")

    assert NOT_ANY_MORE not in look(dispatcher, call)


def test_what_is_not_recommended_any_more_is_not_the_loudest_once_others_come(
    world: World,
) -> None:
    (phone,) = world.team("Mobile 9")
    clinician, officer = world.team("CIT 1", ("co_responder",), ("clinician", "officer"))
    world.ignores_texts("what all are told of the call")
    dispatcher, call = world.client("dispatcher"), world.call(UNARMED)
    phone.text(f"{call.code} 2")
    add(world, call, weapon="accessible")
    act(dispatcher, call, "/send", {})
    alone = row(dispatcher, call)
    assert ON_THE_BOARD in alone
    assert "NOBODY COMING: Mobile crisis team" in alone
    assert beyond(world) == [(call.code, call.reference)]
    world.wait(minutes=6)
    assert "NOBODY COMING" in words(dispatcher.get("/banners").text)

    for one in (clinician, officer):
        one.text(f"{call.code} 1")

    assert "NOBODY COMING" not in words(dispatcher.get("/banners").text)
    assert "dispatch tone-alarm" not in look(dispatcher, call)
    together = row(dispatcher, call)
    assert "NOBODY COMING" not in together
    assert len(beyond(world)) == 0
    assert ON_THE_BOARD in together
    assert world.dispatch(call, "mobile_crisis").state == "unfilled"
    officer.text(f"{call.code} 2")
    assert "HALF A TEAM" in row(dispatcher, call)
    assert beyond(world) == [(call.code, call.reference)]


def test_for_what_is_not_recommended_any_more_the_caller_is_promised_nobody(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    pair = world.team("CIT 1", ("co_responder",), ("clinician", "officer"))
    world.ignores_texts("what all are told of the call")
    dispatcher = world.client("dispatcher")
    call = world.call(UNARMED, caller_phone="202-555-0143")
    phone.text(f"{call.code} 2")
    add(world, call, weapon="accessible")
    act(dispatcher, call, "/send", {})
    for one in pair:
        one.text(f"{call.code} 1")
        one.text(f"{call.code} SCENE")

    said = " ".join(script(look(dispatcher, call)))

    assert "They are there now." in said
    assert "we call you back" not in said

"""A second caller is attached, and turns out to ring about something else: two calls again."""

import re
from typing import Any

from sqlalchemy import select

from tests.stories.test_call_page import act, dispatcher, look, words
from tests.stories.test_calls import CALM
from tests.stories.test_intake import send
from tests.stories.test_reliefs import orphans
from tests.world import Browser, World
from triage.services import assessments
from triage.storage.calls import Call

__all__ = ["dispatcher"]

SECOND = {
    "location": "Pier 4, the kiosk",
    "caller_phone": "(202) 555-0177",
    "caller_name": "Bo",
    "narrative": "A woman shouts at people",
    "facts.weapon": "accessible",
    "facts.breathing": "normal",
    "facts.age_band": "adult_21_64",
}


def answers(world: World, call: Call) -> dict[str, Any]:
    with world.context.reading() as uow:
        return dict(assessments.answers_of(uow, uow.get(Call, call.id)))


def test_whom_the_desk_had_chosen_for_an_attached_caller_alone_is_told_as_not_sent(
    world: World, dispatcher: Browser
) -> None:
    world.team("Mobile 9")
    world.pair("CIT 2")
    call = world.call(CALM, location="Pier 3", caller_phone="202-555-0143")
    chosen = {"override_response": "co_responder", "override_reason": "field_request"}

    send(dispatcher, SECOND | chosen, action=f"attach:{call.reference}")

    told = words(look(dispatcher, call))
    assert "You had chosen" in told
    assert "for this caller: that was NOT sent." in told
    assert [one.response for one in world.dispatches(call)] == ["mobile_crisis"]
    world.ignores_texts("who is asked for the call is beside the point")


def test_an_attached_caller_gets_a_call_of_their_own_and_nobody_is_paged_twice(
    world: World, dispatcher: Browser
) -> None:
    (first_phone,) = world.team("Mobile 9")
    world.pair("CIT 2")
    call = world.call(CALM, location="Pier 3", caller_phone="202-555-0143")
    assert first_phone.expect("PROMPT")
    before = answers(world, call)
    send(dispatcher, SECOND, action=f"attach:{call.reference}")
    assert isinstance(answers(world, call)["weapon"], dict)
    age = {"value": "adult_21_64", "source": "second caller"}
    assert answers(world, call)["age_band"] == {"values": [age]}
    first_phone.expect_silence()  # attached: nobody is paged again

    told = act(dispatcher, call, "/split", {})
    found = re.search(r"the other is (\w{4}), (\S+)\.", told)
    assert found
    assert "call " + found[2] + " was made of it" in told
    with world.context.reading() as uow:
        other = uow.session.scalars(select(Call).where(Call.reference == found[2])).one()
        assert (other.code, other.origin) == (found[1], "split")
        assert other.location == "Pier 4, the kiosk"
        assert other.narrative == "A woman shouts at people"
        assert [one.phone for one in other.callers] == ["+12025550177"]
    assert found[1] != call.code
    assert answers(world, call) == before
    own = answers(world, other)
    assert (own["weapon"], own["breathing"]) == ("accessible", "normal")
    assert world.dispatch(call, "mobile_crisis").state.value == "seeking"
    assert len(world.dispatches(call)) == 1
    first_phone.expect_silence()
    asked = [d.response for d in world.dispatches(other)]
    assert asked
    world.ignores_texts("who is asked for the second call is decided as ever")
    assert orphans(world) == 0

    page = look(dispatcher, call)
    assert f'href="/calls/{found[2]}"' in page
    assert "Bo" in page  # the record is kept
    assert "/split" not in page
    assert f"Was first taken for {call.reference}" in words(look(dispatcher, other))


def test_who_was_warned_of_the_other_callers_danger_is_told_that_it_is_elsewhere(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Pier 3", caller_phone="202-555-0143")
    phone.expect("PROMPT")
    phone.text(f"{call.code} 1")
    send(dispatcher, SECOND, action=f"attach:{call.reference}")
    phone.expect("accepted, it is yours")
    phone.expect("dangerous")
    assert "A danger that stands no more" not in look(dispatcher, call)
    world.ignores_texts("who is asked for the second call is another story")

    act(dispatcher, call, "/split", {})

    page = look(dispatcher, call)
    assert "A danger that stands no more" in page
    assert "Text Mobile 9 that it has changed" in page


def test_the_first_callers_call_stays(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    world.team("Mobile 9")
    call = world.call(CALM, location="Pier 3", caller_phone="202-555-0143")
    act(dispatcher, call, "/callers", {"name": "Cy", "said": "I see him too"})
    with world.context.reading() as uow:
        first = uow.get(Call, call.id).callers[0].id
    path = f"/calls/{call.reference}"
    assert dispatcher.submit(path, {}, to=f"{path}/callers/{first}/split").status_code == 409
    told = act(dispatcher, call, "/split", {})
    assert "Two calls again" in told


WANDA = {
    "subject_name": "Wanda Second",
    "subject_about": "Green coat",
    "subject_age": "adult_21_64",
    "subject_language": "es",
    "subject_interpreter": "yes",
}
FROM_CAD = {"external_id": "CAD-778", "position": "40.7001, -75.3002", "zone": "Harbor"}


def call_called(world: World, reference: str) -> Call:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Call).where(Call.reference == reference)).one()


def split_off(world: World, desk: Browser, call: Call) -> Call:
    found = re.search(r"the other is \w{4}, (\S+)\.", act(desk, call, "/split", {}))
    assert found
    return call_called(world, found[1])


def test_the_person_goes_with_the_caller_who_named_them(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM, location="Pier 3")
    send(dispatcher, SECOND | WANDA | FROM_CAD, action=f"attach:{call.reference}")
    page = words(look(dispatcher, call))
    assert "Person in crisis Wanda Second" in page
    assert "CAD number CAD-778" in page

    other = split_off(world, dispatcher, call)

    for shown in (look(dispatcher, call), sheet(dispatcher, call)):
        assert "Wanda" not in shown
        assert "CAD-778" not in shown
    page = words(look(dispatcher, other))
    assert "Person in crisis Wanda Second , 21 to 64; Spanish, interpreter needed" in page
    assert "Green coat" in page
    assert "CAD number CAD-778" in page
    assert (other.position, other.zone) == ((40.7001, -75.3002), "Harbor")


def test_somebody_else_goes_with_the_caller_who_told_of_them(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    first = {"third_party_name": "Rosa First", "third_party_with_them": "yes"}
    came = send(dispatcher, SECOND | first).location or ""
    call = call_called(world, came.removeprefix("/calls/"))
    second = {"third_party_name": "Ben Second", "third_party_relation": "key"}
    send(dispatcher, SECOND | second, action=f"attach:{call.reference}")
    page = words(look(dispatcher, call))
    assert "Somebody else Rosa First ; with the person" in page
    assert "Somebody else Ben Second , has the key: landlord or caretaker" in page

    other = split_off(world, dispatcher, call)

    assert "Rosa First" in look(dispatcher, call)
    assert "Ben Second" not in look(dispatcher, call)
    assert "Ben Second" in look(dispatcher, other)
    assert "Rosa First" not in look(dispatcher, other)


def test_of_two_who_named_a_person_the_word_of_whoever_stays_stands(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM, location="Pier 3")
    for name, number in (("Wanda", "CAD-2"), ("Tom", "CAD-3")):
        third = SECOND | {"subject_name": name, "external_id": number}
        send(dispatcher, third, action=f"attach:{call.reference}")
    assert "Person in crisis Wanda" in words(look(dispatcher, call))

    split_off(world, dispatcher, call)  # the first form is the second caller's

    page = words(look(dispatcher, call))
    assert "Person in crisis Tom" in page
    assert "CAD number CAD-3" in page
    assert "as they say:" not in page
    split_off(world, dispatcher, call)
    assert "Person in crisis Note the person" in words(look(dispatcher, call))


def test_what_a_second_caller_says_of_the_person_stands_with_them_and_goes_with_them(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    first = {"subject_name": "Luis First", "external_id": "CAD-1", "facts.weapon": "none_confirmed"}
    came = send(dispatcher, SECOND | first).location or ""
    call = call_called(world, came.removeprefix("/calls/"))
    send(dispatcher, SECOND | WANDA | FROM_CAD, action=f"attach:{call.reference}")

    for shown in (look(dispatcher, call), sheet(dispatcher, call)):
        told = words(shown)
        assert "Person in crisis Luis First" in told
        assert (
            "Person in crisis, as they say: Wanda Second , 21 to 64; Spanish, interpreter needed"
            in told
        )
        for word in ("Green coat", "CAD number CAD-778", "Position 40.70010, -75.30020"):
            assert word in told, word

    other = split_off(world, dispatcher, call)

    for shown in (look(dispatcher, call), sheet(dispatcher, call)):
        assert "Luis First" in shown
        assert "CAD-1" in shown
        assert "Wanda" not in shown
    assert "Person in crisis Wanda Second" in words(look(dispatcher, other))
    assert (other.external_id, other.position) == ("CAD-778", (40.7001, -75.3002))


def sheet(desk: Browser, call: Call) -> str:
    page: str = desk.get(f"/calls/{call.reference}/sheet").get_data(as_text=True)
    return page


def test_another_place_of_a_second_caller_stands_with_them_as_they_said_it(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM, location="Pier 3", caller_phone="202-555-0143")
    silent = {**SECOND, "narrative": ""}
    send(dispatcher, silent, action=f"attach:{call.reference}")
    assert "Place, as they say it: Pier 4, the kiosk" in words(look(dispatcher, call))
    assert "Place, as they say it: Pier 4, the kiosk" in words(sheet(dispatcher, call))

    dispatcher.submit("/board", {"language": "es"}, to="/language")
    page = words(look(dispatcher, call))
    assert "Lugar, según dice: Pier 4, the kiosk" in page
    assert "as they say" not in page
    told = act(dispatcher, call, "/split", {})
    found = re.search(r"la otra es \w{4}, ([\w-]+)\.", told)
    assert found, told
    other = call_called(world, found[1])
    assert other.narrative == f"Llamó primero por {call.reference}: es otro incidente."
    assert "(separada de otra llamada)" in words(look(dispatcher, other))

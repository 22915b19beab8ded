"""An officer or a hospital asks for a clinician; a clinician comes upon somebody in need."""

import re
from typing import Any

from tests.stories.test_call_page import dispatcher, look, words
from tests.stories.test_cancellations import own_screen
from tests.stories.test_intake import the_call
from tests.stories.test_reliefs import orphans
from tests.world import Browser, World
from triage.storage.dispatches import Slot

__all__ = ["dispatcher"]

CALM = {
    "facts.consciousness": "alert",
    "facts.breathing": "normal",
    "facts.weapon": "none_confirmed",
    "facts.violence_now": "none",
    "facts.attempt_in_progress": "no",
}
ASKS: dict[str, Any] = {
    "origin": "officer",
    "unit": "12-Adam",
    "phone": "202-555-0143",
    "location": "Pier 3, by the crane",
    "needed": "He talks to nobody, a clinician please",
    "officer_there": "yes",
    **CALM,
}


def wrong(page: str) -> list[str]:
    """The fields that have an error beside them."""
    return re.findall(r'class="error" id="e-([\w.]+)"', page)


def test_an_officer_asks_and_a_clinician_is_paged(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("what the page says is another story")
    (phone,) = world.team("Mobile 9")
    missing = dispatcher.submit("/field-request", {**ASKS, "location": ""})
    assert missing.status_code == 422
    assert "Write where the clinician is to come." in missing.text
    assert "12-Adam" in missing.text  # nothing typed is lost
    empty = dispatcher.submit("/field-request", {"phone": "202-555-0143"}).text
    assert wrong(empty) == ["origin", "unit", "location", "needed", "officer_there"]

    answer = dispatcher.submit("/field-request", ASKS)
    call = the_call(world)
    assert answer.location == f"/calls/{call.reference}"
    assert call.origin == "officer"
    page = words(look(dispatcher, call))
    assert "Call taken (an officer asks)." in page
    assert "Officer on scene: yes." in page
    assert "12-Adam" in page
    assert "Police officer" in page  # the caller, as the rules read it
    assert "mobile_crisis" in [d.response for d in world.dispatches(call)]
    assert any("Reply" in text for text in phone.inbox)
    assert orphans(world) == 0


def test_to_whoever_asks_in_spanish_the_call_is_spanish(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("what the page says is another story")
    dispatcher.submit("/board", {"language": "es"}, to="/language")
    dispatcher.submit("/field-request", {**ASKS, "origin": "hospital", "officer_there": "no"})
    page = words(look(dispatcher, the_call(world)))
    assert "Agente en el lugar: no." in page
    assert "Llamada tomada (lo pide un hospital)." in page


def test_with_a_weapon_in_hand_the_rules_decide_as_for_any_other_call(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("what the page says is another story")
    world.team("Mobile 9")
    world.pair("CIT 2")
    dispatcher.submit("/field-request", {**ASKS, "origin": "hospital", "facts.weapon": "in_hand"})
    call = the_call(world)
    assert call.origin == "hospital"
    sent = [d.response for d in world.dispatches(call)]
    assert any(world.centre.vocabulary.responses[one].public_safety for one in sent)
    assert "mobile_crisis" not in sent
    assert orphans(world) == 0


def test_a_clinician_opens_a_call_where_they_stand(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    (other,) = world.team("Mobile 8")
    clinician = own_screen(world, phone)
    assert 'href="/on-view"' in clinician.get("/account/safety").text
    for told, missing in (
        ({"narrative": "She cries"}, ("location",)),
        ({}, ("location", "narrative")),
        ({"location": "Pier 3"}, ("narrative",)),
    ):
        empty = clinician.submit("/on-view", told)
        assert empty.status_code == 422
        assert wrong(empty.text) == [*missing]
    assert "Write what happens, or answer at least one question." in empty.text

    clinician.submit("/on-view", {"location": "Pier 3", "narrative": "She cries", **CALM})
    call = the_call(world)
    dispatch = world.dispatch(call, "mobile_crisis")
    assert (call.origin, dispatch.state.value) == ("on_view", "on_scene")
    assert "I need help" in look(clinician, call)
    assert "Mobile 9" in words(dispatcher.get("/board").text)
    phone.expect_silence()
    other.expect_silence()  # nobody else is asked to come
    assert orphans(world) == 0

    world.wait(minutes=21)
    with world.context.reading() as uow:
        assert uow.session.query(Slot).filter_by(dispatch_id=dispatch.id).count() == 1
    assert phone.expect("OK")  # the safety timer runs


def test_a_dispatcher_opens_no_call_as_on_view(world: World, dispatcher: Browser) -> None:
    assert dispatcher.get("/on-view").status_code == 403
    loner = world.client("clinician")
    answer = loner.submit("/on-view", {"location": "Pier 3", "narrative": "She cries"})
    assert "belongs to no team" in answer.text

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
    assert answers(world, call)["age_band"] == "adult_21_64"
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

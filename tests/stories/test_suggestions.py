"""Who could be assigned by hand: the best first, with what speaks for and against them, and why a
team is not there."""

from __future__ import annotations

import re

from tests.stories.test_call_page import look, words
from tests.stories.test_calls import CALM
from tests.world import World
from triage.storage.teams import Responder, Shift, Team


def offered(page: str) -> list[str]:
    (select,) = re.findall(r'<select [^>]*name="member".*?</select>', page, re.DOTALL)
    return [words(one).strip() for one in re.findall(r"<option.*?</option>", select, re.DOTALL)][1:]


def test_each_says_why_and_who_is_not_there_why_not(world: World) -> None:
    world.ignores_texts("the desk's page is what matters")
    (here,) = world.team("Mobile 1", zones=["Harbor"], skills=["es"])
    world.team("Mobile 2", zones=["Hilltop"])
    (stopped,) = world.team("Mobile 3")
    (off,) = world.team("Mobile 4")
    with world.context.unit_of_work("test") as uow:
        uow.get(Responder, stopped.responder_id).opted_out_at = uow.now
        for shift in uow.session.query(Shift).filter_by(responder_id=off.responder_id):
            uow.session.delete(shift)
        uow.session.query(Team).filter_by(name="Mobile 2").one().calls_at_once = 1
    world.call(CALM, zone="Hilltop")  # takes Mobile 2
    call = world.call(CALM, zone="Harbor", language="es")
    world.settle()
    here.text(f"{call.code} 2")

    page = look(world.client("dispatcher"), call)
    against = ["from another zone", "does not speak Spanish", "shift not confirmed"]
    against += ["1 on hand", "takes no more calls"]
    assert offered(page) == [
        "Mobile 1, home zone, speaks Spanish, declined, free",
        "Mobile 2, " + ", ".join(against),
    ]
    assert (
        "Not there to be asked: Mobile 3: texted a stop word; Mobile 4: no clinician on shift."
        in words(page)
    )

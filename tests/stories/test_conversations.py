"""The texts of a call stand on its page as conversations: what was sent, how far it came, what was
answered."""

from __future__ import annotations

import re

from tests.stories.test_call_page import look, words
from tests.stories.test_calls import CALM
from tests.world import World

SECTION = re.compile(r'<section id="call-messages".*?</section>', re.DOTALL)


def conversations(page: str) -> list[str]:
    """Each from its heading on, as it is read."""
    found = SECTION.search(page)
    assert found
    return [words(part) for part in found[0].split("<h3>")[1:]]


def test_each_telephone_is_a_conversation_in_the_order_in_which_it_was_said(
    world: World,
) -> None:
    clinician, officer = world.pair("CIT 1")
    for phone in (clinician, officer):
        phone.ignores("the desk's page is what matters")
    desk = world.client("dispatcher")
    call = world.call(CALM | {"weapon": "accessible"})
    world.settle()
    clinician.text(f"{call.code} 1")
    world.settle()

    (first, second) = conversations(look(desk, call))
    assert first.startswith("CIT 1 (clinician) ")
    order = ["Page", "1=accept 2=decline", "They answered", "Reply", "accepted, it is yours"]
    places = [first.rindex(one) for one in order]
    assert "Sent" in first
    assert places == sorted(places)
    assert second.startswith("CIT 1 (officer) ")
    assert "They answered" not in second


def test_what_was_answered_shows_as_text_and_no_link_opens_from_it(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    phone.ignores("the desk's page is what matters")
    desk = world.client("dispatcher")
    call = world.call(CALM)
    world.settle()
    phone.text(f"{call.code} NOTE <b>wet</b> {{{{7*7}}}}")

    page = look(desk, call)
    assert "&lt;b&gt;wet&lt;/b&gt; {{7*7}}" in page
    (only,) = conversations(page)
    assert "/p/..." in only
    assert not re.search(r"/p/\w{11}", page)


def test_a_call_without_texts_says_so(world: World) -> None:
    call = world.call(CALM, disposition="test_call")

    assert "No text was sent." in words(look(world.client("dispatcher"), call))

"""Whoever takes a call or a person over gets a standard text: filled in by the service, given by a
person, written down."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest

from tests.stories.test_call_page import act, look, words
from tests.stories.test_calls import CALM
from tests.world import World
from triage.policy_file import check_policy_file

SETTINGS = Path(__file__).parents[2] / "config" / "settings.toml"


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_says_what_the_call_says_now(world: World, language: str) -> None:
    (phone,) = world.team("Mobile 9")
    phone.ignores("the desk's page is what matters")
    desk = world.client("dispatcher")
    desk.submit("/board", {"language": language}, to="/language")
    call = world.call(
        CALM,
        location="Pier \u202e3 <b>",
        narrative="He cries. {code} {{7*7}}",
        caller_phone="202-555-0142",
    )
    world.settle()
    phone.text(f"{call.code} 1")

    page = unescape(look(desk, call))
    for line in ("Pier 3 &lt;b&gt;, ", "Pier 3 &lt;b&gt;. Zone", "Pier 3 &lt;b&gt;</bdi>"):
        assert line in look(desk, call)  # nothing is turned round
    assert "He cries. {code} {{7*7}}" in page  # what was told is no blank
    assert f"Call {call.reference}, came in " in page
    assert "Mobile 9 (" in page
    assert {"en": "Who: not known.", "es": "Who: no se sabe."}[language] in page


def test_it_says_that_nobody_comes_and_that_nothing_is_decided(world: World) -> None:
    desk = world.client("dispatcher")

    page = unescape(look(desk, world.call({}, location="Pier 3")))

    assert "Decided: Not decided: too few answers. Under way: nobody." in page


def test_that_it_was_given_is_written_down(world: World) -> None:
    world.ignores_texts("the desk's page is what matters")
    desk, call = world.client("dispatcher"), world.call(CALM)

    told = act(desk, call, "/handover", {"to": "Another agency"})

    assert "Written down: Another agency has the text." in told
    assert "Text for a handover given: Another agency." in words(look(desk, call))
    assert world.audited("call.handover_text") == 1
    assert "The settings have no such text any more." in act(desk, call, "/handover", {"to": "x"})


def test_a_blank_that_nothing_fills_is_told_before_the_service_starts(tmp_path: Path) -> None:
    file, wrong = tmp_path / "settings.toml", list[str]()
    file.write_text(SETTINGS.read_text() + '[[handovers]]\nname = "Jail"\ntext = "{pace}"\n')

    check_policy_file(file, wrong)

    assert any("handovers: Jail: nothing fills {pace}; known are reference," in it for it in wrong)

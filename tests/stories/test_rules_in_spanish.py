"""What the rules say is read in Spanish where the catalogue has it, and else as it was written."""

from __future__ import annotations

import re

from sqlalchemy import select

from tests.stories.test_call_page import ARMED
from tests.stories.test_languages import in_spanish
from tests.stories.test_rules_page import live_text, publish
from tests.stories.test_who_comes import script
from tests.world import World
from triage.storage.calls import AssessmentRecord, Call

IN_ENGLISH = "A weapon is in somebody's hand; an officer trained for crises goes"
IN_SPANISH = "Alguien tiene un arma en la mano; va un agente capacitado en crisis"
CHANGED = "Somebody holds a weapon, so an officer trained for crises goes."
NOTE = "está en inglés, dígalo en español"


def reasons(page: str) -> dict[str, str]:
    """What the page says why, each with the language that it is marked as."""
    return {said: tag for tag, said in re.findall(r'<li><span lang="(\w+)">([^<]+)</span>', page)}


def kept(world: World, call: Call) -> str:
    with world.context.reading() as uow:
        mine = AssessmentRecord.call_id == call.id
        return uow.session.scalars(select(AssessmentRecord).where(mine)).one().result or ""


def test_why_is_read_in_spanish_and_kept_in_the_words_of_the_rules(world: World) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(ARMED)
    desk, here = in_spanish(world, "dispatcher"), f"/calls/{call.reference}"

    page, sheet = desk.get(here).text, desk.get(f"{here}/sheet").text

    assert {"es"} == {tag for said, tag in reasons(page).items() if said.startswith(IN_SPANISH)}
    assert set(reasons(page).values()) == {"es"}
    assert f'<li lang="es">{IN_SPANISH}' in sheet
    assert "A weapon is in somebody" not in sheet
    assert IN_ENGLISH in kept(world, call)
    aloud = " ".join(script(page, "es"))
    assert f"Se pide policía por este motivo: {IN_SPANISH}" in aloud
    assert NOTE not in aloud
    rules = desk.get("/rules/county-default").text
    assert f'<p>“<span lang="es">{IN_SPANISH}' in rules
    assert "<h3>Si hay un arma en la mano" in rules
    assert '<h2 lang="es">Reglas básicas del condado</h2>' in rules


def test_what_a_supervisor_has_written_is_read_as_written_and_marked_as_english(
    world: World,
) -> None:
    world.ignores_texts("who is asked is another story")
    text, sentence = live_text(world), re.compile(rf"{re.escape(IN_ENGLISH)}[^\n]*")
    assert sentence.search(text)
    text = re.sub(
        r"^version: .*$", 'version: "own-1"', sentence.sub(CHANGED, text), flags=re.MULTILINE
    )
    publish(world, text)
    call = world.call(ARMED)

    page = in_spanish(world, "dispatcher").get(f"/calls/{call.reference}").text

    assert reasons(page)[CHANGED] == "en"
    assert NOTE in " ".join(script(page, "es"))
    assert CHANGED in " ".join(script(page, "es"))

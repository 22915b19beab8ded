"""Learning on scripted callers: nobody is reached, and each try is compared with the rules."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from tests.stories.test_languages import english_in, in_spanish
from tests.world import World, make_world, settings_for
from triage.adapters.training_calls import read_training_calls
from triage.app import TRAINING_CALLS, build_context
from triage.domain.training import TrainingCall
from triage.settings import ROOT, SettingsError, read_settings

SCRIPTS = ROOT / "config" / TRAINING_CALLS


@pytest.fixture
def school(database_url: str, tmp_path: Path) -> Iterator[World]:
    with make_world(database_url, tmp_path) as world:
        settings = replace(world.context.settings, training=True)
        scripts = read_training_calls(SCRIPTS.read_text(), world.centre.vocabulary)
        centre = replace(world.centre, training_calls=scripts)
        yield World(replace(world.context, settings=settings, centre=centre), world.phones)


def take(school: World, script: TrainingCall, **answers: str) -> None:
    """What a trainee types: the number, the place, and what they asked."""
    form = {
        "form_key": str(uuid4()),
        "caller_phone": script.number,
        "location": script.place,
        "narrative": script.opens,
        "action": "send",
        **{f"facts.{fact}": answer for fact, answer in answers.items()},
    }
    assert school.client("dispatcher").submit("/intake", form).status_code == 303


def comparison(school: World, script: TrainingCall) -> str:
    listed = school.client("dispatcher").get("/training").text
    found = re.search(rf'href="(/training/{script.id}/[0-9A-Z-]+)"', listed)
    assert found, "the try is not listed"
    return str(school.client("dispatcher").get(found.group(1)).text)


def test_the_caller_answers_what_is_asked_and_no_more(school: World) -> None:
    script = school.centre.training_calls["brother"]
    phone = school.client("dispatcher").get("/training/brother").text

    assert script.number in phone
    assert "It&#39;s in his hand" in phone
    assert "I don&#39;t know." in phone


def test_every_caller_knows_who_they_are(school: World) -> None:
    for script in school.centre.training_calls.values():
        assert "caller_role" in script.answers, script.id


def test_a_try_in_which_the_weapon_was_not_asked_for_is_told_so(school: World) -> None:
    script = school.centre.training_calls["brother"]
    school.ignores_texts("who is paged is not what this is about")
    take(school, script, **{**script.facts, "weapon": "unknown"})

    page = comparison(school, script)

    assert "decide otherwise than with all that the caller could have said" in page
    assert "wrong, and it changes the answer" in page
    assert script.teaches in page


def test_a_try_with_every_answer_is_as_the_rules_have_it(school: World) -> None:
    script = school.centre.training_calls["fence"]
    school.ignores_texts("who is paged is not what this is about")
    take(school, script, **script.facts)

    page = comparison(school, script)

    assert "the rules decide as they do with all that the caller could have said" in page
    assert "and it changes the answer" not in page
    assert "Mediation" in page


def test_none_seen_for_said_to_be_none_is_no_mistake_and_the_difference_is_told(
    school: World,
) -> None:
    script = school.centre.training_calls["fence"]
    school.ignores_texts("who is paged is not what this is about")
    assert script.facts["weapon"] == "none_confirmed"
    take(school, script, **{**script.facts, "weapon": "none_seen"})

    page = comparison(school, script)

    assert "no danger either way" in page
    assert "None that is seen and none that is said are kept apart" in page
    assert "wrong" not in page.partition("<tbody>")[2]


def test_nobody_sees_the_tries_of_others(school: World) -> None:
    script = school.centre.training_calls["fence"]
    school.ignores_texts("who is paged is not what this is about")
    take(school, script, **script.facts)

    supervisor = school.client("supervisor")
    assert "not tried yet" in supervisor.get("/training").text
    listed = school.client("dispatcher").get("/training").text
    (path,) = re.findall(r'href="(/training/fence/[0-9A-Z-]+)"', listed)
    assert supervisor.get(path).status_code == 404


def test_every_screen_says_that_it_is_training(school: World) -> None:
    assert "TRAINING" in school.client().get("/sign-in").text
    for path in ("/board", "/intake", "/training"):
        assert "TRAINING" in school.client("dispatcher").get(path).text


def test_there_is_none_of_it_where_real_calls_are_taken(world: World) -> None:
    dispatcher = world.client("dispatcher")
    assert dispatcher.get("/training").status_code == 404
    board = dispatcher.get("/board").text
    assert "/training" not in board
    assert "TRAINING" not in board


def test_training_never_has_real_telephones() -> None:
    with pytest.raises(SettingsError, match="in training TRIAGE_SMS is simulator"):
        read_settings({"TRIAGE_TRAINING": "true", "TRIAGE_SMS": "twilio"})


def test_scripts_that_cannot_be_are_refused_with_all_that_is_wrong(
    world: World, database_url: str, tmp_path: Path
) -> None:
    script = """
[[call]]
id = "one"
title = "One"
number = "202-555-0171"
place = "Here"
opens = "Hello."
teaches = "Nothing."
answers = { weapon = { is = "spoon", says = "A spoon." } }
"""
    with pytest.raises(ValueError, match=r"one: facts\.weapon") as refusal:
        read_training_calls(script + script, world.centre.vocabulary)
    assert "its id or number is another call's" in str(refusal.value)

    settings = replace(
        settings_for(database_url, tmp_path), training=True, gazetteer=tmp_path / "places.csv"
    )
    (tmp_path / "places.csv").write_text("place,zone,lat,lon\n")
    with pytest.raises(SettingsError, match=TRAINING_CALLS):
        build_context(settings)


def test_learning_is_said_in_spanish(school: World) -> None:
    script = school.centre.training_calls["brother"]
    school.ignores_texts("who is paged is not what this is about")
    learner = in_spanish(school, "dispatcher")
    take(school, script, problem_type="mental_health_crisis")

    pages = ["/training", "/training/brother"]
    listed = school.client("dispatcher").get("/training").text
    if found := re.search(r'href="(/training/brother/[0-9A-Z-]+)"', listed):
        pages.append(found[1])

    assert len(pages) == 3
    assert not [left for path in pages if (left := english_in(learner.get(path).text))]

"""A rule set stops loading while the service runs: every call is taken all the same."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.world import World
from triage.app import check_database
from triage.domain.errors import TriageError
from triage.services import assessments, calls, rule_sets
from triage.settings import SettingsError
from triage.storage.audit import AuditEntry
from triage.storage.calls import AssessmentRecord, Call
from triage.storage.rule_sets import RuleSetVersion

NAME = "county-default"
CALM = {"problem_type": "mental_health_crisis", "weapon": "none_seen"}
BROKEN = {
    "of another kind": "rule_set: nothing\n",
    "cut off": "rule_set: county-default\nrules: [{id: x, when: {",
    "of a fact nobody has": "rules:\n  - {id: x, kind: require, when: {no_such_fact: yes}}\n",
    "empty": "",
}


def break_rules(world: World, text: str = "rule_set: nothing\n") -> str:
    """As another release of the service leaves it: published, and not to be read here."""
    sha256 = rule_sets.sha256(text)
    with world.context.unit_of_work("another process") as uow:
        version = uow.add(
            RuleSetVersion(
                name=NAME,
                label="broken",
                sha256=sha256,
                vocabulary_sha256=world.centre.vocabulary.sha256,
                yaml=text,
                written_by="a.ames",
                approved_by="b.brown",
            )
        )
        uow.session.flush()
        rule_sets.publish(uow, version, "b.brown", "approved")
    return sha256


def rings(world: World, facts: dict[str, Any]) -> str:
    """A call comes in through the API; its reference."""
    answer = world.app.test_client().post(
        "/api/v1/calls",
        json={"facts": facts, "narrative": "She cries and does not answer", "location": "Pier 3"},
        headers={"Authorization": f"Bearer {world.token('calls:write', 'calls:read')}"},
    )
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert answer.json["assessment"]["outcome"] == "not_scored"
    reference: str = answer.json["reference"]
    return reference


def latest(world: World, reference: str) -> AssessmentRecord:
    with world.context.reading() as uow:
        record = assessments.latest(uow, calls.by_reference(uow, reference))
        assert record is not None
        assert record.result
        return record


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_call_is_saved_as_not_scored_and_somebody_is_asked_to_come(
    world: World, text: str
) -> None:
    clinician, officer = world.pair("CIT 1")
    sha256 = break_rules(world, text)

    reference = rings(world, CALM)

    record = latest(world, reference)
    assert (record.outcome, record.level_rank, record.settled) == ("not_scored", 1, False)
    assert (record.rule_set, record.rule_set_sha256) == (NAME, sha256)
    assert json.loads(record.input or "")["facts"] == CALM
    assert clinician.expect("HIGHEST")
    assert officer.expect("HIGHEST")
    with world.context.reading() as uow:
        details = uow.session.scalars(
            select(AuditEntry.details).where(AuditEntry.event == "call.assessed")
        ).one()
    assert (details["outcome"], details["rule_set"]) == ("not_scored", sha256[:12])


def test_a_text_that_was_altered_since_it_was_published_decides_nothing(
    world: World, another_world: Callable[[], World]
) -> None:
    world.ignores_texts("who comes is told above")
    with world.context.unit_of_work("whoever owns the database") as uow:
        version = rule_sets.live_version(uow, NAME)
        sha256, version.yaml = version.sha256, version.yaml.replace("needs", "Needs", 1)
    process = another_world()  # which has not read it before
    process.context.centre.parsed.pop(sha256, None)

    reference = rings(process, CALM)

    assert latest(process, reference).rule_set_sha256 == sha256
    page = process.client("supervisor").get(f"/rules/{NAME}").get_data(as_text=True)
    assert "was altered in the database since it was published" in page
    with pytest.raises(SettingsError, match="was altered in the database"):
        check_database(process.context)
    process.context.database.engine.dispose()


def test_the_dispatcher_is_told_what_to_do_by_hand(world: World) -> None:
    break_rules(world)
    browser = world.client("dispatcher")

    form = browser.get("/intake").get_data(as_text=True)
    page = browser.get(f"/calls/{rings(world, CALM)}").get_data(as_text=True)
    board = browser.get("/board").get_data(as_text=True)

    assert "Not scored" in form
    assert "Decide by hand" in form
    assert "NOT SCORED" in page
    assert "Decide by hand: not awake, not breathing normally or hurt, send an ambulance" in page
    assert "FAILED: treated as the highest level" in page
    assert "not scored" in board
    assert "NOBODY COMING" in page  # no co-responder is on shift here
    world.desk.expect("nobody is left to ask")


def test_answers_and_the_end_of_the_wait_are_taken_too_and_the_next_version_decides_again(
    world: World,
) -> None:
    pair = world.pair("CIT 1", calls_at_once=5)
    waiting, open_one = world.call({}), world.call({"weapon": "in_hand"})
    assert latest(world, waiting.reference).outcome == "ask_more"
    break_rules(world)

    def answer(uow: Any) -> None:
        call = calls.by_reference(uow, open_one.reference)
        calls.add_answers(uow, world.centre, call, {"breathing": "none"})

    world.context.do("test", answer)
    world.wait(minutes=10)
    for member in pair:
        member.expect("HIGHEST, within 10 min")
    world.desk.expect("dispatch it in CAD now")

    assert latest(world, open_one.reference).outcome == "not_scored"
    assert latest(world, waiting.reference).outcome == "not_scored"
    assert "co_responder" in [one.response for one in world.dispatches(waiting)]

    with world.context.unit_of_work("test") as uow:
        good = uow.session.scalars(
            select(RuleSetVersion).where(
                RuleSetVersion.name == NAME, RuleSetVersion.label != "broken"
            )
        ).one()
        rule_sets.publish(uow, good, "a.ames", "went_back")
    assert latest(world, world.call(CALM).reference).outcome != "not_scored"


def test_trying_a_case_says_that_the_rules_do_not_load(world: World) -> None:
    break_rules(world)

    answer = world.client("dispatcher").submit(f"/rules/{NAME}/try", {"facts.weapon": "in_hand"})

    assert answer.status_code == 200
    assert "It does not load" in answer.get_data(as_text=True)
    with world.context.reading() as uow, pytest.raises(TriageError):
        rule_sets.must_load(uow, world.centre, NAME)
    with world.context.reading() as uow:
        assert uow.session.scalars(select(Call)).all() == []

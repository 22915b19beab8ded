"""What is read out before somebody goes through the door."""

from __future__ import annotations

import pytest

from tests.domain.shipped import vocabulary
from triage.domain.hazards import at_the_door, found_none, hazards


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, []),
        ({"weapon": "none_confirmed", "violence_now": "none", "problem_type": "other"}, []),
        ({"weapon": "in_hand"}, ["a weapon is in hand."]),
        ({"weapon": "none_seen", "weapon_directed_at": "nobody"}, []),
        ({"weapon": "unknown"}, ["weapon: not known."]),
        ({"firearm_access": "yes"}, ["firearm within reach: Yes."]),
        ({"in_traffic": "yes", "dangerous_place": "none"}, ["in traffic: Yes."]),
        (
            {"dangerous_place": "at_edge", "dangerous_place_type": "water"},
            [
                "the person is on the edge, in the water or on the tracks.",
                "kind of dangerous place: Water.",
            ],
        ),
        (
            {
                "weapon": {
                    "values": [
                        {"value": "none_seen", "source": "caller"},
                        {"value": "accessible", "source": "neighbour"},
                    ]
                }
            },
            ["a weapon is within reach."],
        ),
    ],
)
def test_everything_but_that_there_is_no_danger_is_said(answers: dict, said: list[str]) -> None:
    assert hazards(vocabulary().facts, answers) == said


def test_none_seen_and_none_confirmed_are_told_apart_and_apart_from_dangers() -> None:
    facts = vocabulary().facts
    assert found_none(facts, {"weapon": "none_seen"}) == ["no weapon is seen."]
    confirmed = {"weapon": "none_confirmed", "dv_unemployed": "no"}
    assert found_none(facts, confirmed) == ["somebody says there is no weapon."]
    for still_a_danger in ("unknown", "accessible"):
        assert found_none(facts, {"weapon": still_a_danger}) == []


def test_nothing_of_anybodys_health_is_among_them() -> None:
    facts = vocabulary().facts
    for name, fact in facts.items():
        if fact.group in {"suicide", "mental_state", "medical", "subject"} and fact.danger:
            assert hazards(facts, {name: fact.danger[-1]}) == []


@pytest.mark.parametrize("said", ["chemical", "gas", "fire"])
def test_fumes_are_a_danger_to_whoever_is_on_the_way(said: str) -> None:
    facts = vocabulary().facts
    assert at_the_door(facts, {"fire_gas_chemical": said})
    assert not at_the_door(facts, {"fire_gas_chemical": "none"})

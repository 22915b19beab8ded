"""What is read out before somebody goes through the door."""

from __future__ import annotations

import pytest

from tests.domain.shipped import vocabulary
from triage.domain.hazards import hazards


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, []),
        ({"weapon": "none_confirmed", "violence_now": "none", "problem_type": "other"}, []),
        ({"weapon": "in_hand"}, ["a weapon is in hand."]),
        ({"weapon": "none_seen"}, ["no weapon is seen."]),
        ({"weapon": "unknown"}, ["weapon: not known."]),
        ({"firearm_access": "yes"}, ["firearm within reach: Yes."]),
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
def test_everything_but_the_least_dangerous_answer_is_said(answers: dict, said: list[str]) -> None:
    assert hazards(vocabulary().facts, answers) == said


def test_nothing_of_anybodys_health_is_among_them() -> None:
    facts = vocabulary().facts
    for name, fact in facts.items():
        if fact.group in {"suicide", "mental_state", "medical", "subject"} and fact.danger:
            assert hazards(facts, {name: fact.danger[-1]}) == []

"""What two decisions differ in."""

from collections.abc import Iterator

from triage.domain.decision import Decision

WEIGHTS = {"response": 8.0, "level": 4.0, "companions": 2.0, "exclusions": 1.0}
"""What an answer can change, the most important first, and how much that counts."""


def differences(present: Decision, other: Decision) -> Iterator[str]:
    """What two decisions differ in, of the keys of WEIGHTS."""
    if other.response != present.response:
        yield "response"
    if other.level.id != present.level.id:
        yield "level"
    if other.also != present.also:
        yield "companions"
    if other.excluded != present.excluded:
        yield "exclusions"


def weight_of(present: Decision, other: Decision) -> float:
    """How much two decisions differ."""
    if other is present:
        return 0.0
    response, level, companions, exclusions = WEIGHTS.values()
    return (
        response * (other.response != present.response)
        + level * (other.level.id != present.level.id)
        + companions * (other.also != present.also)
        + exclusions * (other.excluded != present.excluded)
    )

"""Every table, for whoever needs them all: migrations and tests."""

from triage.storage import (
    attempts,
    audit,
    calls,
    deployment,
    dispatches,
    follow_ups,
    habits,
    messages,
    people,
    policies,
    reach_tests,
    revisions,
    rule_sets,
    safety,
    teams,
    timers,
    watching,
)
from triage.storage.base import Base

__all__ = [
    "Base",
    "attempts",
    "audit",
    "calls",
    "deployment",
    "dispatches",
    "follow_ups",
    "habits",
    "messages",
    "people",
    "policies",
    "reach_tests",
    "revisions",
    "rule_sets",
    "safety",
    "teams",
    "timers",
    "watching",
]

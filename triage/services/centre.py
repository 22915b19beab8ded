"""What every use-case may need to know about the centre it works for."""

from dataclasses import dataclass, field

from triage.domain.errors import Finding
from triage.domain.facts import Vocabulary
from triage.domain.gazetteer import Gazetteer
from triage.domain.habits import Habits
from triage.domain.policy import Policy
from triage.domain.ports import RuleReader
from triage.domain.ruleset import RuleSet
from triage.domain.town_map import TownMap
from triage.domain.training import TrainingCall


@dataclass(frozen=True)
class Centre:
    policy: Policy
    vocabulary: Vocabulary
    vocabulary_yaml: str
    reader: RuleReader
    gazetteer: Gazetteer
    public_url: str
    town: TownMap | None = field(default=None, repr=False)
    """None where the zones have no outlines."""
    training_calls: dict[str, TrainingCall] = field(default_factory=dict, repr=False)
    """Scripted calls by id; none but in training."""
    parsed: dict[str, RuleSet] = field(default_factory=dict, repr=False)
    """Rule sets already read, by SHA-256: a version never changes, so this never goes stale."""
    checked: dict[str, tuple[Finding, ...]] = field(default_factory=dict, repr=False)
    """What the loader says about texts, likewise."""
    habits: dict[str, Habits] = field(default_factory=dict, repr=False)
    """Counts of earlier answers already read, by SHA-256, likewise."""

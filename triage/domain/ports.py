"""What the domain and its users need from the outside, as shapes."""

from typing import Protocol

from triage.domain.errors import Finding
from triage.domain.facts import Vocabulary
from triage.domain.ruleset import RuleSet


class RuleReader(Protocol):
    """Reads vocabulary and rule files."""

    def read_vocabulary(self, text: str) -> Vocabulary:
        """Raises RuleFileError with all findings at once."""
        ...

    def read_rule_set(self, text: str, vocabulary: Vocabulary) -> RuleSet:
        """Raises RuleFileError with all findings at once; examples that do not hold are errors."""
        ...

    def read_published(self, text: str, vocabulary: Vocabulary) -> RuleSet:
        """A rule set that was checked before: only read. Raises RuleFileError."""
        ...

    def check_rule_set(self, text: str, vocabulary: Vocabulary) -> tuple[Finding, ...]:
        """Everything there is to say about a rule set, errors and warnings, by place."""
        ...

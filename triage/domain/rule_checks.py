"""placeholder"""

from triage.domain.errors import Finding
from triage.domain.ruleset import RuleSet


def check(rule_set: RuleSet, *, complete: bool = True) -> tuple[Finding, ...]:
    return ()

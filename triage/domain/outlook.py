"""placeholder"""
from dataclasses import dataclass
from triage.domain.cases import Case
from triage.domain.calls import CallInput
from triage.domain.ruleset import RuleSet

@dataclass(frozen=True)
class Outlook:
    settled: bool = False
    could_become: tuple[str, ...] = ()
    ask_next: tuple = ()

NO_OUTLOOK = Outlook()

def look_ahead(rule_set: RuleSet, call: CallInput, cases: tuple[Case, ...]) -> Outlook:
    return NO_OUTLOOK

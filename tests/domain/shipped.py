"""The rule files that are shipped, as the tests about them read them.

Files are found, not listed, so that a rule set added tomorrow is held to the same promises.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from triage.adapters.rule_files import RuleFiles
from triage.domain.assessment import Assessment, assess
from triage.domain.facts import Vocabulary
from triage.domain.ruleset import RuleSet

PROJECT = Path(__file__).parents[2]
RULES = PROJECT / "rules"
FIELD = PROJECT.parent / "shared" / "field"
"""The field notes the rule sets are judged by; not part of the project."""


def text_of(name: str) -> str:
    return (RULES / f"{name}.yaml").read_text("utf-8")


def _scope(name: str) -> str:
    found = re.search(r"^scope: (\w+)", text_of(name), re.MULTILINE)
    return found[1] if found else ""


SHIPPED = sorted(file.stem for file in RULES.glob("*.yaml") if file.stem != "vocabulary")
COMPLETE = [name for name in SHIPPED if _scope(name) == "complete"]
ILLUSTRATIONS = [name for name in SHIPPED if _scope(name) != "complete"]


@lru_cache
def vocabulary() -> Vocabulary:
    return RuleFiles().read_vocabulary(text_of("vocabulary"))


@lru_cache
def rule_set(name: str) -> RuleSet:
    return RuleFiles().read_rule_set(text_of(name), vocabulary())


def decide(
    name: str,
    facts: Mapping[str, Any],
    situation: Mapping[str, Any] | None = None,
    narrative: str = "",
) -> Assessment:
    """What the rule set makes of a call as a form or program states it."""
    call = {"facts": dict(facts), "situation": dict(situation or {}), "narrative": narrative}
    return assess(rule_set(name), vocabulary().read_call(call), ahead=False)


def comes(assessment: Assessment) -> set[str]:
    """Everybody who answers, goes along or is told."""
    return {assessment.response, *assessment.decision.also}


def is_police(response: str) -> bool:
    """Counts as police presence."""
    return vocabulary().responses[response].public_safety

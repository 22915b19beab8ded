"""How long a rule set takes to read and to check: `python tests/performance/rule_reading.py`.

Writes rule sets of RULES rules (1 to 4 conditions each, on the shipped vocabulary) with 100
examples, always the same for one seed, and times what the service does with them: reading a
published one, and checking one before it is published. Exit status 1 where a promise is broken.
"""

import os
import platform
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from triage.adapters.rule_files import RuleFiles
from triage.domain.assessment import assess
from triage.domain.errors import RuleFileError
from triage.domain.facts import Fact, Vocabulary
from triage.domain.ruleset import RuleSet

VOCABULARY = Path(__file__).parents[2] / "rules" / "vocabulary.yaml"
RULES = [int(n) for n in os.environ.get("RULES", "200,1000,2000").split(",")]
EXAMPLES = 100
READ_MS, CHECK_MS = 50, 2_000
"""Promised for 200 rules."""
RESPONSES = ("ems", "police", "police_cit", "co_responder", "mobile_crisis", "crisis_line")


def written(rules: int, examples: int = EXAMPLES, seed: int = 1) -> str:
    """The text of a rule set that has no errors."""
    maker = _Maker(RuleFiles().read_vocabulary(VOCABULARY.read_text("utf-8")), random.Random(seed))
    text = _FRAME + "".join(maker.rule(number) for number in range(rules))
    if not examples:
        return text
    rule_set = RuleFiles().read_published(text, maker.vocabulary)
    return text + "examples:\n" + "".join(maker.example(rule_set, n) for n in range(examples))


_FRAME = f"""\
rule_set: measured
version: "1"
title: Made up to be measured
scope: complete
about: Not a policy of anybody.
sources:
  us: {{title: Nobody's policy, where: here, read: "2026-11", standing: local_policy}}
vocabulary: "2026-11"
responses: [{", ".join(RESPONSES)}]
default: {{response: co_responder, because: No rule settles who should go.}}
ask: {{wait_min: 5, then: co_responder}}
levels:
  - {{id: "1", rank: 1, label: IMMEDIATE, within_min: 10}}
  - {{id: "2", rank: 2, label: URGENT, within_min: 30}}
  - {{id: "3", rank: 3, label: PROMPT, within_min: 60}}
default_level: "2"
thresholds: {{default: 30}}
rules:
"""
_FLOOR = (
    "consciousness: unconscious",
    "breathing: none",
    "weapon: in_hand",
    "attempt_in_progress: yes",
)
"""What every complete set has to require somebody for."""
_EFFECTS = (
    "require: {}",
    "exclude: {}",
    "also: {}",
    "score: {{{}: 20}}",
    'level: "1"',
    'level: "3"',
    "plan: {{notices: [{{partner: {}, what: referral}}]}}",
)


@dataclass
class _Maker:
    vocabulary: Vocabulary
    dice: random.Random

    def rule(self, number: int) -> str:
        if number < len(_FLOOR):
            return self._written(number, "require: police", _FLOOR[number], "does_not_hold")
        effect = _EFFECTS[number % len(_EFFECTS)].format(self.dice.choice(RESPONSES))
        facts = [fact for fact in self._facts() if fact.read_by == "any"]
        chosen = self.dice.sample(facts, self.dice.randint(1, 4))
        when = ", ".join(f"{fact.name}: {self._test(fact)}" for fact in chosen)
        unknown = self.dice.choice(("does_not_hold", "does_not_hold", "holds"))
        return self._written(number, effect, when, unknown)

    def _written(self, number: int, effect: str, when: str, unknown: str) -> str:
        return (
            f"  - id: rule-{number}\n    {effect}\n    when: {{{when}}}\n"
            f"    if_unknown: {unknown}\n    because: What was said fits rule number {number}.\n"
            f"    source: us\n    standing: local_policy\n"
        )

    def example(self, rule_set: RuleSet, number: int) -> str:
        asked = self.dice.sample([f for f in self._facts() if not f.is_situation], 8)
        facts = {fact.name: self._answer(fact) for fact in asked}
        assessment = assess(rule_set, self.vocabulary.read_call({"facts": facts}), ahead=False)
        said = ", ".join(
            f"{name}: [{', '.join(value)}]" if isinstance(value, list) else f"{name}: {value}"
            for name, value in facts.items()
        )
        expected = f'{{response: {assessment.response}, level: "{assessment.decision.level.id}"}}'
        return f"  - name: Call {number}\n    facts: {{{said}}}\n    expect: {expected}\n"

    def _facts(self) -> list[Fact]:
        facts = self.vocabulary.facts.values()
        return [fact for fact in facts if fact.type != "code" and fact.name != "local_time"]

    def _test(self, fact: Fact) -> str:
        if fact.type == "number":
            return f"{{{self.dice.choice(('at_least', 'at_most'))}: {self._number(fact)}}}"
        names = self.dice.sample(fact.value_names, min(len(fact.values) - 1, 2))
        if fact.type == "multi":
            return f"{{includes: [{', '.join(names)}]}}"
        return names[0] if self.dice.random() < 0.6 else f"{{in: [{', '.join(names)}]}}"

    def _answer(self, fact: Fact) -> object:
        if fact.type == "number":
            return self._number(fact)
        name = self.dice.choice(fact.value_names)
        return [name] if fact.type == "multi" else name

    def _number(self, fact: Fact) -> int:
        low = int(fact.low or 0)
        return self.dice.randint(low + 1, min(low + 20, int(fact.high or 1_000) - 1))


def timed(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile of the processor time, in milliseconds."""
    took = []
    for _ in range(times):
        begun = time.process_time()
        work()
        took.append((time.process_time() - begun) * 1000)
    took.sort()
    return took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.95))]


def measured(rules: int, reader: RuleFiles, known: Vocabulary) -> bool:
    """Print what a set of so many rules takes; were the promises kept?"""
    text, bare = written(rules), written(rules, examples=0)
    found = reader.check_rule_set(text, known)
    if errors := [one for one in found if one.severity == "error"]:
        raise RuleFileError(errors)
    small = rules <= 200
    read = timed(lambda: reader.read_published(text, known), 60 if small else 10)
    alone = timed(lambda: reader.read_published(bare, known), 60 if small else 10)
    check = timed(lambda: reader.check_rule_set(text, known), 7 if small else 2)
    print(
        f"{rules:5,} rules with {EXAMPLES} examples, {len(text) // 1024:5,} KiB:"
        f" read {read[0]:6.1f} ms (95 %: {read[1]:.1f}), the rules alone {alone[0]:6.1f} ms"
        f" (95 %: {alone[1]:.1f}), check {check[0]:6.0f} ms (95 %: {check[1]:.0f}),"
        f" {len(found)} warnings"
    )
    return not small or (read[0] < READ_MS and check[0] < CHECK_MS)


def main() -> int:
    parser = "libyaml" if yaml.__with_libyaml__ else "PyYAML without libyaml"
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} cores, Python {platform.python_version()}, {parser}")
    reader = RuleFiles()
    known = reader.read_vocabulary(VOCABULARY.read_text("utf-8"))
    kept = [measured(rules, reader, known) for rules in RULES]
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())

"""docs/rule-language.md: every finding it shows is what the loader says of the rules beside it."""

import re
from pathlib import Path

import pytest

from triage.adapters.rule_files import RuleFiles
from triage.adapters.strict_yaml import MOST_BYTES, MOST_MARKS
from triage.adapters.yaml_tree import MOST_ENTRIES, MOST_HOLDERS, MOST_LOOSE, MOST_NODES

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "rule-language.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n# ((?:error|warning): [^\n]+)\n(.*?)```", REFERENCE, re.DOTALL)
FRAME = """\
rule_set: reference
version: "1"
title: Around the examples
scope: complete
about: For the reference.
sources:
  us: {title: Our policy, where: here, read: "2026-11", standing: local_policy}
vocabulary: "2026-11"
responses: [police, ems, crisis_line]
default: {response: police, because: Nothing else decides.}
levels:
  - {id: "1", rank: 1, label: NOW, within_min: 10}
  - {id: "2", rank: 2, label: SOON, within_min: 30}
  - {id: "3", rank: 3, label: LATER, within_min: 60}
default_level: "3"
thresholds: {default: 30}
rules:
- {id: base, require: ems, when: {consciousness: unconscious}, if_unknown: does_not_hold}
"""
_END = re.compile(r"\}$", re.MULTILINE)
_REST = ", because: It says so., source: us, standing: local_policy}"


def test_the_reference_shows_what_is_checked() -> None:
    assert len(EXAMPLES) >= 13


@pytest.mark.parametrize(("finding", "rules"), EXAMPLES, ids=[one for one, _ in EXAMPLES])
def test_each_example_is_found(finding: str, rules: str) -> None:
    reader = RuleFiles()
    vocabulary = reader.read_vocabulary((ROOT / "rules" / "vocabulary.yaml").read_text("utf-8"))
    head, base = FRAME.split("rules:\n")
    text = f"{head}rules:\n" + _END.sub(_REST, base + rules)

    found = [f"{one.severity}: {one.message}" for one in reader.check_rule_set(text, vocabulary)]

    assert finding in found


def test_the_limits_are_those_that_hold() -> None:
    for limit in (MOST_BYTES, MOST_MARKS, MOST_NODES, MOST_LOOSE, MOST_HOLDERS, MOST_ENTRIES):
        assert f"{limit:,}" in REFERENCE

"""How rule sets, findings and differences are told on the pages about rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from triage.domain.errors import Finding, RuleFileError, TriageError
from triage.domain.rule_changes import changed_rules
from triage.domain.ruleset import Rule, RuleSet
from triage.domain.sentences import RuleSentence, sentences
from triage.services import rule_sets
from triage.services.centre import Centre

_AROUND = 60


KINDS = {
    "require": "Who must come",
    "exclude": "Who is not sent",
    "score": "Points",
    "also": "Who comes as well",
    "level": "How soon",
    "plan": "What happens afterwards",
}


def by_kind(rules: RuleSet) -> list[tuple[str, str, list[Rule]]]:
    """Kind, heading and rules of each kind, in the order of the file."""
    return [(kind, KINDS[kind], [r for r in rules.rules if r.kind == kind]) for kind in KINDS]


def said_of(rules: RuleSet) -> dict[str, RuleSentence]:
    """Every rule in words, by its id."""
    return {one.rule_id: one for one in sentences(rules, rules.vocabulary) if one.rule_id}


@dataclass(frozen=True)
class ShownFinding:
    """A finding with the line it is about: cut around the column, which is `at`."""

    finding: Finding
    before: str
    at: str
    after: str


def findings_in(text: str, findings: Sequence[Finding]) -> list[ShownFinding]:
    lines = text.split("\n")
    return [_shown(lines, finding) for finding in findings]


def _shown(lines: list[str], finding: Finding) -> ShownFinding:
    line = lines[finding.line - 1] if finding.line <= len(lines) else ""
    at = finding.column - 1
    start = max(0, at - _AROUND)
    before = ("… " if start else "") + line[start:at]
    after = line[at + 1 : at + _AROUND] + (" …" if len(line) > at + _AROUND else "")
    return ShownFinding(finding, before, line[at : at + 1], after)


@dataclass(frozen=True)
class ShownChange:
    """A rule that differs, in words. None: it is not in that version."""

    id: str
    before: RuleSentence | None
    after: RuleSentence | None


def comparison(centre: Centre, before: str, after: str) -> list[ShownChange] | None:
    """The rules that differ; None where one of the texts does not load."""
    try:
        old, new = rule_sets.read(centre, before), rule_sets.read(centre, after)
    except RuleFileError:
        return None
    was, becomes = said_of(old), said_of(new)
    return [ShownChange(key, was.get(key), becomes.get(key)) for key in changed_rules(old, new)]


def said(error: TriageError) -> str:
    """A refusal as a sentence."""
    if isinstance(error, RuleFileError):
        first = error.findings[0]
        return f"It does not load: line {first.line}, column {first.column}: {first.message}."
    text = str(error)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")

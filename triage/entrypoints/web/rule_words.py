"""How rule sets, findings and differences are told on the pages about rules."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from triage.domain.errors import Finding, RuleFileError, TriageError
from triage.domain.rule_changes import DiffWords, changed_rules, changed_words
from triage.domain.rule_outline import OutlinedRule, Section, named_in
from triage.domain.ruleset import Level, Rule, RuleSet
from triage.domain.sentences import RuleSentence, sentences
from triage.domain.words import Named, listed, msgid
from triage.entrypoints.web.languages import spoken
from triage.services import actors, rule_sets
from triage.services.centre import Centre
from triage.storage.rule_sets import ChangeSentBack, Publication, RuleDraft, RuleSetVersion
from triage.storage.unit_of_work import UnitOfWork

_AROUND = 60


KINDS = {
    "require": msgid("Who must come"),
    "exclude": msgid("Who is not sent"),
    "score": msgid("Points"),
    "also": msgid("Who comes as well"),
    "level": msgid("How soon"),
    "plan": msgid("What happens afterwards"),
}


def by_kind(rules: RuleSet) -> list[tuple[str, str, list[Rule]]]:
    """Kind, heading and rules of each kind, in the order of the file."""
    return [(kind, KINDS[kind], [r for r in rules.rules if r.kind == kind]) for kind in KINDS]


def named_of(
    uow: UnitOfWork,
    publications: Sequence[Publication] = (),
    drafts: Iterable[RuleDraft] = (),
    versions: Iterable[RuleSetVersion] = (),
    sent_back: Iterable[ChangeSentBack] = (),
) -> Callable[[str], str]:
    """What whoever has written, approved, published or sent back these is called."""
    shown = [*versions, *(it.of for it in publications)]
    wrote = [name for it in shown for name in (it.written_by, it.approved_by)]
    did = [*(it.published_by for it in publications), *(it.edited_by for it in drafts)]
    back = [name for it in sent_back for name in (it.sent_back_by, it.written_by)]
    return actors.named(uow, {*wrote, *did, *back})


def said_of(rules: RuleSet) -> dict[str, RuleSentence]:
    """Every rule in words, by its id."""
    return {one.rule_id: one for one in sentences(rules, rules.vocabulary) if one.rule_id}


@dataclass(frozen=True)
class ShownFinding:
    """A finding with the line it is about: cut around the column, which is `at`.

    names -- the rules that it names, but for the one that begins on its line.
    """

    finding: Finding
    before: str
    at: str
    after: str
    names: Sequence[OutlinedRule] = ()


def findings_in(
    text: str, findings: Sequence[Finding], sections: Sequence[Section] = ()
) -> list[ShownFinding]:
    """sections -- the outline of the text, where the rules that a finding names are to be told."""
    lines = text.split("\n")
    return [_shown(lines, finding, sections) for finding in findings]


def _shown(lines: list[str], finding: Finding, sections: Sequence[Section]) -> ShownFinding:
    line = lines[finding.line - 1] if finding.line <= len(lines) else ""
    at = finding.column - 1
    start = max(0, at - _AROUND)
    before = ("… " if start else "") + line[start:at]
    after = line[at + 1 : at + _AROUND] + (" …" if len(line) > at + _AROUND else "")
    named = named_in(f"{finding.message} {finding.hint}", sections)
    others = [rule for rule in named if rule.line != finding.line]
    return ShownFinding(finding, before, line[at : at + 1], after, others)


@dataclass(frozen=True)
class ShownChange:
    """A rule, or something the set says besides its rules, that differs. None: not in there."""

    id: str
    """The rule's id; "" where it is no rule."""
    before: RuleSentence | None
    after: RuleSentence | None

    @property
    def text(self) -> Sequence[DiffWords]:
        return self._words(lambda it: it.text)

    @property
    def because(self) -> Sequence[DiffWords]:
        return self._words(lambda it: it.because)

    def _words(self, part: Callable[[RuleSentence], str]) -> Sequence[DiffWords]:
        before, after = (spoken(part(it)) if it else "" for it in (self.before, self.after))
        return changed_words(before, after)


def comparison(centre: Centre, before: str, after: str) -> list[ShownChange] | None:
    """What the two decide differently, in words; None where one of them does not load."""
    try:
        old = rule_sets.read_published(centre, before)
        new = rule_sets.read_published(centre, after)
    except RuleFileError:
        return None
    was, becomes = said_of(old), said_of(new)
    rules = [ShownChange(key, was.get(key), becomes.get(key)) for key in changed_rules(old, new)]
    was, becomes = _besides(old), _besides(new)
    names = [name for name in {**was, **becomes} if was.get(name) != becomes.get(name)]
    return [ShownChange("", was.get(name), becomes.get(name)) for name in names] + rules


def _besides(rules: RuleSet) -> dict[str, RuleSentence]:
    """What the set decides besides its rules, in sentences, each by what it is about."""
    labels = rules.vocabulary.responses
    name: dict[str, str] = {
        key: Named(labels[key].labels) if key in labels else key for key in rules.precedence
    }
    name["default"] = msgid("Any other response")
    order = listed(", ", [name[it] for it in rules.responses])
    texts: dict[str, str] = {"precedence": msgid("Who goes before whom: %(names)s.", names=order)}
    texts |= {
        f"points {key}": msgid("%(name)s needs %(points)s points.", name=name[key], points=it)
        for key, it in rules.thresholds
    }
    texts |= {f"level {level.id}": _told(level) for level in rules.levels}
    own = {about: RuleSentence("set", "", text, "", "", "") for about, text in texts.items()}
    more = [one for one in sentences(rules, rules.vocabulary) if not one.rule_id]
    return own | {one.text.partition(":")[0]: one for one in more}


def _told(level: Level) -> str:
    if not level.answer_within_min:
        return level.said()
    return msgid(
        "%(level)s; pages are answered within %(minutes)s min.",
        level=level.said(),
        minutes=level.answer_within_min,
    )


def said(error: TriageError) -> str:
    """A refusal as a sentence."""
    if isinstance(error, RuleFileError):
        first = error.findings[0]
        return str(
            gettext(
                "It does not load: line %(line)s, column %(column)s: %(what)s.",
                line=first.line,
                column=first.column,
                what=first.message,
            )
        )
    text = str(spoken(str(error)))
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")

"""A rule set on two sheets of paper, for the hours without a screen.

Nothing on it is written by hand: each line is what the evaluator says of made-up calls in which
every question has its least dangerous answer but one, so the card changes with the rules. It is
coarser than they are, and says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from triage.domain.assessment import Assessment, assess
from triage.domain.facts import Fact
from triage.domain.ruleset import Level, RuleSet
from triage.domain.sentences import say_condition, unless_said
from triage.domain.words import Named, inside, listed

KIND_OF_CALL = "problem_type"


@dataclass(frozen=True)
class Comes:
    """Who is sent, by the names that are said, and how soon."""

    first: str
    also: tuple[str, ...]
    level: Level


@dataclass(frozen=True)
class Line:
    """Who comes where one of these signs is there. of -- only with these kinds of calls."""

    comes: Comes
    signs: tuple[str, ...]
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Together:
    """Somebody who must come where all of this is so."""

    comes: tuple[str, ...]
    when: str


@dataclass(frozen=True)
class ScoringCard:
    """signs -- whatever the call is about; together -- what no sign alone brings about; always --
    kinds of calls for which somebody must come, whatever else is there; kinds -- the other kinds,
    where no sign is there; only_with -- signs that matter with few kinds; instead -- who comes when
    somebody cannot; unsure -- when nothing is known at all."""

    rule_set: str
    version: str
    sha256: str
    signs: tuple[Line, ...]
    together: tuple[Together, ...]
    always: tuple[Line, ...]
    kinds: tuple[Line, ...]
    only_with: tuple[Line, ...]
    instead: tuple[tuple[str, tuple[str, ...]], ...]
    unsure: Comes


def scoring_card(rule_set: RuleSet) -> ScoringCard:
    """The card of a rule set, for calls whose answers will not come any more. Takes a second or
    two for some hundred rules."""
    made = _Making(rule_set.after_asking)
    return ScoringCard(
        rule_set=rule_set.name,
        version=rule_set.version,
        sha256=rule_set.sha256,
        signs=made.signs(),
        together=tuple(made.together()),
        always=made.kinds(required=True),
        kinds=made.kinds(required=False),
        only_with=made.only_with(),
        instead=tuple(made.instead()),
        unsure=made.comes(made.decided({})),
    )


@dataclass(frozen=True)
class _Making:
    rules: RuleSet

    def decided(self, answers: Mapping[str, str]) -> Assessment:
        call = self.rules.vocabulary.read_call({"facts": answers})
        return assess(self.rules, call, ahead=False)

    def comes(self, found: Assessment) -> Comes:
        decision, names = found.decision, self.rules.vocabulary.responses
        also = tuple(Named(names[one].labels) for one in decision.also if one in names)
        return Comes(Named(names[decision.response].labels), also, decision.level)

    @cached_property
    def asked(self) -> tuple[Fact, ...]:
        facts = self.rules.vocabulary.facts.values()
        return tuple(f for f in facts if not f.is_situation and f.type in {"choice", "yes_no"})

    @cached_property
    def calm(self) -> dict[str, str]:
        """The least dangerous answer to each question that has one."""
        return {f.name: f.danger[0] for f in self.asked if f.danger and f.name != KIND_OF_CALL}

    @cached_property
    def by_kind(self) -> dict[str, Comes]:
        kinds = self.rules.vocabulary.facts[KIND_OF_CALL].value_names
        return {kind: self._with({KIND_OF_CALL: kind}) for kind in kinds}

    @cached_property
    def required(self) -> frozenset[str]:
        """The kinds of calls for which a rule requires somebody."""
        calls = {kind: self.decided({**self.calm, KIND_OF_CALL: kind}) for kind in self.by_kind}
        return frozenset(kind for kind, it in calls.items() if it.decision.route == "require")

    def _with(self, answers: Mapping[str, str]) -> Comes:
        return self.comes(self.decided({**self.calm, **answers}))

    @cached_property
    def changes(self) -> dict[tuple[str, str], dict[str, Comes]]:
        """By question and answer, the kinds of calls that this answer changes, and to what."""
        found = {}
        for fact in self.asked:
            if fact.name == KIND_OF_CALL:
                continue
            for value in fact.value_names:
                outcomes = {
                    kind: self._with({KIND_OF_CALL: kind, fact.name: value})
                    for kind in self.by_kind
                }
                changed = {kind: it for kind, it in outcomes.items() if it != self.by_kind[kind]}
                found[fact.name, value] = changed
        return found

    def _is_general(self, changed: Mapping[str, Comes]) -> bool:
        return 2 * len(changed) > len(self.by_kind)

    def _is_slower(self, said: Comes, kind: str, comes: Comes) -> bool:
        """Would the lines that are read for it come later than the rules ask?"""
        lines = [said, self.by_kind[kind]] if kind in self.required else [said]
        return comes.level.rank < min(line.level.rank for line in lines)

    def _sign(self, name: str, value: str) -> str:
        fact = self.rules.vocabulary.facts[name]
        if fact.type == "yes_no":
            said = inside(Named(fact.by_value[value].label))
            return fact.named if value == "yes" else listed("", [fact.named, ": ", said])
        return fact.clause(value)

    def _kind(self, value: str) -> str:
        return Named(self.rules.vocabulary.facts[KIND_OF_CALL].by_value[value].label)

    def signs(self) -> tuple[Line, ...]:
        """What changes most kinds of calls, and what most of them become."""
        lines: dict[Comes, list[str]] = {}
        for (name, value), changed in self.changes.items():
            if self._is_general(changed):
                lines.setdefault(_mostly(changed), []).append(self._sign(name, value))
        return _most_urgent_first(Line(comes, tuple(signs)) for comes, signs in lines.items())

    def only_with(self) -> tuple[Line, ...]:
        by_kind: dict[tuple[Comes, str], list[str]] = {}
        for (name, value), changed in self.changes.items():
            for kind, comes in changed.items():
                if not self._is_general(changed) or self._is_slower(_mostly(changed), kind, comes):
                    by_kind.setdefault((comes, kind), []).append(self._sign(name, value))
        alike: dict[tuple[Comes, tuple[str, ...]], list[str]] = {}
        for (comes, kind), signs in by_kind.items():
            alike.setdefault((comes, tuple(signs)), []).append(self._kind(kind))
        return _most_urgent_first(
            Line(comes, signs, tuple(kinds)) for (comes, signs), kinds in alike.items()
        )

    def kinds(self, *, required: bool) -> tuple[Line, ...]:
        lines: dict[Comes, list[str]] = {}
        for kind, comes in self.by_kind.items():
            if (kind in self.required) is required:
                lines.setdefault(comes, []).append(self._kind(kind))
        return _most_urgent_first(Line(comes, tuple(kinds)) for comes, kinds in lines.items())

    def together(self) -> Iterator[Together]:
        """The requirements that no answer alone fulfils."""
        alone = 0
        for fact in self.asked:
            for value in fact.value_names:
                alone |= self.decided({fact.name: value}).case.tally.true
        book, vocabulary = self.rules.book, self.rules.vocabulary
        found: dict[str, list[str]] = {}
        for rule in book.rules_in(book.of_kind.get("require", 0) & ~alone):
            names = [Named(vocabulary.responses[one].labels) for one in rule.responses]
            said = unless_said(vocabulary, rule, say_condition(vocabulary, rule.when))
            found.setdefault(said, []).extend(names)
        for when, who in found.items():
            yield Together(tuple(who), when)

    def instead(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        names = self.rules.vocabulary.responses
        for response, chain in self.rules.fallbacks:
            instead = tuple(Named(names[one].labels) for one in chain if one in names)
            yield Named(names[response].labels), instead


def _mostly(changed: Mapping[str, Comes]) -> Comes:
    return Counter(changed.values()).most_common(1)[0][0]


def _most_urgent_first(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: line.comes.level.rank))

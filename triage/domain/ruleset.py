"""A rule set: what a centre has written down about who answers which call.

Values only, in the order of the file. How a decision comes out of them is in `decision`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

from triage.domain.answer_classes import Options, options_by_fact
from triage.domain.answers import Answers
from triage.domain.calls import CallInput
from triage.domain.conditions import FALSE, TRUE, Condition, Every, Mentions, Truth, tests_of
from triage.domain.facts import Vocabulary
from triage.domain.narrative import Heard, Listener
from triage.domain.rule_book import RuleBook, arrange
from triage.domain.timing import within
from triage.domain.words import listed, msgid

if TYPE_CHECKING:
    from triage.domain.ahead import Ahead
    from triage.domain.waiting import WaitingRules

Kind = Literal["require", "exclude", "score", "also", "level", "plan"]
IfUnknown = Literal["holds", "does_not_hold", "ask"]
Standing = Literal["verified", "derived", "local_policy"]
Scope = Literal["complete", "illustration"]

ASK_MORE = "ask_more"
"""The outcome, and the word that stands for a response, while questions come first."""

NOT_ANSWERED = msgid("The answers that decide who comes were not given in time.")

RAISING_KINDS: frozenset[Kind] = frozenset({"require", "also", "level"})
"""Kinds that can only make a response stronger, more urgent or better accompanied."""
PLAN_AND_ALSO: frozenset[Kind] = frozenset({"plan", "also"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in its file, counted from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Level:
    """How urgent: the programme's own id, a rank for machines, words and minutes for people."""

    id: str
    rank: int
    """1 is most urgent."""
    label: str
    within_min: int | None
    answer_within_min: int | None = None

    def said(self) -> str:
        """ "URGENT, within 30 min": never a bare number or letter."""
        if self.within_min is None:
            return msgid(self.label)
        return listed(", ", (msgid(self.label), within(self.within_min)))


@dataclass(frozen=True, slots=True)
class Source:
    key: str
    title: str
    where: str
    read: str
    standing: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    kind: str
    owner: str
    after_h: float
    what: str
    consent: str


@dataclass(frozen=True, slots=True)
class Notice:
    partner: str
    what: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens afterwards."""

    follow_ups: tuple[FollowUp, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One rule. Which of the fields after `standing` are filled follows from `kind`."""

    id: str
    kind: Kind
    when: Condition
    if_unknown: IfUnknown
    because: str
    source: str
    standing: Standing
    responses: tuple[str, ...] = ()
    """require: one; exclude, also: one or several."""
    entirely: bool = False
    """exclude: may not even accompany."""
    points: tuple[tuple[str, int], ...] = ()
    level: str = ""
    plan: Plan = Plan()
    valid_from: str = ""
    """First and last local date (ISO) on which the rule is in force; "" for no limit."""
    valid_until: str = ""
    unless: Condition | None = None
    """The rule is false where this is known to be so."""
    owner: str = ""
    review_by: str = ""
    place: Place = field(default=Place(), compare=False)

    @property
    def sends(self) -> tuple[str, ...]:
        """Whom it speaks for."""
        if self.kind in ("require", "also"):
            return self.responses
        return tuple(response for response, points in self.points if points > 0)

    @property
    def whole(self) -> Condition:
        """Everything that the rule reads, as one condition."""
        return self.when if self.unless is None else Every((self.when, self.unless))

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        """Is the rule true? The definition; `RuleBook.weigh` says the same of all rules."""
        if self.unless is not None and self.unless.truth(answers, heard) is TRUE:
            return FALSE
        return self.when.truth(answers, heard)

    def in_force(self, local_date: str) -> bool:
        """Is the rule in force on that day? Without a date: yes, the clock is never read."""
        if not local_date:
            return True
        return (self.valid_from or local_date) <= local_date <= (self.valid_until or local_date)


@dataclass(frozen=True, slots=True)
class Default:
    response: str
    because: str


@dataclass(frozen=True, slots=True)
class AskFirst:
    """Where waiting for answers leads: after `wait_min` minutes to the response `then`."""

    wait_min: int
    then: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Words in the narrative that move a question forward."""

    terms: tuple[str, ...]
    asks: str


@dataclass(frozen=True)
class Example:
    """A call of the rule set's own, and what must come of it. None: not stated."""

    name: str
    call: CallInput
    response: str | None = None
    level: str | None = None
    also: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    settled: bool | None = None
    outcome: str | None = None
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True)
class RuleSet:
    """Everything a centre, or one published programme, has decided in advance.

    responses -- in order of precedence, the strongest claim first.
    sha256 -- of the file's UTF-8 bytes, lower-case hex.
    """

    name: str
    version: str
    title: str
    about: str
    scope: Scope
    protocol: str
    vocabulary: Vocabulary
    vocabulary_version: str
    sources: tuple[Source, ...]
    responses: tuple[str, ...]
    default: Default
    levels: tuple[Level, ...]
    default_level: str
    rules: tuple[Rule, ...]
    ask: AskFirst | None = None
    thresholds: tuple[tuple[str, int], ...] = ()
    fallbacks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    prompts: tuple[Prompt, ...] = ()
    floor_departures: tuple[tuple[tuple[str, str], ...], ...] = ()
    examples: tuple[Example, ...] = ()
    sha256: str = field(default="", compare=False)
    places: tuple[tuple[str, Place], ...] = field(default=(), compare=False)
    """Where the top-level keys stand, for findings."""

    @cached_property
    def level(self) -> Mapping[str, Level]:
        """Levels by id."""
        return {level.id: level for level in self.levels}

    @cached_property
    def source(self) -> Mapping[str, Source]:
        """Sources by key."""
        return {source.key: source for source in self.sources}

    @cached_property
    def rule(self) -> Mapping[str, Rule]:
        """Rules by id."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def fallbacks_of(self) -> Mapping[str, tuple[str, ...]]:
        return dict(self.fallbacks)

    @cached_property
    def by_default(self) -> tuple[str, ...]:
        """The default response, then who answers instead where it is excluded."""
        default = self.default.response
        return (default, *self.fallbacks_of.get(default, ()))

    @cached_property
    def precedence(self) -> Mapping[str, int]:
        """Place of each response, 0 first; those the set does not list come after, as in the
        vocabulary, and `ask_more` last: it sends nobody."""
        everything = (*self.responses, *self.vocabulary.responses, ASK_MORE)
        listed = dict.fromkeys(name for name in everything if name != ASK_MORE)
        return {name: place for place, name in enumerate((*listed, ASK_MORE))}

    @cached_property
    def sent(self) -> tuple[str, ...]:
        """Everybody who can be sent or told, in precedence."""
        return tuple(name for name in self.precedence if name != ASK_MORE)

    @cached_property
    def book(self) -> RuleBook:
        """The rules arranged for deciding."""
        return arrange(self)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Every term that rules, prompts and questions look for in a narrative."""
        conditions = [rule.whole for rule in self.rules]
        for fact in self.vocabulary.facts.values():
            conditions += [asking for asking in (fact.ask_when, fact.ask_first) if asking]
        tests = (test for condition in conditions for test in tests_of(condition))
        mentioned = (test.terms for test in tests if isinstance(test, Mentions))
        lists = (*mentioned, *(prompt.terms for prompt in self.prompts))
        return tuple(dict.fromkeys(term for terms in lists for term in terms))

    @cached_property
    def prompting(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """A fact and the terms that prompt its question; the prompts of the set come last."""
        tests = (test for rule in self.rules for test in tests_of(rule.whole))
        mentions = [test for test in tests if isinstance(test, Mentions) and test.asks]
        own = [(prompt.asks, prompt.terms) for prompt in self.prompts]
        asking = [(test.asks or "", test.terms) for test in mentions]
        return (*asking[::-1], *own[::-1])

    @cached_property
    def listener(self) -> Listener:
        """Finds the terms in narratives."""
        return Listener(self.terms)

    def heard(self, call: CallInput) -> Heard:
        """Those of the terms that the narrative of a call contains."""
        return self.listener.hear(call.narrative)

    @cached_property
    def options(self) -> Mapping[str, Options]:
        """By question, the answers that the rules can tell apart."""
        return options_by_fact(self.vocabulary.facts, self.book.tests)

    def told_apart(self, fact: str) -> int:
        """How many answers to a question the rules can tell apart."""
        options = self.options.get(fact)
        return len(options.classes if options else self.vocabulary.facts[fact].values)

    @cached_property
    def ahead(self) -> "Ahead":
        """What looking ahead keeps between calls."""
        from triage.domain.ahead import Ahead

        return Ahead(self)

    @cached_property
    def waiting(self) -> "WaitingRules":
        """Tells what each rule waits for."""
        from triage.domain.waiting import WaitingRules

        return WaitingRules(self)

    @cached_property
    def after_asking(self) -> "RuleSet":
        """The same rules once the time for answers is over: what is not known stays so, and where
        this set asks first the default is whom `ask` names."""
        if self.ask is None:
            return self
        rules = [
            replace(
                rule,
                if_unknown="does_not_hold" if rule.if_unknown == "ask" else rule.if_unknown,
                points=tuple(one for one in rule.points if one[0] != ASK_MORE),
            )
            for rule in self.rules
            if not (rule.kind == "require" and ASK_MORE in rule.responses)
        ]
        chains = [(who, tuple(o for o in chain if o != ASK_MORE)) for who, chain in self.fallbacks]
        return replace(
            self,
            rules=tuple(rules),
            default=Default(self.ask.then, NOT_ANSWERED),
            fallbacks=tuple(chains),
            ask=None,
        )

    def prepare(self) -> Self:
        """Build now what deciding needs, so that no call waits for it."""
        _ = self.book, self.listener, self.prompting, self.options, self.ahead
        return self

    def threshold(self, response: str) -> int | None:
        """The points with which a response can win; None where the set states none."""
        thresholds = dict(self.thresholds)
        return thresholds.get(response, thresholds.get("default"))

    def place_of(self, key: str) -> Place:
        return dict(self.places).get(key, Place())

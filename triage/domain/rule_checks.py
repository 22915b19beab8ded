"""Static checks: what is wrong with a rule set that reads well.

Names, spelling and missing parts are found while a file is read. Here it is asked whether the
rules can do what they say: whether each can fire, whether two contradict each other, whether
every response can be reached, whether a complete set always ends with somebody, and whether the
examples hold.
"""

from collections.abc import Callable, Collection, Iterable, Iterator

from triage.domain.conditions import (
    ALWAYS,
    Condition,
    Mentions,
    NoneOf,
    fact_of,
    facts_of,
    tests_of,
)
from triage.domain.errors import Finding
from triage.domain.example_checks import check_examples
from triage.domain.firing import can_fire
from triage.domain.overlaps import overlaps
from triage.domain.possibility import Possibilities
from triage.domain.private_words import words_in_texts
from triage.domain.reach import Reach
from triage.domain.ruleset import (
    ASK_MORE,
    PLAN_AND_ALSO,
    RAISING_KINDS,
    Place,
    Rule,
    RuleSet,
)
from triage.domain.safety_floor import below_the_floor
from triage.domain.terms import MOST_TERMS as MOST_ALTERNATIVES
from triage.domain.terms import TooManyAlternatives, terms_of_rule

MOST_TERMS = 2_000
MOST_ALTERNATIVES_IN_ALL = 10_000
"""Of one set: the first look ahead, which has to set out how they bear on each other, takes half
a second with as many."""
_Check = Callable[[RuleSet], Iterator[Finding]]
_Proof = Callable[[RuleSet, Possibilities], Iterator[Finding]]


def check(
    rule_set: RuleSet, unread: Collection[str] = (), possible: Possibilities | None = None
) -> tuple[Finding, ...]:
    """All findings on a rule set, by place.

    unread -- top-level keys with parts that could not be read. What depends on them is left
    unsaid; single rules and pairs of rules are always checked.
    possible -- how much effort is made; see `Possibilities`.
    """
    checks: list[_Check] = [_what_rules_read, _mentions, _alternatives, words_in_texts]
    proofs: list[_Proof] = [can_fire, _contradictions]
    if not {"scope", "rules"} & set(unread):
        proofs += [below_the_floor]
    if set(unread) <= {"examples"}:
        checks += [_asking, _prompts]
        proofs += [lambda whole, possible: Reach(whole).findings(possible)]
    proofs += [overlaps]  # last: of many rules it takes all the effort that is left
    possible = possible or Possibilities(rule_set.vocabulary.facts)
    findings = [finding for one in checks for finding in one(rule_set)]
    findings += [finding for one in proofs for finding in one(rule_set, possible)]
    if possible.given_up:
        message = f"{possible.given_up:,} questions about these rules are too large to be checked"
        largest = max(rule_set.rules, key=lambda rule: sum(1 for _ in tests_of(rule.whole)))
        hint = f"the largest condition is that of {largest.id}: make several rules of it"
        findings.append(_warning(rule_set.place_of("rules"), message, hint))
    if not unread and not any(finding.severity == "error" for finding in findings):
        findings += check_examples(rule_set)
    return tuple(sorted(findings, key=lambda one: (one.line, one.column, one.message)))


def _error(place: Place, message: str, hint: str = "") -> Finding:
    return Finding("error", place.line, place.column, message, hint)


def _warning(place: Place, message: str, hint: str = "") -> Finding:
    return Finding("warning", place.line, place.column, message, hint)


def _what_rules_read(rule_set: RuleSet) -> Iterator[Finding]:
    """Some facts may raise or add but never lower, others have no say in who comes at all."""
    allowed = {"raising": RAISING_KINDS, "plan_and_also": PLAN_AND_ALSO}
    for rule in rule_set.rules:
        for name in dict.fromkeys(filter(None, map(fact_of, tests_of(rule.whole)))):
            kinds = allowed.get(rule_set.vocabulary.facts[name].read_by)
            if kinds is not None and rule.kind not in kinds:
                message = f"{rule.id}: a {rule.kind} rule may not read {name}"
                yield _error(rule.place, message, f"only {', '.join(sorted(kinds))} rules may")


def _mentions(rule_set: RuleSet) -> Iterator[Finding]:
    """Words in the narrative prompt questions; by themselves they may only raise."""
    if (terms := len(rule_set.terms)) > MOST_TERMS:
        message = f"{terms:,} terms to look for, at most {MOST_TERMS:,}"
        yield _error(rule_set.place_of("rules"), message, "every call is searched for each")
    for rule in rule_set.rules:
        if any(isinstance(test, Mentions) for test in tests_of(rule.unless or ALWAYS)):
            message = f"{rule.id}: what was said stops no rule, only an answer does"
            yield _error(rule.place, message, "no mentions under unless")
        mentions = [test for test in tests_of(rule.when) if isinstance(test, Mentions)]
        for fact in dict.fromkeys(test.asks for test in mentions if test.asks):
            if rule_set.vocabulary.facts[fact].is_situation:
                message = f"{rule.id}: {fact} is never asked, so no word can bring it forward"
                yield _error(rule.place, message, "name a fact that is asked, or leave asks out")
        if any(test.asks for test in mentions) and rule.if_unknown == "holds":
            message = f"{rule.id}: a mention that prompts a question would decide instead"
            yield _error(rule.place, message, "if_unknown: ask or does_not_hold")
        if any(test.asks is None for test in mentions):
            if rule.kind not in RAISING_KINDS:
                message = f"{rule.id}: a mention may not decide a {rule.kind} rule"
                yield _error(rule.place, message, "give it asks: FACT")
            elif _denies_a_mention(rule.when):
                message = f"{rule.id}: what the narrative leaves out proves nothing"
                yield _error(rule.place, message, "no mentions under none")


def _denies_a_mention(condition: Condition, denied: bool = False) -> bool:
    if isinstance(condition, Mentions):
        return denied and condition.asks is None
    parts: Iterable[Condition] = getattr(condition, "parts", ())
    inside = denied or isinstance(condition, NoneOf)
    return any(_denies_a_mention(part, inside) for part in parts)


def _contradictions(rule_set: RuleSet, possible: Possibilities) -> Iterator[Finding]:
    """A requirement of what another rule keeps away entirely."""
    for excluding in rule_set.rules:
        if excluding.kind != "exclude" or not excluding.entirely:
            continue
        for requiring in rule_set.rules:
            if requiring.kind != "require" or requiring.responses[:1] == ():
                continue
            response = requiring.responses[0]
            together = response in excluding.responses and _same_days(excluding, requiring)
            if together and not _never_both(requiring, excluding, possible):
                message = f"{requiring.id} requires {response}, {excluding.id} excludes it entirely"
                yield _error(requiring.place, message, "there are calls for which both are true")


def _never_both(one: Rule, other: Rule, possible: Possibilities) -> bool:
    both = one.when, other.when
    if possible.never(*both):
        return True
    stopping = (rule.unless for rule in (one, other) if rule.unless is not None)
    return any(possible.follows(unless, *both) for unless in stopping)


def _same_days(one: Rule, other: Rule) -> bool:
    ends_before = one.valid_until and other.valid_from and one.valid_until < other.valid_from
    begins_after = other.valid_until and one.valid_from and other.valid_until < one.valid_from
    return not (ends_before or begins_after)


def _alternatives(rule_set: RuleSet) -> Iterator[Finding]:
    """Conditions that would be too many alternatives: every call would pay for each."""
    numbers: dict[str, int] = {}
    for rule in rule_set.rules:
        try:
            numbers[rule.id] = len(terms_of_rule(rule.when, rule.unless))
        except TooManyAlternatives:
            message = f"{rule.id}: more than {MOST_ALTERNATIVES} ways to be true"
            yield _error(rule.place, message, "make several rules of it, one for each reason")
    if (together := sum(numbers.values())) > MOST_ALTERNATIVES_IN_ALL:
        message = f"{together:,} ways for all rules together to be true"
        message += f", at most {MOST_ALTERNATIVES_IN_ALL:,}"
        largest = max(numbers, key=numbers.__getitem__)
        hint = f"{largest} alone has {numbers[largest]}: an any less, or fewer parts in it; several"
        hint += " values of one fact, [a, b], count once"
        yield _error(rule_set.place_of("rules"), message, hint)


def _asking(rule_set: RuleSet) -> Iterator[Finding]:
    for rule in rule_set.rules:
        if rule_set.ask is None and (rule.if_unknown == "ask" or ASK_MORE in rule.responses):
            message = f"{rule.id} asks, but the set does not say where asking leads"
            yield _error(rule.place, message, "ask: {wait_min: 5, then: RESPONSE}")
        if rule.kind == "plan" and rule.if_unknown == "ask":
            message = f"{rule.id}: a plan never makes a call wait, so ask means does_not_hold"
            yield _warning(rule.place, message)


def _prompts(rule_set: RuleSet) -> Iterator[Finding]:
    """Words bring a question forward; that needs a question which is put and can matter."""
    read = {fact for rule in rule_set.rules for fact in facts_of(rule.whole) if rule.kind != "plan"}
    for prompt in rule_set.prompts:
        if rule_set.vocabulary.facts[prompt.asks].is_situation:
            message = f"{prompt.asks} is never asked, so no word can bring it forward"
            yield _error(rule_set.place_of("prompts"), message)
        elif prompt.asks not in read:
            message = f"words bring {prompt.asks} forward, which decides nothing"
            yield _warning(rule_set.place_of("prompts"), message)

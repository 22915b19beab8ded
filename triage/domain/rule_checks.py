"""Static checks: what is wrong with a rule set that reads well.

Names, spelling and missing parts are found while a file is read. Here it is asked whether the
rules can do what they say: whether each can fire, whether two contradict each other, whether
every response can be reached, whether a complete set always ends with somebody, and whether the
examples hold.
"""

from collections.abc import Callable, Iterable, Iterator

from triage.domain.conditions import (
    ALWAYS,
    OPEN,
    Condition,
    Mentions,
    NoneOf,
    fact_of,
    tests_of,
)
from triage.domain.errors import Finding
from triage.domain.example_checks import check_examples
from triage.domain.possibility import Possibilities
from triage.domain.ruleset import (
    ASK_MORE,
    PLAN_AND_ALSO,
    RAISING_KINDS,
    Place,
    Rule,
    RuleSet,
)

PROBLEM_FACT = "problem_type"
MOST_TERMS = 2_000
_Check = Callable[[RuleSet], Iterator[Finding]]
_Proof = Callable[[RuleSet, Possibilities], Iterator[Finding]]


def check(rule_set: RuleSet, *, complete: bool = True) -> tuple[Finding, ...]:
    """All findings on a rule set, by place.

    complete -- False for a set with parts that could not be read: then only what can be said of
    single rules and pairs of rules is said.
    """
    checks: list[_Check] = [_what_rules_read, _mentions, _repetitions]
    proofs: list[_Proof] = [_can_fire, _contradictions]
    if complete:
        checks += [_thresholds, _asking, _reachable, _levels_matter, _ends_in_somebody]
        proofs += [_closes_named_problems]
    possible = Possibilities(rule_set.vocabulary.facts)
    findings = [finding for one in checks for finding in one(rule_set)]
    findings += [finding for one in proofs for finding in one(rule_set, possible)]
    if possible.given_up:
        message = f"{possible.given_up} questions about these rules are too large to be checked"
        findings.append(_warning(rule_set.place_of("rules"), message))
    if complete and not any(finding.severity == "error" for finding in findings):
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
        for name in dict.fromkeys(filter(None, map(fact_of, tests_of(rule.when)))):
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
        mentions = [test for test in tests_of(rule.when) if isinstance(test, Mentions)]
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


def _can_fire(rule_set: RuleSet, possible: Possibilities) -> Iterator[Finding]:
    for rule in rule_set.rules:
        if possible.never(rule.when):
            if rule.if_unknown == "holds" and rule.when.truth({}, frozenset()) is OPEN:
                message = f"{rule.id} is never true: it fires only while something is unknown"
                yield _warning(rule.place, message)
            else:
                yield _error(rule.place, f"{rule.id} can never fire: no answers make it true")
        elif not _open_ended(rule.when) and possible.never(NoneOf((rule.when,))):
            message = f"{rule.id} is true for every answer"
            yield _warning(rule.place, message, "write when: always, if that is meant")


def _open_ended(condition: Condition) -> bool:
    """Meant for every call, or dependent on words that a call may or may not contain."""
    return condition == ALWAYS or any(isinstance(test, Mentions) for test in tests_of(condition))


def _repetitions(rule_set: RuleSet) -> Iterator[Finding]:
    seen: dict[object, str] = {}
    for rule in rule_set.rules:
        dates = (rule.valid_from, rule.valid_until)
        effect = (rule.kind, rule.responses, rule.points, rule.level, rule.plan, rule.entirely)
        says = (rule.when, rule.if_unknown, dates, effect)
        if says in seen and rule.kind != "score":
            yield _warning(rule.place, f"{rule.id} never matters: it repeats {seen[says]}")
        seen.setdefault(says, rule.id)


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
            if together and not possible.never(requiring.when, excluding.when):
                message = f"{requiring.id} requires {response}, {excluding.id} excludes it entirely"
                yield _error(requiring.place, message, "there are calls for which both are true")


def _same_days(one: Rule, other: Rule) -> bool:
    ends_before = one.valid_until and other.valid_from and one.valid_until < other.valid_from
    begins_after = other.valid_until and one.valid_from and other.valid_until < one.valid_from
    return not (ends_before or begins_after)


def _thresholds(rule_set: RuleSet) -> Iterator[Finding]:
    told: set[str] = set()
    for rule in rule_set.rules:
        for response, _ in rule.points:
            if response not in told and rule_set.threshold(response) is None:
                told.add(response)
                message = f"{response} is scored but has no threshold"
                yield _error(rule.place, message, "thresholds: {default: 30}")


def _asking(rule_set: RuleSet) -> Iterator[Finding]:
    for rule in rule_set.rules:
        if rule_set.ask is None and (rule.if_unknown == "ask" or ASK_MORE in rule.responses):
            message = f"{rule.id} asks, but the set does not say where asking leads"
            yield _error(rule.place, message, "ask: {wait_min: 5, then: RESPONSE}")
        if rule.kind == "plan" and rule.if_unknown == "ask":
            message = f"{rule.id}: a plan never makes a call wait, so ask means does_not_hold"
            yield _warning(rule.place, message)


def _reachable(rule_set: RuleSet) -> Iterator[Finding]:
    """Each listed response comes out of some rule, default, asking or fallback."""
    led_to = {rule_set.default.response}
    if rule_set.ask is not None:
        led_to.add(rule_set.ask.then)
    for _, chain in rule_set.fallbacks:
        led_to.update(chain)
    most: dict[str, int] = {}
    for rule in rule_set.rules:
        if rule.kind in ("require", "also"):
            led_to.update(rule.responses)
        for response, points in rule.points:
            most[response] = most.get(response, 0) + max(points, 0)
    for response, points in most.items():
        threshold = rule_set.threshold(response)
        if threshold is not None and points >= threshold:
            led_to.add(response)
    for response in rule_set.responses:
        if response not in led_to:
            why = "its points never reach the threshold" if response in most else "no rule does"
            message = f"nothing leads to {response}: {why}"
            yield _error(rule_set.place_of("responses"), message, "or leave it out")


def _levels_matter(rule_set: RuleSet) -> Iterator[Finding]:
    """A rule that gives the default level, where nothing less urgent is ever given."""
    default = rule_set.level[rule_set.default_level]
    given = {rule_set.level[rule.level].rank for rule in rule_set.rules if rule.level}
    if given and max(given) <= default.rank:
        for rule in rule_set.rules:
            if rule.level == default.id:
                message = f"{rule.id} never matters: {default.id} is the default level"
                yield _warning(rule.place, message)


def _nobody(rule_set: RuleSet) -> set[str]:
    """The listed responses that only make an entry in the record."""
    known = rule_set.vocabulary.responses
    return {name for name in rule_set.responses if name in known and not known[name].is_somebody}


def _ends_in_somebody(rule_set: RuleSet) -> Iterator[Finding]:
    """A complete set leads to a person by default, by asking and by every fallback."""
    if rule_set.scope != "complete":
        return
    nobody = _nobody(rule_set)
    if rule_set.default.response in nobody | {ASK_MORE}:
        message = f"a complete set ends with somebody, not with {rule_set.default.response}"
        yield _error(rule_set.place_of("default"), message)
    if rule_set.ask is not None and rule_set.ask.then in nobody:
        message = f"asking leads to {rule_set.ask.then}, which sends nobody"
        yield _error(rule_set.place_of("ask"), message)
    for name, chain in rule_set.fallbacks:
        if gone := [one for one in chain if one in nobody]:
            message = f"when {name} cannot come, {gone[0]} would send nobody"
            yield _error(rule_set.place_of("fallbacks"), message)


def _closes_named_problems(rule_set: RuleSet, possible: Possibilities) -> Iterator[Finding]:
    """A complete set closes a call in the record only by rules that name the problems."""
    if rule_set.scope != "complete":
        return
    nobody = _nobody(rule_set) - {ASK_MORE}
    for rule in rule_set.rules:
        required = rule.responses if rule.kind == "require" else ()
        led_to = {*required, *(response for response, points in rule.points if points > 0)}
        closing = sorted(led_to & nobody)
        if closing and not _names_its_problems(rule_set, possible, rule):
            message = f"{rule.id} can end a call with {closing[0]}, whatever the problem is"
            yield _error(rule.place, message, f"name the {PROBLEM_FACT} for which it may")


def _names_its_problems(rule_set: RuleSet, possible: Possibilities, rule: Rule) -> bool:
    if PROBLEM_FACT not in rule_set.vocabulary.facts:
        return True
    named = tuple(test for test in tests_of(rule.when) if fact_of(test) == PROBLEM_FACT)
    positive = tuple(test for test in named if not getattr(test, "negated", True))
    return bool(positive) and possible.never(rule.when, NoneOf(positive))

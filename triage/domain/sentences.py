"""A rule set as sentences a supervisor reads.

"If a weapon is in hand, police patrol must come." English, like the rule files themselves.
"""

from dataclasses import dataclass

from triage.domain.clauses import say_mention, say_test
from triage.domain.conditions import (
    ALWAYS,
    AtLeast,
    Condition,
    Every,
    Mentions,
    NoneOf,
    Some,
)
from triage.domain.facts import Vocabulary
from triage.domain.reasons import label_of
from triage.domain.ruleset import FollowUp, IfUnknown, Rule, RuleSet

UNKNOWN_TEXT: dict[IfUnknown, str] = {
    "holds": "When that is unknown, the rule counts all the same.",
    "does_not_hold": "When that is unknown, the rule has no effect yet.",
    "ask": "When that is unknown: ask.",
}
_CONSENT = {"asked": "if they agree", "not_needed": "no consent needed"}


@dataclass(frozen=True, slots=True)
class RuleSentence:
    """One rule, or something the set says besides its rules, in words.

    kind -- the rule's kind, or default, ask, fallback, prompt.
    rule_id -- "" where it is no rule.
    unknown_text -- what happens while the condition is unknown; "" where nothing can be.
    """

    kind: str
    rule_id: str
    text: str
    because: str
    source: str
    unknown_text: str


def sentences(rule_set: RuleSet, vocabulary: Vocabulary) -> list[RuleSentence]:
    """Everything the rule set decides, in the order of the file, the default last."""
    said = [_rule(rule_set, vocabulary, rule) for rule in rule_set.rules]
    return said + _besides(rule_set, vocabulary)


def say_condition(vocabulary: Vocabulary, condition: Condition) -> str:
    """The condition as a clause, to follow "if"."""
    match condition:
        case Every(parts=()):
            return "in every case"
        case Every(parts=parts):
            return " and ".join(_part(vocabulary, part) for part in parts)
        case Some(parts=parts):
            return " or ".join(_part(vocabulary, part) for part in parts)
        case NoneOf(parts=parts):
            return f"none of this is so: {_listed(vocabulary, parts)}"
        case AtLeast(n=n, parts=parts):
            return f"at least {n} of these {len(parts)} are so: {_listed(vocabulary, parts)}"
        case Mentions():
            return say_mention(condition)
        case _:
            return say_test(vocabulary.facts[condition.fact], condition)


def _part(vocabulary: Vocabulary, part: Condition) -> str:
    """A part of a condition; groups with several parts in brackets, so that none is misread."""
    said = say_condition(vocabulary, part)
    return f"({said})" if len(getattr(part, "parts", ())) > 1 or " or " in said else said


def _listed(vocabulary: Vocabulary, parts: tuple[Condition, ...]) -> str:
    return "; ".join(say_condition(vocabulary, part) for part in parts)


def _rule(rule_set: RuleSet, vocabulary: Vocabulary, rule: Rule) -> RuleSentence:
    effect = _effect(rule_set, vocabulary, rule)
    if rule.when == ALWAYS:
        text, unknown = f"In every case {effect}.", ""
    else:
        text = f"If {say_condition(vocabulary, rule.when)}, {effect}."
        unknown = UNKNOWN_TEXT[rule.if_unknown]
    source = rule_set.source.get(rule.source)
    title = source.title if source else rule.source
    return RuleSentence(rule.kind, rule.id, text + _dates(rule), rule.because, title, unknown)


def _effect(rule_set: RuleSet, vocabulary: Vocabulary, rule: Rule) -> str:
    named = _names(vocabulary, rule.responses)
    if rule.kind == "require":
        return f"{named} must come"
    if rule.kind == "exclude":
        may = "may not come at all" if rule.entirely else "may not be the response"
        return f"{named} {may}"
    if rule.kind == "also":
        return f"{named}: sent or told as well"
    if rule.kind == "level":
        return f"it is {rule_set.level[rule.level].said()}"
    if rule.kind == "score":
        return "; ".join(
            f"{_name(vocabulary, response)} {_points(points)}" for response, points in rule.points
        )
    follow_ups = [_follow_up(one) for one in rule.plan.follow_ups]
    notices = [
        f"{_name(vocabulary, one.partner)} is told: {one.what}" for one in rule.plan.notices
    ]
    return "; ".join(("afterwards", *follow_ups, *notices)).replace("afterwards; ", "afterwards: ")


def _points(points: int) -> str:
    if points == 0:
        return "is weighed, without points"
    noun = "point" if abs(points) == 1 else "points"
    return f"{'gains' if points > 0 else 'loses'} {abs(points)} {noun}"


def _follow_up(one: FollowUp) -> str:
    hours = f"{one.after_h:g} h" if one.after_h < 72 else f"{one.after_h / 24:g} days"
    when = f"after {hours}" if one.after_h else "at once"
    owner = one.owner.replace("_", " ")
    return f"{owner}, {when}: {one.what} ({_CONSENT.get(one.consent, one.consent)})"


def _dates(rule: Rule) -> str:
    parts = [
        f"{word} {day}"
        for word, day in (("from", rule.valid_from), ("until", rule.valid_until))
        if day
    ]
    return f" In force {' '.join(parts)}." if parts else ""


def _besides(rule_set: RuleSet, vocabulary: Vocabulary) -> list[RuleSentence]:
    """What the set says besides its rules."""
    own = rule_set.title
    said = [
        RuleSentence(
            "prompt",
            "",
            f"If {say_mention(Mentions(prompt.terms))}, ask: "
            f"{vocabulary.facts[prompt.asks].question() or vocabulary.facts[prompt.asks].called()}",
            "A word is a reason to ask, never an answer.",
            own,
            "",
        )
        for prompt in rule_set.prompts
    ]
    for response, chain in rule_set.fallbacks:
        instead = ", then ".join(_name(vocabulary, one) for one in chain)
        text = f"When {_name(vocabulary, response)} cannot come in time: {instead}."
        because = "Somebody comes, even when the team that is needed cannot."
        said.append(RuleSentence("fallback", "", text, because, own, ""))
    if rule_set.ask is not None:
        then = _name(vocabulary, rule_set.ask.then)
        text = f"When a question has to be put first and no answer comes in {rule_set.ask.wait_min} min: {then}."
        because = "A call never waits for ever."
        said.append(RuleSentence("ask", "", text, because, own, ""))
    default = rule_set.default
    level = rule_set.level[rule_set.default_level].said()
    text = f"When no rule decides: {_name(vocabulary, default.response)}. Without another level: {level}."
    said.append(RuleSentence("default", "", text, default.because, own, ""))
    return said


def _names(vocabulary: Vocabulary, responses: tuple[str, ...]) -> str:
    names = [_name(vocabulary, response) for response in responses]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _name(vocabulary: Vocabulary, response: str) -> str:
    return label_of(vocabulary, response)

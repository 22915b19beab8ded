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
    Group,
    Mentions,
    NoneOf,
    Some,
)
from triage.domain.facts import Vocabulary
from triage.domain.reasons import label_of
from triage.domain.ruleset import FollowUp, IfUnknown, Prompt, Rule, RuleSet
from triage.domain.words import msgid

UNKNOWN_TEXT: dict[IfUnknown, str] = {
    "holds": msgid("As long as that cannot be said, the rule counts all the same."),
    "does_not_hold": msgid("As long as that cannot be said, the rule has no effect."),
    "ask": msgid("As long as that cannot be said: ask."),
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
    if isinstance(condition, Mentions):
        return say_mention(condition)
    if not isinstance(condition, Group):
        return say_test(vocabulary.facts[condition.fact], condition)
    if isinstance(condition, Every):
        parts = [_part(vocabulary, part, " or ") for part in condition.parts]
        return " and ".join(parts) or "anything is so"
    if isinstance(condition, Some):
        return " or ".join(_part(vocabulary, part, " and ") for part in condition.parts)
    listed = "; ".join(say_condition(vocabulary, part) for part in condition.parts)
    if isinstance(condition, NoneOf):
        return f"none of this is so: {listed}"
    return f"at least {condition.n} of these {len(condition.parts)} are so: {listed}"


def _part(vocabulary: Vocabulary, part: Condition, other: str) -> str:
    """A part of a condition, in brackets where it could be misread beside `other` words."""
    said = say_condition(vocabulary, part)
    return f"({said})" if other in said or isinstance(part, NoneOf | AtLeast) else said


def _rule(rule_set: RuleSet, vocabulary: Vocabulary, rule: Rule) -> RuleSentence:
    effect = _effect(rule_set, vocabulary, rule)
    unless = f", unless {say_condition(vocabulary, rule.unless)}" if rule.unless else ""
    if rule.when == ALWAYS:
        text, unknown = f"In every case {effect}{unless}.", ""
    else:
        text = f"If {say_condition(vocabulary, rule.when)}, {effect}{unless}."
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
    notices = [f"{_name(vocabulary, one.partner)} is told: {one.what}" for one in rule.plan.notices]
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
    said = [_prompt(vocabulary, prompt, own) for prompt in rule_set.prompts]
    for response, chain in rule_set.fallbacks:
        instead = ", then ".join(_name(vocabulary, one) for one in chain)
        text = f"When {_name(vocabulary, response)} cannot come in time: {instead}."
        because = "Somebody comes, even when the team that is needed cannot."
        said.append(RuleSentence("fallback", "", text, because, own, ""))
    if (ask := rule_set.ask) is not None:
        then = _name(vocabulary, ask.then)
        text = f"When a question comes first and has no answer after {ask.wait_min} min: {then}."
        said.append(RuleSentence("ask", "", text, "A call never waits for ever.", own, ""))
    default = _name(vocabulary, rule_set.default.response)
    level = rule_set.level[rule_set.default_level].said()
    text = f"When no rule decides: {default}. Without another level: {level}."
    said.append(RuleSentence("default", "", text, rule_set.default.because, own, ""))
    return said


def _prompt(vocabulary: Vocabulary, prompt: Prompt, source: str) -> RuleSentence:
    fact = vocabulary.facts[prompt.asks]
    text = f"If {say_mention(Mentions(prompt.terms))}, ask: {fact.question() or fact.called()}"
    because = "A word is a reason to ask, never an answer."
    return RuleSentence("prompt", "", text, because, source, "")


def _names(vocabulary: Vocabulary, responses: tuple[str, ...]) -> str:
    names = [_name(vocabulary, response) for response in responses]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _name(vocabulary: Vocabulary, response: str) -> str:
    return label_of(vocabulary, response)

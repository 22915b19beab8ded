"""A rule set as sentences a supervisor reads.

"If a weapon is in hand, police patrol must come." Each reader's language says it; only the words of
the rule files themselves may be English there.
"""

from dataclasses import dataclass

from triage.domain.clauses import say_mention, say_test
from triage.domain.codes import PARTNERS
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
from triage.domain.role_words import role_name
from triage.domain.ruleset import FollowUp, IfUnknown, Notice, Prompt, Rule, RuleSet
from triage.domain.words import Named, Sentence, listed, msgid, of_rules

UNKNOWN_TEXT: dict[IfUnknown, str] = {
    "holds": msgid("As long as that cannot be said, the rule counts all the same."),
    "does_not_hold": msgid("As long as that cannot be said, the rule has no effect."),
    "ask": msgid("As long as that cannot be said: ask."),
}
_CONSENT = {"asked": msgid("if they agree"), "not_needed": msgid("no consent needed")}
_WHO = {
    ("require", False): msgid("%(names)s must come"),
    ("exclude", True): msgid("%(names)s may not come at all"),
    ("exclude", False): msgid("%(names)s may not be the response"),
    ("also", False): msgid("%(names)s: sent or told as well"),
}
"""By kind, and whether somebody is excluded entirely."""
_GAINS = {
    (True, True): msgid("%(name)s gains %(count)s point"),
    (True, False): msgid("%(name)s gains %(count)s points"),
    (False, True): msgid("%(name)s loses %(count)s point"),
    (False, False): msgid("%(name)s loses %(count)s points"),
}
"""By whether points are gained, and whether it is one."""


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
        return listed(msgid(" and "), parts) if parts else msgid("anything is so")
    if isinstance(condition, Some):
        return listed(msgid(" or "), [_part(vocabulary, it, " and ") for it in condition.parts])
    these = listed("; ", [say_condition(vocabulary, part) for part in condition.parts])
    if isinstance(condition, NoneOf):
        return msgid("none of this is so: %(these)s", these=these)
    return msgid(
        "at least %(least)s of these %(count)s are so: %(these)s",
        least=condition.n,
        count=len(condition.parts),
        these=these,
    )


def _part(vocabulary: Vocabulary, part: Condition, other: str) -> str:
    """A part of a condition, in brackets where it could be misread beside `other` words."""
    said = say_condition(vocabulary, part)
    unclear = other in said or isinstance(part, NoneOf | AtLeast)
    return listed("", ("(", said, ")")) if unclear else said


def unless_said(vocabulary: Vocabulary, rule: Rule, said: str) -> str:
    """The same with what holds the rule back, if anything does."""
    if rule.unless is None:
        return said
    unless = say_condition(vocabulary, rule.unless)
    return msgid("%(said)s, unless %(unless)s", said=said, unless=unless)


def _rule(rule_set: RuleSet, vocabulary: Vocabulary, rule: Rule) -> RuleSentence:
    effect = unless_said(vocabulary, rule, _effect(rule_set, vocabulary, rule))
    if rule.when == ALWAYS:
        text, unknown = msgid("In every case %(effect)s.", effect=effect), ""
    else:
        condition = say_condition(vocabulary, rule.when)
        text = msgid("If %(condition)s, %(effect)s.", condition=condition, effect=effect)
        unknown = UNKNOWN_TEXT[rule.if_unknown]
    source = rule_set.source.get(rule.source)
    title = source.title if source else rule.source
    said = listed(" ", [text, *_dates(rule)])
    return RuleSentence(rule.kind, rule.id, said, rule.because, title, unknown)


def _effect(rule_set: RuleSet, vocabulary: Vocabulary, rule: Rule) -> str:
    if said := _WHO.get((rule.kind, rule.entirely)):
        return Sentence(said, {"names": _names(vocabulary, rule.responses)})
    if rule.kind == "level":
        return msgid("it is %(level)s", level=rule_set.level[rule.level].said())
    if rule.kind == "score":
        return listed("; ", [_points(_name(vocabulary, it), points) for it, points in rule.points])
    follow_ups = [_follow_up(one) for one in rule.plan.follow_ups]
    notices = [_notice(vocabulary, one) for one in rule.plan.notices]
    return msgid("afterwards: %(steps)s", steps=listed("; ", [*follow_ups, *notices]))


def _points(name: str, points: int) -> str:
    if points == 0:
        return msgid("%(name)s is weighed, without points", name=name)
    said = _GAINS[points > 0, abs(points) == 1]
    return Sentence(said, {"name": name, "count": abs(points)})


def _follow_up(one: FollowUp) -> str:
    days = msgid("%(count)s days", count=f"{one.after_h / 24:g}")
    time = f"{one.after_h:g} h" if one.after_h < 72 else days
    return msgid(
        "%(owner)s, %(when)s: %(what)s (%(consent)s)",
        owner=role_name(one.owner),
        when=msgid("after %(time)s", time=time) if one.after_h else msgid("at once"),
        what=of_rules(one.what),
        consent=_CONSENT.get(one.consent, one.consent),
    )


def _notice(vocabulary: Vocabulary, one: Notice) -> str:
    partner = PARTNERS.get(one.partner) or _name(vocabulary, one.partner)
    what = of_rules(one.what.replace("_", " "))
    return msgid("%(partner)s is told: %(what)s", partner=partner, what=what)


def _dates(rule: Rule) -> list[str]:
    first, last = rule.valid_from, rule.valid_until
    if first and last:
        return [msgid("In force from %(first)s until %(last)s.", first=first, last=last)]
    if first:
        return [msgid("In force from %(first)s.", first=first)]
    return [msgid("In force until %(last)s.", last=last)] if last else []


def _besides(rule_set: RuleSet, vocabulary: Vocabulary) -> list[RuleSentence]:
    """What the set says besides its rules."""
    own = rule_set.title
    said = [_prompt(vocabulary, prompt, own) for prompt in rule_set.prompts]
    for response, chain in rule_set.fallbacks:
        instead = listed(msgid(", then "), [_name(vocabulary, one) for one in chain])
        name = _name(vocabulary, response)
        text = msgid("When %(name)s cannot come in time: %(others)s.", name=name, others=instead)
        because = msgid("Somebody comes, even when the team that is needed cannot.")
        said.append(RuleSentence("fallback", "", text, because, own, ""))
    if (ask := rule_set.ask) is not None:
        text = msgid(
            "When a question comes first and has no answer after %(minutes)s min: %(name)s.",
            minutes=ask.wait_min,
            name=_name(vocabulary, ask.then),
        )
        because = msgid("A call never waits for ever.")
        said.append(RuleSentence("ask", "", text, because, own, ""))
    text = msgid(
        "When no rule decides: %(name)s. Without another level: %(level)s.",
        name=_name(vocabulary, rule_set.default.response),
        level=rule_set.level[rule_set.default_level].said(),
    )
    said.append(RuleSentence("default", "", text, rule_set.default.because, own, ""))
    return said


def _prompt(vocabulary: Vocabulary, prompt: Prompt, source: str) -> RuleSentence:
    fact = vocabulary.facts[prompt.asks]
    text = msgid(
        "If %(mention)s, ask: %(question)s",
        mention=say_mention(Mentions(prompt.terms)),
        question=Named(fact.third) if fact.third else fact.named,
    )
    because = msgid("A word is a reason to ask, never an answer.")
    return RuleSentence("prompt", "", text, because, source, "")


def _names(vocabulary: Vocabulary, responses: tuple[str, ...]) -> str:
    names = [_name(vocabulary, response) for response in responses]
    if len(names) < 2:
        return listed("", names)
    return msgid("%(some)s and %(last)s", some=listed(", ", names[:-1]), last=names[-1])


def _name(vocabulary: Vocabulary, response: str) -> str:
    return label_of(vocabulary, response)

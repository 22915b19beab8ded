"""Why a question is worth putting, in a sentence a dispatcher can read at a glance."""

from collections.abc import Iterable

from triage.domain.answer_classes import AnswerClass
from triage.domain.answers import Gap
from triage.domain.clauses import say_test
from triage.domain.decision import Decision
from triage.domain.facts import Fact
from triage.domain.foresight import Effect, Foresight
from triage.domain.reasons import response_label
from triage.domain.ruleset import ASK_MORE, RuleSet

MOST_PHRASES = 3


def because(
    rule_set: RuleSet,
    fact: Fact,
    effects: Iterable[Effect],
    changes_to: Iterable[str],
    ahead: Foresight,
    mention: str,
) -> str:
    """ "Goes to patrol if a weapon is in hand." """
    sentences = [f"The narrative says “{mention}”."] if mention else []
    grouped: dict[str, list[str]] = {}
    for effect in effects:
        headline = _headline(rule_set, ahead.present, effect.decision)
        grouped.setdefault(headline, []).extend(_phrases(fact, effect.answers))
    sentences += [f"{headline} if {_either(phrases)}." for headline, phrases in grouped.items()]
    if not grouped and fact.name in ahead.effects:
        sentences.append(_with_others(rule_set, changes_to))
    return " ".join(sentences)


def _headline(rule_set: RuleSet, present: Decision, other: Decision) -> str:
    """The greatest difference between two decisions, as the beginning of a sentence."""
    if other.response != present.response:
        if other.response == ASK_MORE:
            return "Asks first"
        return f"Goes to {_label(rule_set, other.response)}"
    if other.level != present.level:
        return f"Becomes {other.level.said()}"
    gained = [one for one in other.also if one not in present.also]
    if gained:
        return f"{_labels(rule_set, gained)} as well"
    lost = [one for one in present.also if one not in other.also]
    if lost:
        return f"No longer {_labels(rule_set, lost)} as well"
    ruled_out = [one for one, _ in other.excluded if one not in dict(present.excluded)]
    if ruled_out:
        return f"Rules out {_labels(rule_set, ruled_out)}"
    return "Changes who is ruled out"


def _with_others(rule_set: RuleSet, changes_to: Iterable[str]) -> str:
    labels = _labels(rule_set, list(changes_to))
    if not labels:
        return "Together with other answers it can change how this call is handled."
    return f"Together with other answers it can lead to {labels}."


def _phrases(fact: Fact, answers: AnswerClass) -> list[str]:
    if answers.answer is Gap.UNKNOWN:
        return ["it cannot be established"]
    if answers.answer is Gap.LEFT:
        return ["it is not asked"]
    if answers.values and fact.type in ("choice", "yes_no"):
        return [fact.phrase(value) for value in answers.values]
    if answers.accepted_by:
        return [say_test(fact, answers.accepted_by[0])]
    return [f"{fact.called()} is anything else"]


def _either(phrases: list[str]) -> str:
    if len(phrases) > MOST_PHRASES + 1:
        more = len(phrases) - MOST_PHRASES
        phrases = [*phrases[:MOST_PHRASES], f"{more} other answers"]
    return " or ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)


def _labels(rule_set: RuleSet, responses: list[str]) -> str:
    return ", ".join(_label(rule_set, response) for response in responses)


def _label(rule_set: RuleSet, response: str) -> str:
    return response_label(rule_set, response)

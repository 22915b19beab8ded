"""Why a question is worth putting, in a sentence a dispatcher can read at a glance."""

from collections.abc import Iterable, Sequence

from triage.domain.answer_classes import AnswerClass
from triage.domain.answers import Gap
from triage.domain.clauses import say_test, say_values
from triage.domain.conclusions import keep
from triage.domain.decision import Decision
from triage.domain.facts import Fact
from triage.domain.reasons import response_label
from triage.domain.ruleset import ASK_MORE, RuleSet

MOST_NAMED = 3

Told = tuple[str, AnswerClass]
"""What becomes of the call, and by which answers."""


def because(
    rule_set: RuleSet, fact: Fact, told: Sequence[Told], changes_to: Iterable[str] | None
) -> str:
    """ "Goes to patrol if a weapon is in hand."

    changes_to -- the responses to name where no answer changes anything alone; None: not said.
    """
    if not told:
        return _with_others(rule_set, changes_to) if changes_to is not None else ""
    kept = rule_set.ahead.sentences
    key = fact.name, tuple([(headline, answers.answer) for headline, answers in told])
    known = kept.get(key)
    if known is None:
        known = _told(fact, told)
        keep(kept, key, known)
    return known


def _told(fact: Fact, told: Iterable[Told]) -> str:
    grouped: dict[str, list[AnswerClass]] = {}
    for headline, answers in told:
        grouped.setdefault(headline, []).append(answers)
    return " ".join(f"{headline} if {_clause(fact, same)}." for headline, same in grouped.items())


def headline_of(rule_set: RuleSet, present: Decision, other: Decision) -> str:
    """The greatest difference between two decisions, as the beginning of a sentence."""
    if other.response == ASK_MORE != present.response:
        return "Asks first"
    if other.response != present.response:
        return f"Goes to {response_label(rule_set, other.response)}"
    if other.level != present.level:
        return f"Becomes {other.level.said()}"
    return _companions_and_exclusions(rule_set, present, other)


def _companions_and_exclusions(rule_set: RuleSet, present: Decision, other: Decision) -> str:
    gained = [one for one in other.also if one not in present.also]
    lost = [one for one in present.also if one not in other.also]
    if gained:
        return f"{_labels(rule_set, gained)} as well"
    if lost:
        return f"No longer {_labels(rule_set, lost)} as well"
    ruled_out = [one for one, _ in other.excluded if one not in dict(present.excluded)]
    return f"Rules out {_labels(rule_set, ruled_out)}" if ruled_out else "Rules out less"


def _with_others(rule_set: RuleSet, changes_to: Iterable[str]) -> str:
    labels = _labels(rule_set, changes_to)
    if not labels:
        return "Together with other answers it can change how this call is handled."
    return f"Together with other answers it can lead to {labels}."


def _clause(fact: Fact, answers: Sequence[AnswerClass]) -> str:
    """The answers as one clause, to follow "if"."""
    values = [value for one in answers for value in one.values]
    clauses = []
    if values and fact.type in ("choice", "yes_no"):
        clauses.append(say_values(fact, values, MOST_NAMED))
    else:
        tests = [one.accepted_by[0] for one in answers if one.accepted_by]
        clauses += [say_test(fact, test) for test in dict.fromkeys(tests)]
    if any(isinstance(one.answer, Gap) for one in answers):
        clauses.append("it cannot be established")
    return " or ".join(clauses) or f"{fact.called()} is anything else"


def _labels(rule_set: RuleSet, responses: Iterable[str]) -> str:
    return ", ".join(response_label(rule_set, response) for response in responses)

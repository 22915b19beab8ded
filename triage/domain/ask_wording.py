"""What a question could change, and why it is worth putting, in a sentence read at a glance: each
reader's language says it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from triage.domain.answer_classes import AnswerClass
from triage.domain.answers import Gap
from triage.domain.call_reading import SIGHT_FACT
from triage.domain.clauses import say_test, say_values
from triage.domain.conclusions import keep
from triage.domain.decision import Decision
from triage.domain.differences import WEIGHTS, differences
from triage.domain.facts import Fact
from triage.domain.foresight import Foresight
from triage.domain.reasons import response_label
from triage.domain.ruleset import ASK_MORE, RuleSet
from triage.domain.scouting import Effect
from triage.domain.words import listed, msgid

DECIDING_KINDS = ("require", "score", "exclude")
MOST_NAMED = 3


class Becomes(NamedTuple):
    """What an answer makes of the call that is told; the response is "" where it stays."""

    headline: str
    response: str
    changes: tuple[str, ...]


class Told(NamedTuple):
    """What is told of a question: see `Question`."""

    changes_to: tuple[str, ...]
    changes: tuple[str, ...]
    because: str


NOTHING = Told((), (), "")


class Wording:
    """Tells of the questions of one look ahead what they could change.

    The same few sentences come up in call after call and are kept with the rule set, by all that
    they depend on.
    """

    def __init__(self, rule_set: RuleSet, ahead: Foresight) -> None:
        self._rule_set, self._ahead = rule_set, ahead
        self._becomes: dict[int, Becomes] = {}

    def of(self, fact: Fact, effects: Sequence[Effect]) -> Told:
        """What the question could change, and why it is worth putting."""
        if effects:
            return self._alone(fact, effects)
        if fact.name not in self._ahead.effects:
            return NOTHING
        kept, could_become = self._rule_set.ahead.told_together, self._ahead.could_become
        reading = self._readers(fact) & self._ahead.relevant
        known = kept.get((reading, could_become))
        if known is None:
            known = _together(self._rule_set, reading, could_become)
            keep(kept, (reading, could_become), known)
        return known

    def _readers(self, fact: Fact) -> int:
        """The rules that its answer matters to. What was seen is worth nothing once it is known
        that the caller cannot see."""
        readers = self._rule_set.book.readers
        found = readers.get(fact.name, 0)
        for seen in self._rule_set.vocabulary.sight_facts if fact.name == SIGHT_FACT else ():
            found |= readers.get(seen.name, 0)
        return found

    def _alone(self, fact: Fact, effects: Sequence[Effect]) -> Told:
        """Where answers change something without any other."""
        kept, becomes = self._rule_set.ahead.told_alone, self._becomes
        made = []
        for answers, decision, _ in effects:
            became = becomes.get(id(decision))
            if became is None:
                became = becomes[id(decision)] = self._become(decision)
            made.append((became, answers.answer))
        key = fact.name, tuple(made)
        known = kept.get(key)
        if known is None:
            known = _told(self._rule_set, fact, [one for one, _ in made], effects)
            keep(kept, key, known)
        return known

    def _become(self, other: Decision) -> Becomes:
        present, kept = self._ahead.present, self._rule_set.ahead.becomes
        key = present.outcome(), other.outcome()
        known = kept.get(key)
        if known is None:
            headline = _headline(self._rule_set, present, other)
            response = other.response if other.response != present.response else ""
            known = Becomes(headline, response, tuple(differences(present, other)))
            keep(kept, key, known)
        return known


def _told(
    rule_set: RuleSet, fact: Fact, became: Sequence[Becomes], effects: Sequence[Effect]
) -> Told:
    found = {one for other in became for one in other.changes}
    grouped: dict[str, list[AnswerClass]] = {}
    for other, effect in zip(became, effects, strict=True):
        grouped.setdefault(other.headline, []).append(effect.answers)
    sentences = [
        msgid("%(headline)s if %(clause)s.", headline=headline, clause=_clause(fact, same))
        for headline, same in grouped.items()
    ]
    return Told(
        _by_precedence(rule_set, {one.response for one in became} - {""}),
        tuple(one for one in WEIGHTS if one in found),
        listed(" ", sentences),
    )


def _together(rule_set: RuleSet, reading: int, could_become: Collection[str]) -> Told:
    """Where an answer matters only together with others; by the open rules that read it."""
    book = rule_set.book
    kinds = {kind for kind, rules in book.of_kind.items() if rules & reading}
    responses = {one for one in could_become if book.speaks_for.get(one, 0) & reading}
    asks = reading & book.asks
    if not responses and (asks or not kinds.isdisjoint(DECIDING_KINDS)):
        responses = set(could_become)  # by giving way to somebody else
    changes_to = _by_precedence(rule_set, responses)
    may_change: Mapping[str, bool] = {
        "response": bool(changes_to),
        "level": "level" in kinds,
        "companions": "require" in kinds or "also" in kinds,
        "exclusions": "exclude" in kinds,
    }
    changes = tuple(one for one in WEIGHTS if may_change[one])
    return Told(changes_to, changes, _with_others(rule_set, changes_to))


def _by_precedence(rule_set: RuleSet, responses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(responses, key=rule_set.precedence.__getitem__))


def _headline(rule_set: RuleSet, present: Decision, other: Decision) -> str:
    """The greatest difference between two decisions, as the beginning of a sentence."""
    if other.response == ASK_MORE != present.response:
        return msgid("Asks first")
    if other.response != present.response:
        return msgid("Goes to %(name)s", name=response_label(rule_set, other.response))
    if other.level != present.level:
        return msgid("Becomes %(level)s", level=other.level.said())
    return _companions_and_exclusions(rule_set, present, other)


def _companions_and_exclusions(rule_set: RuleSet, present: Decision, other: Decision) -> str:
    gained = [one for one in other.also if one not in present.also]
    lost = [one for one in present.also if one not in other.also]
    if gained:
        return msgid("%(names)s as well", names=_labels(rule_set, gained))
    if lost:
        return msgid("No longer %(names)s as well", names=_labels(rule_set, lost))
    ruled_out = [one for one, _ in other.excluded if one not in dict(present.excluded)]
    if ruled_out:
        return msgid("Rules out %(names)s", names=_labels(rule_set, ruled_out))
    return msgid("Rules out less")


def _with_others(rule_set: RuleSet, changes_to: Iterable[str]) -> str:
    labels = _labels(rule_set, changes_to)
    if not labels:
        return msgid("Together with other answers it can change how this call is handled.")
    return msgid("Together with other answers it can lead to %(names)s.", names=labels)


def _clause(fact: Fact, answers: Sequence[AnswerClass]) -> str:
    """The answers as one clause, to follow "if"."""
    values = [value for one in answers for value in one.values]
    clauses: list[str] = []
    if values and fact.type in ("choice", "yes_no"):
        clauses.append(say_values(fact, values, MOST_NAMED))
    else:
        tests = [one.accepted_by[0] for one in answers if one.accepted_by]
        clauses += [say_test(fact, test) for test in dict.fromkeys(tests)]
    if any(isinstance(one.answer, Gap) for one in answers):
        clauses.append(msgid("it cannot be established"))
    if not clauses:
        return msgid("%(name)s is anything else", name=fact.named)
    return listed(msgid(" or "), clauses)


def _labels(rule_set: RuleSet, responses: Iterable[str]) -> str:
    return listed(", ", [response_label(rule_set, response) for response in responses])

"""Deciding all past calls at once: the meaning of `decision`, over sets of calls.

Each answer ("the response is police") is the set of the calls it is true of, and every step of
`conclude` is a few operations on such sets.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from triage.domain.assessment import Assessment, assess
from triage.domain.bitmaps import Bitmap, nobody, of_rows, union
from triage.domain.calls import CallInput
from triage.domain.column_conclusions import BLOCK, Conclusion, conclude
from triage.domain.column_conditions import judge_rule, terms_in
from triage.domain.column_teams import Teams
from triage.domain.history import History, Judged
from triage.domain.police_reporting import by_values, is_police, leads_elsewhere
from triage.domain.ruleset import RuleSet

Sets = dict[str, Bitmap]
"""By response, level or rule, the calls of which it is true."""
Amend = Callable[[Sets, Callable[[Assessment], Iterable[str]]], Sets]


@dataclass(frozen=True)
class Decisions:
    """What a rule set makes of each call of a history.

    needed, eligible, response, level -- each call is in exactly one set of each.
    also, required -- by companion, and by response that a fired rule requires.
    fired -- by rule; plans, which decide nothing, are left out.
    """

    rule_set: RuleSet
    rows: int
    needed: Sets
    eligible: Sets
    response: Sets
    level: Sets
    also: Sets
    required: Sets
    fired: Sets
    _find_police_because_unknown: Callable[[], Bitmap] = field(repr=False)

    @cached_property
    def police_because_unknown(self) -> Bitmap:
        """The calls to which missing answers alone send police without a clinician."""
        return self._find_police_because_unknown()

    def sent(self, response: str) -> Bitmap:
        """The calls to which that response goes, alone or with others."""
        parts = (kind[response] for kind in (self.response, self.also) if response in kind)
        return union(parts, self.rows)

    def of_call(self, row: int) -> tuple[str, str, str, str, tuple[str, ...]]:
        """Needed, eligible, response, level and companions of one call."""
        kinds = (self.needed, self.eligible, self.response, self.level)
        needed, eligible, response, level = (next(_names(kind, row)) for kind in kinds)
        return needed, eligible, response, level, tuple(_names(self.also, row))


def _names(kind: Sets, row: int) -> Iterator[str]:
    return (name for name, bits in kind.items() if int(bits[row >> 6]) >> (row & 63) & 1)


class ColumnRules:
    """A rule set made ready for deciding whole histories.

    words -- so many words of 64 calls are worked on at a time.
    """

    def __init__(self, rule_set: RuleSet, words: int = BLOCK) -> None:
        self.rule_set = rule_set
        self._words = words
        self._rules = tuple(rule for rule in rule_set.rules if rule.kind != "plan")
        self._terms = terms_in(self._rules)

    def decide(self, history: History) -> Decisions:
        """Decide every call. What is known of conditions already is not looked at again."""
        rows, rules = history.rows, self._rules
        judged = self.judged(history)
        fired = {rule.id: judged[rule.id][rule.if_unknown == "holds"] for rule in rules}
        asking = _undecided((judged[one.id] for one in rules if one.if_unknown == "ask"), rows)
        conclusion = self._conclude(rows, fired, asking)
        levels = conclusion.levels
        teams = Teams(history, self.rule_set, levels)
        going = teams.going(conclusion.eligible, conclusion.excluded)
        companions = conclusion.companions(going, teams.late(conclusion.required))
        amend = self._amendments(history)
        return Decisions(
            rule_set=self.rule_set,
            rows=rows,
            needed=amend(conclusion.needed, lambda one: [one.decision.needed]),
            eligible=amend(conclusion.eligible, lambda one: [one.decision.eligible]),
            response=amend(going, lambda one: [one.response]),
            level=amend(levels, lambda one: [one.decision.level.id]),
            also=amend(companions, lambda one: one.decision.also),
            required=amend(conclusion.required, _required),
            fired=amend(fired, _fired),
            _find_police_because_unknown=lambda: amend(
                {"": self._police_because_unknown(history, going)},
                lambda one: [""] if one.police_because_unknown else [],
            )[""],
        )

    def judged(self, history: History) -> dict[str, Judged]:
        """By rule, the calls for which it is true, and those for which it is not false."""
        history.narratives.search(self._terms)
        return {rule.id: judge_rule(history, rule) for rule in self._rules}

    def _conclude(self, rows: int, fired: Sets, asking: Bitmap) -> Conclusion:
        return conclude(self.rule_set, rows, fired, asking, self._words)

    def _amendments(self, history: History) -> Amend:
        """Puts right what was decided of calls that are not read as the columns have them."""
        rows = history.rows
        one_by_one = history.disputed | dict(self._short_of_teams(history))
        assessed = {
            row: assess(self.rule_set, call, ahead=False) for row, call in one_by_one.items()
        }
        others = ~of_rows(list(assessed), rows)

        def amend(sets: Sets, says: Callable[[Assessment], Iterable[str]]) -> Sets:
            if not assessed:
                return sets
            said: dict[str, list[int]] = {}
            for row, assessment in assessed.items():
                for name in says(assessment):
                    said.setdefault(name, []).append(row)
            kept = {name: bits & others for name, bits in sets.items()}
            names = self._in_order({*sets, *said})
            return {
                name: kept.get(name, nobody(rows)) | of_rows(said.get(name, ()), rows)
                for name in names
            }

        return amend

    def _short_of_teams(self, history: History) -> Iterator[tuple[int, CallInput]]:
        """The calls that tell by their missing teams what a rule asks: is there any?"""
        book = self.rule_set.book
        asked = book.readers.keys() & book.staffing.keys()
        for row, call in history.short_of_teams.items() if asked else ():
            if not asked.isdisjoint(book.nobody_left(call)):
                yield row, call

    def _in_order(self, names: Iterable[str]) -> list[str]:
        """Responses in precedence; for rules and levels the order does not matter."""
        return sorted(names, key=lambda name: (self.rule_set.precedence.get(name, 0), name))

    def _police_because_unknown(self, history: History, going: Sets) -> Bitmap:
        """As in `police_reporting`: every call decided once more by what has a value."""
        rules, rows = self._rules, history.rows
        judged = {rule.id: judge_rule(history, by_values(rule)) for rule in rules}
        true = {rule: certain for rule, (certain, _) in judged.items()}
        asking = _undecided((judged[one.id] for one in rules if one.if_unknown == "ask"), rows)
        known = self._conclude(rows, true, asking)
        teams = Teams(history, self.rule_set, known.levels)
        if_known = self._police(teams.going(known.eligible, known.excluded), rows)
        elsewhere = (judged[one.id] for one in rules if leads_elsewhere(self.rule_set, one))
        waiting = known.by_default & _undecided(elsewhere, rows)
        return self._police(going, rows) & (~if_known | waiting)

    def _police(self, going: Sets, rows: int) -> Bitmap:
        police = (bits for one, bits in going.items() if is_police(self.rule_set, one))
        return union(police, rows)


def _undecided(judged: Iterable[Judged], rows: int) -> Bitmap:
    return union((maybe & ~true for true, maybe in judged if maybe is not true), rows)


def _required(assessment: Assessment) -> Iterable[str]:
    required = (one.responses for one in assessment.because if one.kind == "require")
    return dict.fromkeys(response for responses in required for response in responses)


def _fired(assessment: Assessment) -> Iterable[str]:
    rules = assessment.rule_set.rule
    fired = (reason.rule for reason in assessment.because)
    return [rule for rule in fired if rule in rules and rules[rule].kind != "plan"]

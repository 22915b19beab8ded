"""Searching for a decision that further answers could bring about.

First leaps: answers that led there from another call, then the answers that make one promising
term true. They find nearly everything that can be found. Only when they fail every answer to every
question that matters is tried, which also proves that there is no way.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from triage.domain.bounds import Bounds
from triage.domain.call_reading import NO_SIGHT
from triage.domain.decision import Decision
from triage.domain.moves import Choice, Move, Path
from triage.domain.positions import Position, Positions
from triage.domain.rule_book import numbers_in
from triage.domain.scouting import Scout

MOST_LEAPS = 12
"""Terms tried by leaping, for one decision."""
MOST_REMEMBERED = 6
FEW_TERMS = 4
"""So few terms are looked at one by one at once: together they seldom prove anything."""
MOST_COMBINATIONS = 100
"""So many combinations of answers are all tried where the search was given up."""
MOST_PROOFS = 40
"""Assumptions looked at before a proof is given up."""


class OutOfBudget(Exception):
    """The search was given up; what it looked for counts as possible."""


@dataclass
class Search:
    """A search for a decision that is wanted.

    reached -- is this the one?
    toward -- rules to satisfy, the most promising first.
    response -- the response that is wanted, or "" for any change.
    against -- terms (bits) better contradicted on the way.
    budget -- positions from which all answers may be tried.
    known -- paths that led there from other calls; new ones are added.
    """

    scout: Scout
    reached: Callable[[Decision], bool]
    toward: Sequence[int]
    response: str
    against: int
    budget: int
    known: list[Path]
    proofs: int = MOST_PROOFS

    def finds(self, positions: Positions, bounds: Sequence[Bounds]) -> bool:
        """Is there a way? True as well when that could not be found out.

        bounds -- of the positions; none where bounds rule nothing out.
        """
        for path in self.known:
            if self._leads_there(positions, path):
                self._remember(path)
                return True
        if len(bounds) == 1 and self._cannot(positions[0], bounds[0]):
            return False
        return self._leaps(positions) or self._walks(positions)

    def _may_reach(self, bounds: Iterable[Bounds]) -> bool:
        """Could it still come, by the bounds?"""
        response = self.response
        return not response or any(one.may_become(response) for one in bounds)

    def _cannot(self, position: Position, bounds: Bounds, deeper: int = 2) -> bool:
        """Is it certain, whichever rule becomes true that has to, that others keep it away?

        bounds -- of the position; by them alone the decision may come.
        deeper -- how many rules to assume one after the other.
        """
        ways = bounds.ways_out(self.response)
        if ways is None:
            return False
        may_reach, doubts = {0: True}, self.scout.rule_set.ahead.doubts
        doubtful = ways & doubts.get(self.response, 0)
        for number in (*numbers_in(doubtful), *numbers_in(ways & ~doubtful)):
            terms = self._promising(position, number, bounds, 0, may_reach)
            if terms and not self._kept_away(position, terms, deeper):
                doubts[self.response] = 1 << number
                return False
        return True

    def _promising(
        self,
        position: Position,
        rule: int,
        bounds: Bounds,
        assumed: int,
        may_reach: dict[int, bool],
    ) -> int:
        """The terms of a rule with which, by the rules they bring alone, the decision may come.

        That is quickly told, for many terms bring the same rules; no answer is looked at.

        bounds -- of the position where the rules `assumed` are true.
        may_reach -- what was found of the rules that terms bring besides.
        """
        ahead = self.scout.rule_set.ahead
        terms = _hopeful(position, 1 << rule) & ~ahead.giving_way[self.response]
        promising = 0
        for number in numbers_in(terms):
            brought = ahead.brought[number] & ~bounds.sure
            if brought not in may_reach:
                may_reach[brought] = self._may_come(position, brought, assumed)
            promising |= may_reach[brought] << number
        return promising

    def _may_come(self, position: Position, brought: int, assumed: int) -> bool:
        """May the decision come where these rules are true, by them and, unless some were assumed
        before, by those that further rules bring which then have to become true?"""
        bounds = Bounds(position, brought | assumed)
        if not self._may_reach([bounds]):
            return False
        ways = None if assumed else bounds.ways_out(self.response)
        if ways is None:
            return True
        found = {0: True}
        return any(
            self._promising(position, one, bounds, brought, found) for one in numbers_in(ways)
        )

    def _kept_away(self, position: Position, terms: int, deeper: int) -> bool:
        """Do the answers that one of these terms needs keep the decision away?"""
        several = terms & (terms - 1) > 0
        if not several or terms.bit_count() > FEW_TERMS:
            self.proofs -= 1
            if self.proofs < 0:
                return False
            narrowed = position.narrowed(terms)
            bounds = Bounds(narrowed)
            if not self._may_reach([bounds]):
                return True
            if not several:
                return deeper > 0 and self._cannot(narrowed, bounds, deeper - 1)
        return all(self._kept_away(position, 1 << one, deeper) for one in numbers_in(terms))

    # ---- leaping ------------------------------------------------------------------

    def _leaps(self, positions: Positions) -> bool:
        for position, term in self._terms(positions):
            path = self._path(position, term)
            if self._leads_there(positions, path):
                self._remember(path)
                return True
        return False

    def _leads_there(self, positions: Positions, path: Path) -> bool:
        standing = tuple([position.after(path) for position in positions])
        return self.reached(self.scout.decide(positions, standing))

    def _remember(self, path: Path) -> None:
        """As the first to be tried from the next call: calls that follow one another are alike."""
        others = [one for one in self.known if one is not path]
        self.known[:] = [path, *others[: MOST_REMEMBERED - 1]]

    def _terms(self, positions: Positions) -> Iterable[tuple[Position, int]]:
        """Open terms of the rules in favour, as many as are worth a leap."""
        tried = 0
        futile = self.scout.rule_set.ahead.giving_way.get(self.response, 0)
        for rules in self.toward:
            for position in positions:
                terms = _hopeful(position, rules & position.may_change) & ~futile
                while terms and tried < MOST_LEAPS:
                    term = terms & -terms
                    terms ^= term
                    tried += 1
                    yield position, term

    def _path(self, position: Position, term: int) -> Path:
        """The answers that make a term true and rule out most of what is in the way."""
        open_in_term = [one for one in position.left.values() if one.reads & term]
        return {
            choice.fact: min(choice.moves, key=lambda move: self._merit(move, term))
            for choice in open_in_term
        }

    def _merit(self, move: Move, term: int) -> tuple[bool, int]:
        """Smaller is better."""
        return bool(term & move.spoils), -(move.contradicts & self.against).bit_count()

    # ---- walking ------------------------------------------------------------------

    def _walks(self, positions: Positions) -> bool:
        try:
            return self._walk(positions, 0, {})
        except OutOfBudget:
            return self._tries_all(positions)

    def _tries_all(self, positions: Positions) -> bool:
        """With few questions left every combination of answers is tried after all. True as well
        where they are too many."""
        bounds = [Bounds(position) for position in positions]
        left: dict[str, Choice] = {}
        for position, one in zip(positions, bounds, strict=True):
            terms = position.alive & position.rule_set.ahead.unfold(one.relevant())
            left |= {fact: it for fact, it in position.left.items() if it.reads & terms}
        combinations = prod(len(choice.moves) for choice in left.values())
        if combinations > MOST_COMBINATIONS or not all(one.exhaustive for one in left.values()):
            return True
        return any(
            self._leads_there(positions, dict(zip(left, moves, strict=True)))
            for moves in product(*[choice.moves for choice in left.values()])
        )

    def _walk(self, positions: Positions, aim: int, path: Path, others: int = 0) -> bool:
        """Raises OutOfBudget, as soon as it is certain that not all answers can be tried.

        aim -- the term (bit) that earlier answers began to satisfy.
        others -- positions to be looked at besides, those of other answers to earlier questions.
        """
        if self.reached(self.scout.decision(positions)):
            self._remember(path)
            return True
        if self.budget <= 0:
            raise OutOfBudget
        self.budget -= 1
        bounds = [Bounds(position) for position in positions]
        if not self._may_reach(bounds):
            return False
        aim = self._aim(positions, bounds, aim)
        if not aim:
            return False
        choice = _reader(positions, aim)
        moves = _not_unseen(choice, path)
        others += len(moves)
        if others > self.budget or not choice.exhaustive:
            raise OutOfBudget
        for move in sorted(moves, key=lambda move: self._merit(move, aim)):
            others -= 1
            there = tuple([position.answer(choice.fact, move) for position in positions])
            if self._walk(there, aim, {**path, choice.fact: move}, others):
                return True
        return False

    def _aim(self, positions: Positions, bounds: Sequence[Bounds], aim: int) -> int:
        """An open term to satisfy next: the one begun, or of a rule in favour, or any."""
        for position in positions:
            if aim & position.alive & position.open & ~position.unknown:
                return aim
        deciding = [one.deciding() for one in bounds] if self.response else []
        for rules in self.toward:
            for position, mask in zip(positions, deciding, strict=False):
                if mask & rules and (term := _nearest_term(position, mask & rules)):
                    return term
        for position, one in zip(positions, bounds, strict=True):
            if (mask := one.relevant()) and (term := _nearest_term(position, mask)):
                return term
        return 0


def _reader(positions: Positions, term: int) -> Choice:
    """The first open question that the term waits for."""
    alive = (position for position in positions if position.alive & term)
    return next(one for position in alive for one in position.left.values() if one.reads & term)


def _not_unseen(choice: Choice, path: Path) -> Sequence[Move]:
    """The answers that go with those before: who cannot see has not seen."""
    if not any(one.needs_sight for one in path.values()):
        return choice.moves
    return [move for move in choice.moves if move.answers.answer != NO_SIGHT]


def _hopeful(position: Position, rules: int) -> int:
    """The open terms of these rules that answers can still make true."""
    if not rules:
        return 0
    still_open = position.alive & position.open & ~position.unknown
    return still_open & position.rule_set.ahead.unfold(rules)


def _nearest_term(position: Position, rules: int) -> int:
    """An open term of these rules, one that a single answer makes true if there is one."""
    hopeful = _hopeful(position, rules)
    still_open = position.alive & position.open & position.rule_set.ahead.unfold(rules)
    for terms in (hopeful & ~position.open_twice, hopeful, still_open):
        if terms:
            return terms & -terms
    return 0

"""From the rules that fired to who should answer, for all past calls at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from triage.domain.bitmaps import WORD, Bitmap, everyone, union
from triage.domain.column_scores import Scores
from triage.domain.ruleset import ASK_MORE, Kind, Rule, RuleSet

Sets = dict[str, Bitmap]
"""By response, level or rule, the calls of which it is true."""


BLOCK = 8192
"""Words that are worked on at a time: what comes in between stays in the processor's cache."""


@dataclass(frozen=True)
class Conclusion:
    """What follows when certain rules fired and certain calls wait for an answer.

    needed, eligible, levels -- each call is in exactly one set of each.
    required -- by response that a fired rule requires, in precedence.
    wanted -- by response that is required or to come as well, in precedence.
    excluded, excluded_entirely -- by response.
    by_default -- the calls that no rule decided.
    """

    needed: Sets
    eligible: Sets
    levels: Sets
    required: Sets
    wanted: Sets
    excluded: Sets
    excluded_entirely: Sets
    by_default: Bitmap

    def companions(self, going: Sets, late: Sets) -> Sets:
        """By response, in precedence, the calls to which it goes as well.

        Not where it is the eligible one, goes anyway, or may not even accompany; but where it is
        required and only late, it comes beside who stands in until then.
        """
        replaced = {
            one: bits & ~late[one] if one in late else bits for one, bits in self.eligible.items()
        }
        kinds = (replaced, going, self.excluded_entirely)
        also = {}
        for response, bits in self.wanted.items():
            not_again = [kind[response] for kind in kinds if response in kind]
            also[response] = bits & ~union(not_again, len(bits) * WORD) if not_again else bits
        return also


def conclude(
    rule_set: RuleSet, rows: int, fired: Sets, asking: Bitmap, words: int = BLOCK
) -> Conclusion:
    """Who should answer each call, how soon and with whom, if everybody could come.

    words -- so many are worked on at a time.
    """
    blocks = []
    for start in range(0, max(1, len(asking)), words):
        here = slice(start, start + words)
        calls = min(rows - start * WORD, words * WORD)
        block = {rule: bits[here] for rule, bits in fired.items()}
        blocks.append(_Block(rule_set, calls, block, asking[here]).concluded())
    return blocks[0] if len(blocks) == 1 else _joined(rule_set, blocks)


def _joined(rule_set: RuleSet, blocks: list[Conclusion]) -> Conclusion:
    order = rule_set.precedence
    joined = {}
    for kind in vars(blocks[0]).keys() - {"by_default"}:
        sets: list[Sets] = [vars(block)[kind] for block in blocks]
        names = {name for one in sets for name in one}
        joined[kind] = {
            name: np.concatenate(
                [
                    one.get(name, np.zeros_like(b.by_default))
                    for one, b in zip(sets, blocks, strict=True)
                ]
            )
            for name in sorted(names, key=lambda name: order.get(name, 0))
        }
    return Conclusion(**joined, by_default=np.concatenate([one.by_default for one in blocks]))


class _Block:
    """A conclusion in the making."""

    def __init__(self, rule_set: RuleSet, rows: int, fired: Sets, asking: Bitmap) -> None:
        self._rule_set, self._rows, self._fired, self._asking = rule_set, rows, fired, asking
        self._all = everyone(rows)
        self._required = self._naming(("require",))
        self._scores = Scores(rule_set, fired, rows)

    def concluded(self) -> Conclusion:
        excluded = self._unless_required(self._naming(("exclude",)))
        needed, by_default = self._who({})
        eligible = needed
        if excluded:
            eligible, by_default = self._who(excluded)
        return Conclusion(
            needed=needed,
            eligible=eligible,
            levels=self._levels(),
            required=self._required,
            wanted=self._wanted(),
            excluded=excluded,
            excluded_entirely=self._unless_required(self._naming(("exclude",), entirely=True)),
            by_default=by_default,
        )

    def _levels(self) -> Sets:
        """By level, the calls that have it: the most urgent of their levels, or the default."""
        left, levels = self._all, Sets()
        for level in sorted(self._rule_set.levels, key=lambda one: one.rank):
            rules = [rule for rule in self._rule_set.rules if rule.level == level.id]
            if rules:
                levels[level.id] = left & self._union(rules)
                left = left & ~levels[level.id]
        _add(levels, self._rule_set.default_level, left)
        return levels

    def _who(self, excluded: Mapping[str, Bitmap]) -> tuple[Sets, Bitmap]:
        """Who answers if these may not, and the calls in which only the default was left."""
        left, chosen = self._all, Sets()
        for response, bits in self._required.items():
            _add(chosen, response, left & bits)
            left = left & ~bits
        for response, bits in self._scores.winners(left, excluded).items():
            _add(chosen, response, bits)
            left = left & ~bits
        _add(chosen, ASK_MORE, left & self._asking)
        left = left & ~self._asking
        by_default = left
        default = self._rule_set.default.response
        if default in excluded:
            barred = left & excluded[default]
            left = left & ~barred
            for response in self._rule_set.fallbacks_of.get(default, ()):
                free = barred & ~excluded[response] if response in excluded else barred
                _add(chosen, response, free)
                barred = barred & ~free
            left = left | barred
        _add(chosen, default, left)
        return chosen, by_default

    def _wanted(self) -> Sets:
        """Asking first is nobody who comes along."""
        wanted = self._naming(("require", "also"))
        wanted.pop(ASK_MORE, None)
        return wanted

    def _naming(self, kinds: Iterable[Kind], *, entirely: bool = False) -> Sets:
        """By response, in precedence, the calls where a rule of these kinds names it."""
        naming: dict[str, list[Rule]] = {}
        for rule in self._rule_set.rules:
            if rule.kind in kinds and (rule.entirely or not entirely):
                for response in rule.responses:
                    naming.setdefault(response, []).append(rule)
        order = self._rule_set.precedence
        return {one: self._all & self._union(naming[one]) for one in order if one in naming}

    def _unless_required(self, exclusions: Sets) -> Sets:
        return {
            response: bits & ~self._required[response] if response in self._required else bits
            for response, bits in exclusions.items()
        }

    def _union(self, rules: Iterable[Rule]) -> Bitmap:
        return union((self._fired[rule.id] for rule in rules), self._rows)


def _add(sets: Sets, name: str, bits: Bitmap) -> None:
    """Put these calls into the set of this name as well. A set without calls is not kept."""
    if bits.any():
        sets[name] = sets[name] | bits if name in sets else bits

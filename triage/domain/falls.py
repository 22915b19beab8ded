"""Which calls would get less by new rules than by old ones: those that somebody looks at first."""

from collections.abc import Iterator

from triage.domain.bitmaps import Bitmap, nobody, union
from triage.domain.column_decisions import Decisions
from triage.domain.facts import Vocabulary
from triage.domain.ruleset import ASK_MORE, Level, RuleSet

FALLS = {
    "less_urgent": "a less urgent level",
    "waits_longer": "a longer time until somebody is to be there",
    "armed_no_longer": "nobody armed comes any more",
    "required_no_longer": "somebody whom a rule required comes no more, and nobody alike instead",
    "asked_first": "questions come first where somebody came at once",
    "nobody_comes": "nobody comes any more",
}


def falls(old: Decisions, new: Decisions) -> dict[str, Bitmap]:
    """The calls that get less, by a key of FALLS."""
    nobody_now = _somebody(old) & ~_somebody(new)
    asked = new.response.get(ASK_MORE, nobody(new.rows))
    less_urgent = _less_urgent(old, new)
    return {
        "less_urgent": less_urgent,
        "waits_longer": longer(old, new) & ~less_urgent,
        "armed_no_longer": _armed(old) & ~_armed(new),
        "required_no_longer": _required_no_longer(old, new),
        "asked_first": nobody_now & asked,
        "nobody_comes": nobody_now & ~asked,
    }


def is_less_urgent(old: RuleSet, before: str, new: RuleSet, after: str) -> bool:
    """Is level `after` of the new rules less urgent than `before` of the old ones?

    By rank where both have the same levels, else by the minutes that they promise.
    """
    was, becomes = old.level[before], new.level[after]
    if was.within_min is None or becomes.within_min is None or _ranks(old) == _ranks(new):
        return becomes.rank > was.rank
    return becomes.within_min > was.within_min


def longer(old: Decisions, new: Decisions) -> Bitmap:
    """The calls that may wait longer: for a team, for its answer, or while questions come first."""
    levels = (
        was & becomes
        for before, was in old.level.items()
        for after, becomes in new.level.items()
        if _is_longer(old.rule_set.level[before], new.rule_set.level[after])
    )
    asked, still = (one.response.get(ASK_MORE, nobody(one.rows)) for one in (old, new))
    before, after = old.rule_set.ask, new.rule_set.ask
    if before and after and after.wait_min > before.wait_min:
        return union((*levels, asked & still), old.rows)
    return union(levels, old.rows)


def _is_longer(was: Level, becomes: Level) -> bool:
    """A team that need not be there in any time at all takes longer than one that must."""
    endless = float("inf")
    if (becomes.within_min or endless) > (was.within_min or endless):
        return True
    return (becomes.answer_within_min or 0) > (was.answer_within_min or endless)


def _ranks(rule_set: RuleSet) -> dict[str, int]:
    return {level.id: level.rank for level in rule_set.levels}


def _less_urgent(old: Decisions, new: Decisions) -> Bitmap:
    fallen = (
        was & becomes
        for before, was in old.level.items()
        for after, becomes in new.level.items()
        if is_less_urgent(old.rule_set, before, new.rule_set, after)
    )
    return union(fallen, old.rows)


def _armed(decisions: Decisions) -> Bitmap:
    responses = decisions.rule_set.vocabulary.responses.values()
    return union((decisions.sent(one.id) for one in responses if one.armed), decisions.rows)


def _somebody(decisions: Decisions) -> Bitmap:
    responses = decisions.rule_set.vocabulary.responses.values()
    return union((decisions.sent(one.id) for one in responses if one.is_somebody), decisions.rows)


def _required_no_longer(old: Decisions, new: Decisions) -> Bitmap:
    """The calls that lose somebody required, unless somebody alike comes instead."""
    fallen = nobody(old.rows)
    for response, required in old.required.items():
        lost = required & old.sent(response) & ~new.sent(response)
        if lost.any():
            for other in _stand_ins(new.rule_set.vocabulary, response):
                lost &= ~(new.sent(other) & ~old.sent(other))
            fallen |= lost
    return fallen


def _stand_ins(vocabulary: Vocabulary, response: str) -> Iterator[str]:
    """Responses with all the arms, powers and skills of this one, as far as it has any."""
    one = vocabulary.responses.get(response)
    if one is None or not (one.armed or one.public_safety or one.roles):
        return
    for other in vocabulary.responses.values():
        powers = other.armed >= one.armed and other.public_safety >= one.public_safety
        if other.id != response and powers and {*one.roles} <= {*other.roles}:
            yield other.id

"""From the rules that fired to who answers the call.

The only place where precedence, scores, exclusions, fallbacks and levels meet. Works on sets of
rules (see `rule_book`), so that looking ahead can call it thousands of times.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from triage.domain.rule_book import RuleBook
from triage.domain.ruleset import ASK_MORE, Level, RuleSet
from triage.domain.term_index import Tally

Route = Literal["require", "score", "default", "ask"]

EXCLUDED, NOT_IN_TIME, NONE_ON_SHIFT = "excluded", "not_in_time", "none_on_shift"


@dataclass(frozen=True, slots=True)
class Availability:
    """What is known about the teams: cause by response that cannot come, minutes by response."""

    unavailable: Mapping[str, str]
    minutes_to: Mapping[str, float]
    key: tuple[object, ...] = field(init=False, compare=False)
    """The same for the same availability, and can be looked up."""

    def __post_init__(self) -> None:
        key = (*sorted(self.unavailable.items()), *sorted(self.minutes_to.items()))
        object.__setattr__(self, "key", key)

    @property
    def limited(self) -> bool:
        """Is anything known that could keep a team away?"""
        return bool(self.unavailable or self.minutes_to)

    def obstacle(self, response: str, level: Level) -> str | None:
        """The coded cause why this response cannot come within the level's target, or None."""
        if response in self.unavailable:
            return self.unavailable[response]
        if level.within_min is not None and self.minutes_to.get(response, 0) > level.within_min:
            return NOT_IN_TIME
        return None


EVERYBODY_AVAILABLE = Availability({}, {})


class Decision(NamedTuple):
    """Who answers, how soon, with whom.

    needed, eligible, response -- by the rules, after exclusions, after fallbacks.
    cause -- coded reason why they differ, or why nobody can come as decided.
    person_must_act -- nobody comes as decided, or as a rule requires, unless somebody steps in.
    excluded -- response, and whether entirely.
    route -- what chose the eligible response.
    wanted -- everybody whom a rule requires or wants as well, whether they come or not.
    """

    needed: str
    eligible: str
    response: str
    cause: str | None
    person_must_act: bool
    level: Level
    also: tuple[str, ...]
    excluded: tuple[tuple[str, bool], ...]
    route: Route
    wanted: tuple[str, ...]

    def outcome(self) -> tuple[str, str, tuple[str, ...], tuple[tuple[str, bool], ...]]:
        """What being settled is about: response, level, companions, exclusions."""
        return self.response, self.level.id, self.also, self.excluded


def decide(rule_set: RuleSet, tally: Tally, teams: Availability) -> Decision:
    """The decision while the open questions stay open."""
    book = rule_set.book
    return conclude(rule_set, book.fired(tally), book.asking(tally), teams)


def conclude(rule_set: RuleSet, fired: int, asking: int, teams: Availability) -> Decision:
    """The decision when these rules fired and those wait for an answer."""
    required = required_by(rule_set.book, fired)
    excluded = excluded_by(rule_set.book, fired, required)
    level = level_of(rule_set, fired)
    chosen = choose(rule_set, fired, asking > 0, required, excluded)
    return send(rule_set, fired, chosen, excluded, level, teams)


class Chosen(NamedTuple):
    """Whom the rules want, before it is asked who can come."""

    needed: str
    eligible: str
    route: Route


def required_by(book: RuleBook, fired: int) -> tuple[str, ...]:
    """The responses that fired rules require, in precedence."""
    if not fired & book.of_kind.get("require", 0):
        return ()
    return tuple([response for response, rules in book.requires.items() if fired & rules])


def excluded_by(book: RuleBook, fired: int, required: Collection[str]) -> dict[str, bool]:
    """The responses that fired rules exclude, and whether entirely; a requirement beats it."""
    if not fired & book.of_kind.get("exclude", 0):
        return {}
    return {
        response: fired & entirely > 0
        for response, rules, entirely in book.excludes
        if fired & rules and response not in required
    }


def choose(
    rule_set: RuleSet,
    fired: int,
    asking: bool,
    required: Sequence[str],
    excluded: Mapping[str, bool],
) -> Chosen:
    """Who is needed, and who of them may be sent."""
    if required:
        return Chosen(required[0], required[0], "require")
    points = points_of(rule_set.book, fired)
    eligible, route = _unrequired(rule_set, points, excluded, asking)
    needed = _unrequired(rule_set, points, (), asking)[0] if excluded else eligible
    return Chosen(needed, eligible, route)


def send(
    rule_set: RuleSet,
    fired: int,
    chosen: Chosen,
    excluded: Mapping[str, bool],
    level: Level,
    teams: Availability,
) -> Decision:
    """Who comes of those who may be sent, with whom.

    Whoever a rule requires and is only late comes all the same, beside who stands in until then.
    """
    needed, eligible, route = chosen
    response, cause, late, replaced = eligible, None, False, eligible
    if teams is not EVERYBODY_AVAILABLE:
        response, cause, late = _who_can_come(rule_set, eligible, level, excluded, teams)
        if route == "require" and cause == NOT_IN_TIME:
            replaced = response
    wanted = [
        companion
        for companion, rules in rule_set.book.companions.items()
        if fired & rules and not excluded.get(companion)
    ]
    also = [one for one in wanted if one not in (replaced, response)]
    if teams.limited:
        late = late or _unmet(rule_set.book, fired, also, teams)
    return Decision(
        needed,
        eligible,
        response,
        cause or (EXCLUDED if needed != eligible else None),
        late or (route == "default" and eligible in excluded),
        level,
        tuple(also),
        tuple(excluded.items()),
        route,
        tuple(wanted),
    )


def _unmet(book: RuleBook, fired: int, also: Collection[str], teams: Availability) -> bool:
    """Is there nobody of whom a rule requires, or of who should come along?

    Whoever stands in for somebody required is not who was required.
    """
    return any(
        response in also or fired & book.requires.get(response, 0) for response in teams.unavailable
    )


def level_of(rule_set: RuleSet, fired: int) -> Level:
    """The most urgent level that a fired rule gives, or the default level."""
    for level, rules in rule_set.book.levels:
        if fired & rules:
            return level
    return rule_set.level[rule_set.default_level]


def points_of(book: RuleBook, fired: int) -> dict[str, int]:
    """Points by response, in precedence, of the responses that a fired rule scores."""
    totals: dict[str, int] = {}
    for response, (rules, by_points) in book.scores.items():
        if fired & rules:
            totals[response] = sum(
                [points * (fired & giving).bit_count() for points, giving in by_points]
            )
    return totals


def _unrequired(
    rule_set: RuleSet, points: Mapping[str, int], excluded: Collection[str], asking: bool
) -> tuple[str, Route]:
    """Who answers when no rule requires anybody: by points, by asking first, by default."""
    best, most = "", 0
    thresholds = rule_set.book.thresholds
    for response, total in points.items():
        if response not in thresholds or total < thresholds[response] or response in excluded:
            continue
        if not best or total > most:
            best, most = response, total
    if best:
        return best, "score"
    if asking:
        return ASK_MORE, "ask"
    default = rule_set.default.response
    if default in excluded:
        instead = rule_set.fallbacks_of.get(default, ())
        return next((one for one in instead if one not in excluded), default), "default"
    return default, "default"


def _who_can_come(
    rule_set: RuleSet,
    eligible: str,
    level: Level,
    excluded: Collection[str],
    teams: Availability,
) -> tuple[str, str | None, bool]:
    """The response, the cause if it is not simply the eligible one, and whether a person must act.

    In time before late before not at all; when nobody can come, the eligible response stays,
    so that the call shows what it needs.
    """
    cause = teams.obstacle(eligible, level)
    if cause is None or eligible == ASK_MORE:
        return eligible, None, False
    chain = [one for one in rule_set.fallbacks_of.get(eligible, ()) if one not in excluded]
    for candidate in chain:
        if teams.obstacle(candidate, level) is None:
            return candidate, cause, False
    for candidate in (eligible, *chain):
        if teams.obstacle(candidate, level) == NOT_IN_TIME:
            return candidate, cause, True
    return eligible, cause, True

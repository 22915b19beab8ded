"""What a back-test found, in words and columns for a terminal."""

from collections.abc import Iterator, Sequence

from triage.domain.backtest import FEW, WEEK, Backtest, Demand, Part
from triage.domain.bitmaps import size
from triage.domain.column_decisions import Decisions
from triage.domain.falls import FALLS
from triage.domain.history import HOURS
from triage.domain.ruleset import ASK_MORE
from triage.services.backtests import LABELS

USUAL_GROUPS = ("age_band", "housing", "language_barrier", "caller_role", "contact_channel")
"""Questions by whose answers groups are compared when nobody names others."""
MOST_LINES = 12
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def usual_groups(compared: Backtest) -> tuple[str, ...]:
    return tuple(name for name in USUAL_GROUPS if name in compared.history.vocabulary.facts)


def named(decisions: Decisions, response: str) -> str:
    """A response as people call it."""
    known = decisions.rule_set.vocabulary.responses.get(response)
    return "Questions first" if response == ASK_MORE else known.label() if known else response


def _said(decisions: Decisions, response: str, level: str) -> str:
    return f"{named(decisions, response)} ({decisions.rule_set.level[level].said()})"


def lines(compared: Backtest, groups: Sequence[str]) -> Iterator[str]:
    """The whole report."""
    old, new = compared.old.rule_set, compared.new.rule_set
    past = "past call" if compared.calls == 1 else "past calls"
    yield f"{compared.calls:,} {past}, {old.name} {old.version} -> {new.name} {new.version}"
    yield ""
    yield _counted(compared, size(compared.moved), "move")
    yield _counted(compared, size(compared.other_response), "  another response")
    yield _counted(compared, size(compared.other_level), "  another level")
    yield _counted(compared, size(compared.other_time), "  other minutes at the same level")
    yield _counted(compared, size(compared.other_companions), "  others come as well")
    yield from _falls(compared)
    yield from _moves(compared)
    yield from _unknowns(compared)
    yield from _rota(compared)
    if compared.history.days:
        yield from _parts("Hour", compared.by_hour())
    for name in LABELS:
        if name in compared.history.labels:
            yield from _parts(name.capitalize(), compared.by_group(name))
    for name in groups:
        parts = compared.by_group(name)
        if len(parts) > 1:
            yield from _parts(compared.history.vocabulary.facts[name].called().capitalize(), parts)


def _falls(compared: Backtest) -> Iterator[str]:
    yield ""
    fallen = size(compared.fallen)
    if not fallen:
        yield "No call gets less than before."
        return
    get = "call gets" if fallen == 1 else "calls get"
    yield f"LOOK AT THESE FIRST: {fallen:,} {get} less than before"
    for key, said in FALLS.items():
        if calls := size(compared.falls[key]):
            yield _counted(compared, calls, f"  {said}")
    yield ""
    moves = compared.moves_among(compared.fallen)
    for response, level, calls in moves[:MOST_LINES]:
        was = _said(compared.old, response.old, level.old)
        becomes = _said(compared.new, response.new, level.new)
        alike = "with other companions or another time to wait"
        yield f"{calls:>9,}  {was} -> {alike if becomes == was else becomes}"
    yield from _more(len(moves))


def _moves(compared: Backtest) -> Iterator[str]:
    moves = [one for one in compared.responses() if one.old != one.new]
    yield from ("", "Who would move where")
    for one in moves[:MOST_LINES]:
        was, becomes = named(compared.old, one.old), named(compared.new, one.new)
        yield _counted(compared, one.calls, f"{was} -> {becomes}")
    yield from _more(len(moves)) if moves else ["          Every call keeps its response."]
    levels = [one for one in compared.levels() if one.old != one.new]
    if levels:
        yield from ("", "Levels")
    for one in levels[:MOST_LINES]:
        before = compared.old.rule_set.level[one.old].said()
        after = compared.new.rule_set.level[one.new].said()
        yield _counted(compared, one.calls, f"{before} -> {after}")


def _unknowns(compared: Backtest) -> Iterator[str]:
    yield from ("", "What is not known")
    for (old, new), said in (
        (compared.asked_first(), "questions come first"),
        (compared.police_because_unknown(), "police only because answers are missing"),
    ):
        total = compared.calls
        yield f"{old:>9,} -> {new:<9,} {old / total:.1%} -> {new / total:.1%}  {said}"


def _rota(compared: Backtest) -> Iterator[str]:
    """Whether the teams that there were could carry it."""
    weeks = compared.weeks()
    yield from ("", "Could the rota carry it?")
    if not weeks:
        yield "No call says when it came in, so there are no hours to count."
    yield f"{'goes to':32}{'calls':>19}{'nobody could come':>20}   busiest hour of the week"
    for one in compared.demand():
        served = f"{one.unserved_old:,} -> {one.unserved_new:,}"
        label = named(compared.new, one.response)[:31]
        busiest = _busiest(one, weeks) if weeks else ""
        yield f"{label:32}{f'{one.old:,} -> {one.new:,}':>19}{served:>20}   {busiest}"


def _busiest(one: Demand, weeks: float) -> str:
    """The hour that would be the busiest, with calls in one week."""
    hour = max(range(WEEK), key=lambda at: (one.by_hour_new[at], one.by_hour_old[at]))
    old, new = one.by_hour_old[hour] / weeks, one.by_hour_new[hour] / weeks
    return f"{DAYS[hour // HOURS]} {hour % HOURS:02}:00, {old:.1f} -> {new:.1f} calls"


def _parts(title: str, parts: Sequence[Part]) -> Iterator[str]:
    yield ""
    yield f"{title:26}{'calls':>9}{'move':>9}{'':>20}{'get less':>10}{'police go':>20}"
    for part in parts:
        if not part.calls:
            continue
        start = f"{part.name.replace('_', ' ')[:25]:26}{part.calls:>9,}"
        if part.is_few:
            yield f"{start}   too few to tell more"
            continue
        low, high = part.moved_between
        share = f"{part.moved / part.calls:.1%} ({low:.0%}-{high:.0%})"
        police = f"{part.police_old / part.calls:.1%} -> {part.police_new / part.calls:.1%}"
        yield f"{start}{part.moved:>9,}{share:>20}{part.fallen:>10,}{police:>20}"
    if any(part.is_few for part in parts if part.calls):
        yield f"Of fewer than {FEW} calls only the number is told: more would be about persons."


def _counted(compared: Backtest, calls: int, said: str) -> str:
    return f"{calls:>9,} {calls / compared.calls:>6.1%}  {said}"


def _more(there_are: int) -> Iterator[str]:
    if there_are > MOST_LINES:
        left = there_are - MOST_LINES
        moves = "move" if left == 1 else "moves"
        yield f"           and {left} other {moves} (all of them with --json)"

"""The figures as Markdown: histories, times, queries, and what was to be reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.performance.engine.spread import Spread, quantile, shown
from tests.performance.growth.asking import BOARD, INTAKE, KNOWN
from tests.performance.growth.queries import WATCHER, WORKER

TIMES_AT_MOST = 1.2
QUERY_MS, NEARBY_MS = 1.0, 5.0
SLOWEST_TOLD = 12
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Times:
    """One kind of request in one round."""

    database: str
    calls: int
    round: int
    what: str
    took_s: list[float]


@dataclass(frozen=True)
class Queries:
    """Of one page in one round."""

    database: str
    calls: int
    round: int
    what: str
    ms: list[float]
    slowest: str
    """The statement."""


@dataclass(frozen=True)
class Measured:
    histories: list[str]
    times: list[Times]
    queries: list[Queries]


def report(found: Measured) -> tuple[str, bool]:
    """And whether all was reached."""
    parts = ["# Growth", "\n".join(f"- {one}" for one in found.histories)]
    goals: list[list[str]] = []
    for database in dict.fromkeys(one.database for one in found.times):
        sizes = sorted({one.calls for one in found.times if one.database == database})
        parts += [f"## {database}: over HTTP, ms", _times(found, database, sizes)]
        parts += [f"## {database}: slowest query of each page, ms"]
        parts += [_queries(found, database, sizes)]
        goals += _goals(found, database, sizes)
    parts += ["## To reach", _table(["what", "goal", "measured", "reached"], goals)]
    return "\n\n".join(parts) + "\n", all(goal[-1] == "yes" for goal in goals)


def _times(found: Measured, database: str, sizes: Sequence[int]) -> str:
    header = ["what", *(f"{size:,}: p50, p95, p99" for size in sizes), "p50 ratio", "p99 ratio"]
    rows = []
    for what in dict.fromkeys(one.what for one in found.times if one.database == database):
        cells = [what]
        for size in sizes:
            rounds = _rounds(found, database, size, what)
            spreads = [Spread.of(quantile(r, q) * 1000 for r in rounds) for q in QUANTILES]
            cells.append(
                f"{shown(spreads[0].middle)}, {shown(spreads[1].middle)}, {spreads[2].said()}"
            )
        cells += [_ratio(found, database, sizes, what, share).said() for share in (0.5, 0.99)]
        rows.append(cells)
    return _table(header, rows)


def _rounds(found: Measured, database: str, size: int, what: str) -> list[list[float]]:
    return [
        one.took_s
        for one in found.times
        if (one.database, one.calls, one.what) == (database, size, what)
    ]


def _ratio(found: Measured, database: str, sizes: Sequence[int], what: str, share: float) -> Spread:
    """Of the largest history to the smallest, round by round."""
    both = [_rounds(found, database, size, what) for size in (sizes[0], sizes[-1])]
    pairs = zip(*both, strict=True)
    return Spread.of(quantile(large, share) / quantile(small, share) for small, large in pairs)


def _pages(found: Measured, database: str, size: int) -> dict[str, tuple[Spread, Queries]]:
    """By page: its slowest query over the rounds, and one of the middle."""
    pages: dict[str, tuple[Spread, Queries]] = {}
    for one in found.queries:
        if (one.database, one.calls) == (database, size) and one.what not in pages:
            same = [it for it in found.queries if (it.database, it.calls, it.what) == _key(one)]
            middle = sorted(same, key=lambda it: max(it.ms))[len(same) // 2]
            pages[one.what] = Spread.of(max(it.ms) for it in same), middle
    return pages


def _key(one: Queries) -> tuple[str, int, str]:
    return one.database, one.calls, one.what


def _queries(found: Measured, database: str, sizes: Sequence[int]) -> str:
    """Those that are slowest with the largest history; the rest in one line."""
    by_size = {size: _pages(found, database, size) for size in sizes}
    largest = by_size[sizes[-1]]
    order = sorted(largest, key=lambda what: -largest[what][0].middle)
    header = ["page", "queries", *(f"{size:,}" for size in sizes), "all together", "the slowest"]
    rows = []
    for what in order[:SLOWEST_TOLD]:
        _, middle = largest[what]
        cells = [by_size[size][what][0].said() for size in sizes]
        told = middle.slowest[:160].replace("|", "\\|")
        rows.append([what, str(len(middle.ms)), *cells, shown(sum(middle.ms)), f"`{told}`"])
    table = _table(header, rows)
    if rest := order[SLOWEST_TOLD:]:
        most = shown(largest[rest[0]][0].middle)
        return f"{table}\n\nOf {len(rest)} more pages no query takes longer than {most} ms."
    return table


def _goals(found: Measured, database: str, sizes: Sequence[int]) -> Iterator[list[str]]:
    grown = f"{sizes[0]:,} to {sizes[-1]:,} calls"
    for what in (INTAKE, BOARD):
        for share in (0.5, 0.99):
            ratio = _ratio(found, database, sizes, what, share)
            yield [
                f"{database}: {what}, p{share * 100:.0f}, {grown}",
                f"<= {TIMES_AT_MOST} times",
                ratio.said(),
                _said(ratio.middle <= TIMES_AT_MOST),
            ]
    pages = _pages(found, database, sizes[-1])
    near = pages.pop(KNOWN)[0]
    processes = [pages.pop(name)[0] for name in (WATCHER, WORKER)]
    what = max(pages, key=lambda name: pages[name][0].middle)
    over = sum(spread.middle > QUERY_MS for spread, _ in pages.values())
    yield [
        f"{database}: each of {len(pages)} pages' queries ({over} over it; slowest: {what})",
        f"<= {QUERY_MS:g} ms",
        pages[what][0].said(" ms"),
        _said(not over),
    ]
    yield [
        f"{database}: known of a place and a number",
        f"<= {NEARBY_MS:g} ms",
        near.said(" ms"),
        _said(near.middle <= NEARBY_MS),
    ]
    slowest = max(processes, key=lambda spread: spread.middle)
    yield [
        f"{database}: the watcher's and the worker's rounds, slowest query",
        f"<= {QUERY_MS:g} ms",
        slowest.said(" ms"),
        _said(slowest.middle <= QUERY_MS),
    ]


def _said(reached: bool) -> str:
    return "yes" if reached else "**no**"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

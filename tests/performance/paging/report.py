"""The figures as Markdown: what was to be reached beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.performance.engine.spread import quantile
from tests.performance.paging.deaths import Deaths
from tests.performance.paging.latency import Latency
from tests.performance.paging.silences import Silences
from tests.performance.paging.storm import Storm

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
KEPT_UP = 1.05
"""A rate counts as kept if owing all texts took no longer than this share of its time."""


@dataclass(frozen=True)
class Measured:
    machine: Mapping[str, Any]
    latency: dict[str, Latency]
    storm: dict[str, Storm]
    silences: dict[str, Silences]
    deaths: dict[str, Deaths]


@dataclass(frozen=True)
class Goal:
    what: str
    most: float
    unit: str
    found: float

    @property
    def reached(self) -> bool:
        return self.found <= self.most


def report(measured: Measured) -> str:
    machine = measured.machine
    head = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, "
        f"Python {machine['python']}; load {machine['load']} at the start, which the benchmark's "
        "own processes then add to."
    )
    parts = ["# Paging", head]
    if machine["load"] > machine["cores"] / 2:
        parts.append("**The machine was busy with other work: take the times with care.**")
    for database, name in NAMES.items():
        found = list(goals(measured, database))
        if found:
            parts += [f"## {name}", _table(found)]
    return "\n\n".join(parts) + "\n"


def goals(measured: Measured, database: str) -> Iterator[Goal]:
    if one := measured.latency.get(database):
        yield from _of_latency(one)
    if storm := measured.storm.get(database):
        yield from _of_storm(storm)
    if silences := measured.silences.get(database):
        yield from _of_silences(silences)
    if deaths := measured.deaths.get(database):
        yield from _of_deaths(deaths)


def _of_latency(one: Latency) -> Iterator[Goal]:
    what = f"commit to provider at {one.rate} texts/s"
    texts = len(one.samples_s) + one.missing
    yield _at(f"{what}, p50", 10, one.samples_s, 0.5)
    yield _at(f"{what}, p99", 50, one.samples_s, 0.99)
    yield Goal(f"{what}, slower than that rate by", (KEPT_UP - 1) * 100, "%", _slower(one, texts))
    yield Goal(f"{what}, lost of {texts:,}", 0, "", one.missing)
    yield Goal(f"{what}, sent twice of {texts:,}", 0, "", one.twice)


def _slower(one: Latency, texts: int) -> float:
    return max(one.seconds * one.rate / texts - 1, 0) * 100


def _of_storm(storm: Storm) -> Iterator[Goal]:
    what = f"{storm.calls:,} calls in {storm.within_s:g} s, {storm.queued:,} texts queued"
    yield _at(f"{what}: page of the highest level, p99", 3000, storm.highest_s, 0.99)
    yield _at(f"{what}: intake, p99", 300, storm.intake_s, 0.99)
    yield Goal(f"{what}: calls not taken", 0, "", storm.refused)
    yield Goal(f"{what}: pages lost", 0, "", storm.pages_lost)
    yield Goal(f"{what}: pages sent twice", 0, "", storm.pages_twice)
    yield Goal(f"{what}: queued texts lost", 0, "", storm.queued_lost)


def _of_silences(silences: Silences) -> Iterator[Goal]:
    what = f"{silences.asked:,} pages unanswered"
    early = sum(late < 0 for late in (*silences.decided_s, *silences.sent_s))
    yield _at(f"{what}: next team asked late by, p99", 2000, silences.decided_s, 0.99)
    yield _at(f"{what}: its page with the provider late by, p99", 2000, silences.sent_s, 0.99)
    yield Goal(f"{what}: asked too early", 0, "", early)
    yield Goal(f"{what}: nobody else asked", 0, "", silences.not_escalated)


def _of_deaths(deaths: Deaths) -> Iterator[Goal]:
    for what, most, samples in (
        ("worker killed with a page in hand: page out", 20, deaths.worker_killed_s),
        ("clock killed, another runs: what is due done", 5, deaths.clock_killed_s),
        ("clock stands still: another runs", 12, deaths.clock_hung_s),
    ):
        if samples:
            yield Goal(f"{what}, longest of {len(samples)}", most, "s", max(samples))


def _at(what: str, most_ms: float, samples_s: Sequence[float], share: float) -> Goal:
    found = quantile(samples_s, share) * 1000 if samples_s else float("inf")
    return Goal(what, most_ms, "ms", found)


def _table(found: Sequence[Goal]) -> str:
    lines = ["| what | at most | measured | reached |", "| --- | --- | --- | --- |"]
    for goal in found:
        reached = "yes" if goal.reached else "**no**"
        lines.append(
            f"| {goal.what} | {_said(goal.most, goal.unit)} | {_said(goal.found, goal.unit)} "
            f"| {reached} |"
        )
    return "\n".join(lines)


def _said(figure: float, unit: str) -> str:
    digits = 0 if figure == int(figure) or figure >= 100 else 1
    return f"{figure:,.{digits}f} {unit}".strip() if figure < float("inf") else "nothing came"

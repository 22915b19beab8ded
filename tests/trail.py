"""The audit trail under a test's hand: past the service, outside the database, read as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import text

from tests.typical_calls import CALM, UNARMED
from tests.world import World
from triage.adapters.anchor_folder import AnchorFolder
from triage.domain.audit_chains import Head
from triage.entrypoints.commands import watching
from triage.entrypoints.commands.audit import audit
from triage.entrypoints.watcher import Watcher
from triage.services import audit_trail, watch
from triage.storage.audit_chains import seal


class _Tools:
    def __init__(self, world: World) -> None:
        self._world = world

    def context(self) -> object:
        return self._world.context

    def check_authorities(self, context: object) -> None:
        """Texts are simulated."""


def command(world: World, *words: str) -> Result:
    """What `triage audit` says to these words."""
    return CliRunner().invoke(audit, words, obj=_Tools(world))


def doctor(world: World) -> str:
    """What `triage doctor` says."""
    return CliRunner().invoke(watching.doctor, obj=_Tools(world)).output


def past(world: World, *statements: str) -> None:
    """As the owner of the database, past the service."""
    world.broken = True
    with world.context.database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def lived(world: World) -> None:
    """An hour of ordinary work."""
    (phone,) = world.team("MCT 1")
    call = world.call(UNARMED)
    phone.text(f"{phone.code} 12")
    phone.text(f"{call.code} HERE")
    one_more_call(world)
    world.wait(minutes=5)
    phone.text(f"{call.code} CLEAR")


def one_more_call(world: World) -> None:
    world.call(CALM)
    world.ignores_texts("only the lines count")


def outside(world: World, folder: Path) -> AnchorFolder:
    """A folder that the owner of the database cannot reach."""
    folder.mkdir(exist_ok=True)
    anchors = AnchorFolder(folder, seal)
    world.context = replace(world.context, anchors=anchors)
    return anchors


_OF_THE_TRAIL = {"audit_trail", "anchors", "anchors_gone"}


@dataclass
class Clock:
    """The watcher's steady clock, moved forward instead of waited for."""

    watcher: Watcher
    now_s: float = 0.0

    @classmethod
    def of(cls, world: World) -> Clock:
        watcher = Watcher(world.context)
        watcher.anchors.steady = lambda: clock.now_s
        clock = cls(watcher)
        return clock

    def a_minute_later(self, world: World) -> set[str]:
        """What the watcher finds about the trail within it."""
        self.watcher.anchors.once()
        return self.rounds(world, minutes=1)

    def minutes_of_work(self, world: World, minutes: int) -> None:
        """A call in each, after the ends were written down."""
        for _ in range(minutes):
            assert self.a_minute_later(world) == set()
            one_more_call(world)

    def rounds(self, world: World, minutes: int) -> set[str]:
        """What the watcher says after some time."""
        self.now_s += 60 * minutes
        self.watcher.round()
        with world.context.reading() as uow:
            found = watch.newest(uow)
            return {row["code"] for row in found.findings if found} & _OF_THE_TRAIL


def now_and_ends(world: World) -> tuple[datetime, Mapping[int, Head]]:
    with world.context.reading() as uow:
        return uow.now, audit_trail.ends(uow)


def places(world: World) -> list[tuple[str, int | None]]:
    with world.context.reading() as uow:
        verdict = audit_trail.verify(uow, world.context.anchors)
        return [(one.what, one.seq) for one in verdict.breaks]


def in_the_middle(world: World) -> tuple[int, int]:
    """A chain, and the place of a line in the middle of it."""
    _, ends = now_and_ends(world)
    chain, seq = max(((number, head.seq) for number, head in ends.items()), key=lambda it: it[1])
    assert seq > 6
    return chain, seq // 2

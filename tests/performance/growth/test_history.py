"""A history that was made is taken for one that was lived, by pages, keys and watchers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.performance.growth import history
from tests.performance.growth.history import Made
from tests.performance.growth.population import Population
from tests.stories.test_watch import beat
from tests.world import Browser, World
from triage.app import check_authorities
from triage.entrypoints.commands.watching import doctor
from triage.entrypoints.watcher import Watcher
from triage.services import past_calls
from triage.storage import models
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call

CALLS, WHOLE = 330, 250
LISTED = re.compile(r'<th scope="row"><a href="/calls/([^"]+)"')


def listed(desk: Browser, **form: str) -> list[str]:
    """On all pages of the list, one after the other."""
    found: list[str] = []
    page = desk.submit("/past-calls", form, follow=True).text
    while True:
        found += LISTED.findall(page)
        older = re.search(r'name="after" value="([^"]+)"', page)
        if older is None:
            return found
        page = desk.submit("/past-calls", form | {"after": older[1]}, follow=True).text


def most_often(what: Callable[[int], Any]) -> tuple[Any, int]:
    (found,) = Counter(map(what, range(CALLS))).most_common(1)
    return found


@pytest.mark.slow
def test_it_is_found_and_opened_and_nothing_is_wrong_with_it(
    world: World,
) -> None:
    world.ignores_texts("who is asked while the moulds are taken is beside the point")
    made = history.write(world, CALLS, whole=WHOLE, processes=0, times=1)
    population = made.population(world.centre.gazetteer)
    what_is_older_is_as_a_purge_leaves_it(world, made)
    desk = world.client("dispatcher")
    with world.context.reading() as uow:
        rows = uow.session.execute(select(Call.reference, Call.received_at, Call.id)).all()
    newest = [row[0] for row in sorted(rows, key=lambda row: (row[1], row[2]), reverse=True)]
    assert len(newest) == CALLS + 7  # those that were taken
    shown = listed(desk)
    assert shown == newest
    assert len(shown) > 10 * past_calls.PAGE

    phone, rings = most_often(population.phone)
    told = sum(ring.phone == phone for ring in population.rings(0, CALLS))
    assert rings >= told > 3
    assert len(listed(desk, phone=phone)) >= told
    place, visits = most_often(lambda call: population.place(call).said)
    assert len(listed(desk, place=place)) == visits > 10

    latest = population.place(CALLS - 1).said
    assert newest[7] in desk.submit("/intake", {"location": latest}, to="/intake/known").text
    assert latest in desk.get(f"/calls/{newest[7]}").text
    assert desk.get(f"/calls/{newest[-1]}").status_code == 200

    assert orphans(world) == {}
    world.settle()
    beat(world)
    assert Watcher(world.context).round()
    tools = SimpleNamespace(
        context=lambda: world.context,
        check_authorities=lambda context: check_authorities(context.settings),
    )
    told = CliRunner().invoke(doctor, obj=tools)
    assert (told.exit_code, "WRONG" in told.output) == (0, False), told.output
    assert world.call({"problem_type": "welfare_check"}).code


def orphans(world: World) -> dict[str, int]:
    """Foreign keys that lead nowhere."""
    found = {}
    with world.context.reading() as uow:
        for table in models.Base.metadata.sorted_tables:
            for key in table.foreign_keys:
                there = select(key.column.table.alias("there").c[key.column.name])
                lost = select(func.count()).where(key.parent.is_not(None), key.parent.not_in(there))
                if count := uow.session.scalar(lost):
                    found[f"{table.name}.{key.parent.name}"] = count
    return found


def what_is_older_is_as_a_purge_leaves_it(world: World, made: Made) -> None:
    with world.context.reading() as uow:
        calls = uow.session.scalars(select(Call).order_by(Call.received_at, Call.id)).all()
        older, newer = calls[: CALLS - WHOLE], calls[CALLS - WHOLE :]
        assert not any(call.location or call.narrative for call in older)
        assert all(call.location and call.location_index for call in newer)
        assert all(call.narrative for call in newer)
        lines = {*uow.session.scalars(select(AuditEntry.call_id).distinct())}
        assert lines.isdisjoint({call.id for call in older})
        assert lines >= {call.id for call in newer}
    assert f"older than the newest {WHOLE}: as purged" in made.said()


def test_equal_seeds_make_equal_populations_and_others_other_ones(world: World) -> None:
    gazetteer, at = world.centre.gazetteer, world.context.database
    with at.reading() as uow:
        now = uow.now
    one, same, other = (Population(500, now, gazetteer, [1, 2], seed) for seed in (5, 5, 6))
    assert one.rings(0, 500) == same.rings(0, 500) != other.rings(0, 500)
    assert {ring.mould for ring in one.rings(0, 500)} == {0, 1}
    unlisted = {ring.place for ring in one.rings(0, 500) if not ring.place.listed}
    assert unlisted
    assert not any(gazetteer.find(place.said) for place in unlisted)


def test_few_ring_often_and_many_ring_once_however_large_the_center(world: World) -> None:
    with world.context.reading() as uow:
        now = uow.now
    for calls in (2_000, 50_000):
        made = Population(calls, now, world.centre.gazetteer, [1])
        rings = Counter(made.phone(call) for call in range(calls))
        once = sum(times == 1 for times in rings.values())
        tenth = sorted(rings.values(), reverse=True)[: len(rings) // 10]
        assert once > len(rings) / 4
        assert sum(tenth) > calls / 2
        assert max(rings.values()) < 3_000

"""When no screen answers there is paper: whom to ring, how to decide, what to write down."""

import re
import stat
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from tests.stories.test_calls import CALM
from tests.stories.test_watch import beat
from tests.world import World
from triage.entrypoints.cli import Tools
from triage.entrypoints.commands.watching import downtime
from triage.entrypoints.downtime_paper import NAME, OLD_AFTER_S, PaperKeeper, render
from triage.entrypoints.watcher import Watcher


def keeping(world: World, folder: Path) -> Watcher:
    """A watcher that keeps the pack in this folder."""
    settings = replace(world.context.settings, downtime_folder=folder)
    return Watcher(replace(world.context, settings=settings))


def keeper(watcher: Watcher) -> PaperKeeper:
    assert watcher.paper is not None
    return watcher.paper


def test_it_names_whom_to_ring_how_to_decide_and_what_is_open(world: World, tmp_path: Path) -> None:
    (phone,) = world.team("MCT 1")
    world.partner("Harbor House", "shelter")
    call = world.call(CALM, location="12 Mill Lane", caller_name="Ann Lee", narrative="He cries.")
    phone.expect(call.code)

    assert keeper(keeping(world, tmp_path)).once()

    pack = (tmp_path / NAME).read_text()
    assert "MCT 1" in pack
    assert "+1 202-555-0101" in pack  # as it is dialled from paper
    assert "Harbor House" in pack
    # Mutual aid is asked of the next counties, whose numbers no screen shows then.
    carver = r"Carver County 911</td><td>Carver, Millbrook, .*?</td>.*?\+1 202-555-0177"
    assert len(re.findall(carver, pack)) == 2  # in both languages
    assert call.code in pack
    assert "MCT 1 asked" in pack
    for secret in ("Mill Lane", "Ann Lee", "He cries"):
        assert secret not in pack
    assert "county-default" in pack
    assert world.centre.policy.centre_name in pack
    english, spanish = re.findall(r'<article lang="..">(.*?)</article>', pack, re.DOTALL)
    said = (
        "Equipo móvil de crisis",
        "se ha preguntado a MCT 1",
        "Cuando las pantallas no responden",
    )
    for one in (*said, "Clínico", "Tarjeta para decidir", "Hoja de llamada", "Albergue"):
        assert one.lower() in spanish.lower()
        assert one.lower() not in english.lower()
    for one in ("Mobile crisis team", "MCT 1 asked", "Scoring card", "Shelter", "A weapon is"):
        assert one.lower() not in spanish.lower()


def test_only_the_desk_may_read_it_and_it_fetches_nothing(world: World, tmp_path: Path) -> None:
    assert keeper(keeping(world, tmp_path)).once()

    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o640
    pack = (tmp_path / NAME).read_text()
    for way_out in ("http:", "https:", "src=", "<link", "<script", "@import", "url("):
        assert way_out not in pack
    assert [file.name for file in tmp_path.iterdir() if NAME in file.name] == [NAME]


def test_what_people_typed_stands_as_text(world: World, tmp_path: Path) -> None:
    world.team("<script>alert(1)</script> {{ 7*7 }}")

    assert keeper(keeping(world, tmp_path)).once()

    pack = (tmp_path / NAME).read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in pack
    assert "<script" not in pack


def test_a_pack_that_cannot_be_renewed_is_told_on_every_screen(
    world: World, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    watcher = keeping(world, stick)
    now = [0.0]
    watcher.paper = PaperKeeper(world.context, stick, watcher.stopping, lambda: now[0])
    assert watcher.paper.once()
    beat(world)

    stick.rename(tmp_path / "pulled out")
    now[0] = OLD_AFTER_S - 1
    assert not watcher.paper.once()
    assert watcher.round()  # it has half an hour to come back
    now[0] = OLD_AFTER_S + 1
    assert not watcher.round()
    board = world.client("dispatcher").get("/board").text
    assert "The downtime pack on paper is out of date" in board

    (tmp_path / "pulled out").rename(stick)
    assert watcher.paper.once()
    assert watcher.round()


def test_a_folder_that_is_away_at_the_start_is_told_at_once(world: World, tmp_path: Path) -> None:
    share = tmp_path / "share"
    watcher = keeping(world, share)
    beat(world)
    assert watcher.round()  # it has not tried yet

    assert not keeper(watcher).once()
    assert not watcher.round()
    board = world.client("dispatcher").get("/board").text
    assert "The downtime pack on paper is out of date" in board

    share.mkdir()
    assert keeper(watcher).once()
    beat(world)
    assert watcher.round()


def test_the_card_is_kept_while_the_rules_are_the_same(world: World) -> None:
    _, card = render(world.context)
    _, again = render(world.context, card)
    assert again is card


def test_one_command_writes_it_at_any_time(world: World, tmp_path: Path) -> None:
    file = tmp_path / "paper.html"
    ran = CliRunner().invoke(downtime, [str(file)], obj=Tools(None, {"ready": world.context}))
    assert ran.exit_code == 0, ran.output
    assert "Scoring card" in file.read_text()

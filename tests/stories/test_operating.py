"""What an operator types, as real processes."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.servers import free_port
from tests.world import environment
from triage.settings import ROOT

TRIAGE = (sys.executable, "-m", "triage.entrypoints.cli")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def triage(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TRIAGE, *arguments],
        env=os.environ | environment(f"sqlite:///{folder / 'triage.sqlite'}", folder) | more,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_settings_that_are_wrong_are_told_without_a_traceback(folder: Path) -> None:
    told = triage(folder, "worker", TRIAGE_SECRET_KEY="short", TRIAGE_DATA_KEY="x")

    assert told.returncode != 0
    assert "TRIAGE_SECRET_KEY" in told.stderr
    assert "TRIAGE_DATA_KEY" in told.stderr
    assert "--demo" not in told.stderr
    assert "Traceback" not in told.stderr


def test_who_has_set_nothing_is_told_how_to_reach_the_demo(folder: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    new = folder / "new.yaml"
    new.write_text("rule_set: new\n", "utf-8")

    for command in (["calls"], ["doctor"], ["rules", "backtest", str(new), "--database"]):
        told = subprocess.run(
            [*TRIAGE, *command], env=bare, capture_output=True, text=True, timeout=60, check=False
        )
        assert told.returncode == 1
        assert "TRIAGE_SECRET_KEY" in told.stderr
        assert "triage --demo calls" in told.stderr


def test_a_database_without_tables_is_refused_with_what_to_do(folder: Path) -> None:
    told = triage(folder, "worker")

    assert told.returncode != 0
    assert "triage db upgrade" in told.stderr


def test_upgrade_may_be_repeated_and_doctor_sees_that_no_worker_runs(folder: Path) -> None:
    for _ in range(2):
        done = triage(folder, "db", "upgrade")
        assert done.returncode == 0, done.stderr
    told = triage(folder, "doctor")
    assert told.returncode == 1
    assert "paging: DOES NOT WORK: teams may not be reached by text" in told.stdout
    assert "worker: NEVER seen" in told.stdout
    assert "texts that are due: none" in told.stdout
    assert "steps that failed and wait for a person: none" in told.stdout
    assert "None" not in told.stdout
    assert "UTC" not in told.stdout


def test_a_downtime_folder_that_is_away_stops_nothing_and_doctor_tells_it(folder: Path) -> None:
    triage(folder, "db", "upgrade")
    away = str(folder / "share")
    assert triage(folder, "calls", TRIAGE_DOWNTIME_FOLDER=away).returncode == 0
    told = triage(folder, "doctor", TRIAGE_DOWNTIME_FOLDER=away)
    assert f"the downtime folder {away} CANNOT BE WRITTEN TO" in told.stdout
    there = triage(folder, "doctor", TRIAGE_DOWNTIME_FOLDER=str(folder))
    assert "downtime folder" not in there.stdout


def test_doctor_never_takes_a_demo_for_a_live_center(folder: Path) -> None:
    triage(folder, "db", "upgrade")
    shipped = triage(folder, "doctor").stdout
    assert "DEMO: TRIAGE_DEMO is set, for invented calls only. NOT FOR LIVE CALLS" in shipped
    assert "settings: THE DEMO'S, of an invented town" in shipped
    for name in ("demo_gazetteer.csv", "demo_zones.geojson", "settings.toml"):
        (folder / name).write_bytes((ROOT / "config" / name).read_bytes())
    own = folder / "settings.toml"
    live = {"TRIAGE_CONFIG": str(own), "TRIAGE_DEMO": "false"}
    copied = triage(folder, "doctor", **live).stdout
    assert f"settings: THE DEMO'S, of an invented town ({own}). NOT FOR LIVE CALLS" in copied
    assert "DEMO: TRIAGE_DEMO" not in copied

    own.write_text(own.read_text("utf-8").replace("Riverbend", "Eastfield"), "utf-8")
    told = triage(folder, "doctor", **live).stdout
    assert "settings: THE DEMO'S" not in told
    assert f"places: THE DEMO'S, of an invented town ({folder / 'demo_gazetteer.csv'})" in told
    with (folder / "demo_gazetteer.csv").open("a", encoding="utf-8") as places:
        places.write("Our own bridge,Harbor,40.70,-74.01\n")
    assert "NOT FOR LIVE CALLS" not in triage(folder, "doctor", **live).stdout


def test_another_index_key_is_refused_because_nothing_would_be_found(folder: Path) -> None:
    triage(folder, "db", "upgrade")
    told = triage(
        folder, "calls", TRIAGE_INDEX_KEY="k:Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M="
    )
    assert told.returncode != 0
    assert "TRIAGE_INDEX_KEY is not the key" in told.stderr


def test_a_clock_that_was_moved_is_refused_outside_the_demo(folder: Path) -> None:
    import sqlite3

    triage(folder, "db", "upgrade")
    with sqlite3.connect(folder / "triage.sqlite") as database:
        database.execute(
            "INSERT INTO clock_shift (id, created_at, ahead_s)"
            " VALUES ('0123456789abcdef0123456789abcdef', '2026-01-01', 60)"
        )
    told = triage(folder, "calls", TRIAGE_DEMO="false")
    assert told.returncode != 0
    assert "clock was moved" in told.stderr


def test_backup_and_restore_bring_everything_back(folder: Path) -> None:
    triage(folder, "db", "upgrade")
    added = subprocess.run(
        [*TRIAGE, "users", "add", "dana", "--name=D", "--role=administrator", "--password-stdin"],
        env=os.environ | environment(f"sqlite:///{folder / 'triage.sqlite'}", folder),
        input="a-long-enough-secret\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert added.returncode == 0, added.stderr
    copy = folder / "copy.sqlite"
    assert triage(folder, "db", "backup", str(copy)).returncode == 0
    assert "exists already" in triage(folder, "db", "backup", str(copy)).stderr

    assert "--replace" in triage(folder, "db", "restore", str(copy)).stderr
    done = triage(folder, "db", "restore", str(copy), "--replace")
    assert done.returncode == 0, done.stderr
    assert "dana" in triage(folder, "users", "list").stdout
    assert (folder / "before-restore-triage.sqlite").exists()


def test_a_damaged_copy_is_refused_and_nothing_changed(folder: Path) -> None:
    triage(folder, "db", "upgrade")
    bad = folder / "bad.sqlite"
    bad.write_bytes(b"SQLite format 3\x00" + b"x" * 5000)
    told = triage(folder, "db", "restore", str(bad), "--replace")
    assert told.returncode != 0
    assert "Traceback" not in told.stderr
    assert triage(folder, "users", "list").returncode == 0


def test_a_new_key_is_printed_ready_to_use(folder: Path) -> None:
    told = triage(folder, "doctor", "--new-key", "2026b")

    assert told.stdout.startswith("2026b:")


COMMANDS = (
    "demo|serve|worker|assess|rules check|rules publish|rules backtest|habits|replay|calls|users|"
    "db upgrade|db backup|db backup-note|db restore|db hold|db resume|db adopt|watch|doctor|"
    "phone test|figures roll|retention show|retention erase|retention keep|retention let-go"
)


@pytest.mark.parametrize("command", COMMANDS.split("|"))
def test_every_command_explains_itself(command: str) -> None:
    """With an example, as a tired operator needs it."""
    from click.testing import CliRunner

    from triage.entrypoints.cli import cli

    told = CliRunner().invoke(cli, [*command.split(), "--help"])

    assert told.exit_code == 0
    assert "Usage:" in told.output
    assert "triage" in told.output


def test_a_live_rule_set_that_no_longer_loads_is_told_before_the_first_call(folder: Path) -> None:
    import sqlite3

    triage(folder, "db", "upgrade")
    with sqlite3.connect(folder / "triage.sqlite") as database:
        database.execute("UPDATE rule_set_version SET yaml = 'rule_set: nothing'")
    told = triage(folder, "worker")
    assert told.returncode != 0
    assert "the live rule set county-default" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_web_process_spares_collections_what_stays_as_long_as_it_does(folder: Path) -> None:
    (folder / "frozen.py").write_text(
        "import gc, types\n"
        "class App:\n"
        "    extensions = {'triage_broadcaster': types.SimpleNamespace()}\n"
        "    def __call__(self, environ, start):\n"
        "        start('200 OK', [])\n"
        "        return [str(gc.get_freeze_count()).encode()]\n"
        "app = App()\n"
    )
    port = free_port()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            ROOT / "config" / "gunicorn.conf.py",
            "frozen:app",
        ],
        cwd=folder,
        env=os.environ | {"TRIAGE_BIND": f"127.0.0.1:{port}", "TRIAGE_WEB_PROCESSES": "1"},
    )
    try:
        frozen = int(first_answer(f"http://127.0.0.1:{port}/"))
    finally:
        server.terminate()
        server.wait(timeout=20)

    assert frozen > 10_000


def first_answer(url: str, within_s: float = 20) -> bytes:
    """What a server that is just starting says."""
    until = time.monotonic() + within_s
    while True:
        try:
            with urlopen(url, timeout=10) as response:
                said: bytes = response.read()
                return said
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)

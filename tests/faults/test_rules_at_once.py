"""Two supervisors publish at the same moment, or a process is killed while one does: one version is
live, whole, and whoever came second is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.faults.in_a_process import ROOT
from tests.stories.test_rules_page import (
    HERE,
    NAME,
    approve,
    live_sha,
    live_text,
    opened,
    send,
    supervisor,
    text_of,
    with_another_threshold,
)
from tests.world import World, environment
from triage.services import rule_sets
from triage.storage.rule_sets import Publication, RuleSetVersion

_STRUCK = """
import os, sys
from tests.faults.points import Strike, arm
arm([Strike("publishing", "cli", {point!r}, {nth})], os.open(os.devnull, os.O_WRONLY))
from triage.entrypoints.cli import main
main()
"""


def publications(world: World) -> int:
    with world.context.reading() as uow:
        named = select(func.count()).select_from(Publication).where(Publication.name == NAME)
        return uow.session.scalar(named) or 0


def test_of_two_who_approve_at_once_one_publishes_and_the_other_is_told(world: World) -> None:
    text = with_another_threshold(world)
    assert send(supervisor(world), text, "/ask").status_code == 302
    both = [supervisor(world, "b.brown"), supervisor(world, "c.clark")]
    seen = [opened(one, f"{HERE}/approve") for one in both]
    before, together, answers = publications(world), threading.Barrier(2), []

    def press(number: int) -> None:
        together.wait(30)
        answers.append(approve(both[number], seen[number]))

    threads = [threading.Thread(target=press, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    first, second = sorted(answers, key=lambda one: one.status_code)
    assert first.status_code == 302
    assert second.status_code in {404, 409}, text_of(second)
    assert publications(world) == before + 1
    assert live_text(world) == text


@pytest.mark.slow
def test_whoever_is_killed_while_publishing_leaves_one_whole_version_live(
    world: World, database_url: str, tmp_path: Path
) -> None:
    for username in ("a.ames", "b.brown"):
        world.account("supervisor", username)
    environ = os.environ | environment(database_url, tmp_path)
    killed = 0
    for point in ("statement", "before_commit", "after_commit"):
        for nth in range(1, 100, 4):
            file = tmp_path / f"{point}-{nth}.yaml"
            file.write_text(with_another_threshold(world, f"{point}-{nth}", 41 + killed))
            ended = published(file, environ, _STRUCK.format(point=point, nth=nth))
            is_whole(world)
            if ended != -signal.SIGKILL:
                assert ended == 0
                assert live_sha(world) == rule_sets.sha256(file.read_text())
                break
            killed += 1
    assert killed >= 3


def published(file: Path, environ: dict[str, str], program: str) -> int:
    """How the process ended that was to publish it."""
    names = ("--written-by", "a.ames", "--approved-by", "b.brown")
    command = [sys.executable, "-c", program, "rules", "publish", str(file), *names]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


def is_whole(world: World) -> None:
    """Each version has its publication, and the one that is live decides."""
    with world.context.reading() as uow:
        live = rule_sets.live_version(uow, NAME)
        assert rule_sets.sha256(live.yaml) == live.sha256
        versions = set(uow.session.scalars(select(RuleSetVersion.id).filter_by(name=NAME)))
        published = set(uow.session.scalars(select(Publication.version_id).filter_by(name=NAME)))
        assert versions == published
        assert rule_sets.must_load(uow, world.centre, NAME).rules

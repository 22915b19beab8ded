"""Rules go live while calls are being assessed: real processes, nothing restarted, nothing lost."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.servers import free_port
from tests.world import World, environment
from triage.services import rule_sets

TRIAGE = (sys.executable, "-m", "triage.entrypoints.cli")
NAME = "county-default"
THREADS = 6
SLOWEST_S = 3.0
"""Far above what reading a rule set takes, so that a busy machine does not decide the test."""

PANHANDLING = {
    "problem_type": "panhandling",
    "consciousness": "alert",
    "violence_now": "none",
    "weapon": "none_seen",
    "attempt_in_progress": "no",
}
BEFORE, AFTER = "homeless_outreach", "co_responder"
"""What comes of it while 30 points are enough, and when outreach has been given up."""


@dataclass(frozen=True)
class Answer:
    began: float
    took: float
    status: int
    version: str
    response: str


@dataclass
class Callers:
    """Threads that assess the same case over and over, and note every answer."""

    base_url: str
    token: str
    answers: list[Answer] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def calling(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._call) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(30)

    def _call(self) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self.token}"
            while not self._stop.is_set():
                self.answers.append(self._assess(session))

    def _assess(self, session: requests.Session) -> Answer:
        began = time.monotonic()
        address = f"{self.base_url}/api/v1/assessments"
        try:
            told = session.post(address, json={"facts": PANHANDLING}, timeout=20)
        except requests.RequestException:
            return Answer(began, time.monotonic() - began, 0, "", "")
        took, body = time.monotonic() - began, told.json()
        return Answer(
            began, took, told.status_code, body.get("version", ""), body.get("response", "")
        )

    def seen(self, version: str) -> int:
        return sum(answer.version == version for answer in list(self.answers))

    def wait_for(self, version: str, times: int = 30) -> None:
        deadline = time.monotonic() + 30
        already = self.seen(version)
        while self.seen(version) < already + times:
            assert time.monotonic() < deadline, f"{version} does not answer: {self.answers[-1:]}"
            time.sleep(0.02)


@contextmanager
def serving(environ: dict[str, str]) -> Iterator[str]:
    """The address of a `triage serve` with two processes."""
    bind = f"127.0.0.1:{free_port()}"
    server = subprocess.Popen(
        [*TRIAGE, "serve", "--bind", bind, "--processes", "2"],
        env=environ,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                requests.get(f"http://{bind}/livez", timeout=2)
                break
            except (requests.ConnectionError, requests.Timeout):
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"http://{bind}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def without_outreach(text: str, label: str) -> str:
    """The rule set under another label, with outreach out of reach; examples that then fail go."""
    text = re.sub(r"^version: .*$", f'version: "{label}"', text, count=1, flags=re.MULTILINE)
    text = re.sub(r"\n  homeless_outreach: \d+", "", text)
    text = text.replace("\n  default: 30\n", "\n  homeless_outreach: 100\n  default: 30\n")
    return text[: text.index("\nexamples:")] + (
        "\nexamples:\n  - name: Unconscious\n    facts: {consciousness: unconscious}\n"
        "    expect: {response: ems}\n"
    )


def test_a_version_published_by_another_process_answers_at_once_and_no_request_fails(
    world: World, database_url: str, tmp_path: Path
) -> None:
    for username in ("a.ames", "b.brown"):
        world.account("supervisor", username)
    with world.context.reading() as uow:
        kept = rule_sets.live_version(uow, NAME)
        first, text = kept.label, kept.yaml
    file = tmp_path / "changed.yaml"
    file.write_text(without_outreach(text, "changed-1"))
    environ = os.environ | environment(database_url, tmp_path)

    with serving(environ) as base_url:
        callers = Callers(base_url, world.token("assess"))
        with callers.calling():
            callers.wait_for(first)
            names = ("--written-by", "a.ames", "--approved-by", "b.brown")
            publishing = subprocess.run(
                [*TRIAGE, "rules", "publish", str(file), *names],
                env=environ,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            live = time.monotonic()
            assert publishing.returncode == 0, publishing.stderr
            callers.wait_for("changed-1")
            turning = time.monotonic()
            going_back(world, kept.sha256)
            back = time.monotonic()
            callers.wait_for(first)

    answers = callers.answers
    assert {answer.status for answer in answers} == {200}
    assert {(one.version, one.response) for one in answers} == {
        (first, BEFORE),
        ("changed-1", AFTER),
    }
    between = [one for one in answers if live < one.began and one.began + one.took < turning]
    assert {one.version for one in between} == {"changed-1"}
    assert {one.version for one in answers if one.began > back} == {first}
    assert max(one.took for one in answers) < SLOWEST_S


def going_back(world: World, sha: str) -> None:
    """A supervisor makes the first version live again, on the pages of a third process."""
    path = f"/rules/{NAME}/versions/{sha}/go-back"
    supervisor = world.client("supervisor", "a.ames")
    page = supervisor.get(path).get_data(as_text=True)
    found = re.search(r'name="live" value="(\w+)"', page)
    assert found
    assert supervisor.submit(path, {"live": found.group(1)}).status_code == 302


def test_threads_that_need_a_version_at_once_are_given_the_same_one(world: World) -> None:
    together, found = threading.Barrier(THREADS), []

    def decide() -> None:
        with world.context.reading() as uow:
            together.wait(10)
            found.append(rule_sets.live(uow, world.centre, NAME))

    threads = [threading.Thread(target=decide) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(found) == THREADS
    assert {id(rules) for rules in found} == {id(found[0])}
    assert {"book", "listener", "options", "ahead"} <= vars(found[0]).keys()

"""F56: memory is at an end. The kernel kills a web process or a worker for it, or refuses it any
more: whoever started it starts another, nothing that was acknowledged is lost and no page leaves
twice unlabelled."""

from __future__ import annotations

import random
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from os import kill
from pathlib import Path

import pytest
import requests

from tests.faults.service import BACK_S, Service, at_work
from tests.faults.workers import WAITS_S, WITH_A_PARENT, children_of, until
from tests.twilio_double import Reports, Twilio
from triage.entrypoints.memory import STARVED

KILLS = 3
PAUSE_S = (0.05, 0.6)
LEASE_AND_A_LOOK_S = 60.0
"""A text in hand of a killed worker falls due when its lease ends, and is asked about first."""
BIG = "x" * 1_900_000
"""A narrative that is read, refused as too long, and needs its memory until then."""
SPARE = 1 << 20


@pytest.fixture
def service(database_url: str, tmp_path: Path, twilio: Twilio) -> Iterator[Service]:
    twilio.reports(Reports())
    with at_work(database_url, tmp_path, twilio, worker=WITH_A_PARENT) as service:
        yield service


def post_until_taken(service: Service, key: str) -> None:
    """As a program does that got no answer: again, with the same key."""
    began = time.monotonic()
    while not taken(service, key):
        assert time.monotonic() - began < BACK_S
        time.sleep(0.1)
    WAITS_S.append(time.monotonic() - began)


def taken(service: Service, key: str) -> bool:
    with suppress(requests.RequestException):
        return service.post(key).status_code == 201
    return False


def child_of(parent: int) -> int:
    """The one that works; waits for it."""
    until(lambda: len(children_of(parent)) == 1, BACK_S)
    return children_of(parent)[0]


def no_more_for(pid: int, spare: int) -> None:
    """What it has, and this much: `prlimit --as`."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + spare
    resource.prlimit(pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


@pytest.mark.slow
def test_whoever_is_killed_for_its_memory_is_followed_by_another(service: Service) -> None:
    chance = random.Random(seed := random.randrange(10**6))
    print(f"seed {seed}")
    for number in range(KILLS):
        post_until_taken(service, f"before-{number}")
        time.sleep(chance.uniform(*PAUSE_S))  # its page is about to leave, or has left
        for parent in chance.sample([service.web.pid, service.worker.pid], chance.randint(1, 2)):
            kill(child_of(parent), signal.SIGKILL)
        post_until_taken(service, f"after-{number}")
    goes_on(service, calls=1 + 2 * KILLS)


@pytest.mark.slow
def test_whoever_gets_no_more_memory_ends_and_is_followed_by_another(service: Service) -> None:
    web, worker = child_of(service.web.pid), child_of(service.worker.pid)
    no_more_for(web, SPARE)
    no_more_for(worker, 0)
    began = time.monotonic()
    until(lambda: asks_for_much(service) and is_followed(service.web.pid, web))
    until(lambda: is_followed(service.worker.pid, worker))
    WAITS_S.append(time.monotonic() - began)
    for number in range(6):
        post_until_taken(service, f"after-{number}")
    goes_on(service, calls=1 + 6)
    assert f"status={STARVED}" in service.processes.log.read_text()


def is_followed(parent: int, child: int) -> bool:
    return children_of(parent) not in ([], [child])


def asks_for_much(service: Service) -> bool:
    """It is told that it was not taken, or the process ends as it reads."""
    with suppress(requests.RequestException):
        answer = requests.post(
            f"{service.address}/api/v1/calls",
            json={"facts": {}, "narrative": BIG},
            headers={"Authorization": f"Bearer {service.token}"},
            timeout=10,
        )
        assert answer.status_code in {422, 503}
    return True


def goes_on(service: Service, calls: int) -> None:
    service.pages_again()
    assert service.all_run()
    service.is_whole(calls, LEASE_AND_A_LOOK_S)

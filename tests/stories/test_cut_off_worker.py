"""One of several workers reaches no provider: what the others hand over does not wait for it."""

from __future__ import annotations

import time
from dataclasses import replace

from tests.stories.test_outage import AWAY, calls_that_need_a_team, send
from tests.stories.test_watch import pass_time
from tests.world import FakePhones, World
from triage.domain.phone_network import OutboundSms, Outcome
from triage.entrypoints.worker.desk import Desk


class CutOff(FakePhones):
    """As one machine sees the network whose line to the provider is cut."""

    cut = True
    tried = 0

    def send(self, sms: OutboundSms) -> Outcome:
        self.tried += 1
        return AWAY if self.cut else super().send(sms)

    def is_reached(self) -> bool:
        return not self.cut


def work(desk: Desk) -> None:
    desk.tell()
    desk.work(lambda: True)
    while desk.answers.expected:
        time.sleep(0.01)
    desk.answers.work(lambda: True)


def test_a_worker_that_is_cut_off_takes_nothing_until_it_reaches_the_provider_again(
    world: World,
) -> None:
    network = CutOff()
    desk = Desk(replace(world.context, phone=network), "cut off")
    phones = [phone for n in range(3) for phone in world.team(f"MCT {n}")]
    calls = calls_that_need_a_team(world, 3)
    send(world, calls[0])
    work(desk)
    assert network.tried == 1
    assert world.audited("provider.away") == 1
    world.wait(seconds=6)  # another worker has the probe
    phones[0].expect("URGENT")
    assert world.audited("provider.back") == 1

    send(world, calls[1])
    work(desk)

    assert network.tried == 1
    world.settle()
    phones[1].expect("URGENT")
    assert world.audited("provider.away") == 1

    network.cut = False
    send(world, calls[2])
    over = time.monotonic() + 10
    while not network.sent and time.monotonic() < over:
        work(desk)
    assert [calls[2].code in sms.body for sms in network.sent] == [True]
    desk.answers.no_more.set()
    desk.answers.finish(lambda: True)
    desk.finish(lambda: True)


def test_the_only_worker_tries_again_as_ever(world: World) -> None:
    network = CutOff()
    desk = Desk(replace(world.context, phone=network), "cut off")
    world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    send(world, call)
    for _ in range(3):
        work(desk)
        pass_time(world, seconds=5.1)
    assert network.tried == 3

    network.cut = False
    work(desk)

    assert [call.code in sms.body for sms in network.sent] == [True]
    desk.answers.no_more.set()
    desk.answers.finish(lambda: True)
    desk.finish(lambda: True)

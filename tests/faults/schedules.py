"""One schedule: a service of real processes, actions and faults drawn from a seed, and what
must be true when all is quiet again."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from tests.faults.catalogue import FAULTS, NOTHING, Fault, faults_for
from tests.faults.databases import LEASE_S, Database, Store, environment_for
from tests.faults.desk import CRY, Desk
from tests.faults.invariants import Counts, Verdict, judge, owed
from tests.faults.points import Strike
from tests.faults.processes import Loaded, Processes
from tests.servers import free_port, in_memory
from tests.twilio_double import MISBEHAVED, Reports, Twilio, start_twilio

IN_THE_FIELD = {
    "on the way": "{code} on the way",
    "minutes": "{code} ETA 12",
    "arrive": "{code} here",
    "all is well": "{code} ok",
    "change of mind": "{code} 2",
    "relief": "{code} replace",
    "unsafe": "{code} withdraw",
    "need help": CRY,
    "clear": "{code} clear",
}
"""What whoever has said yes to a page texts later."""
ACTIONS = {
    "call": 6,
    "accept": 5,
    "decline": 2,
    "accept, texted three times": 1,
    **dict.fromkeys(IN_THE_FIELD, 1),
    "need help, twice": 1,
    "noise": 1,
    "stop": 1,
    "cancel": 2,
    "a moment": 3,
    "time": 2,
    "long time": 1,
}
WORDS = {
    "accept": "{code} 1",
    "accept, texted three times": "{code} 1",
    "decline": "{code} 2",
    "noise": "who is this",
}
STEPS = 16
DRAIN_S = 30.0
"""Real seconds until everything owed must be done."""
CAD_TRIES = 3
"""A busy machine may have a service that is well answer "not saved, send it again"."""
LOOK_S = 0.1
ASKED_AFTER_S, ASKED_WITHIN_S = 8.0, 2.0
"""Older than a doubt must be for the provider's list to be asked, and real seconds for that."""
DRAIN_STEP_S = 3.0
"""What the clock is moved by while something is owed that is not due yet."""


@dataclass(frozen=True)
class Schedule:
    """What shall happen. The same seed draws the same, where the same faults are possible."""

    seed: int
    kind: str
    faults: tuple[Fault, ...]
    strikes: tuple[Strike, ...]
    actions: tuple[str, ...]
    workers: int

    @classmethod
    def draw(cls, seed: int, kind: str) -> Schedule:
        chance = Random(f"{seed}")
        if seed % 10 == 0:
            faults = [FAULTS[NOTHING]]
        else:
            faults = chance.sample(faults_for(kind), chance.choice((1, 1, 2, 3)))
        strikes = [strike for fault in faults for strike in fault.strikes(fault.name, chance)]
        names, weights = list(ACTIONS), list(ACTIONS.values())
        actions = ["call", "call", *chance.choices(names, weights, k=STEPS - 2)]
        return cls(seed, kind, tuple(faults), tuple(strikes), tuple(actions), chance.choice((1, 2)))


@dataclass
class Outcome:
    """What came of it."""

    schedule: Schedule
    verdict: Verdict
    struck: Sequence[str]
    """The faults that really happened."""
    recovery_s: float
    """From the last fault until nothing was owed, by the clock that all processes read."""
    took_s: float
    log: str

    @property
    def counts(self) -> Counts:
        return self.verdict.counts


@dataclass
class Bench:
    """A warm parent with a template, a double and a port, for one schedule after the other."""

    store: Store
    twilio: Twilio
    loaded: Loaded
    environ: dict[str, str]
    port: int
    folder: Path

    @classmethod
    def open(cls, kind: str) -> Bench:
        folder = Path(tempfile.mkdtemp(prefix="triage-faults-", dir=in_memory()))
        store = Store(kind, folder / "store")
        store.prepare()
        store.renew()
        twilio, port = start_twilio(), free_port()
        environ = environment_for(store.url, folder, port, twilio.url)
        try:
            bench = cls(store, twilio, Loaded.from_environment(environ), environ, port, folder)
        except BaseException:  # whoever reads what this says would wait for the double's end
            twilio.stop()
            store.close()
            raise
        store.renew()
        return bench

    def close(self) -> None:
        self.twilio.stop()
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, seed: int) -> Outcome:
        began = time.monotonic()
        schedule = Schedule.draw(seed, self.store.kind)
        self.twilio.reset()
        database = self.store.renew()
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        processes = Processes(self.loaded, self.environ, self.port, folder)
        assert self.store.centre is not None
        chance = Random(f"{seed} as it goes")
        desk = Desk(self.port, self.store.centre, self.twilio, database, chance)
        play = Play(schedule, processes, self.twilio, desk, database, chance)
        try:
            verdict = play.to_the_end()
        finally:
            processes.kill_all()
        took_s = time.monotonic() - began
        return Outcome(schedule, verdict, play.struck, play.recovery_s, took_s, processes.tail(60))


@dataclass
class Play:
    """A schedule while it goes on."""

    schedule: Schedule
    processes: Processes
    twilio: Twilio
    desk: Desk
    database: Database
    chance: Random
    began_s: float = field(default_factory=time.time)
    ahead_s: float = 0.0
    recovery_s: float = 0.0
    struck: list[str] = field(default_factory=list)
    _ordered: list[tuple[str, str, float]] = field(default_factory=list)
    """Of the provider's faults: what the journal calls each, and since when it was to happen."""
    _frozen: int = 0
    """How many that were frozen had their lease run out."""
    _last_fault: float | None = None

    def to_the_end(self) -> Verdict:
        self._start()
        order_at = {
            self.chance.randrange(STEPS): fault
            for fault in self.schedule.faults
            if fault.provider or fault.cuts_connections
        }
        for number, action in enumerate(self.schedule.actions):
            if fault := order_at.get(number):
                self._befall(fault)
            self._act(action)
            self._supervise()
        since = self._recover()
        self.processes.kill_all()  # the last crash of all
        self.desk.note_what_was_heard()
        faultless = self.schedule.faults[0].name == NOTHING
        return judge(
            self.desk,
            began_s=self.began_s,
            ahead_s=self.ahead_s,
            since=since,
            faultless=faultless,
        )

    def _start(self) -> None:
        self.twilio.reports(Reports(apart_s=0.02, seed=self.schedule.seed))
        self.processes.web(self.schedule.strikes)
        self.processes.worker(self.schedule.strikes)
        for _ in range(self.schedule.workers - 1):
            self.processes.worker()
        time.sleep(0.05)

    def _act(self, action: str) -> None:
        if action == "call":
            self.desk.take_call()
        elif action in WORDS:
            self.desk.answer(WORDS[action], 3 if "three" in action else 1)
        elif action in IN_THE_FIELD:
            self.desk.tell_from_the_field(IN_THE_FIELD[action])
        elif action == "need help, twice":
            self.desk.tell_from_the_field(CRY, CRY)
        elif action == "stop":
            self.desk.text(self.chance.choice(self.desk.centre.phones), "STOP")
        elif action == "cancel":
            self.desk.cancel_something()
        elif action == "a moment":
            time.sleep(self.chance.uniform(0, 0.25))
        else:
            self._pass_time(action)
        time.sleep(self.chance.uniform(0, 0.04))

    def _pass_time(self, action: str) -> None:
        """Jumps past a lease are a fault of their own: not where nothing is to be one."""
        if self.schedule.faults[0].name == NOTHING:
            self._move_clock(self.chance.uniform(0.2, 1))
        elif action == "time":
            self._move_clock(self.chance.uniform(1, 15))
        else:
            self._move_clock(130)

    def _move_clock(self, seconds: float) -> None:
        self.database.pass_time(seconds)
        self.ahead_s += seconds

    def _befall(self, fault: Fault) -> None:
        since = time.monotonic()
        if fault.provider is not None:
            called = fault.provider(self.twilio, self.chance)
            if fault.name not in {strike.fault for strike in self.schedule.strikes}:
                self._ordered.append((fault.name, called, since))  # else it only leads up to that
        if fault.cuts_connections:
            self.database.cut_connections()
            self._note(fault.name, since)

    def _note(self, fault: str, at: float) -> None:
        self.struck.append(fault)
        self._last_fault = max(self._last_fault or 0, at)

    def _supervise(self) -> None:
        """Start what has ended, as a supervisor does, and let leases of the frozen run out."""
        frozen = sum(does == "stopped" for _, _, does, _ in self.processes.struck())
        if frozen > self._frozen:
            self._frozen = frozen
            self._move_clock(LEASE_S + 2)
        if not self.processes.alive("web"):
            self.processes.web()
        while len(self.processes.alive("worker")) < self.schedule.workers:
            self.processes.worker()

    def _recover(self) -> datetime:
        """Everything that is down is started, the provider is well, and what is owed is done."""
        if any(fault.asks_the_list for fault in self.schedule.faults):
            self._let_the_list_be_asked()
        for at, _, _, fault in self.processes.struck():
            self._note(fault, at)
        told = self.twilio.journal(MISBEHAVED)
        for fault, called, since in self._ordered:  # what nobody came to has not happened
            happened = [it["at"] for it in told if it["mode"] == called and it["at"] >= since]
            if happened:
                self._note(fault, max(happened))
        self.twilio.behave("ok")
        self.twilio.reports(Reports())
        self.processes.until_served(self._supervise)
        fault_at, ahead_s = self._last_fault, self.ahead_s
        self._drain()
        if fault_at is not None:
            self.recovery_s = time.monotonic() - fault_at + self.ahead_s - ahead_s
        for name, reference in list(self.desk.calls.items()):
            if reference is None:
                assert self._take_up(name), f"{name} is not taken by a service that is well"
        self.twilio.wait_until_quiet()  # a text on its way in would leave an answer owed
        since = self._drain()
        self.twilio.wait_until_quiet()
        return since

    def _let_the_list_be_asked(self) -> None:
        """While the provider is as it was ordered: what is in doubt becomes old enough for it."""
        before = len(self.processes.struck())
        self._move_clock(ASKED_AFTER_S)
        deadline = time.monotonic() + ASKED_WITHIN_S
        while time.monotonic() < deadline:
            self._supervise()
            if self.twilio.journal("listed") or len(self.processes.struck()) > before:
                return
            time.sleep(LOOK_S)

    def _take_up(self, call: str) -> bool:
        """A process may be struck even now, as it answers: it is started again, as always."""
        for _ in range(CAD_TRIES):
            if self.desk.take_call(call):
                return True
            self.processes.until_served(self._supervise)
        return False

    def _drain(self) -> datetime:
        """Wait until what is owed now is done; what is not due yet falls due on the way."""
        since = datetime.now(UTC) + timedelta(seconds=self.ahead_s)
        deadline, waited = time.monotonic() + DRAIN_S, 0
        while owed(self.database, since) and time.monotonic() < deadline:
            self._supervise()
            time.sleep(LOOK_S)
            waited += 1
            if waited % 3 == 0:
                self._move_clock(DRAIN_STEP_S)
        return since

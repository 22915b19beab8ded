"""The faults that a schedule is drawn from, each by the name it has in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.faults import system_calls
from tests.faults.points import Strike
from tests.twilio_double import IN_REPORTS, LIST_LAGS, LIST_REFUSED, SILENT, Reports, Twilio

NOTHING = "nothing: as a check of the checks"


@dataclass(frozen=True)
class Fault:
    """What may befall a service during one schedule."""

    name: str
    strikes: Callable[[str, Random], Sequence[Strike]] = lambda *_: ()
    provider: Callable[[Twilio, Random], str] | None = None
    """Ordered once, somewhere among the actions; returns what the double's journal calls it when
    it happens."""
    asks_the_list: bool = False
    """It happens when a doubt is old enough for that: there has to be time for it."""
    cuts_connections: bool = False
    kinds: tuple[str, ...] = ("sqlite", "postgresql")
    at_system_call: bool = False


def _strikes(
    role: str, point: str, most: int, does: str = "killed"
) -> Callable[[str, Random], Sequence[Strike]]:
    """At the n-th time up to `most`, small numbers more often: most processes do little."""

    def draw(name: str, chance: Random) -> Sequence[Strike]:
        nth = 1 + int(most * chance.random() ** 2)
        return [Strike(name, role, point, nth, does)]

    return draw


def _mode(*modes: str, times: int = 2, **more: object) -> Callable[[Twilio, Random], str]:
    def order(twilio: Twilio, chance: Random) -> str:
        mode = chance.choice(modes)
        twilio.behave(mode, times=chance.randint(1, times), **more)  # type: ignore[arg-type]
        return mode

    return order


def _reports(**plan: object) -> Callable[[Twilio, Random], str]:
    def order(twilio: Twilio, chance: Random) -> str:
        twilio.reports(Reports(**plan, seed=chance.randrange(1000)))  # type: ignore[arg-type]
        return IN_REPORTS

    return order


def _doubt(of_the_list: str = "", **more: object) -> Callable[[Twilio, Random], str]:
    """of_the_list -- what befalls whoever asks it then, which is what is tried."""
    modes = ("500_after_accept", "reset_after_accept", "half_after_accept")
    doubt = _mode(*modes, times=3, **more)

    def order(twilio: Twilio, chance: Random) -> str:
        mode = doubt(twilio, chance)
        return of_the_list or mode

    return order


def _unreported(
    doubt: Callable[[Twilio, Random], str],
) -> Callable[[Twilio, Random], str]:
    """No report ends it: the list is asked."""

    def order(twilio: Twilio, chance: Random) -> str:
        twilio.reports(SILENT)
        return doubt(twilio, chance)

    return order


_AT = {
    "before a commit": ("before_commit", 12),
    "after a commit": ("after_commit", 12),
    "at a statement": ("statement", 90),
}
_SENDING = {
    "before it sends": ("before_send", 4),
    "with the request written": ("request_written", 4),
    "with the answer in hand": ("after_send", 4),
}
_AT_SYSTEM_CALL = {
    "web killed as it writes to the file": ("sqlite", system_calls.WRITES, 600),
    "worker killed as it writes to the file": ("sqlite", system_calls.WRITES, 150),
    "web killed as it reads or writes a line": ("sqlite", system_calls.LINES, 200),
    "worker killed as it reads or writes a line": ("sqlite", system_calls.LINES, 50),
    "web killed as it speaks with the server or others": ("postgresql", system_calls.LINES, 1100),
    "worker killed as it speaks with the server or others": ("postgresql", system_calls.LINES, 550),
}
"""By database, because a schedule makes about so many calls there."""

FAULTS = {
    fault.name: fault
    for fault in (
        Fault(NOTHING),
        *(
            Fault(f"{role} killed {when}", _strikes(role, point, most))
            for role in ("web", "worker")
            for when, (point, most) in _AT.items()
        ),
        *(
            Fault(f"{role} killed at a moment", _strikes(role, "moment", 1500))
            for role in ("web", "worker")
        ),
        *(
            Fault(f"worker killed {when}", _strikes("worker", point, most))
            for when, (point, most) in _SENDING.items()
        ),
        *(
            Fault(name, _strikes(name.split()[0], point, most), kinds=(kind,), at_system_call=True)
            for name, (kind, point, most) in _AT_SYSTEM_CALL.items()
        ),
        Fault(
            "worker killed as it asks what was taken",
            _strikes("worker", "before_find", 1),
            _unreported(_doubt()),
            asks_the_list=True,
        ),
        Fault(
            "worker killed when it knows what was taken",
            _strikes("worker", "after_find", 1),
            _unreported(_doubt()),
            asks_the_list=True,
        ),
        *(
            Fault(
                f"worker frozen past its lease {when}", _strikes("worker", point, most, "stopped")
            )
            for when, (point, most) in (
                _SENDING | {"before a commit": ("before_commit", 8)}
            ).items()
        ),
        Fault("provider takes the text and breaks the line", provider=_doubt()),
        Fault(
            "the same, and the list is refused",
            provider=_unreported(_doubt(LIST_REFUSED, forgetful=True)),
            asks_the_list=True,
        ),
        Fault(
            "the same, and the list lags",
            provider=_unreported(_doubt(LIST_LAGS, hidden_s=600)),
            asks_the_list=True,
        ),
        Fault("provider breaks the line at once", provider=_mode("reset_before_accept", times=4)),
        Fault("provider hangs or drips", provider=_mode("hang", "drip", "hang_before_accept")),
        Fault("provider is down", provider=_mode("503", "401", times=20)),
        Fault("provider has too many requests", provider=_mode("429", times=6, retry_after="2")),
        Fault("provider refuses a number", provider=_mode("400:21211", "400:21614", "400:21610")),
        Fault("reports are repeated and shuffled", provider=_reports(times=3, shuffled=True)),
        Fault("reports come before the answer", provider=_reports(early=True)),
        Fault("reports are late or lost", provider=_reports(delay_s=0.4, lost=0.5)),
        Fault("texts do not arrive", provider=_reports(final="undelivered", error_code="30003")),
        Fault("delivered is a lie", provider=_reports(arrives=False)),
        Fault("connections to the database are cut", cuts_connections=True, kinds=("postgresql",)),
    )
}


def faults_for(kind: str, *, held: bool | None = None) -> list[Fault]:
    """What can befall a service on this kind of database; `left_out` says what cannot.

    held -- whether system calls can be; None: as it is on this machine.
    """
    held = system_calls.possible() if held is None else held
    here = [fault for fault in FAULTS.values() if kind in fault.kinds and fault.name != NOTHING]
    return [fault for fault in here if held or not fault.at_system_call]


def left_out(kind: str, *, held: bool | None = None) -> list[str]:
    """Names of the faults that this machine cannot make."""
    made = faults_for(kind, held=held)
    return [fault.name for fault in faults_for(kind, held=True) if fault not in made]

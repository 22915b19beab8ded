"""What a watcher can find wrong, and what a person does about it meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    count -- how many rows; oldest_s -- for how many seconds the worst has been so.
    """

    code: str
    count: int = 1
    oldest_s: float | None = None

    def as_row(self) -> dict[str, Any]:
        return {"code": self.code, "count": self.count, "oldest_s": self.oldest_s}


@dataclass(frozen=True)
class Kind:
    """what -- in words, without figures; to_do -- at the telephone, until it is mended;
    mend -- for whoever runs the service; stops_paging -- teams may not be reached by text."""

    what: str
    to_do: str
    mend: str
    stops_paging: bool = True


_RING = (
    "Ring the teams by telephone or radio (numbers under Teams), write their answers down on the"
    " call's page, and tell your supervisor."
)
_TELL = "Tell your supervisor."

KINDS = {
    "no_worker": Kind(
        "no worker is running", _RING, "Start `triage worker`; look at why the last one ended."
    ),
    "copy": Kind(
        "this is a copy of another environment's database, so nobody is texted or rung",
        _RING,
        "If the service has moved here for good, and the other one has ended: `triage db adopt`,"
        " then start the worker.",
    ),
    "disk_full": Kind(
        "the database has no room for another call",
        "Write calls down on paper. " + _RING,
        "Make room on the disk of the database; the service goes on by itself then.",
    ),
    "provider": Kind(
        "the telephone provider takes no texts, or no calls",
        _RING,
        "Look at the provider's status page, the account and the network. What is still of use"
        " is sent by itself when it answers again.",
    ),
    "texts_late": Kind(
        "texts wait longer than they should",
        _RING,
        "Is the worker busy, the provider slow, or the database?",
    ),
    "timers_late": Kind(
        "due steps are late", _RING, "Is a worker running, and has it time and database enough?"
    ),
    "no_next_step": Kind(
        "a dispatch has no next step, so nobody is asked by itself",
        "Go through the board and ring a team for each call to which nobody comes. " + _TELL,
        "A fault of the service: report it with the log of the worker.",
    ),
    "parked": Kind(
        "due steps failed and wait for a person",
        "Ring the teams of the calls listed under Watch. " + _TELL,
        "A supervisor retries or dismisses each under Watch. The log of the worker says why.",
    ),
    "held": Kind(
        "a backup was restored and what was due then is held",
        "New calls are paged. For the calls listed under Watch ring the teams. " + _TELL,
        "Look through Watch, then release all with `triage db resume`.",
    ),
    "callbacks": Kind(
        "the provider does not report whether texts arrive",
        "Texts leave. Ring every team that does not answer. " + _TELL,
        "Can the provider reach /sms/status at the public address? Look at its error log.",
    ),
    "no_watcher": Kind(
        "nobody watches whether paging works",
        "Ring every team that does not answer, and tell your supervisor.",
        "Start `triage watch`.",
    ),
    "alarm_unheard": Kind(
        "an alarm of somebody in the field reaches no telephone",
        "Open Alarms, take it and do what stands there. Tell a supervisor by radio or by another"
        " telephone (numbers under Teams).",
        "Is the desk's telephone set, is a supervisor with a verified number on duty, does the"
        " provider take calls or texts?",
        stops_paging=False,
    ),
    "alarm_untaken": Kind(
        "nobody takes an alarm of somebody in the field",
        "Open Alarms, take it and do what stands there. " + _TELL,
        "Does the desk's telephone ring? Is a supervisor on duty?",
        stops_paging=False,
    ),
    "alarm_silent": Kind(
        "an alarm of somebody in the field does not ring",
        "Open Alarms, take it and do what stands there. " + _TELL,
        "Its timer failed or is gone: look under Watch and at the log of the worker.",
        stops_paging=False,
    ),
    "no_check_in": Kind(
        "a team in the field is not asked whether all is well",
        "Ask every team that is on the way or on scene by radio, again and again. " + _TELL,
        "Its timer failed or is gone: look under Watch and at the log of the worker.",
        stops_paging=False,
    ),
    "clock": Kind(
        "the database's clock jumped",
        "Look at the wall clock; times on this screen may be wrong. " + _TELL,
        "Set the time service of the database's machine right. Nothing is sent twice for it.",
        stops_paging=False,
    ),
    "parked_later": Kind(
        "a step that can wait failed",
        "Go on as usual. " + _TELL,
        "A supervisor retries or dismisses it under Watch. The log of the worker says why.",
        stops_paging=False,
    ),
    "codes_low": Kind(
        "short codes are running out",
        "Close calls that are over. " + _TELL,
        "Most of the codes that texts name a call by are in use or rested less than 30 days. When"
        " none is left calls get a longer one, and answers to their pages have to be read by a"
        " person.",
        stops_paging=False,
    ),
    "backlog": Kind(
        "work that can wait is late",
        "Pages go first; go on as usual. " + _TELL,
        "Reminders and notices pile up: another worker helps, if the provider keeps up.",
        stops_paging=False,
    ),
    "downtime_old": Kind(
        "the downtime pack on paper is out of date",
        "Go on as usual; before you use the paper ask who is on duty. " + _TELL,
        "Can the watcher write to TRIAGE_DOWNTIME_FOLDER? Its log says what failed.",
        stops_paging=False,
    ),
    "backup_none": Kind(
        "no backup of the database was ever made",
        "Go on as usual. " + _TELL,
        "Start `triage db backup --every`, or the archiver of PostgreSQL; after other ways say"
        " `triage db backup-note`.",
        stops_paging=False,
    ),
    "backup_old": Kind(
        "the last backup is too old",
        "Go on as usual. " + _TELL,
        "Is `triage db backup --every` running, or the archiver of PostgreSQL?",
        stops_paging=False,
    ),
}
"""The worst first: in this order they are told."""
OF_THE_DESK = frozenset({"alarm_unheard", "alarm_untaken", "alarm_silent"})
"""On no other screen: it may be the alarm of somebody who is forced, and theirs is read along."""


def told(codes: Iterable[str]) -> Sequence[tuple[bool, str]]:
    """The lines for every screen, each with whether it stops paging; the same words as long
    as the same is wrong, so that a reader of the screen is not told again and again."""
    known = [kind for code, kind in KINDS.items() if code in set(codes)]
    stopping = [kind for kind in known if kind.stops_paging]
    lines = []
    if stopping:
        what = "; ".join(kind.what for kind in stopping)
        lines.append((True, f"PAGING DOES NOT WORK: {what}. {stopping[0].to_do}"))
    lines += [
        (False, f"{kind.what[0].upper()}{kind.what[1:]}. {kind.to_do}")
        for kind in known
        if not kind.stops_paging
    ]
    return lines

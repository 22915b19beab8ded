"""What a watcher can find wrong, and what a person does about it meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from triage.domain.words import begun, listed, msgid


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
    """what -- in words, without figures; steps -- at the telephone, until it is mended, the first
    at once; mend -- for whoever runs the service; stops_paging -- teams may not be reached by
    text."""

    what: str
    steps: tuple[str, ...]
    mend: str
    stops_paging: bool = True

    @property
    def to_do(self) -> str:
        return listed(" ", list(self.steps))


@dataclass(frozen=True)
class Line:
    """What every screen says: in one line what is wrong and what to do at once, and the rest."""

    stops_paging: bool
    text: str
    more: str


_TELL = msgid("Tell your supervisor.")
_RING = (
    msgid("Ring the teams by telephone or radio."),
    msgid(
        "Their numbers stand under Teams. Write their answers down on the call's page, and tell"
        " your supervisor."
    ),
)

IN_THE_FIELD = (
    msgid("Keep telephone and radio on: dispatch rings you."),
    msgid(
        "Say by telephone or radio what you would text: that you come, are there or have cleared,"
        " and that you need help."
    ),
)
"""For whoever is paged, whatever it is that stops paging."""

KINDS = {
    "no_worker": Kind(
        msgid("no worker is running"),
        _RING,
        msgid("Start `triage worker`; look at why the last one ended."),
    ),
    "copy": Kind(
        msgid("this is a copy of another environment's database, so nobody is texted or rung"),
        _RING,
        msgid(
            "If the service has moved here for good, and the other one has ended: `triage db"
            " adopt`, then start the worker."
        ),
    ),
    "disk_full": Kind(
        msgid("the database has no room for another call"),
        (msgid("Write calls down on paper."), *_RING),
        msgid("Make room on the disk of the database; the service goes on by itself then."),
    ),
    "provider": Kind(
        msgid("the telephone provider takes no texts, or no calls"),
        _RING,
        msgid(
            "Look at the provider's status page, the account and the network. What is still of use"
            " is sent by itself when it takes texts again; while none waits, `triage phone test`"
            " tries one."
        ),
    ),
    "texts_late": Kind(
        msgid("texts wait longer than they should"),
        _RING,
        msgid("Is the worker busy, the provider slow, or the database?"),
    ),
    "timers_late": Kind(
        msgid("due steps are late"),
        _RING,
        msgid("Is a worker running, of the newest release, and has it time and database enough?"),
    ),
    "no_next_step": Kind(
        msgid("a dispatch has no next step, so nobody is asked by itself"),
        (msgid("Go through the board and ring a team for each call to which nobody comes."), _TELL),
        msgid("A fault of the service: report it with the log of the worker."),
    ),
    "parked": Kind(
        msgid("due steps failed and wait for a person"),
        (msgid("Ring the teams of the calls listed under Watch."), _TELL),
        msgid(
            "A supervisor retries or dismisses each under Watch. The log of the worker says why."
        ),
    ),
    "held": Kind(
        msgid("a backup was restored and what was due then is held"),
        (msgid("New calls are paged. For the calls listed under Watch ring the teams."), _TELL),
        msgid("Look through Watch, then release all with `triage db resume`."),
    ),
    "callbacks": Kind(
        msgid("the provider does not report whether texts arrive"),
        (msgid("Texts leave. Ring every team that does not answer."), _TELL),
        msgid("Can the provider reach /sms/status at the public address? Look at its error log."),
    ),
    "no_watcher": Kind(
        msgid("nobody watches whether paging works"),
        (msgid("Ring every team that does not answer, and tell your supervisor."),),
        msgid("Start `triage watch`."),
    ),
    "alarm_unheard": Kind(
        msgid("an alarm of somebody in the field reaches no telephone"),
        (
            msgid(
                "Open Alarms, take it and do what stands there. Tell a supervisor by radio or by"
                " another telephone (numbers under Teams)."
            ),
        ),
        msgid(
            "Is the desk's telephone set, is a supervisor with a verified number on duty, does the"
            " provider take calls or texts?"
        ),
        stops_paging=False,
    ),
    "alarm_untaken": Kind(
        msgid("nobody takes an alarm of somebody in the field"),
        (msgid("Open Alarms, take it and do what stands there."), _TELL),
        msgid("Does the desk's telephone ring? Is a supervisor on duty?"),
        stops_paging=False,
    ),
    "alarm_silent": Kind(
        msgid("an alarm of somebody in the field does not ring"),
        (msgid("Open Alarms, take it and do what stands there."), _TELL),
        msgid("Its timer failed or is gone: look under Watch and at the log of the worker."),
        stops_paging=False,
    ),
    "no_check_in": Kind(
        msgid("a team in the field is not asked whether all is well"),
        (
            msgid(
                "Ask every team that is on the way or on scene by radio, again and again, but for a"
                " team with a silent alarm."
            ),
            _TELL,
        ),
        msgid("Its timer failed or is gone: look under Watch and at the log of the worker."),
        stops_paging=False,
    ),
    "rules_fail": Kind(
        msgid("the rules could not be applied to a call"),
        (
            msgid("Decide each call by hand that says NOT SCORED; it is paged as the highest."),
            _TELL,
        ),
        msgid(
            "A supervisor goes back to an earlier version under Rules. The log of the web process"
            " says what failed."
        ),
        stops_paging=False,
    ),
    "clock": Kind(
        msgid("the database's clock jumped"),
        (msgid("Look at the wall clock; times on this screen may be wrong."), _TELL),
        msgid(
            "Set the time service of the database's machine right. Nothing is sent twice for it."
        ),
        stops_paging=False,
    ),
    "parked_later": Kind(
        msgid("a step that can wait failed"),
        (msgid("Go on as usual."), _TELL),
        msgid("A supervisor retries or dismisses it under Watch. The log of the worker says why."),
        stops_paging=False,
    ),
    "codes_low": Kind(
        msgid("short codes are running out"),
        (msgid("Close calls that are over."), _TELL),
        msgid(
            "Most of the codes that texts name a call by are in use or rested less than 30 days."
            " When none is left calls get a longer one, and answers to their pages have to be"
            " read by a person."
        ),
        stops_paging=False,
    ),
    "backlog": Kind(
        msgid("work that can wait is late"),
        (msgid("Pages go first; go on as usual."), _TELL),
        msgid("Reminders and notices pile up: another worker helps, if the provider keeps up."),
        stops_paging=False,
    ),
    "audit_trail": Kind(
        msgid("lines of the audit trail are gone, or were changed behind the service's back"),
        (msgid("Go on as usual."), msgid("Tell your supervisor and whoever runs the service.")),
        msgid(
            "`triage audit verify` names the places. If an older copy of the database was put in"
            " place on purpose: `triage audit restored`."
        ),
        stops_paging=False,
    ),
    "anchors": Kind(
        msgid("how far the audit trail has come cannot be written down outside the database"),
        (msgid("Go on as usual."), _TELL),
        msgid(
            "Can the watcher write to TRIAGE_AUDIT_ANCHORS, and does that folder answer? Its log"
            " says what failed."
        ),
        stops_paging=False,
    ),
    "anchors_gone": Kind(
        msgid("what was written down about the audit trail outside the database is gone, or older"),
        (msgid("Go on as usual."), msgid("Tell your supervisor and whoever runs the service.")),
        msgid(
            "TRIAGE_AUDIT_ANCHORS has nothing, or less than was written there: is the share"
            " mounted, was the folder moved? Put its files back. If they are lost, find out who"
            " could delete them, run `triage audit verify` and then `triage audit anchors-anew`."
        ),
        stops_paging=False,
    ),
    "downtime_old": Kind(
        msgid("the downtime pack on paper is out of date"),
        (msgid("Go on as usual; before you use the paper ask who is on duty."), _TELL),
        msgid("Can the watcher write to TRIAGE_DOWNTIME_FOLDER? Its log says what failed."),
        stops_paging=False,
    ),
    "backup_none": Kind(
        msgid("no backup of the database was ever made"),
        (msgid("Go on as usual."), _TELL),
        msgid(
            "Start `triage db backup --every`, or the archiver of PostgreSQL; after other ways say"
            " `triage db backup-note`."
        ),
        stops_paging=False,
    ),
    "backup_old": Kind(
        msgid("the last backup is too old"),
        (msgid("Go on as usual."), _TELL),
        msgid("Is `triage db backup --every` running, or the archiver of PostgreSQL?"),
        stops_paging=False,
    ),
}
"""The worst first: in this order they are told."""
OF_THE_DESK = frozenset({"alarm_unheard", "alarm_untaken", "alarm_silent", "no_check_in"})
"""On no other screen: it may be the alarm of somebody who is forced, and theirs is read along, or
tell what a roster check is for."""


def told(codes: Iterable[str]) -> Sequence[Line]:
    """The lines for every screen; the same words as long as the same is wrong, so that a reader of
    the screen is not told again and again."""
    known = [kind for code, kind in KINDS.items() if code in set(codes)]
    stopping = [kind for kind in known if kind.stops_paging]
    lines = [_stops(*stopping)] if stopping else []
    for kind in (kind for kind in known if not kind.stops_paging):
        text = listed(". ", [begun(kind.what), kind.steps[0]])
        lines.append(Line(False, text, listed(" ", list(kind.steps[1:]))))
    return lines


def told_in_the_field(codes: Iterable[str]) -> Sequence[Line]:
    """The same for whoever is paged: nothing that only the desk can do something about."""
    stopping = [kind for code, kind in KINDS.items() if code in set(codes) and kind.stops_paging]
    return [_stops(replace(stopping[0], steps=IN_THE_FIELD))] if stopping else []


def _stops(worst: Kind, *others: Kind) -> Line:
    first = msgid(
        "PAGING DOES NOT WORK: %(what)s. %(to_do)s", what=worst.what, to_do=worst.steps[0]
    )
    more = list(worst.steps[1:])
    if others:
        what = listed("; ", [kind.what for kind in others])
        more.append(msgid("Found too: %(what)s.", what=what))
    return Line(True, first, listed(" ", more))

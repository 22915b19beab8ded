"""What a timeline says of those who are asked to come, and of what they do."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.codes import DISPOSITIONS, VERDICTS
from triage.domain.reachability import LEFT_DUTY
from triage.domain.role_words import member_name, role_name
from triage.domain.state_words import through_name
from triage.domain.words import Sentence, begun, listed, msgid
from triage.services import stand_downs
from triage.services.centre import Centre

Details = Mapping[str, Any]

_WHY_ASKED = (
    (re.compile("next"), msgid("next")),
    (re.compile("home zone (?P<zone>.+)"), msgid("home zone %(zone)s")),
    (
        re.compile("from (?P<zones>.+): no free home team"),
        msgid("from %(zones)s: no free home team"),
    ),
    (re.compile("from (?P<zones>.+), another zone"), msgid("from %(zones)s, another zone")),
    (re.compile("part of the team only"), msgid("part of the team only")),
    (re.compile("shift not confirmed"), msgid("shift not confirmed")),
    (re.compile("free"), msgid("free")),
    (re.compile("1 other call"), msgid("1 other call")),
    (re.compile("(?P<count>[0-9]+) other calls"), msgid("%(count)s other calls")),
)
"""What was written down of why a team is asked (domain/ranking.py), as sentences again."""


def _why_asked(written: str) -> str:
    for pattern, sentence in _WHY_ASKED:
        if found := pattern.fullmatch(written):
            return Sentence(sentence, found.groupdict())
    return written


def why_left(details: Details) -> str | None:
    """In words why they left duty, where that ended it."""
    return LEFT_DUTY.get(details.get("because", ""))


NOT_REACHED = msgid("could not be reached by text")
_LONG_S = 120
_NO_TURN = {
    stand_downs.ARRIVED: msgid(
        "%(team)s has arrived at its own call: it is not asked any more to turn and come here."
    ),
    stand_downs.LEFT: msgid(
        "%(team)s has left its own call or wants to be relieved there:"
        " it is not asked any more to turn and come here."
    ),
    stand_downs.MORE_URGENT: msgid(
        "The call of %(team)s has become more urgent:"
        " it is not asked any more to turn and come here."
    ),
    stand_downs.NEEDED: msgid(
        "Somebody on the call of %(team)s needs help:"
        " it is not asked any more to turn and come here."
    ),
    stand_downs.STAYS_TOGETHER: msgid("%(team)s stays together, and on its own call."),
}


def _passed_over(_: Centre, details: Details) -> str:
    if said := _NO_TURN.get(details.get("because", "")):
        return Sentence(said, {"team": details["team"]})
    return _unanswered(details, in_time(details))


def in_time(details: Details) -> str:
    """How long they were asked in vain."""
    if (waited_s := details.get("waited_s")) is None:  # of the release before
        return msgid("did not answer in time")
    if waited_s < _LONG_S:
        return msgid("did not answer in %(seconds)s s", seconds=waited_s)
    return msgid("did not answer in %(minutes)s min", minutes=waited_s // 60)


def _who(details: Details) -> str:
    """By name where the desk reads it (timeline.py): of a pair each answers for themselves."""
    named, team, role = details.get("who"), details["team"], details.get("role")
    return named or (member_name(team, role) if role else team)


def _unanswered(details: Details, how: str) -> str:
    """how -- it ended, unless they left duty. Only teams are asked one after the other."""
    said = {"who": _who(details), "left": why_left(details) or how}
    asked = details.get("asked")
    if asked == "divert":
        team = details["team"]
        return msgid(
            "%(who)s %(left)s: %(team)s does not turn and stays on its own call.", team=team, **said
        )
    if asked:
        return msgid("%(who)s %(left)s.", **said)
    return msgid("%(who)s %(left)s; the next is asked.", **said)


def _role(details: Details) -> str:
    return begun(role_name(details["role"]))


SENTENCES: dict[str, Callable[[Centre, Details], str]] = {
    "slot.unfilled": lambda _, d: msgid(
        "Nobody is left to ask for the %(role)s.", role=role_name(d["role"])
    ),
    "slot.assigned": lambda _, d: msgid(
        "%(to)s assigned as %(role)s by hand.", to=d["to"], role=role_name(d["role"])
    ),
    "slot.by_radio_only": lambda _, d: msgid(
        "%(team)s (%(role)s) texted a stop word.", team=d["team"], role=_role(d)
    ),
    "slot.eta": lambda _, d: msgid("Arrives in %(minutes)s min.", minutes=d["minutes"]),
    "slot.en_route": lambda _, d: msgid(
        "%(role)s on the way (%(through)s).", role=_role(d), through=through_name(d["through"])
    ),
    "slot.staged": lambda _, d: msgid(
        "%(role)s waits near the scene (%(through)s).",
        role=_role(d),
        through=through_name(d["through"]),
    ),
    "slot.on_scene": lambda _, d: msgid(
        "%(role)s on scene (%(through)s).", role=_role(d), through=through_name(d["through"])
    ),
    "slot.transporting": lambda _, d: msgid(
        "%(role)s transporting (%(through)s).", role=_role(d), through=through_name(d["through"])
    ),
    "slot.cleared": lambda _, d: msgid(
        "%(role)s cleared (%(through)s).", role=_role(d), through=through_name(d["through"])
    ),
    "page.link_opened": lambda _, d: msgid(
        "%(team)s (%(role)s) opened the link.", team=d["team"], role=role_name(d["role"])
    ),
    "page.opened": lambda _, d: msgid(
        "%(team)s is asked: %(names)s.",
        team=d["team"],
        names=listed(", ", [_why_asked(one) for one in d.get("why") or ["next"]]),
    ),
    "page.accepted": lambda _, d: msgid(
        "%(team)s accepted by %(through)s after %(waited_s)s s.",
        team=d["team"],
        through=through_name(d["through"]),
        waited_s=d["waited_s"],
    ),
    "page.declined": lambda _, d: msgid("%(who)s declined.", who=_who(d)),
    "page.passed_over": _passed_over,
    "page.undeliverable": lambda _, d: _unanswered(d, NOT_REACHED),
    "page.asked_anew": lambda _, d: msgid(
        "%(team)s is asked anew: the text did not leave in time.", team=d["team"]
    ),
    "page.unreported": lambda _, d: msgid(
        "%(team)s is rung: nobody reports that the text arrived.", team=d["team"]
    ),
    "page.withdrawn": lambda _, d: msgid("%(team)s is not asked any more.", team=d["team"]),
    "page.given_back": lambda _, d: msgid(
        "%(who)s gave it back; somebody else is asked.", who=_who(d)
    ),
    "visit.written": lambda _, d: msgid(
        "%(team)s (%(role)s) wrote the visit down: %(disposition)s. Verdict: %(verdict)s.",
        team=d["team"],
        role=role_name(d["role"]),
        disposition=DISPOSITIONS.get(d["disposition"], d["disposition"]),
        verdict=VERDICTS.get(d["verdict"], str(d["verdict"])),
    ),
    "page.verdict": lambda _, d: msgid(
        "The team's verdict: %(verdict)s.", verdict=VERDICTS.get(d["verdict"], str(d["verdict"]))
    ),
}

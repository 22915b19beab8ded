"""What a timeline says of a caller who is handed over to a telephone line."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.transfers import REFUSALS
from triage.domain.words import Named, msgid
from triage.services.centre import Centre

Details = Mapping[str, Any]


def _line(centre: Centre, details: Details) -> str:
    known = centre.vocabulary.responses.get(details["response"])
    return Named(known.labels) if known else str(details["response"]).replace("_", " ")


def _refused(centre: Centre, details: Details) -> str:
    known = REFUSALS.get(details["refusal"])
    why = known.words if known else details["refusal"]
    return msgid(
        "%(line)s REFUSED (%(why)s): the call is the dispatcher's again.",
        line=_line(centre, details),
        why=why,
    )


SENTENCES: dict[str, Callable[[Centre, Details], str]] = {
    "transfer.offered": lambda c, d: msgid(
        "%(line)s is to be rung, the caller stays on the line.", line=_line(c, d)
    ),
    "transfer.ringing": lambda c, d: msgid("%(line)s rings.", line=d.get("line") or _line(c, d)),
    "transfer.counselor": lambda c, d: msgid(
        "%(line)s: counselor on the line after %(waited_s)s s.",
        line=_line(c, d),
        waited_s=d["waited_s"],
    ),
    "transfer.late": lambda c, d: msgid(
        "%(line)s: nobody has said that the caller was released.", line=_line(c, d)
    ),
    "transfer.released": lambda c, d: msgid(
        "%(line)s: the caller is with the counselor.", line=_line(c, d)
    ),
    "transfer.refused": _refused,
    "transfer.not_answered": lambda c, d: msgid(
        "%(line)s DID NOT ANSWER in time: the call is the dispatcher's again.", line=_line(c, d)
    ),
    "transfer.dropped": lambda c, d: (
        msgid("%(line)s: LINE LOST, and there is no number to ring.", line=_line(c, d))
        if d.get("no_number")
        else msgid("%(line)s: LINE LOST, the caller is to be rung back.", line=_line(c, d))
    ),
    "transfer.cancelled": lambda c, d: msgid("%(line)s is not rung any more.", line=_line(c, d)),
}

"""What a timeline says of a caller who is handed over to a telephone line."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.transfers import REFUSALS
from triage.services.centre import Centre

Details = Mapping[str, Any]


def _line(centre: Centre, details: Details) -> str:
    known = centre.vocabulary.responses.get(details["response"])
    return known.label() if known else str(details["response"]).replace("_", " ")


def _refused(centre: Centre, details: Details) -> str:
    known = REFUSALS.get(details["refusal"])
    why = known.words if known else details["refusal"]
    return f"{_line(centre, details)} REFUSED ({why}): the call is the dispatcher's again."


SENTENCES: dict[str, Callable[[Centre, Details], str]] = {
    "transfer.offered": lambda c, d: f"{_line(c, d)} is to be rung, the caller stays on the line.",
    "transfer.ringing": lambda c, d: f"{d.get('line') or _line(c, d)} rings.",
    "transfer.counselor": lambda c, d: (
        f"{_line(c, d)}: counselor on the line after {d['waited_s']} s."
    ),
    "transfer.late": lambda c, d: f"{_line(c, d)}: nobody has said that the caller was released.",
    "transfer.released": lambda c, d: f"{_line(c, d)}: the caller is with the counselor.",
    "transfer.refused": _refused,
    "transfer.not_answered": lambda c, d: (
        f"{_line(c, d)} DID NOT ANSWER in time: the call is the dispatcher's again."
    ),
    "transfer.dropped": lambda c, d: f"{_line(c, d)}: LINE LOST, the caller is to be rung back.",
    "transfer.cancelled": lambda c, d: f"{_line(c, d)} is not rung any more.",
}

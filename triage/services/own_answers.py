"""Whose answer is taken back: everybody their own, and never what a colleague said since."""

from typing import Any

from triage.domain.errors import Refused
from triage.domain.words import msgid
from triage.services import assessments
from triage.services.actors import names_of
from triage.services.centre import Centre
from triage.services.timeline_sentences import fact_name
from triage.storage.calls import Answer, Call
from triage.storage.unit_of_work import UnitOfWork


def last(uow: UnitOfWork, centre: Centre, call: Call) -> tuple[Answer, Any]:
    """The last answer of whoever acts that was not taken back, and what stood before it, None for
    nothing. Raises Refused where there is none, or where somebody else has answered it since."""
    rows = assessments.given(uow, call.id)
    undone = {row.takes_back for row in rows}
    left = [row for row in rows if row.takes_back is None and row.id not in undone]
    if not left:
        raise Refused(msgid("No answer is left to take back."), "undo")
    mine = next((row for row in reversed(left) if row.given_by == uow.actor), None)
    if mine is None:
        raise _theirs(uow, centre, left[-1], mine)
    since = [row for row in left[left.index(mine) + 1 :] if row.fact == mine.fact]
    if since:
        raise _theirs(uow, centre, since[-1], mine)
    return mine, assessments.standing(rows[: rows.index(mine)]).get(mine.fact)


def _theirs(uow: UnitOfWork, centre: Centre, row: Answer, mine: Answer | None) -> Refused:
    said = {
        "fact": fact_name(centre, row.fact),
        "by": names_of(uow, [row.given_by])(row.given_by),
        "time": f"{row.created_at.astimezone(centre.policy.time_zone):%H:%M}",
    }
    if mine is None:
        sentence = msgid(
            "No answer of yours is left to take back. The last is by %(by)s at %(time)s: %(fact)s."
            " If it is wrong, answer it anew.",
            **said,
        )
    else:
        sentence = msgid(
            "%(by)s has answered after you, at %(time)s: %(fact)s. That stands; if it is wrong,"
            " answer it anew.",
            **said,
        )
    return Refused(sentence, "undo")

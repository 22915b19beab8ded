"""The caller is told who comes, or that nobody does; and that they cannot speak freely."""

from dataclasses import replace
from datetime import datetime

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.entrypoints.web.call_actions import do
from triage.entrypoints.web.call_shown import lines_of_call
from triage.entrypoints.web.who_words import answer_now
from triage.services import speaking_freely, who_comes
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_told", __name__, url_prefix="/calls/<reference>")


@bp.post("/told")
@open_to(*DISPATCHERS)
def told(reference: str) -> ResponseReturnValue:
    def note(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        said = typed.line("answer") == "told"
        now = answer_now(uow, centre, call, lines_of_call(uow, centre, call))
        now = replace(now, call_back_at=_as_read(uow.now, now.call_back_at))
        who_comes.note(uow, call, now, told=said, reason=typed.line("reason"))
        return "Written down: the caller was told." if said else "Written down: not told."

    return do(reference, "told", note)


def _as_read(now: datetime, latest: datetime | None) -> datetime | None:
    """The time of the call-back as the page said it when it was read out, while it is ahead."""
    try:
        read = datetime.fromisoformat(typed.line("back"))
    except ValueError:
        return latest
    ahead = latest is not None and read.tzinfo is not None and now < read < latest
    return read if ahead else latest


@bp.post("/speaks-freely")
@open_to(*DISPATCHERS)
def speaks_freely(reference: str) -> ResponseReturnValue:
    def switch(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        freely = typed.line("freely") == "yes"
        speaking_freely.switch(uow, centre, call, freely=freely)
        if freely:
            return "The caller can speak freely again."
        return "The caller cannot speak freely: ask for yes or no. Whoever comes is told."

    return do(reference, "quiet", switch)

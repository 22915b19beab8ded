"""Past calls: what has left the board is found again. What is looked for may be somebody's place or
number, so it stands in the address sealed: whoever goes back from a call finds the list again."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from triage.context import current_context
from triage.domain.codes import DISPOSITIONS
from triage.domain.errors import CommitInDoubt, Refused
from triage.domain.words import msgid
from triage.entrypoints.web import list_looks, list_places, typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.services import known_calls, past_calls
from triage.services.past_calls import NO_ZONE, OF_STATES, Found, Wanted
from triage.services.timeline_sentences import response_name
from triage.storage.sealed import CannotOpen, seal, showing_a_list, unseal

bp = Blueprint("past_calls", __name__)
log = structlog.get_logger("triage.web")
_PLACE: dict[str, Any] = {"table": "past_calls", "column": "address", "row": UUID(int=0)}
_LONGEST = 2000
"""Of an address, in characters."""
FIELDS = ("after", "before", "state", "day", "disposition", "named", "zone", "place", "phone")
NO_SEARCH = {"after", "before", "state"}
_YEARS = 1970, 2999
STATES = {"closed": msgid("Closed"), "open": msgid("Still open")}


@bp.get("/past-calls")
@open_to(*DISPATCHERS)
@showing_a_list()
def newest() -> ResponseReturnValue:
    return _page(_opened(request.args.get("find", "")))


@bp.post("/past-calls")
@open_to(*DISPATCHERS)
@showing_a_list()
def search() -> ResponseReturnValue:
    form = {name: typed.line(name) for name in FIELDS}
    with suppress(Refused):
        _wanted(form)
        if len(address := url_for("past_calls.newest", find=_sealed(form))) <= _LONGEST:
            return redirect(address, 303)
    return _page(form)


def _sealed(form: dict[str, str]) -> str:
    return urlsafe_b64encode(seal(json.dumps(form), **_PLACE)).decode()


def _opened(address: str) -> dict[str, str]:
    """What was looked for; nothing where the address was not made here, or its key is gone."""
    with suppress(ValueError, IndexError, CannotOpen):
        form: dict[str, str] = json.loads(unseal(urlsafe_b64decode(address), **_PLACE))
        return form
    return {}


def _page(form: dict[str, str]) -> ResponseReturnValue:
    list_looks.note("past_calls")
    context, found, errors = current_context(), None, {}
    try:
        wanted = _wanted(form)
        with context.reading() as uow:
            found = past_calls.find(uow, context.centre, wanted)
        if wanted.is_personal:
            _note(found)
    except Refused as refusal:
        errors = {refusal.field or "named": str(refusal)}
    html = render_template(
        "past_calls.html",
        found=found,
        older=list_places.written(found.older) if found else "",
        newer=list_places.written(found.newer) if found else "",
        form=form,
        errors=errors,
        searched=any(value for name, value in form.items() if name not in NO_SEARCH),
        states=STATES,
        zones=[*context.centre.gazetteer.zones],
        no_zone=NO_ZONE,
        most_opened=past_calls.MOST_OPENED,
        dispositions=DISPOSITIONS,
        sent_name=lambda response: response_name(context.centre, response),
    )
    return html, 422 if errors else 200


def _wanted(form: dict[str, str]) -> Wanted:
    """Raises Refused for a day that is none."""
    zone, ending, state = (form.get(name, "") for name in ("zone", "disposition", "state"))
    zones = {*current_context().centre.gazetteer.zones, NO_ZONE}
    return Wanted(
        state=state if state in OF_STATES else "closed",
        day=_day(form.get("day", "")),
        disposition=ending if ending in DISPOSITIONS else "",
        named=form.get("named", "").lstrip("# "),
        zone=zone if zone in zones else "",
        place=form.get("place", ""),
        phone=form.get("phone", ""),
        after=list_places.read(form.get("after", "")),
        before=list_places.read(form.get("before", "")),
    )


def _day(written: str) -> date | None:
    if not written:
        return None
    with suppress(ValueError):
        day = date.fromisoformat(written)
        if _YEARS[0] <= day.year <= _YEARS[1]:
            return day
    raise Refused(msgid("Write the day as year-month-day: 2026-11-27."), "day")


def _note(found: Found) -> None:
    """A person's calls were looked for: that is written down for each that was found."""
    context, actor = current_context(), current_person().actor
    within = timedelta(minutes=context.centre.policy.opening_min)
    keys = {past.call.id for past in found.calls}
    try:
        context.do(actor, lambda uow: known_calls.note_shown(uow, keys, within, past_calls.EVENT))
    except (OperationalError, CommitInDoubt) as error:
        log.critical("a look is not written down", actor=actor, error=type(error).__name__)

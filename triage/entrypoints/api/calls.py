"""Calls from other systems, and assessments of calls that stay theirs."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from triage.context import current_context
from triage.domain.answer_reading import shown
from triage.domain.errors import InvalidCall, Problem
from triage.entrypoints.api import tokens
from triage.entrypoints.api.bodies import read_json
from triage.entrypoints.api.problems import ApiProblem
from triage.entrypoints.api.schemas import Body, CallOut, CaseBody, NewCallBody
from triage.entrypoints.api.tokens import needs
from triage.services import assessments, call_record, calls, idempotency, openings, rule_sets
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.sealed import leaving_out
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("api", __name__, url_prefix="/api/v1")

_KEY = re.compile(rf"[\x21-\x7e][\x20-\x7e]{{0,{idempotency.KEY_LENGTH - 1}}}")
_NEW_CALL, _CASE, _CALL = NewCallBody(), CaseBody(), CallOut()
"""Built once: a schema copies all its fields."""


@bp.post("/calls")
@needs("calls:write")
def take_call() -> Response:
    """Take a call: it is written down, assessed, and whoever is to come is paged at once."""
    context = current_context()
    key = _idempotency_key()
    raw = read_json()
    _check(_NEW_CALL, raw, context.centre)
    new = NewCall(**_NEW_CALL.load(raw), origin="api")
    request_text = json.dumps(raw, sort_keys=True)

    def work(uow: UnitOfWork) -> str:
        _check_rule_set(uow, new.rule_set)
        if key is None:
            return _written(uow, context.centre, calls.open_call(uow, context.centre, new))
        claim = idempotency.claim(uow, f"api:{tokens.current_holder().token_id}", key, request_text)
        if claim.call_id is not None:
            openings.note_opening(uow, context.centre, uow.get(Call, claim.call_id))
        else:
            call = calls.open_call(uow, context.centre, new)
            idempotency.answer(uow, claim, call.id, _written(uow, context.centre, call))
        return claim.response or ""

    text = tokens.do(work, keyed=key is not None)
    answer = _answer(text, 201)
    answer.headers["Location"] = f"{bp.url_prefix}/calls/{json.loads(text)['reference']}"
    return answer


@bp.get("/calls/<reference>")
@needs("calls:read")
def read_call(reference: str) -> Response:
    """Read a call with its assessment, dispatches, texts, follow-ups and timeline."""
    context = current_context()

    def work(uow: UnitOfWork) -> str:
        call = calls.by_reference(uow, reference)
        openings.note_opening(uow, context.centre, call)
        return _written(uow, context.centre, call)

    return _answer(tokens.do(work), 200)


@bp.post("/assessments")
@needs("assess")
def assess() -> Response:
    """Assess a case as `triage assess` does; nothing is stored."""
    context = current_context()
    raw = read_json()
    _check(_CASE, raw, context.centre)
    rule_set = request.args.get("rule_set")
    with tokens.reading() as uow:
        _check_rule_set(uow, rule_set)
        result = assessments.preview(uow, context.centre, raw, rule_set)
    return _answer(_json(result), 200)


def _check(schema: Body, raw: Mapping[str, Any], centre: Centre) -> None:
    """Raises InvalidCall with everything that is wrong with the body, its facts included."""
    wrong = schema.problems(raw)
    given = {name: raw[name] for name in ("facts", "situation") if isinstance(raw.get(name), dict)}
    try:
        centre.vocabulary.read_call(given)
    except InvalidCall as error:
        wrong += error.problems
    if wrong:
        raise InvalidCall(wrong)


def _check_rule_set(uow: UnitOfWork, name: str | None) -> None:
    if name is not None and name not in rule_sets.names(uow):
        known = ", ".join(rule_sets.names(uow))
        problem = f"there is no rule set {shown(name)}; published are {known}"
        raise InvalidCall([Problem("rule_set", problem)])


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        detail = f"It has 1 to {idempotency.KEY_LENGTH} ASCII characters, such as a UUID."
        raise ApiProblem("bad_key", detail)
    return key


def _written(uow: UnitOfWork, centre: Centre, call: Call) -> str:
    """The call as it stands, in JSON. Programs pass it on, perhaps into the team's own car:
    nothing covert is in it. One value that cannot be decrypted takes nothing else away."""
    with leaving_out() as unreadable:
        record = call_record.of_call(uow, centre, call)
        told = [event for event in record.timeline if not event.covert]
        body = _CALL.dump(replace(record, timeline=told))
    return _json({**body, "unreadable": sorted(unreadable)})


def _json(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _answer(text: str, status: int) -> Response:
    return Response(text, status, content_type="application/json")

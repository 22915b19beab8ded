"""The OpenAPI document, made from the schemas that check and write the bodies."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from triage import __version__
from triage.entrypoints.api.problems import KINDS, MEDIA_TYPE
from triage.entrypoints.api.schemas import Assessment, CallOut, CaseBody, NewCallBody, ProblemOut
from triage.services.idempotency import KEY_LENGTH

_ABOUT = """\
Calls in, decisions and what came of them out. Bodies are JSON in UTF-8, at most 2,000,000 bytes;
unknown names, names that stand twice and `null` are errors. Every error is a problem document
(RFC 9457): `code` says which, `errors` names each field and what to mend."""
_USUAL = ("no_token", "forbidden", "failed", "not_available")
_BODY = (*_USUAL, "not_json", "too_large", "wrong_media_type", "invalid")
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "The same key and body have the same answer again, and one call."
    " With another body: 422. Without a key, every request is a call of its own.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH},
}
_REFERENCE = {"in": "path", "name": "reference", "required": True, "schema": {"type": "string"}}
_RULE_SET = {
    "in": "query",
    "name": "rule_set",
    "description": "A published rule set; without it the center's.",
    "schema": {"type": "string"},
}


@cache
def document() -> dict[str, Any]:
    """The whole document, as JSON values."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(
        title="Crisis call triage",
        version=__version__,
        openapi_version="3.1.0",
        info={"description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        plugins=[plugin],
        security=[{"token": []}],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.path("/api/v1/calls", operations={"post": _take_call()})
    spec.path("/api/v1/calls/{reference}", operations={"get": _read_call()})
    spec.path("/api/v1/assessments", operations={"post": _assess()})
    spec.path("/api/v1/openapi.json", operations={"get": _this()})
    return spec.to_dict()


def _name_of(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Out")


def _take_call() -> dict[str, Any]:
    return {
        "operationId": "takeCall",
        "summary": "Take a call: write it down, assess it, page whoever is to come",
        "description": "Needs the scope calls:write. One of narrative and facts is needed.",
        "parameters": [_KEY],
        "requestBody": {"required": True, **_json(NewCallBody)},
        "responses": {
            "201": _answer("The call", CallOut),
            **_problems(*_BODY, "bad_key", "key_reused", "conflict"),
        },
    }


def _read_call() -> dict[str, Any]:
    return {
        "operationId": "readCall",
        "summary": "Read a call and all that was done about it",
        "description": "Needs the scope calls:read. The audit trail notes who read it.",
        "parameters": [_REFERENCE],
        "responses": {"200": _answer("The call", CallOut), **_problems(*_USUAL, "not_found")},
    }


def _assess() -> dict[str, Any]:
    return {
        "operationId": "assess",
        "summary": "Assess a case as `triage assess` does; nothing is stored",
        "description": "Needs the scope assess.",
        "parameters": [_RULE_SET],
        "requestBody": {"required": True, **_json(CaseBody)},
        "responses": {"200": _answer("The assessment", Assessment), **_problems(*_BODY)},
    }


def _this() -> dict[str, Any]:
    answer = {"description": "OpenAPI", "content": {"application/json": {"schema": {}}}}
    return {
        "operationId": "openapi",
        "summary": "This document",
        "security": [],
        "responses": {"200": answer},
    }


def _json(schema: type) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _answer(about: str, schema: type) -> dict[str, Any]:
    return {"description": about, **_json(schema)}


def _problems(*codes: str) -> Mapping[str, Any]:
    """The error answers, one for each status."""
    told: dict[int, list[str]] = {}
    for code in codes:
        told.setdefault(KINDS[code][0], []).append(f"{code}: {KINDS[code][1]}")
    content = {"content": {MEDIA_TYPE: {"schema": ProblemOut}}}
    return {str(s): {"description": "; ".join(t), **content} for s, t in sorted(told.items())}

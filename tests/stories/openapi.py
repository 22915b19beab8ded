"""Holds answers against the OpenAPI document that the service gives of itself."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def checked(client: Any, method: str, path: str, answer: Any) -> Any:
    """The answer, if the document describes it: its status, kind and shape."""
    assert answer.status_code < 500 or answer.json["code"] in {"failed", "not_available"}
    document = client.get("/api/v1/openapi.json").json
    if answer.content_type == "application/problem+json":
        assert answer.json["status"] == answer.status_code
    operation = _operation(document, method, path)
    if operation is None or (answer.status_code == 403 and answer.json["code"] == "forbidden"):
        described = {"$ref": "#/components/schemas/Problem"}
        assert answer.status_code in {403, 404, 405}
        assert answer.content_type == "application/problem+json"
    else:
        content = operation["responses"][str(answer.status_code)]["content"]
        described = content[answer.content_type]["schema"]
    assert mismatches(document, described, answer.json) == []
    return answer


def _operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    for template, operations in document["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, f"/api/v1{path}".partition("?")[0]):
            found: dict[str, Any] | None = operations.get(method.lower())
            return found
    return None


def mismatches(
    document: dict[str, Any], schema: dict[str, Any], value: Any, path: str = "$"
) -> list[str]:
    """Where a value departs from a schema. Knows the keywords that our document uses."""
    if reference := schema.get("$ref"):
        name = reference.removeprefix("#/components/schemas/")
        return mismatches(document, document["components"]["schemas"][name], value, path)
    if choices := schema.get("anyOf"):
        tried = [mismatches(document, choice, value, path) for choice in choices]
        return [] if [] in tried else [f"{path}: none of the shapes fits: {tried}"]
    if "enum" in schema or "type" in schema:
        listed = value in schema.get("enum", [value])
        if not listed or not _is(schema.get("type", [*TYPES]), value):
            return [f"{path}: {value!r} is none of {schema}"]
    if isinstance(value, dict):
        return _of_object(document, schema, value, path)
    if isinstance(value, list):
        items = schema.get("items", {})
        places = enumerate(value)
        return [w for n, one in places for w in mismatches(document, items, one, f"{path}[{n}]")]
    return _misread(schema.get("format"), value, path) if isinstance(value, str) else []


def _of_object(
    document: dict[str, Any], schema: dict[str, Any], value: dict[str, Any], path: str
) -> list[str]:
    wrong = [f"{path}: {n} is missing" for n in schema.get("required", []) if n not in value]
    known, other = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, one in value.items():
        if name not in known and other is False:
            wrong.append(f"{path}: {name} is not described")
        inner = known.get(name, other if isinstance(other, dict) else {})
        wrong += mismatches(document, inner, one, f"{path}.{name}")
    return wrong


def _is(types: str | list[str], value: Any) -> bool:
    wanted = [types] if isinstance(types, str) else types
    if isinstance(value, bool):
        return "boolean" in wanted
    return any(isinstance(value, TYPES[one]) for one in wanted)


def _misread(form: str | None, text: str, path: str) -> list[str]:
    try:
        if form == "date-time":
            return [] if datetime.fromisoformat(text).tzinfo else [f"{path}: {text} has no zone"]
        if form == "uuid":
            UUID(text)
    except ValueError:
        return [f"{path}: {text!r} is no {form}"]
    return []

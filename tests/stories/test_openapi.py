"""The OpenAPI document says what the service does; test_api.py holds every answer against it."""

import json
import re
from typing import Any

import pytest

from tests.stories.openapi import mismatches
from tests.stories.test_api import WHOLE
from tests.world import World
from triage.domain.lifecycle import SlotState

JSON = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> JSON:
    from triage.entrypoints.api.openapi import document

    return json.loads(json.dumps(document()))  # type: ignore[no-any-return]


def test_anybody_may_read_it(world: World, document: JSON) -> None:
    answer = world.app.test_client().get("/api/v1/openapi.json")

    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.json == document
    assert document["openapi"] == "3.1.0"


def test_every_address_of_the_api_is_described_and_no_other(world: World, document: JSON) -> None:
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }

    assert served == {(path, m) for path, methods in document["paths"].items() for m in methods}


def test_every_reference_leads_somewhere(document: JSON) -> None:
    named = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document))

    assert set(named) == document["components"]["schemas"].keys()


def test_every_operation_but_this_one_needs_a_token(document: JSON) -> None:
    assert document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert ("security" in operation) == (path == "/api/v1/openapi.json")
            assert "401" in operation["responses"] or operation["security"] == []


def test_states_are_listed(document: JSON) -> None:
    schemas = document["components"]["schemas"]

    assert schemas["Slot"]["properties"]["state"]["enum"] == [state.value for state in SlotState]
    assert "replayed" in schemas["Call"]["properties"]["state"]["enum"]


def test_a_body_may_hold_what_interfaces_name_and_nothing_else(document: JSON) -> None:
    body = document["components"]["schemas"]["NewCallBody"]

    assert body["additionalProperties"] is False
    assert body["properties"].keys() == {*WHOLE, "received_at"}
    assert mismatches(document, body, WHOLE) == []


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("Level", {"id": "1", "rank": "1", "label": "", "within_min": 1, "answer_within_min": 1}),
        ("Level", {"id": "1", "rank": True, "label": "", "within_min": 1, "answer_within_min": 1}),
        ("Level", {"id": "1"}),
        ("Level", None),
        ("Event", {"at": "2026-11-23T10:00:00", "event": "", "by": "", "sentence": ""}),
        ("NewCallBody", {"narrativ": "x"}),
        ("Problem", {"type": "", "title": "", "status": 400, "detail": "", "errors": [{}]}),
    ],
)
def test_the_check_itself_finds_what_departs(document: JSON, schema: str, value: Any) -> None:
    described = {"$ref": f"#/components/schemas/{schema}"}

    assert mismatches(document, described, value) != []

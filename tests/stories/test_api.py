"""Programs hand in calls and read them back; whatever else they send is refused in words."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.stories.openapi import checked
from tests.world import World, settings_for
from triage.app import build_context
from triage.services import api_tokens
from triage.storage.calls import Call, IdempotencyKey
from triage.storage.messages import Message
from triage.storage.models import Base
from triage.storage.people import ApiToken

CALM = {
    "problem_type": "mental_health_crisis",
    "weapon": "none_confirmed",
    "violence_now": "none",
    "consciousness": "alert",
    "breathing": "normal",
    "attempt_in_progress": "no",
}
WHOLE: dict[str, Any] = {
    "caller_phone": "(202) 555-0147",
    "caller_name": "Ana O'Neill 🙂",
    "location": "the blue house\nby the river",
    "zone": "Riverside",
    "latitude": 40.69,
    "longitude": -75.3,
    "narrative": "She says she hears voices. <script>alert(1)</script> שלום 👩‍👩‍👧",
    "language": "es",
    "caller_relation": "family",
    "caller_interpreter": True,
    "call_back": ["ring", "text"],
    "subject_name": "Luis O'Neill",
    "subject_about": "red jacket",
    "subject_age": "teen_12_17",
    "subject_language": "es",
    "subject_interpreter": False,
    "third_party_name": "Rosa O'Neill",
    "third_party_phone": "202-555-0171",
    "third_party_relation": "key",
    "third_party_with_them": False,
    "facts": CALM,
    "situation": {"feels_like_f": 31},
    "external_id": "26-004711",
    "rule_set": "county-default",
}


class Program:
    """A program with a token; every answer is held against the OpenAPI document."""

    def __init__(self, world: World, *scopes: str) -> None:
        self.client = world.app.test_client()
        self.bearer = world.token(*scopes)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        told = {"Authorization": f"Bearer {self.bearer}", "Content-Type": "application/json"}
        told |= {name.replace("_", "-"): text for name, text in headers.items()}
        data = body if isinstance(body, bytes | str) or body is None else json.dumps(body)
        answer = self.client.open(f"/api/v1{path}", method=method, data=data, headers=told)
        return checked(self.client, method, path, answer)

    def post(self, body: Any, **headers: str) -> Any:
        return self.send("POST", "/calls", body, **headers)

    def get(self, reference: str) -> Any:
        return self.send("GET", f"/calls/{reference}")


@pytest.fixture
def program(world: World) -> Program:
    return Program(world)


def rows(world: World, kind: Any = Call) -> int:
    with world.context.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(kind)) or 0


def everything_written(world: World) -> dict[str, int]:
    """Rows by table."""
    return {table.name: rows(world, table) for table in Base.metadata.sorted_tables}


def test_a_call_is_taken_assessed_and_paged_and_can_be_read(world: World, program: Program) -> None:
    (phone,) = world.team("MCT 1", zones=["Riverside"])

    taken = program.post(WHOLE)

    assert taken.status_code == 201
    call = taken.json
    assert taken.headers["Location"] == f"/api/v1/calls/{call['reference']}"
    assert call["state"] == "open"
    assert call["external_id"] == "26-004711"
    assert (call["location"], call["zone"]) == (WHOLE["location"], "Riverside")
    assert call["assessment"]["response"] == "mobile_crisis"
    (dispatch,) = call["dispatches"]
    (slot,) = dispatch["slots"]
    assert (dispatch["response"], dispatch["state"]) == ("mobile_crisis", "seeking")
    assert (slot["role"], slot["state"], slot["team"]) == ("clinician", "paged", "MCT 1")
    assert slot["responder"] == "MCT 1 clinician"
    assert [(m["kind"], m["to_role"], m["state"]) for m in call["messages"]] == [
        ("page", "clinician", "ready")
    ]
    assert "call.opened" in [event["event"] for event in call["timeline"]]

    phone.expect(f"{call['code']} 1")
    phone.text(f"{call['code']} 1")
    phone.expect("accepted, it is yours")
    phone.text("ETA 10")
    phone.expect("you arrive in 10 min")
    read = program.get(call["reference"].lower()).json
    (slot,) = read["dispatches"][0]["slots"]
    assert (slot["state"], slot["unit"]) == ("en_route", None)
    assert slot["eta_at"] > read["received_at"]
    assert read["messages"][0]["sent_at"] is not None
    told = ("assessment", "code", "location", "zone")
    assert [read[name] for name in told] == [call[name] for name in told]
    assert WHOLE["caller_phone"][-4:] not in json.dumps(read)


def test_what_was_sent_is_kept_as_it_was_and_sealed(world: World, program: Program) -> None:
    reference = program.post(WHOLE, Idempotency_Key="k1").json["reference"]

    with world.context.reading() as uow:
        call = uow.session.scalars(select(Call)).one()
        assert call.reference == reference
        assert call.location == WHOLE["location"]
        assert call.narrative == WHOLE["narrative"]
        assert (call.zone, call.zone_source) == ("Riverside", "caller")
        assert call.callers[0].phone == "+12025550147"
        assert call.callers[0].name == WHOLE["caller_name"]
        key = uow.session.scalars(select(IdempotencyKey)).one()
        assert key.response
        assert key.response_sealed
        assert reference.encode() not in key.response_sealed


def test_reading_through_the_api_is_an_opening_in_the_audit_trail(
    world: World, program: Program
) -> None:
    reference = program.post({"narrative": "Somebody is crying."}).json["reference"]
    assert world.audited("call.looked_at") == 0

    assert program.get(reference).status_code == 200
    assert program.get(reference).status_code == 200

    assert world.audited("call.looked_at") == 1
    Program(world).get(reference)
    assert world.audited("call.looked_at") == 2


# --- the same request again ------------------------------------------------------------------


def test_the_same_key_and_body_have_the_same_answer_and_one_call(
    world: World, program: Program
) -> None:
    (phone,) = world.team("MCT 1")
    first = program.post(WHOLE, Idempotency_Key="form-1")
    phone.expect("Reply")

    reordered = json.dumps(dict(reversed(WHOLE.items())), indent=2)
    again = program.post(reordered, Idempotency_Key="form-1")

    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert rows(world) == 1
    phone.expect_silence()


def test_the_same_key_with_another_body_is_refused(world: World, program: Program) -> None:
    program.post({"narrative": "One"}, Idempotency_Key="form-1")

    answer = program.post({"narrative": "Two"}, Idempotency_Key="form-1")

    assert (answer.status_code, answer.json["code"]) == (422, "key_reused")
    assert rows(world) == 1


def test_keys_of_two_programs_are_two_keys_and_without_a_key_each_is_a_call(
    world: World, program: Program
) -> None:
    body = {"narrative": "One"}
    program.post(body, Idempotency_Key="form-1")
    Program(world).post(body, Idempotency_Key="form-1")
    assert rows(world) == 2

    program.post(body)
    program.post(body)
    assert rows(world) == 4


def test_a_refused_request_leaves_its_key_free(world: World, program: Program) -> None:
    assert program.post({"facts": {"weapno": "no"}}, Idempotency_Key="k").status_code == 422
    assert (
        program.post({"narrative": "a", "language": "?"}, Idempotency_Key="k").json["errors"][0][
            "path"
        ]
        == "language"
    )

    assert program.post({"narrative": "One"}, Idempotency_Key="k").status_code == 201
    assert rows(world) == 1


def test_of_many_at_once_with_one_key_there_is_one_call_and_one_answer(
    world: World, program: Program
) -> None:
    (phone,) = world.team("MCT 1")
    barrier, answers = threading.Barrier(6), []

    def send() -> None:
        barrier.wait()
        answers.append(program.post(WHOLE, Idempotency_Key="double-click"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert rows(world) == 1
    assert rows(world, Message) == 1
    phone.expect("mobile team, Riverside")


def test_a_key_that_cannot_be_used_is_refused(
    world: World, program: Program, subtests: pytest.Subtests
) -> None:
    for key in ("", " ", "x" * 256, "café", "tab\there"):
        with subtests.test(key[:20]):
            answer = program.post({"narrative": "One"}, Idempotency_Key=key)
            assert (answer.status_code, answer.json["code"]) == (400, "bad_key")
    assert rows(world) == 0
    assert program.post({"narrative": "One"}, Idempotency_Key="x" * 255).status_code == 201


# --- assessments -----------------------------------------------------------------------------


def test_an_assessment_is_what_the_call_would_get_and_nothing_is_stored(
    world: World, program: Program
) -> None:
    answer = program.send("POST", "/assessments", {"facts": CALM, "narrative": "voices"})

    assert answer.status_code == 200
    assert answer.json["response"] == "mobile_crisis"
    assert answer.json["level"]["within_min"] > 0
    assert answer.json["because"][0]["decided"] is True
    assert answer.json["by_points"]["response"] == "mobile_crisis"
    assert rows(world) == 0
    assert program.send("POST", "/assessments", {}).status_code == 200


def test_an_assessment_under_another_published_rule_set(program: Program) -> None:
    path = "/assessments?rule_set=portland-street-response"
    answer = program.send("POST", path, {"facts": {"location_type": "public_outdoor"}})
    assert answer.json["rule_set"] == "portland-street-response"

    answer = program.send("POST", "/assessments?rule_set=%00nowhere", {})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["path"] == "rule_set"


def test_a_time_that_was_stated_stands_and_the_call_is_scored(program: Program) -> None:
    for body in (
        {"facts": {**CALM, "local_time": 120}},
        {"facts": CALM, "situation": {"local_time": 120, "weekday": "sunday"}},
        {"facts": CALM, "situation": {"now": "2026-07-04T02:00:00-04:00"}},
    ):
        assert program.post(body).json["assessment"]["outcome"] == "decided"


def test_a_team_is_away_if_the_cad_or_the_rota_says_so(world: World, program: Program) -> None:
    world.team("MCT 1")
    body = {"facts": CALM, "situation": {"unavailable": {"mobile_crisis": "all_committed"}}}

    assessment = program.post(body).json["assessment"]

    assert assessment["eligible"] == "mobile_crisis"
    assert assessment["response"] != "mobile_crisis"
    assert assessment["response"] != "co_responder"  # nobody of that kind is on shift here
    assert assessment["cause"] == "all_committed"


# --- who may ---------------------------------------------------------------------------------


NO_TOKENS = (
    "",
    "Bearer",
    "Bearer ",
    "Basic dXNlcjpwYXNz",
    "Bearer nonsense",
    "Bearer é",
    "bearer triage_",
    "Bearer ' OR 1=1 --",
    "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
)


def test_without_a_token_in_use_nothing_is_told(
    world: World, program: Program, subtests: pytest.Subtests
) -> None:
    for said in NO_TOKENS:
        for method, path in (("POST", "/calls"), ("GET", "/calls/X"), ("POST", "/assessments")):
            with subtests.test(said, path=path):
                answer = program.send(method, path, "{", Authorization=said)
                assert (answer.status_code, answer.json["code"]) == (401, "no_token")
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert rows(world) == 0


def test_a_token_that_another_process_revokes_opens_nothing_from_then_on(
    world: World, program: Program, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    reference = program.post({"narrative": "Somebody is crying."}).json["reference"]
    assert program.get(reference).status_code == 200  # this process knows the token by now

    elsewhere = build_context(settings_for(world.context.settings.database_url, tmp_path))
    with elsewhere.unit_of_work("another process") as uow:
        api_tokens.revoke(uow, uow.session.scalars(select(ApiToken)).one().name)
    elsewhere.database.engine.dispose()

    bodies = {"/api/v1/calls": {"narrative": "Somebody cries."}, "/api/v1/assessments": {}}
    tried = 0
    for rule in world.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/") or rule.rule.endswith("openapi.json"):
            continue
        path = rule.rule.replace("<reference>", reference).removeprefix("/api/v1")
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        with subtests.test(path):
            answer = program.send(method, path, bodies.get(rule.rule))
            assert (answer.status_code, answer.json["code"]) == (401, "no_token")
            tried += 1
    assert tried == 3
    assert rows(world) == 1


def test_a_missing_scope_is_refused_and_audited_and_says_nothing_of_the_call(
    world: World, program: Program
) -> None:
    reference = program.post({"narrative": "One"}).json["reference"]
    writer = Program(world, "calls:write")

    there, not_there = writer.get(reference), writer.get("000000-NOBODY")
    assert (there.status_code, not_there.status_code) == (403, 403)
    assert there.json.keys() == not_there.json.keys() == program.get("nothing").json.keys()
    assert world.audited("api.refused") == 2
    assert Program(world, "assess").post({"narrative": "One"}).status_code == 403
    assert Program(world, "calls:read").send("POST", "/assessments", {}).status_code == 403
    assert Program(world, "calls:read").get(reference).status_code == 200
    assert Program(world, "assess").send("POST", "/assessments", {}).status_code == 200
    assert rows(world) == 1


NO_REFERENCES = (
    "000000-NOBODY",
    "%00",
    "..%2f1",
    "é",
    "1e3",
    "9223372036854775808",
    "-1",
    "'%20or%201=1",
    "x" * 3000,
)


def test_a_reference_that_is_none_is_not_found(program: Program, subtests: pytest.Subtests) -> None:
    for reference in NO_REFERENCES:
        with subtests.test(reference[:20]):
            assert program.get(reference).status_code == 404


# --- what is sent wrongly --------------------------------------------------------------------

DEEP = '{"facts": ' + '{"a":' * 5_000 + "1" + "}" * 5_001
NOT_JSON: Mapping[str, bytes | str] = {
    "empty": b"",
    "null": "null",
    "list": "[]",
    "text": '"x"',
    "number": "42",
    "unclosed": "{",
    "trailing comma": '{"narrative": "x",}',
    "NaN": '{"latitude": NaN, "longitude": 1, "narrative": "x"}',
    "Infinity": '{"latitude": -Infinity, "longitude": 1, "narrative": "x"}',
    "single quotes": "{'narrative': 'x'}",
    "two documents": '{"narrative": "x"} {"narrative": "y"}',
    "BOM": b'\xef\xbb\xbf{"narrative": "x"}',
    "UTF-16": '{"narrative": "x"}'.encode("utf-16"),
    "UTF-16 without mark": '{"narrative": "x"}'.encode("utf-16-le"),
    "Latin-1": '{"narrative": "café"}'.encode("latin-1"),
    "overlong": b'{"narrative": "\xc0\xaf"}',
    "raw surrogate": b'{"narrative": "\xed\xa0\x80"}',
    "raw NUL": b'{"narrative": "a\x00b"}',
    "key twice": '{"narrative": "x", "narrative": "y"}',
    "fact twice": '{"facts": {"weapon": "in_hand", "weapon": "none_confirmed"}}',
    "depth bomb": DEEP,
    "array bomb": '{"facts": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "deep, yet parsed": '{"facts": {"weapon": ' + "[" * 400 + "]" * 400 + "}}",
    "5000 digits": '{"narrative": "x", "latitude": ' + "1" * 5_000 + "}",
}


@pytest.mark.parametrize("path", ["/calls", "/assessments"])
def test_what_is_not_json_is_refused(
    world: World, program: Program, subtests: pytest.Subtests, path: str
) -> None:
    for what, body in NOT_JSON.items():
        with subtests.test(what):
            answer = program.send("POST", path, body)
            assert (answer.status_code, answer.json["code"]) == (400, "not_json"), answer.json
            assert answer.json["detail"].endswith(".")
    assert rows(world) == 0


SAY = {"narrative": "x"}
BAD_FIELDS: Mapping[str, tuple[str | dict[str, Any], str]] = {
    "nothing": ({}, "narrative"),
    "nothing in either": ({"narrative": "", "facts": {}}, "narrative"),
    "only spaces": ({"narrative": " \u00a0\n"}, "narrative"),
    "unknown field": ({**SAY, "priority": 1}, "priority"),
    "misspelt field": ({"narrativ": "x"}, "narrativ"),
    "field in other case": ({"Narrative": "x"}, "Narrative"),
    "empty name": ({**SAY, "": 1}, ""),
    "prototype": ({**SAY, "__proto__": {}}, "__proto__"),
    "state set from outside": ({**SAY, "state": "closed"}, "state"),
    "origin set from outside": ({**SAY, "origin": "form"}, "origin"),
    "choice set from outside": ({**SAY, "choice": {"response": "police"}}, "choice"),
    "narrative null": ({"narrative": None}, "narrative"),
    "narrative number": ({"narrative": 1}, "narrative"),
    "narrative list": ({"narrative": ["x"]}, "narrative"),
    "narrative too long": ({"narrative": "a" * 20_001}, "narrative"),
    "narrative 1 MB": ({"narrative": "a" * 1_000_000}, "narrative"),
    "NUL": ({"narrative": "a\0b"}, "narrative"),
    "NUL in a fact": ({"facts": {"weapon": "\0"}}, "facts.weapon"),
    "NUL in a name": ({**SAY, "a\0b": 1}, "a\\x00b"),
    "lone surrogate": ('{"narrative": "\\ud800"}', "narrative"),
    "lone surrogate in a name": ('{"narrative": "x", "\\ud800": 1}', "\\ud800"),
    "lone surrogate in a source": (
        '{"facts": {"weapon": {"values": [{"value": "in_hand", "source": "\\udfff"}]}}}',
        "facts.weapon.values[0].source",
    ),
    "zone null": ({**SAY, "zone": None}, "zone"),
    "zone number": ({**SAY, "zone": 7}, "zone"),
    "zone too long": ({**SAY, "zone": "z" * 41}, "zone"),
    "zone with an escape": ({**SAY, "zone": "\x1b[2J"}, "zone"),
    "name true": ({**SAY, "caller_name": True}, "caller_name"),
    "phone number as number": ({**SAY, "caller_phone": 2025550147}, "caller_phone"),
    "phone 100 digits": ({**SAY, "caller_phone": "1" * 100}, "caller_phone"),
    "latitude text": ({**SAY, "latitude": "40", "longitude": 1}, "latitude"),
    "latitude true": ({**SAY, "latitude": True, "longitude": 1}, "latitude"),
    "latitude 91": ({**SAY, "latitude": 91, "longitude": 1}, "latitude"),
    "latitude 1e400": ('{"narrative": "x", "latitude": 1e400, "longitude": 1}', "latitude"),
    "latitude 400 digits": (
        '{"narrative": "x", "latitude": ' + "9" * 400 + ', "longitude": 1}',
        "latitude",
    ),
    "longitude alone": ({**SAY, "longitude": 1}, "latitude"),
    "longitude 181": ({**SAY, "latitude": 1, "longitude": 181}, "longitude"),
    "language word": ({**SAY, "language": "Spanish, please"}, "language"),
    "received as number": ({**SAY, "received_at": 1780000000}, "received_at"),
    "received without zone": ({**SAY, "received_at": "2026-11-23T10:00:00"}, "received_at"),
    "received on no day": ({**SAY, "received_at": "2026-02-30T10:00:00Z"}, "received_at"),
    "received as date": ({**SAY, "received_at": "2026-11-23"}, "received_at"),
    "received in year 0": ({**SAY, "received_at": "0000-01-01T00:00:00Z"}, "received_at"),
    "received in year 1": ({**SAY, "received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
    "received in year 9999": ({**SAY, "received_at": "9999-12-31T23:59:59-14:00"}, "received_at"),
    "received in year 10000": ({**SAY, "received_at": "10000-01-01T00:00:00Z"}, "received_at"),
    "received tomorrow": ({**SAY, "received_at": "2999-01-01T00:00:00Z"}, "received_at"),
    "no such rule set": ({**SAY, "rule_set": "nowhere"}, "rule_set"),
    "illustration": ({**SAY, "rule_set": "portland-street-response"}, "rule_set"),
    "rule set path": ({**SAY, "rule_set": "../../etc/passwd"}, "rule_set"),
    "facts list": ({"facts": []}, "facts"),
    "facts text": ({"facts": "weapon"}, "facts"),
    "facts null": ({"facts": None}, "facts"),
    "unknown fact": ({"facts": {"weapno": "in_hand"}}, "facts.weapno"),
    "unknown value": ({"facts": {"weapon": "bazooka"}}, "facts.weapon"),
    "value in other case": ({"facts": {"weapon": "In_Hand"}}, "facts.weapon"),
    "value empty": ({"facts": {"weapon": ""}}, "facts.weapon"),
    "value null": ({"facts": {"weapon": None}}, "facts.weapon"),
    "yes as true": ({"facts": {"attempt_in_progress": True}}, "facts.attempt_in_progress"),
    "number as text": ({"facts": {"last_contact_hours": "3"}}, "facts.last_contact_hours"),
    "number as true": ({"facts": {"last_contact_hours": True}}, "facts.last_contact_hours"),
    "number below": ({"facts": {"last_contact_hours": -1}}, "facts.last_contact_hours"),
    "number 1e400": ('{"facts": {"last_contact_hours": 1e400}}', "facts.last_contact_hours"),
    "number 2**64": ({"facts": {"last_contact_hours": 2**64}}, "facts.last_contact_hours"),
    "situation text": ({**SAY, "situation": "rain"}, "situation"),
    "asked fact in situation": ({**SAY, "situation": {"weapon": "in_hand"}}, "situation.weapon"),
    "two answers": (
        {"facts": {"feels_like_f": 31}, "situation": {"feels_like_f": 32}},
        "situation.feels_like_f",
    ),
    "unknown team away": (
        {**SAY, "situation": {"unavailable": {"batman": "none_on_shift"}}},
        "situation.unavailable.batman",
    ),
}


def test_what_is_wrong_is_named_and_nothing_is_written(
    world: World, program: Program, subtests: pytest.Subtests
) -> None:
    before = everything_written(world)
    for what, (body, path) in BAD_FIELDS.items():
        with subtests.test(what):
            answer = program.post(body, Idempotency_Key="one for all")
            assert (answer.status_code, answer.json["code"]) == (422, "invalid"), answer.json
            assert path in [error["path"] for error in answer.json["errors"]], answer.json
            assert all(error["message"] for error in answer.json["errors"])
            assert everything_written(world) == before


def test_everything_that_is_wrong_is_named_at_once(program: Program) -> None:
    body = {"narrativ": "x", "latitude": "40", "facts": {"weapno": "in_hand", "weapon": 3}}

    errors = {e["path"]: e["message"] for e in program.post(body).json["errors"]}

    assert "did you mean narrative?" in errors["narrativ"]
    assert "did you mean weapon?" in errors["facts.weapno"]
    assert errors.keys() == {"narrativ", "latitude", "facts.weapno", "facts.weapon"}


KEPT: Mapping[str, dict[str, Any]] = {
    "one character": {"narrative": "a"},
    "20,000 characters": {"narrative": "å" * 20_000},
    "only facts": {"facts": {"problem_type": "other"}},
    "all unknown": {"facts": dict.fromkeys(CALM, "unknown")},
    "markup": {"narrative": "<script>alert(1)</script> {{7*7}} '); DROP TABLE call;--"},
    "right to left": {"narrative": "\u202eשלום", "caller_name": "עדה"},
    "emoji": {"narrative": "👩‍👩‍👧", "location": "🏠"},
    "name null as text": {"narrative": "x", "caller_name": "null"},
    "phone 911": {**SAY, "caller_phone": "911"},
    "phone letters": {**SAY, "caller_phone": "CALL ME NOW"},
    "phone 30 digits": {**SAY, "caller_phone": "1" * 30},
    "empty texts": {"narrative": "x", "zone": "", "caller_phone": " ", "external_id": ""},
    "contradictory": {
        "facts": {
            "weapon": {
                "values": [
                    {"value": "in_hand", "source": "neighbour"},
                    {"value": "none_confirmed", "source": "mother"},
                ]
            }
        }
    },
    "minus zero": {"narrative": "x", "latitude": -0.0, "longitude": 1e-400},
    "line breaks in a line": {
        "narrative": "x",
        "location": "North\r\nShore",
        "caller_name": "A\tB",
    },
    "a call of last week": {"narrative": "x", "received_at": "2026-11-16T10:00:00+05:30"},
}


def test_what_is_odd_is_taken_all_the_same(
    world: World, program: Program, subtests: pytest.Subtests
) -> None:
    for what, body in KEPT.items():
        with subtests.test(what):
            answer = program.post(body)
            assert answer.status_code == 201, answer.json
            assert answer.json["assessment"]["outcome"] != "not_scored"
            with world.context.reading() as uow:
                by_reference = select(Call).where(Call.reference == answer.json["reference"])
                call = uow.session.scalars(by_reference).one()
                said = body.get("narrative")
                assert call.narrative == (said and said.replace("\u202e", ""))
                assert call.zone in (None, "North Shore")


TOO_LARGE: Mapping[str, bytes | str] = {
    "2 MB text": json.dumps({"narrative": "a" * 2_000_001}),
    "a hundred thousand answers": json.dumps({"facts": {f"f{n}": 1 for n in range(100_001)}}),
    "a hundred thousand items": json.dumps({"facts": {"weapon": list(range(100_001))}}),
    "many in many": json.dumps({"facts": {f"f{n}": list(range(150)) for n in range(150)}}),
}


def test_what_is_too_large_is_refused(
    world: World, program: Program, subtests: pytest.Subtests
) -> None:
    for what, body in TOO_LARGE.items():
        with subtests.test(what):
            answer = program.post(body)
            assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert rows(world) == 0


KINDS = (
    "",
    "application/xml",
    "text/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-16",
    "application/problem+json",
)


def test_another_kind_of_body_is_refused(
    world: World, program: Program, subtests: pytest.Subtests
) -> None:
    for kind in KINDS:
        with subtests.test(kind):
            answer = program.post(SAY, Content_Type=kind)
            assert (answer.status_code, answer.json["code"]) == (415, "wrong_media_type")
    assert rows(world) == 0


def test_a_packed_body_is_refused_and_utf_8_may_be_named(world: World, program: Program) -> None:
    assert program.post(SAY, Content_Encoding="gzip").status_code == 415
    assert program.post(SAY, Content_Type="application/json; charset=UTF-8").status_code == 201
    assert program.post(SAY, Accept="application/xml").status_code == 201


def test_another_method_is_refused(
    world: World, program: Program, subtests: pytest.Subtests
) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE"):
        with subtests.test(method):
            answer = program.send(method, "/calls", SAY)
            assert answer.status_code == 405
            assert "POST" in answer.headers["Allow"]
    assert rows(world) == 0
    assert program.post(SAY, X_HTTP_Method_Override="DELETE").status_code == 201


def test_a_page_of_another_site_cannot_post(world: World, program: Program) -> None:
    assert program.post(SAY, Sec_Fetch_Site="cross-site").status_code == 403
    assert rows(world) == 0


def test_a_failure_of_ours_tells_nothing_and_leaves_nothing(
    world: World,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from triage.services import sending

    said = "cana" + "ry"

    def fail(*_: object) -> None:
        raise RuntimeError(said)

    monkeypatch.setattr(sending, "act_on", fail)
    answer = program.post({"narrative": said}, Idempotency_Key="k")

    assert (answer.status_code, answer.json["code"]) == (500, "failed")
    assert "canary" not in answer.get_data(as_text=True)
    assert "canary" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert rows(world) == rows(world, IdempotencyKey) == 0


def test_a_database_that_does_not_answer_is_said(
    world: World, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    from triage.services import calls

    def fail(*_: object) -> None:
        raise OperationalError("INSERT canary", {}, Exception("disk full"))

    monkeypatch.setattr(calls, "open_call", fail)
    answer = program.post(SAY, Idempotency_Key="k")

    assert (answer.status_code, answer.json["code"]) == (503, "not_available")
    assert answer.headers["Retry-After"] == "1"
    assert "canary" not in answer.get_data(as_text=True)

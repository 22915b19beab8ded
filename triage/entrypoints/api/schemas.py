"""The shapes of the API: one schema checks or writes a body, and stands in the OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from triage.domain.call_reading import shown
from triage.domain.errors import Problem
from triage.domain.hints import did_you_mean
from triage.domain.lifecycle import CallState, DispatchState, FollowUpState, MessageState, SlotState

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_NULL = "has no value: leave the field out where nothing is known"
_LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}"


class Text(fields.String):
    """A text of limited length, kept as it is."""

    def __init__(self, longest: int, about: str, **more: Any) -> None:
        message = f"at most {longest:,} characters"
        length = validate.Length(max=longest, error=message)
        wrong = {"invalid": "is a text", "null": _NULL}
        super().__init__(
            validate=[length], error_messages=wrong, metadata={"description": about}, **more
        )


class Line(Text):
    """A text on one line: breaks and tabs become spaces, other control characters are refused."""

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = re.sub(r"[ \t\r\n]+", " ", super()._deserialize(value, *args, **more) or "").strip()
        if any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in text):
            raise ValidationError("contains a control character")
        return text


class Word(Text):
    """A text of one form, such as a code."""

    def __init__(self, pattern: str, what: str, about: str) -> None:
        super().__init__(100, about)
        self.validators.append(validate.Regexp(rf"(?:{pattern})\Z", error=what))


class Degrees(fields.Float):
    """A JSON number, finite: neither a text nor true."""

    def __init__(self, limit: int, about: str) -> None:
        what = f"is a number between -{limit} and {limit}"
        super().__init__(
            validate=validate.Range(-limit, limit, error=what),
            error_messages={"invalid": what, "special": what, "too_large": what, "null": _NULL},
            metadata={"description": about},
        )

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **more)


class Instant(fields.AwareDateTime):
    """An ISO 8601 date and time with its zone."""

    what = "is a date and time with its zone, such as 2026-11-23T14:30:00-06:00"

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> datetime:
        try:
            instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            raise ValidationError(self.what)
        if not _EARLIEST <= instant or instant.year > 9000:
            raise ValidationError("lies before the year 2000 or beyond the calendar")
        return instant.astimezone(UTC)


class AsIs(fields.Nested):
    """Described by a schema, written as it stands: the engine's own JSON."""

    def _serialize(self, nested_obj: Any, *args: Any, **more: Any) -> Any:
        return nested_obj


def _names(about: str) -> fields.Dict:
    wrong = {"invalid": "are an object of names and values", "null": _NULL}
    return fields.Dict(
        keys=fields.String(), error_messages=wrong, metadata={"description": about}
    )


class Body(Schema):
    """A request's body: unknown names are errors, with a guess at what was meant."""

    class Meta:
        ordered = True

    def problems(self, raw: Mapping[str, Any]) -> list[Problem]:
        """Everything that is wrong with a body."""
        try:
            self.load(raw)
        except ValidationError as error:
            return list(self._listed(error.messages_dict))
        return []

    def _listed(self, messages: Mapping[Any, Any], path: str = "") -> Iterator[Problem]:
        for name, what in messages.items():
            where = path if name == "_schema" else f"{path}.{str(name)[:40]}".lstrip(".")
            if isinstance(what, Mapping):
                yield from self._listed(what, where)
            elif name not in (*self.fields, "_schema"):
                hint = did_you_mean(str(name), self.fields)
                yield Problem(where, f"there is no such field{f' ({hint})' if hint else ''}")
            else:
                yield from (Problem(where, message) for message in what)


class CaseBody(Body):
    """What `triage assess` reads."""

    facts = _names("Answers by fact, as rules/vocabulary.yaml declares them; `unknown` was asked.")
    narrative = Text(1_000_000, "What happens, in the caller's words; at most 20,000 characters.")
    situation = _names("What the centre's systems supply: teams away, travel times, weather.")


class NewCallBody(CaseBody):
    """A call as it comes in. One of narrative and facts is needed."""

    caller_phone = Line(60, "The number to call back, with + or as dialled in the centre's country.")
    caller_name = Line(120, "As the caller gave it.")
    location = Text(500, "The place as the caller said it; kept and sent so.")
    zone = Line(40, "The centre's zone; without it the gazetteer looks the place up.")
    latitude = Degrees(90, "WGS 84; with longitude.")
    longitude = Degrees(180, "WGS 84; with latitude.")
    language = Word(_LANGUAGE, "is a language tag such as es or es-MX", "BCP 47 tag.")
    received_at = Instant(
        error_messages={"null": _NULL}, metadata={"description": "When the call came in."}
    )
    external_id = Line(64, "The CAD's own number.")
    rule_set = Word(
        r"[a-z0-9-]{1,64}", "is the name of a rule set", "Another rule set than the centre's."
    )

    @validates_schema(skip_on_field_errors=False)
    def _is_whole(self, data: Mapping[str, Any], **_: object) -> None:
        for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
            if one in data and other not in data:
                raise ValidationError(f"is needed beside {one}", other)


def _out(**more: Any) -> dict[str, Any]:
    return {"required": True, **more}


def _maybe(**more: Any) -> dict[str, Any]:
    """There always, null where nothing is known."""
    return {"required": True, "allow_none": True, "dump_default": None, **more}


def _listing(of: Any) -> fields.List:
    return fields.List(of, required=True)


def _objects() -> fields.List:
    return _listing(fields.Dict(keys=fields.String()))


class Level(Schema):
    id = fields.String(required=True)
    rank = fields.Integer(required=True, metadata={"description": "1 is the most urgent."})
    label = fields.String(required=True)
    within_min = fields.Integer(**_maybe())
    answer_within_min = fields.Integer(**_maybe())


class Companion(Schema):
    response = fields.String(required=True)
    because = fields.String(required=True)


class Assessment(Schema):
    """What `triage assess` prints; docs/rule-language.md explains every name."""

    outcome = fields.String(required=True, validate=validate.OneOf(["decided", "ask_more", "not_scored"]))
    needed = fields.String(required=True)
    eligible = fields.String(required=True)
    response = fields.String(required=True)
    cause = fields.String(**_maybe())
    level = fields.Nested(Level, required=True)
    also = _listing(fields.Nested(Companion))
    excluded = _objects()
    points = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    settled = fields.Boolean(required=True)
    could_become = _listing(fields.String())
    ask_next = _objects()
    because = _objects()
    waiting = _objects()
    follow_ups = _objects()
    notices = _objects()
    rule_set = fields.String(required=True)
    version = fields.String(required=True)
    sha256 = fields.String(required=True)
    vocabulary_sha256 = fields.String(required=True)
    engine = fields.String(required=True)


class SlotOut(Schema):
    id = fields.UUID(required=True)
    role = fields.String(required=True)
    state = fields.Enum(SlotState, by_value=True, required=True)
    responder = fields.String(**_maybe(attribute="responder.name"))
    team = fields.String(**_maybe(attribute="team.name"))
    unit = fields.String(**_maybe())
    eta_at = fields.AwareDateTime(**_maybe())


class DispatchOut(Schema):
    id = fields.UUID(required=True)
    response = fields.String(required=True)
    state = fields.Enum(DispatchState, by_value=True, required=True)
    slots = _listing(fields.Nested(SlotOut))


class MessageOut(Schema):
    id = fields.UUID(required=True)
    to_role = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.Enum(MessageState, by_value=True, required=True)
    queued_at = fields.AwareDateTime(required=True, attribute="created_at")
    sent_at = fields.AwareDateTime(**_maybe())


class FollowUpOut(Schema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    due_at = fields.AwareDateTime(required=True)
    state = fields.Enum(FollowUpState, by_value=True, required=True)


class EventOut(Schema):
    at = fields.AwareDateTime(required=True)
    event = fields.String(required=True)
    by = fields.String(required=True)
    sentence = fields.String(required=True)


class CallOut(Schema):
    """A call with all that was done about it."""

    reference = fields.String(required=True, attribute="call.reference")
    state = fields.Enum(CallState, by_value=True, required=True, attribute="call.state")
    received_at = fields.AwareDateTime(required=True, attribute="call.received_at")
    external_id = fields.String(**_maybe(attribute="call.external_id"))
    assessment = AsIs(Assessment, **_maybe())
    dispatches = _listing(fields.Nested(DispatchOut))
    messages = _listing(fields.Nested(MessageOut))
    follow_ups = _listing(fields.Nested(FollowUpOut))
    timeline = _listing(fields.Nested(EventOut))


class Fault(Schema):
    path = fields.String(required=True, metadata={"description": "Such as facts.weapon."})
    message = fields.String(required=True)


class ProblemOut(Schema):
    """Problem details (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "The problem in one word."})
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(Fault))

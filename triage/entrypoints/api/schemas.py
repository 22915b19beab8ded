"""The shapes of the API: one schema checks or writes a body, and stands in the OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from marshmallow import (
    INCLUDE,
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates_schema,
)

from triage.domain.call_reading import NARRATIVE_LENGTH
from triage.domain.codes import DIFFERENCES
from triage.domain.decision import Route
from triage.domain.errors import Problem
from triage.domain.hints import did_you_mean
from triage.domain.lifecycle import CallState, DispatchState, FollowUpState, MessageState, SlotState
from triage.domain.people_of_call import (
    CALL_BACK,
    RELATIONS,
    THIRD_PARTIES,
    People,
    Subject,
    ThirdParty,
)
from triage.domain.transfers import REFUSALS, TransferState
from triage.entrypoints.api.values import NULL, AsIs, Degrees, Instant, Line, Messages, Text, Word

OUTCOMES = ("decided", "ask_more", "not_scored")
_LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}"
_TAG = "is a language tag such as es or es-MX"


def _names(about: str) -> fields.Dict:
    wrong: Messages = {"invalid": "are an object of names and values", "null": NULL}
    return fields.Dict(keys=fields.String(), error_messages=wrong, metadata={"description": about})


def _code(known: Mapping[str, str], about: str) -> Word:
    return Word("|".join(known), f"is one of {', '.join(known)}", about)


def _flag(about: str) -> fields.Boolean:
    wrong: Messages = {"invalid": "is true or false", "null": NULL}
    return fields.Boolean(
        truthy={True}, falsy={False}, error_messages=wrong, metadata={"description": about}
    )


class Body(Schema):
    """A request's body: unknown names are errors, with a guess at what was meant."""

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
    narrative = Text(NARRATIVE_LENGTH, "What happens, in the caller's words.")
    situation = _names("What the center's systems supply: teams away, travel times, weather.")


_SUBJECT = ("name", "about", "age", "language", "interpreter")
_THIRD_PARTY = ("name", "phone", "relation", "with_them")


def _taken(data: dict[str, Any], whose: str, names: tuple[str, ...]) -> dict[str, Any]:
    """What a body says of somebody, whose names begin alike."""
    return {name: data.pop(f"{whose}_{name}") for name in names if f"{whose}_{name}" in data}


class NewCallBody(CaseBody):
    """A call as it comes in. One of narrative and facts is needed."""

    caller_phone = Line(60, "To call back, with + or as dialled locally; else kept as said.")
    caller_name = Line(120, "As the caller gave it.")
    location = Text(500, "The place as the caller said it; kept and sent so.")
    zone = Line(40, "The center's zone; without it the gazetteer looks the place up.")
    latitude = Degrees(90, "WGS 84; with longitude.")
    longitude = Degrees(180, "WGS 84; with latitude.")
    language = Word(_LANGUAGE, _TAG, "The caller's, as BCP 47 tag.")
    caller_relation = _code(RELATIONS, "What the caller is to the person in crisis.")
    caller_interpreter = _flag("The caller needs an interpreter.")
    call_back = fields.List(
        _code(CALL_BACK, "One way; `never` stands alone."),
        validate=validate.Length(max=len(CALL_BACK)),
        error_messages={"null": NULL, "invalid": "is a list"},
        metadata={"description": "How the caller may safely be contacted."},
    )
    subject_name = Line(200, "The person in crisis, if told.")
    subject_about = Line(500, "How to recognize them.")
    subject_age = Word("[a-z0-9_]{1,40}", "is an answer to age_band", "As `age_band` is answered.")
    subject_language = Word(_LANGUAGE, _TAG, "Of the person in crisis, as BCP 47 tag.")
    subject_interpreter = _flag("The person in crisis needs an interpreter.")
    third_party_name = Line(200, "Somebody else who is with them or can help.")
    third_party_phone = Line(60, "Their number, with + or as dialled locally.")
    third_party_relation = _code(THIRD_PARTIES, "What they are to the person in crisis.")
    third_party_with_them = _flag("They are with the person in crisis now.")
    received_at = Instant(
        error_messages={"null": NULL}, metadata={"description": "When the call came in."}
    )
    external_id = Line(64, "The CAD's own number.")
    rule_set = Word(
        r"[a-z0-9-]{1,64}", "is the name of a rule set", "Another rule set than the center's."
    )

    @post_load
    def _people(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Whoever has to do with the call stands together."""
        data["people"] = People(
            relation=data.pop("caller_relation", None),
            interpreter=data.pop("caller_interpreter", False),
            call_back=tuple(data.pop("call_back", ())),
            subject=Subject(**_taken(data, "subject", _SUBJECT)),
            third_party=ThirdParty(**_taken(data, "third_party", _THIRD_PARTY)),
        )
        return data

    @validates_schema
    def _is_whole(self, data: Mapping[str, Any], **_: object) -> None:
        for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
            if one in data and other not in data:
                raise ValidationError(f"is needed beside {one}", other)


class Answer(Schema):
    """What we answer. Later releases add names; readers pass over what they do not know."""

    class Meta:
        unknown = INCLUDE


def _maybe(**more: Any) -> dict[str, Any]:
    """There always, null where nothing is known."""
    return {"required": True, "allow_none": True, "dump_default": None, **more}


def _listing(of: Any) -> fields.List[Any]:
    return fields.List(of, required=True)


def _objects() -> fields.List[Any]:
    return _listing(fields.Dict(keys=fields.String()))


class Level(Answer):
    id = fields.String(required=True)
    rank = fields.Integer(required=True, metadata={"description": "1 is the most urgent."})
    label = fields.String(required=True)
    within_min = fields.Integer(**_maybe())
    answer_within_min = fields.Integer(**_maybe())


class Companion(Answer):
    response = fields.String(required=True)
    because = fields.String(required=True)


class Assessment(Answer):
    """What `triage assess` prints; docs/rule-language.md explains every name."""

    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
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
    route = fields.String(
        validate=validate.OneOf(get_args(Route)),
        metadata={"description": "What chose the eligible response."},
    )
    by_points = fields.Dict(
        keys=fields.String(),
        allow_none=True,
        metadata={"description": "response, points, threshold, where points chose."},
    )
    because = fields.List(
        fields.Dict(keys=fields.String()),
        required=True,
        metadata={"description": "Those that decided first; `decided` tells them apart."},
    )
    waiting = _objects()
    follow_ups = _objects()
    notices = _objects()
    rule_set = fields.String(required=True)
    version = fields.String(required=True)
    sha256 = fields.String(required=True)
    vocabulary_sha256 = fields.String(required=True)
    engine = fields.String(required=True)
    ask = fields.Dict(keys=fields.String(), allow_none=True)
    conflicts = fields.List(fields.Dict(keys=fields.String()))
    unseen = fields.List(fields.Dict(keys=fields.String()))
    police_because_unknown = fields.Boolean()
    person_must_act = fields.Boolean()


class SlotOut(Answer):
    id = fields.UUID(required=True)
    role = fields.String(required=True)
    state = fields.Enum(SlotState, by_value=True, required=True)
    responder = fields.String(**_maybe(attribute="responder.name"))
    team = fields.String(**_maybe(attribute="team.name"))
    unit = fields.String(**_maybe())
    eta_at = fields.AwareDateTime(**_maybe())
    replaces = fields.UUID(
        **_maybe(
            attribute="replaces_id",
            metadata={"description": "The slot whose team this one takes over from, or is to."},
        )
    )
    relief_asked_at = fields.AwareDateTime(
        **_maybe(metadata={"description": "While the team that has it waits to be relieved."})
    )


class TransferOut(Answer):
    """How far a caller is handed over to a telephone line: the newest try."""

    state = fields.Enum(TransferState, by_value=True, required=True)
    line = fields.String(
        **_maybe(metadata={"description": "Which line, if not the response's usual one."})
    )
    due_at = fields.AwareDateTime(
        **_maybe(metadata={"description": "When this step has lasted too long."})
    )
    offered_at = fields.AwareDateTime(required=True, attribute="created_at")
    ringing_at = fields.AwareDateTime(**_maybe())
    counselor_at = fields.AwareDateTime(**_maybe())
    released_at = fields.AwareDateTime(**_maybe())
    ended_at = fields.AwareDateTime(
        **_maybe(metadata={"description": "When it was refused, not answered, dropped ..."})
    )
    refusal = fields.String(**_maybe(validate=validate.OneOf(tuple(REFUSALS))))


class DispatchOut(Answer):
    id = fields.UUID(required=True)
    response = fields.String(required=True)
    state = fields.Enum(DispatchState, by_value=True, required=True)
    cause = fields.String(
        **_maybe(metadata={"description": "Why nobody is left to ask, while nobody is."})
    )
    slots = _listing(fields.Nested(SlotOut))
    transfer = fields.Nested(
        TransferOut,
        **_maybe(metadata={"description": "Of a response that is given by telephone."}),
    )


class SentOut(Answer):
    """Who comes or came, and why that is not what the assessment recommends."""

    responses = _listing(fields.String())
    cause = fields.String(**_maybe(validate=validate.OneOf(DIFFERENCES)))


class MessageOut(Answer):
    id = fields.UUID(required=True)
    to_role = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.Enum(MessageState, by_value=True, required=True)
    queued_at = fields.AwareDateTime(required=True, attribute="created_at")
    sent_at = fields.AwareDateTime(**_maybe())


class FollowUpOut(Answer):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    due_at = fields.AwareDateTime(required=True)
    state = fields.Enum(FollowUpState, by_value=True, required=True)


class EventOut(Answer):
    at = fields.AwareDateTime(required=True)
    event = fields.String(required=True)
    by = fields.String(required=True)
    sentence = fields.String(required=True)


class CallOut(Answer):
    """A call with all that was done about it. What `unreadable` names is lost, not unsaid."""

    reference = fields.String(required=True, attribute="call.reference")
    code = fields.String(
        required=True,
        attribute="call.code",
        metadata={"description": "What teams type; another call has it once this one is closed."},
    )
    state = fields.Enum(CallState, by_value=True, required=True, attribute="call.state")
    received_at = fields.AwareDateTime(required=True, attribute="call.received_at")
    external_id = fields.String(**_maybe(attribute="call.external_id"))
    location = fields.String(
        **_maybe(
            attribute="call.location",
            metadata={"description": "The place as the caller said it, never rewritten."},
        )
    )
    zone = fields.String(**_maybe(attribute="call.zone"))
    assessment = AsIs(Assessment, **_maybe())
    dispatches = _listing(fields.Nested(DispatchOut))
    sent = fields.Nested(SentOut, required=True)
    messages = _listing(fields.Nested(MessageOut))
    follow_ups = _listing(fields.Nested(FollowUpOut))
    timeline = _listing(fields.Nested(EventOut))
    unreadable = _listing(fields.String())


class Fault(Answer):
    path = fields.String(required=True, metadata={"description": "Such as facts.weapon."})
    message = fields.String(required=True)


class ProblemOut(Answer):
    """Problem details (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(metadata={"description": "The problem in one word; none for an address."})
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(Fault))

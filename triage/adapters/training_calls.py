"""config/training_calls.toml: the scripted calls of `triage train`, checked as a whole."""

import tomllib

from marshmallow import Schema, ValidationError, fields, validate

from triage.domain.errors import InvalidCall
from triage.domain.facts import Vocabulary
from triage.domain.training import Told, TrainingCall

_SHORT, _LONG = validate.Length(1, 120), validate.Length(1, 600)


class _Answer(Schema):
    is_ = fields.String(data_key="is", required=True, validate=_SHORT)
    says = fields.String(required=True, validate=_LONG)


class _Call(Schema):
    id = fields.String(required=True, validate=validate.Regexp(r"^[a-z0-9-]{1,40}$"))
    title = fields.String(required=True, validate=_SHORT)
    number = fields.String(required=True, validate=_SHORT)
    place = fields.String(required=True, validate=_SHORT)
    opens = fields.String(required=True, validate=_LONG)
    teaches = fields.String(required=True, validate=_LONG)
    answers = fields.Dict(fields.String(), fields.Nested(_Answer), required=True)


class _File(Schema):
    call = fields.List(fields.Nested(_Call), required=True, validate=validate.Length(1, 200))


def read_training_calls(text: str, vocabulary: Vocabulary) -> dict[str, TrainingCall]:
    """The calls by id. Raises ValueError saying everything that is wrong."""
    try:
        written = _File().load(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error)) from None
    except ValidationError as error:
        raise ValueError(str(error.messages)) from None
    calls: dict[str, TrainingCall] = {}
    wrong: list[str] = []
    for one in written["call"]:
        answers = {fact: Told(it["is_"], it["says"]) for fact, it in one.pop("answers").items()}
        call = TrainingCall(**one, answers=answers)
        if call.id in calls or call.number in {known.number for known in calls.values()}:
            wrong.append(f"{call.id}: its id or number is another call's, too")
        try:
            vocabulary.read_call({"facts": call.facts})
        except InvalidCall as error:
            wrong += [f"{call.id}: {problem}" for problem in error.problems]
        calls[call.id] = call
    if wrong:
        raise ValueError("; ".join(wrong))
    return calls

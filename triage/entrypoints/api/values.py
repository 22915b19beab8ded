"""The kinds of values in the API's bodies: strict, with messages for whoever sends them."""

import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

NULL = "has no value: leave the field out where nothing is known"
Messages = dict[str, str | list[Any] | dict[Any, Any]]

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Text(fields.String):
    """A text of limited length, kept as it is."""

    def __init__(self, longest: int, about: str, **more: Any) -> None:
        message = f"at most {longest:,} characters"
        length = validate.Length(max=longest, error=message)
        wrong: Messages = {"invalid": "is a text", "null": NULL}
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


class Word(Line):
    """A text of one form, such as a code."""

    def __init__(self, pattern: str, what: str, about: str) -> None:
        super().__init__(100, about)
        self.validators.append(validate.Regexp(rf"^({pattern})$", error=what))


class Degrees(fields.Float):
    """A JSON number, finite: neither a text nor true."""

    def __init__(self, limit: int, about: str) -> None:
        what = f"is a number between -{limit} and {limit}"
        super().__init__(
            validate=validate.Range(-limit, limit, error=what),
            error_messages={"invalid": what, "special": what, "too_large": what, "null": NULL},
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
        if instant < _EARLIEST or instant.year > 9000:
            raise ValidationError("lies before the year 2000 or beyond the calendar")
        return instant.astimezone(UTC)


class AsIs(fields.Nested):
    """Described by a schema, written as it stands: the engine's own JSON."""

    def _serialize(  # type: ignore[override]  # marshmallow's own classes differ in it
        self, nested_obj: Any, attr: Any, obj: Any, **kwargs: Any
    ) -> Any:
        return nested_obj

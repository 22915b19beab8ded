"""From the bytes of a request to plain JSON values: strict, bounded, every fault named."""

from collections.abc import Iterator
from typing import Any

from flask import request

from triage.domain.answer_reading import shown
from triage.domain.call_reading import decode_call
from triage.domain.errors import InvalidCall, Problem
from triage.domain.upright import all_upright
from triage.entrypoints.api.problems import ApiProblem

DEPTH = 12
NAMES = 200
"""Most names of one object and items of one list: more than all facts of the vocabulary."""
VALUES = 5_000

_BOM = b"\xef\xbb\xbf"


def read_json() -> dict[str, Any]:
    """The JSON object of the request's body, without marks that turn a text round.

    Raises ApiProblem for what is not JSON as we take it, InvalidCall for text that no
    database can keep, RequestEntityTooLarge for a body above the limit.
    """
    _check_media_type()
    data = request.get_data(cache=False)
    if data.startswith(_BOM):
        raise ApiProblem("not_json", "The body begins with a byte order mark: send it without.")
    try:
        raw = decode_call(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        detail = f"The body is not UTF-8: byte {error.start + 1} cannot be read."
        raise ApiProblem("not_json", detail) from None
    except InvalidCall as error:
        raise ApiProblem("not_json", f"{error}."[:1].upper() + f"{error}."[1:]) from None
    if not isinstance(raw, dict):
        raise ApiProblem(
            "not_json", f"The body is an object of names and values, not {shown(raw)}."
        )
    _check_size(raw)
    if wrong := list(_unkeepable("", raw)):
        raise InvalidCall(wrong)
    return {name: all_upright(one) for name, one in raw.items()}


def _check_media_type() -> None:
    params = request.mimetype_params
    plain = not params or {k: v.lower() for k, v in params.items()} == {"charset": "utf-8"}
    if request.mimetype != "application/json" or not plain:
        raise ApiProblem("wrong_media_type", "Send Content-Type: application/json, in UTF-8.")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise ApiProblem("wrong_media_type", "Send the body as it is, without Content-Encoding.")


def _check_size(raw: Any) -> None:
    """Refuse what is nested or packed beyond any call, before anything else walks it."""
    level, seen = [raw], 0
    for _ in range(DEPTH):
        level = [child for one in level for child in _children(one)]
        seen += len(level)
        if not level:
            return
        if seen > VALUES:
            raise ApiProblem("too_large", f"The body has more than {VALUES:,} values.")
    raise ApiProblem("not_json", f"The body is nested more than {DEPTH} deep.")


def _children(value: Any) -> list[Any]:
    if not isinstance(value, dict | list):
        return []
    if len(value) > NAMES:
        raise ApiProblem("too_large", f"An object or list in the body has more than {NAMES} parts.")
    return list(value.values() if isinstance(value, dict) else value)


def _unkeepable(path: str, value: Any) -> Iterator[Problem]:
    """Text that databases refuse: NUL characters and halves of characters."""
    if isinstance(value, str):
        if "\0" in value:
            yield Problem(path, "the text contains a NUL character")
        elif any("\ud800" <= sign <= "\udfff" for sign in value):
            yield Problem(path, "the text contains half a character (a lone surrogate)")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _unkeepable(f"{path}[{place}]", one)
    elif isinstance(value, dict):
        for name, one in value.items():
            where = f"{path}.{name[:40]}".lstrip(".")
            if name.isprintable():
                yield from _unkeepable(where, one)
            else:
                yield Problem(ascii(where)[1:-1], "a name has printable characters only")

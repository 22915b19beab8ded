"""What a person typed into a form of ours, made fit to be kept."""

from collections.abc import Mapping, Sequence

from flask import request

from triage.domain.errors import Refused
from triage.domain.upright import upright
from triage.domain.words import msgid

NOT_KEPT = {"csrf_token", "form_key", "action"}
LINE = 500
TEXT = 4000
_NOTHING = str.maketrans("", "", "\0" + "".join(map(chr, range(0xD800, 0xE000))))


def clean(text: str) -> str:
    """The text without what no database and no screen can keep: NUL and half characters, and marks
    that nobody sees but that turn it round."""
    return upright(text.translate(_NOTHING))


def fields() -> dict[str, list[str]]:
    """Every field of the form that was sent, with all its values, as typed."""
    return {
        name: [clean(value) for value in values]
        for name, values in request.form.lists()
        if name not in NOT_KEPT
    }


def was_cleaned() -> bool:
    """Did the form hold something that could not be kept? Of marks nobody is told."""
    return any(value.translate(_NOTHING) != value for value in request.form.values())


def again() -> dict[str, str]:
    """The form that was sent, for a page that shows it again."""
    return {name: clean(value) for name, value in request.form.items()}


def one(typed: Mapping[str, Sequence[str]], name: str) -> str:
    """The first value of a field, on one line."""
    values = typed.get(name)  # of most fields of a form there is none
    return " ".join(values[0].split()) if values else ""


def text(typed: Mapping[str, Sequence[str]], name: str) -> str:
    """The first value of a field, with its line breaks, each of which is one character."""
    return next(iter(typed.get(name, ())), "").replace("\r\n", "\n").strip()


def line(name: str) -> str:
    """A field of the form that was sent, on one line. Raises Refused where it is longer than any
    line of ours may be: nothing is cut off unseen."""
    return _whole(" ".join(clean(request.form.get(name, "")).split()), LINE, name)


def note(name: str) -> str:
    """A longer field of the form that was sent, likewise."""
    return _whole(text(fields(), name), TEXT, name)


def _whole(said: str, most: int, name: str) -> str:
    if len(said) > most:
        raise Refused(
            msgid(
                "This is too long by %(over)s characters; up to %(most)s can be kept.",
                over=len(said) - most,
                most=most,
            ),
            name,
        )
    return said

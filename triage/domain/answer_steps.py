"""The answers of a form one after the other, so that the last can be taken back."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypedDict

ANSWERS = ("facts.", "also.")
"""How the names of the fields begin that an undo goes back over."""
MOST = 60
"""Steps that are remembered."""

Fields = Mapping[str, Sequence[str]]


class Step(TypedDict):
    """One change of one answer."""

    name: str
    was: list[str]
    became: list[str]


def after(steps: Sequence[Step], old: Fields, new: Fields, spelled: Collection[str]) -> list[Step]:
    """The steps once a form has changed from `old` to `new`.

    spelled -- fields that are typed sign by sign: while one is being typed it is one step.
    """
    known = list(steps)
    names = [name for name in {**new, **old} if name.startswith(ANSWERS)]
    for name in names:
        was, became = _given(old, name), _given(new, name)
        if was == became:
            continue
        going_on = known and known[-1]["name"] == name and name in spelled
        if going_on:
            was = known.pop()["was"]
        if was != became:
            known.append(Step(name=name, was=was, became=became))
    return known[-MOST:]


def undone(fields: Fields, step: Step) -> dict[str, list[str]]:
    """The fields with this step taken back; an answer that was not there before is not asked."""
    others = {name: list(values) for name, values in fields.items() if name != step["name"]}
    return others | ({step["name"]: step["was"]} if step["was"] else {})


def _given(fields: Fields, name: str) -> list[str]:
    return [value for value in fields.get(name, ()) if value.strip()]

"""Reading an import map, and saying everything that is wrong with it at once."""

import codecs
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from triage.domain.errors import InvalidCall, TriageError
from triage.domain.facts import Vocabulary
from triage.domain.hints import did_you_mean
from triage.domain.imports import Columns, ImportMap, LeaveOut

_KEYS = ("name", "title", "time_zone", "nulls", "encoding", "delimiter", "columns", "answers")
_ALL = (*_KEYS, "leave_out")
_COLUMNS = ("received_at", "problem", "number", "disposition", "reopened", "arrived_at")


class ImportMapError(TriageError):
    """The file is not an import map."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("not an import map:\n" + "\n".join(f"  {one}" for one in problems))


def read_import_map(raw: Mapping[str, Any], vocabulary: Vocabulary) -> ImportMap:
    """The map in decoded TOML. Raises ImportMapError listing all that is wrong."""
    wrong = _shape(raw)
    if wrong:
        raise ImportMapError(wrong)
    try:
        zone = ZoneInfo(raw["time_zone"])
    except (ZoneInfoNotFoundError, ValueError):
        wrong.append(f"time_zone: there is no {raw['time_zone']}")
    wrong += _columns(raw["columns"])
    wrong += _answers(raw["answers"], raw["columns"], vocabulary)
    leave_out = _leave_out(raw.get("leave_out", {}), wrong)
    if wrong:
        raise ImportMapError(wrong)
    return ImportMap(
        name=raw["name"],
        title=raw["title"],
        time_zone=zone,
        columns=Columns(**raw["columns"]),
        answers=raw["answers"],
        leave_out=leave_out,
        nulls=frozenset({"", *(word.upper() for word in raw.get("nulls", []))}),
        encoding=raw.get("encoding", "utf-8"),
        delimiter=raw.get("delimiter", ","),
    )


def _shape(raw: Mapping[str, Any]) -> list[str]:
    wrong = [_unknown(name, _ALL) for name in raw if name not in _ALL]
    texts = (name for name in ("name", "title", "time_zone") if not _is_text(raw.get(name)))
    wrong += [f"{name}: a text is needed" for name in texts]
    tables = (name for name in ("columns", "answers") if not isinstance(raw.get(name), dict))
    wrong += [f"{name}: a table is needed" for name in tables]
    if not _are_texts(raw.get("nulls", [])):
        wrong.append("nulls: a list of texts")
    if not _is_text(delimiter := raw.get("delimiter", ",")) or len(delimiter) != 1:
        wrong.append("delimiter: one character")
    try:
        codecs.lookup(raw.get("encoding", "utf-8"))
    except (LookupError, TypeError):
        wrong.append(f"encoding: there is no {raw.get('encoding')}")
    return wrong


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _columns(raw: Mapping[str, Any]) -> list[str]:
    wrong = [f"columns.{_unknown(name, _COLUMNS)}" for name in raw if name not in _COLUMNS]
    needed = (name for name in _COLUMNS[:2] if name not in raw)
    wrong += [f"columns.{name}: the column's name is needed" for name in needed]
    return wrong + [f"columns.{n}: a text" for n, to in raw.items() if not _is_text(to)]


def _answers(raw: Mapping[str, Any], columns: Mapping[str, Any], known: Vocabulary) -> list[str]:
    wrong = []
    if columns.get("problem") not in raw:
        wrong.append("answers: say which problem types concern this service, and what they state")
    for column, words in raw.items():
        if not isinstance(words, dict):
            wrong.append(f"answers.{column}: a table of cells and what they state")
            continue
        for cell, facts in words.items():
            try:
                known.read_call({"facts": facts})
            except InvalidCall as error:
                wrong += [f'answers.{column}."{cell}": {problem}' for problem in error.problems]
    return wrong


def _leave_out(raw: Any, wrong: list[str]) -> tuple[LeaveOut, ...]:
    rules = []
    if not isinstance(raw, dict):
        wrong.append("leave_out: a table of reasons")
        return ()
    for reason, lists in raw.items():
        sound = isinstance(lists, dict) and all(_are_texts(texts) for texts in lists.values())
        if not sound or not {"problem", "disposition"} >= lists.keys():
            wrong.append(f"leave_out.{reason}: lists of texts called problem and disposition")
            continue
        problems, codes = lists.get("problem", ()), lists.get("disposition", ())
        rules.append(LeaveOut(reason, frozenset(problems), frozenset(codes)))
    return tuple(rules)


def _unknown(name: str, known: tuple[str, ...]) -> str:
    hint = did_you_mean(name, known)
    return f"{name}: there is no such key{f' ({hint})' if hint else ''}"

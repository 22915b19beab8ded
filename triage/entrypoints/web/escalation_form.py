"""The form in which a supervisor writes an escalation policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from werkzeug.exceptions import NotFound

from triage.domain.errors import Problem
from triage.domain.escalation import (
    LONGEST_WAIT_S,
    MOST_STEPS,
    MOST_TIMES,
    OF_THE_SETTINGS,
    Channel,
    EscalationPolicy,
    Who,
    as_rows,
    read_policy,
)
from triage.domain.timing import lasting, read_lasting
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.escalation_reach import Where

PARTS = ("who", "channel", "wait", "times", "every")

ALL = "*"
"""Every response: in the form, where nothing is what was not chosen yet."""


@dataclass(frozen=True)
class Form:
    """The form as it was typed, with what is wrong with it."""

    fields: Mapping[str, str]
    rows: int
    errors: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return self.fields.get(name, "")


def as_typed() -> Form:
    fields = {name: typed.clean(value).strip() for name, value in request.form.items()}
    rows = fields.get("rows", "")
    return Form(fields, int(rows) if rows in map(str, range(1, MOST_STEPS + 1)) else 6)


def filled_in(policy: EscalationPolicy, where: Where | None) -> Form:
    fields = {"name": policy.name, "repeat": lasting(policy.repeat_s)}
    for name, _, _ in OF_THE_SETTINGS:
        fields[name] = str(getattr(policy, name) or "")
    if where is not None:
        fields |= {"response": where[0] or ALL, "level_rank": str(where[1])}
    for number, row in enumerate(as_rows(policy), 1):
        wait = "" if row["wait_s"] is None else lasting(row["wait_s"])
        values = (row["who"], row["channel"], wait, str(row["times"]), lasting(row["every_s"]))
        fields |= {f"{part}_{number}": v for part, v in zip(PARTS, values, strict=True)}
    return Form(fields, min(len(policy.steps) + 2, MOST_STEPS))


def read(form: Form) -> tuple[EscalationPolicy, list[Problem]]:
    """The policy as far as it can be read, and why no more of it. What else is wrong with it is
    for `problems` to say."""
    wrong: list[Problem] = []
    steps = _steps(form, wrong)
    repeat_s = _time(form, "repeat", wrong)
    further = (_optional(form, name, told, wrong) for name, told, _ in OF_THE_SETTINGS)
    return read_policy(form.value("name"), steps, repeat_s, *further)[0], wrong


def _steps(form: Form, wrong: list[Problem]) -> list[dict[str, Any]]:
    """The rows that say who; `steps.N` of a problem is the N-th row of these."""
    steps: list[dict[str, Any]] = []
    for number in range(1, form.rows + 1):
        who = form.value(f"who_{number}")
        if not who:
            continue
        if who not in set(Who) or form.value(f"channel_{number}") not in set(Channel):
            wrong.append(Problem(f"who_{number}", msgid("Choose who, and how.")))
            continue
        half = who == Who.SAME and not form.value(f"wait_{number}")
        steps.append(
            {
                "who": who,
                "channel": form.value(f"channel_{number}"),
                "wait_s": None if half else _time(form, f"wait_{number}", wrong),
                "times": _times(form, number, wrong),
                "every_s": _time(form, f"every_{number}", wrong),
            }
        )
    return steps


def _time(form: Form, name: str, wrong: list[Problem]) -> int:
    """Seconds. Nothing is none."""
    hours = LONGEST_WAIT_S // 3600
    if (found := read_lasting(form.value(name) or "0")) is None:
        wrong.append(
            Problem(
                name, msgid("Write 1:30, 2 min, 90 s or 1 h, %(hours)s hours at most.", hours=hours)
            )
        )
    elif found > LONGEST_WAIT_S:
        wrong.append(Problem(name, msgid("At most %(hours)s hours.", hours=hours)))
    else:
        return found
    return 0


def _times(form: Form, number: int, wrong: list[Problem]) -> int:
    least = 0 if form.value(f"who_{number}") == Who.NEXT_TEAM else 1
    told = msgid("Write a whole number, %(least)s to %(most)s.", least=least, most=MOST_TIMES)
    return _whole(form, f"times_{number}", told, wrong) or 0


def _optional(form: Form, name: str, told: str, wrong: list[Problem]) -> int | None:
    return _whole(form, name, told, wrong) if form.value(name) else None


def _whole(form: Form, name: str, told: str, wrong: list[Problem]) -> int | None:
    """told -- what to write instead."""
    written = form.value(name) or "0"
    if not (written.isascii() and written.isdigit() and len(written) < 6):
        wrong.append(Problem(name, told))
        return None
    return int(written)


def named(problems: Sequence[Problem]) -> dict[str, str]:
    """Each sentence by the field beside which it stands."""
    form = as_typed()
    rows = [n for n in range(1, form.rows + 1) if form.value(f"who_{n}")]
    names = {"repeat_s": "repeat", "steps": f"who_{rows[0] if rows else 1}"}
    parts = {"wait_s": "wait", "every_s": "every"}
    errors: dict[str, str] = {}
    for problem in problems:
        name = names.get(problem.path, problem.path)
        if problem.path.startswith("steps."):
            _, number, part = problem.path.split(".")
            name = f"{parts.get(part, part)}_{rows[int(number) - 1]}"
        step = name.rpartition("_")[2]
        said = msgid("Step %(number)s: %(what)s", number=step, what=problem.message)
        errors.setdefault(name, said if step.isdigit() else problem.message)
    return errors


def where(fields: Mapping[str, str]) -> Where:
    rank = fields.get("level_rank") or "0"
    if rank not in set("0123456789"):
        raise NotFound
    response = fields.get("response", "")
    return "" if response == ALL else response, int(rank)


def not_chosen(form: Form) -> list[Problem]:
    wrong = []
    if not form.value("response"):
        wrong.append(Problem("response", msgid("Choose for which response, or every response.")))
    if not form.value("level_rank"):
        wrong.append(Problem("level_rank", msgid("Choose for which level, or every level.")))
    return wrong

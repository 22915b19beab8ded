"""config/settings.toml: what a centre has decided for itself, read and checked as a whole."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import Schema, ValidationError, fields, validate

from triage.domain.handover_texts import BLANKS, HandoverText
from triage.domain.policy import Neighbour, Policy
from triage.domain.wall_clock import WEEKDAYS
from triage.domain.words import Words

_CALLS_IN_A_LEASE = 3
"""To the provider: asking for an earlier copy, sending, and as long again to write it down."""
_LEAST_DAYS = 90


def _number(smallest: float, largest: float) -> fields.Float:
    return fields.Float(required=True, validate=validate.Range(smallest, largest))


def _whole(smallest: int, largest: int) -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(smallest, largest))


def _lasts(days: int) -> None:
    """Codes rest for 30 days, and what is asked of the last weeks is still to be there."""
    if 0 < days < _LEAST_DAYS:
        raise ValidationError(f"0 for ever, or at least {_LEAST_DAYS} days")


_SECTIONS: dict[str, dict[str, fields.Field[Any]]] = {
    "centre": {
        "name": fields.String(required=True, validate=validate.Length(1, 80)),
        "time_zone": fields.String(required=True),
        "country": fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}$")),
        "rule_set": fields.String(required=True),
        "gazetteer": fields.String(required=True),
        "zones": fields.String(load_default=""),
        "tiles": fields.String(
            load_default="",
            validate=validate.Regexp(
                r"^(https://[^/\s;,'\"]+/\S*\{z\}\S*\{x\}\S*\{y\}\S*)?$",
                error="write https://HOST/.../{z}/{x}/{y}.png, or nothing",
            ),
        ),
        "partner_line": fields.String(required=True, validate=validate.Length(1, 60)),
        "partner_line_es": fields.String(load_default="", validate=validate.Length(0, 60)),
    },
    "paging": {
        "hand_over_red_s": _whole(5, 3600),
        "transfer_answer_s": _whole(10, 600),
        "transfer_release_s": _whole(30, 3600),
        "provider_timeout_s": _number(0.5, 10),
        "lease_s": _whole(1, 120),
        "look_every_s": _number(0.05, 5),
        "page_valid_s": _whole(30, 36000),
        "other_valid_s": _whole(60, 36000),
        "give_up_after": _whole(1, 20),
        "senders": _whole(1, 64),
        "later_texts_per_s": _whole(1, 1000),
        "polite_replies_per_hour": _whole(0, 60),
        "stranger_replies_per_hour": _whole(0, 1000),
        "call_back_min": fields.List(
            fields.Integer(strict=True, validate=validate.Range(1, 1440)),
            required=True,
            validate=validate.Length(1, 9),
        ),
        "divert_ranks": _whole(1, 9),
        "ring_back_min": fields.List(
            fields.Integer(strict=True, validate=validate.Range(0, 1440)),
            required=True,
            validate=validate.Length(1, 9),
        ),
    },
    "watch": {"backup_max_min": _whole(0, 10080)},
    "reach": {
        "ask_before_shift_min": _whole(15, 600),
        "answer_before_shift_min": _whole(0, 14),
        "test_day": fields.String(required=True, validate=validate.OneOf([*WEEKDAYS, "never"])),
        "test_time": fields.String(
            required=True, validate=validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$")
        ),
    },
    "safety": {
        "ring_again_s": _whole(15, 300),
        "check_en_route_min": _whole(5, 240),
        "check_staged_min": _whole(5, 240),
        "check_on_scene_min": _whole(5, 240),
        "check_transporting_min": _whole(5, 240),
        "check_answer_s": _whole(30, 900),
        "pin_tries": _whole(3, 10),
        "pin_rest_min": _whole(1, 120),
    },
    "follow_up": {
        "desk_phone": fields.String(
            load_default=None, validate=validate.Regexp(r"^\+[1-9]\d{7,14}$")
        ),
        "remind_again_h": _whole(1, 168),
        "partner_answer_h": fields.Integer(
            strict=True, load_default=24, validate=validate.Range(1, 168)
        ),
        "not_reached_again_h": fields.List(
            fields.Integer(strict=True, validate=validate.Range(1, 720)),
            load_default=lambda: [26, 22],
            validate=validate.Length(0, 9),
        ),
    },
    "sign_in": {
        "hours": _whole(1, 24),
        "idle_min": _whole(5, 1440),
        "tries": _whole(3, 20),
        "rest_min": _whole(1, 120),
        "password_min_length": _whole(12, 64),
    },
    "call": {"opening_min": _whole(1, 240), "narrative_max": _whole(1000, 20000)},
    "questions": {
        "order_by_history": fields.Boolean(required=True, truthy={True}, falsy={False}),
        "history_least_calls": _whole(50, 5000),
    },
    "retention": {
        "words_days": fields.Integer(
            strict=True,
            load_default=0,
            validate=[validate.Range(0, 36500), _lasts],
        )
    },
}

_NEIGHBOUR: dict[str, fields.Field[Any]] = {
    "name": fields.String(required=True, validate=validate.Length(1, 80)),
    "phone": fields.String(required=True, validate=validate.Regexp(r"^\+[1-9]\d{7,14}$")),
    "zones": fields.List(fields.String(validate=validate.Length(1, 80)), load_default=list),
}

_HANDOVER: dict[str, fields.Field[Any]] = {
    "name": fields.String(required=True, validate=validate.Length(1, 40)),
    "text": fields.String(required=True, validate=validate.Length(1, 2000)),
}


def check_policy_file(file: Path, wrong: list[str]) -> dict[str, Any]:
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        wrong.append(f"{file}: cannot be read: {error}")
        return {}
    schema = Schema.from_dict(
        {
            section: fields.Nested(Schema.from_dict(parts), **_missing(section))
            for section, parts in _SECTIONS.items()
        }
        | {
            "neighbours": fields.List(
                fields.Nested(Schema.from_dict(_NEIGHBOUR)), load_default=list
            ),
            "handovers": fields.List(fields.Nested(Schema.from_dict(_HANDOVER)), load_default=list),
        }
    )
    try:
        values: dict[str, Any] = schema().load(written)
    except ValidationError as error:
        wrong.extend(lines_of(error.messages_dict, file.name + " "))
        return {}
    paging = values["paging"]
    if paging["lease_s"] < _CALLS_IN_A_LEASE * paging["provider_timeout_s"]:
        wrong.append(
            f"{file.name} paging.lease_s: write at least {_CALLS_IN_A_LEASE} times"
            " provider_timeout_s, or a text is taken for lost while it is being sent"
        )
    wrong.extend(
        f"{file.name} handovers: {one['name']}: nothing fills {{{blank}}};"
        f" known are {', '.join(BLANKS)}"
        for one in values["handovers"]
        for blank in HandoverText(**one).unknown
    )
    gazetteer = file.parent / values["centre"]["gazetteer"]
    if not gazetteer.is_file():
        wrong.append(f"{file.name} centre.gazetteer: there is no file {gazetteer}")
    try:
        ZoneInfo(values["centre"]["time_zone"])
    except (ZoneInfoNotFoundError, ValueError):
        why = "no such time zone" if _knows_time_zones() else _NO_TIME_ZONES
        wrong.append(f"{file.name} centre.time_zone: {why}")
        return {}
    return values


def _knows_time_zones() -> bool:
    try:
        return bool(ZoneInfo("UTC"))
    except ZoneInfoNotFoundError:
        return False


_NO_TIME_ZONES = (
    "this machine has no list of time zones: install tzdata, Debian's package or Python's"
)


def _missing(section: str) -> dict[str, Any]:
    """Files that were written before there was a section of this name still hold."""
    return (
        {"load_default": lambda: {"words_days": 0}}
        if section == "retention"
        else {"required": True}
    )


def lines_of(messages: Mapping[Any, Any], prefix: str = "") -> list[str]:
    lines = []
    for name, why in messages.items():
        if isinstance(why, Mapping):
            lines += lines_of(why, f"{prefix}{name}.")
        else:
            lines.append(f"{prefix}{name}: {'; '.join(why)}")
    return lines


def policy_of(values: Mapping[str, Any]) -> Policy:
    centre, sign_in = values["centre"], values["sign_in"]
    return Policy(
        centre_name=centre["name"],
        time_zone=ZoneInfo(centre["time_zone"]),
        country=centre["country"],
        rule_set=centre["rule_set"],
        partner_line=Words((("en", centre["partner_line"]), ("es", centre["partner_line_es"]))),
        neighbours=tuple(
            Neighbour(one["name"], one["phone"], tuple(one["zones"]))
            for one in values["neighbours"]
        ),
        handovers=tuple(HandoverText(**one) for one in values["handovers"]),
        session_hours=sign_in["hours"],
        idle_min=sign_in["idle_min"],
        sign_in_tries=sign_in["tries"],
        sign_in_rest_min=sign_in["rest_min"],
        password_min_length=sign_in["password_min_length"],
        **values["paging"],
        **values["watch"],
        **values["reach"],
        **values["safety"],
        **values["follow_up"],
        **values["call"],
        **values["questions"],
        **values["retention"],
    )

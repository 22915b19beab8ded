"""Settings: read once, checked as a whole, refused with one message that lists every mistake."""

import base64
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from marshmallow import (
    EXCLUDE,
    Schema,
    ValidationError,
    fields,
    validate,
    validates,
    validates_schema,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from triage.domain.keys import KeyRing, read_keys
from triage.domain.policy import Policy
from triage.domain.provider_account import wrong_account
from triage.domain.wall_clock import WEEKDAYS

ROOT = Path(__file__).resolve().parent.parent
_CALLS_IN_A_LEASE = 3
"""To the provider: asking for an earlier copy, sending, and as long again to write it down."""
_HOW_TO_MAKE_A_KEY = "`triage doctor --new-key ID`"


class SettingsError(SystemExit):
    """The service cannot start; the message says everything that is wrong."""


@dataclass(frozen=True)
class Twilio:
    account_sid: str
    auth_token: str
    sender: str | None
    messaging_service_sid: str | None
    api_url: str

    @property
    def voice_sender(self) -> str | None:
        """The number that rings: short codes and messaging services cannot."""
        return self.sender if self.sender and self.sender.startswith("+") else None


@dataclass(frozen=True)
class Settings:
    database_url: str
    secret_key: str
    public_url: str
    environment: str
    """The name of this installation: the database knows where it is at home."""
    keys: KeyRing
    sms: str
    twilio: Twilio | None
    simulator_file: Path
    policy: Policy
    gazetteer: Path
    rules_folder: Path
    demo: bool
    heartbeat_url: str | None
    downtime_folder: Path | None
    """Where the watcher keeps the downtime pack; None: nowhere."""


class _Keys(fields.String):
    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return read_keys(super()._deserialize(value, *args, **kwargs))
        except ValueError as error:
            raise ValidationError(f"{error}; make one with {_HOW_TO_MAKE_A_KEY}") from None


class _Environment(Schema):
    class Meta:
        unknown = EXCLUDE  # the environment is full of other people's names

    TRIAGE_DATABASE_URL = fields.String(load_default=None)
    TRIAGE_SECRET_KEY = fields.String(required=True, validate=validate.Length(min=32))
    TRIAGE_PUBLIC_URL = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    TRIAGE_ENVIRONMENT = fields.String(load_default=None, validate=validate.Length(1, 120))
    TRIAGE_DATA_KEY = _Keys(required=True)
    TRIAGE_INDEX_KEY = _Keys(load_default=None)
    TRIAGE_SMS = fields.String(required=True, validate=validate.OneOf(["simulator", "twilio"]))
    TRIAGE_CONFIG = fields.String(load_default=str(ROOT / "config" / "settings.toml"))
    TRIAGE_RULES = fields.String(load_default=str(ROOT / "rules"))
    TRIAGE_SIMULATOR_FILE = fields.String(load_default=str(ROOT / "var" / "phones.sqlite"))
    TRIAGE_HEARTBEAT_URL = fields.Url(
        load_default=None, schemes={"http", "https"}, require_tld=False
    )
    TRIAGE_DOWNTIME_FOLDER = fields.String(load_default=None)
    TRIAGE_DEMO = fields.Boolean(load_default=False)
    TWILIO_ACCOUNT_SID = fields.String(load_default=None)
    TWILIO_AUTH_TOKEN = fields.String(load_default=None)
    TWILIO_FROM = fields.String(load_default=None)
    TWILIO_MESSAGING_SERVICE_SID = fields.String(load_default=None)
    TWILIO_API_URL = fields.Url(load_default="https://api.twilio.com", require_tld=False)

    @validates("TRIAGE_DATABASE_URL")
    def _is_a_database(self, url: str | None, **_: object) -> None:
        try:
            backend = make_url(url or "sqlite://").get_backend_name()
        except (ArgumentError, ValueError):  # ValueError: HOST1:PORT,HOST2:PORT is no address
            backend = "none"
        if backend not in {"sqlite", "postgresql"}:
            raise ValidationError(
                "write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME, for several hosts"
                " postgresql+psycopg://USER@/NAME?host=HOST1:PORT1&host=HOST2:PORT2"
            )

    @validates("TRIAGE_DOWNTIME_FOLDER")
    def _can_be_written(self, folder: str | None, **_: object) -> None:
        if folder is not None and not os.access(folder, os.W_OK | os.X_OK):
            raise ValidationError(f"there is no folder {folder} that can be written to")

    @validates("TRIAGE_RULES")
    def _has_a_vocabulary(self, folder: str, **_: object) -> None:
        if not (Path(folder) / "vocabulary.yaml").is_file():
            raise ValidationError(f"there is no vocabulary.yaml in {folder}")

    @validates_schema(skip_on_field_errors=False)
    def _twilio_is_whole(self, data: dict[str, Any], **_: object) -> None:
        if data.get("TRIAGE_SMS") != "twilio":
            return
        wrong = {
            name: ["needed while TRIAGE_SMS is twilio"]
            for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
            if not data.get(name)
        }
        if not (data.get("TWILIO_FROM") or data.get("TWILIO_MESSAGING_SERVICE_SID")):
            wrong["TWILIO_FROM"] = ["this or TWILIO_MESSAGING_SERVICE_SID is needed"]
        wrong |= wrong_account(data)
        if wrong:
            raise ValidationError(wrong)


def _number(smallest: float, largest: float) -> fields.Float:
    return fields.Float(required=True, validate=validate.Range(smallest, largest))


def _whole(smallest: int, largest: int) -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(smallest, largest))


_SECTIONS: dict[str, dict[str, fields.Field[Any]]] = {
    "centre": {
        "name": fields.String(required=True, validate=validate.Length(1, 80)),
        "time_zone": fields.String(required=True),
        "country": fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}$")),
        "rule_set": fields.String(required=True),
        "gazetteer": fields.String(required=True),
        "partner_line": fields.String(required=True, validate=validate.Length(1, 60)),
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
}


def _check_policy(file: Path, wrong: list[str]) -> dict[str, dict[str, Any]]:
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        wrong.append(f"{file}: cannot be read: {error}")
        return {}
    schema = Schema.from_dict(
        {
            section: fields.Nested(Schema.from_dict(parts), required=True)
            for section, parts in _SECTIONS.items()
        }
    )
    try:
        values: dict[str, dict[str, Any]] = schema().load(written)
    except ValidationError as error:
        wrong.extend(_lines(error.messages_dict, file.name + " "))
        return {}
    paging = values["paging"]
    if paging["lease_s"] < _CALLS_IN_A_LEASE * paging["provider_timeout_s"]:
        wrong.append(
            f"{file.name} paging.lease_s: write at least {_CALLS_IN_A_LEASE} times"
            " provider_timeout_s, or a text is taken for lost while it is being sent"
        )
    gazetteer = file.parent / values["centre"]["gazetteer"]
    if not gazetteer.is_file():
        wrong.append(f"{file.name} centre.gazetteer: there is no file {gazetteer}")
    try:
        ZoneInfo(values["centre"]["time_zone"])
    except (ZoneInfoNotFoundError, ValueError):
        wrong.append(f"{file.name} centre.time_zone: no such time zone")
        return {}
    return values


def _lines(messages: Mapping[Any, Any], prefix: str = "") -> list[str]:
    lines = []
    for name, why in messages.items():
        if isinstance(why, Mapping):
            lines += _lines(why, f"{prefix}{name}.")
        else:
            lines.append(f"{prefix}{name}: {'; '.join(why)}")
    return lines


def _policy(values: Mapping[str, Mapping[str, Any]]) -> Policy:
    centre, sign_in = values["centre"], values["sign_in"]
    return Policy(
        centre_name=centre["name"],
        time_zone=ZoneInfo(centre["time_zone"]),
        country=centre["country"],
        rule_set=centre["rule_set"],
        partner_line=centre["partner_line"],
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
    )


def _key_ring(data_keys: dict[str, bytes], index_keys: dict[str, bytes] | None) -> KeyRing:
    """Without an index key of its own one is drawn from the oldest data key: good for a
    start, but TRIAGE_INDEX_KEY must be set before that data key is ever retired."""
    if index_keys:
        return KeyRing(data_keys, next(iter(index_keys.values())))
    oldest = list(data_keys.values())[-1]
    drawn = HKDF(SHA256(), 32, salt=None, info=b"triage blind index").derive(oldest)
    return KeyRing(data_keys, drawn)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from the environment and config/settings.toml. Raises SettingsError."""
    wrong: list[str] = []
    values: dict[str, Any] = {}
    try:
        values = _Environment().load({k: v for k, v in environ.items() if v != ""})
    except ValidationError as error:
        wrong += _lines(error.messages_dict)
    file = Path(
        values.get("TRIAGE_CONFIG") or environ.get("TRIAGE_CONFIG") or ROOT / "config/settings.toml"
    )
    policy = _check_policy(file, wrong)
    if wrong:
        listed = "\n".join(f"  {line}" for line in wrong)
        raise SettingsError(f"cannot start, settings are wrong:\n{listed}")
    twilio = None
    if values["TRIAGE_SMS"] == "twilio":
        twilio = Twilio(
            values["TWILIO_ACCOUNT_SID"],
            values["TWILIO_AUTH_TOKEN"],
            values["TWILIO_FROM"],
            values["TWILIO_MESSAGING_SERVICE_SID"],
            values["TWILIO_API_URL"],
        )
    return Settings(
        database_url=values["TRIAGE_DATABASE_URL"] or _default_database(),
        secret_key=values["TRIAGE_SECRET_KEY"],
        public_url=values["TRIAGE_PUBLIC_URL"].rstrip("/"),
        environment=values["TRIAGE_ENVIRONMENT"] or values["TRIAGE_PUBLIC_URL"].rstrip("/"),
        keys=_key_ring(values["TRIAGE_DATA_KEY"], values["TRIAGE_INDEX_KEY"]),
        sms=values["TRIAGE_SMS"],
        twilio=twilio,
        simulator_file=Path(values["TRIAGE_SIMULATOR_FILE"]),
        policy=_policy(policy),
        gazetteer=file.parent / policy["centre"]["gazetteer"],
        rules_folder=Path(values["TRIAGE_RULES"]),
        demo=values["TRIAGE_DEMO"],
        heartbeat_url=values["TRIAGE_HEARTBEAT_URL"],
        downtime_folder=_folder(values["TRIAGE_DOWNTIME_FOLDER"]),
    )


def _folder(name: str | None) -> Path | None:
    return Path(name) if name else None


def _default_database() -> str:
    folder = ROOT / "instance"
    folder.mkdir(mode=0o700, exist_ok=True)
    return f"sqlite:///{folder / 'triage.sqlite'}"


def fresh_key(key_id: str) -> str:
    """`id:base64` of a new random key."""
    return f"{key_id}:{base64.b64encode(os.urandom(32)).decode()}"

"""Settings: read once, checked as a whole, refused with one message that lists every mistake."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from triage.policy_file import check_policy_file, lines_of, policy_of

ROOT = Path(__file__).resolve().parent.parent
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
    config: Path
    """The file that it stands in."""
    gazetteer: Path
    zones: Path | None
    """The polygons of the map, where there is one."""
    tiles: str
    """The addresses of the images below it."""
    rules_folder: Path
    demo: bool
    training: bool
    """Nothing here reaches anybody, every screen says so, and scripted callers ring."""
    heartbeat_url: str | None
    downtime_folder: Path | None
    """Where the watcher keeps the downtime pack; None: nowhere."""
    anchors_folder: Path | None
    """Where the watcher writes down how far the audit trail has come; None: nowhere."""
    standby_url: str | None = None
    """Where figures are read instead of from the database; None: nowhere else."""


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
    TRIAGE_STANDBY_URL = fields.String(load_default=None)
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
    TRIAGE_AUDIT_ANCHORS = fields.String(load_default=None)
    TRIAGE_DEMO = fields.Boolean(load_default=False)
    TRIAGE_TRAINING = fields.Boolean(load_default=False)
    TWILIO_ACCOUNT_SID = fields.String(load_default=None)
    TWILIO_AUTH_TOKEN = fields.String(load_default=None)
    TWILIO_FROM = fields.String(load_default=None)
    TWILIO_MESSAGING_SERVICE_SID = fields.String(load_default=None)
    TWILIO_API_URL = fields.Url(load_default="https://api.twilio.com", require_tld=False)

    @validates("TRIAGE_DATABASE_URL")
    def _is_a_database(self, url: str | None, **_: object) -> None:
        if _backend(url) not in {"sqlite", "postgresql"}:
            raise ValidationError(
                "write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME, for several hosts"
                " postgresql+psycopg://USER@/NAME?host=HOST1:PORT1&host=HOST2:PORT2"
            )

    @validates_schema(skip_on_field_errors=False)
    def _is_a_standby(self, data: dict[str, Any], **_: object) -> None:
        if (url := data.get("TRIAGE_STANDBY_URL")) is None:
            return
        if (
            _backend(url) != "postgresql"
            or _backend(data.get("TRIAGE_DATABASE_URL")) != "postgresql"
        ):
            told = (
                "figures can be read on a standby of PostgreSQL: write its address as that of"
                " TRIAGE_DATABASE_URL, which has to be PostgreSQL as well, or leave it out"
            )
            raise ValidationError({"TRIAGE_STANDBY_URL": [told]})

    @validates("TRIAGE_RULES")
    def _has_a_vocabulary(self, folder: str, **_: object) -> None:
        if not (Path(folder) / "vocabulary.yaml").is_file():
            raise ValidationError(f"there is no vocabulary.yaml in {folder}")

    @validates_schema(skip_on_field_errors=False)
    def _training_reaches_nobody(self, data: dict[str, Any], **_: object) -> None:
        if data.get("TRIAGE_TRAINING") and data.get("TRIAGE_SMS") == "twilio":
            raise ValidationError({"TRIAGE_TRAINING": ["in training TRIAGE_SMS is simulator"]})

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


def _backend(url: str | None) -> str:
    try:
        return make_url(url or "sqlite://").get_backend_name()
    except (ArgumentError, ValueError):  # ValueError: HOST1:PORT,HOST2:PORT is no address
        return "none"


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
        wrong += lines_of(error.messages_dict)
    file = Path(
        values.get("TRIAGE_CONFIG") or environ.get("TRIAGE_CONFIG") or ROOT / "config/settings.toml"
    )
    policy = check_policy_file(file, wrong)
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
    gazetteer = file.parent / policy["centre"]["gazetteer"]
    zones = policy["centre"]["zones"]
    return Settings(
        database_url=values["TRIAGE_DATABASE_URL"] or _default_database(),
        secret_key=values["TRIAGE_SECRET_KEY"],
        public_url=values["TRIAGE_PUBLIC_URL"].rstrip("/"),
        environment=values["TRIAGE_ENVIRONMENT"] or values["TRIAGE_PUBLIC_URL"].rstrip("/"),
        keys=_key_ring(values["TRIAGE_DATA_KEY"], values["TRIAGE_INDEX_KEY"]),
        sms=values["TRIAGE_SMS"],
        twilio=twilio,
        simulator_file=Path(values["TRIAGE_SIMULATOR_FILE"]),
        policy=policy_of(policy),
        config=file,
        gazetteer=gazetteer,
        zones=gazetteer.parent / zones if zones else None,
        tiles=policy["centre"]["tiles"],
        rules_folder=Path(values["TRIAGE_RULES"]),
        demo=values["TRIAGE_DEMO"],
        training=values["TRIAGE_TRAINING"],
        heartbeat_url=values["TRIAGE_HEARTBEAT_URL"],
        downtime_folder=_folder(values["TRIAGE_DOWNTIME_FOLDER"]),
        anchors_folder=_folder(values["TRIAGE_AUDIT_ANCHORS"]),
        standby_url=values["TRIAGE_STANDBY_URL"],
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

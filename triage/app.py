"""Putting it together: the only module that picks the outside world."""

import hashlib
import os
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from triage.adapters.anchor_folder import AnchorFolder
from triage.adapters.heartbeat_url import HeartbeatUrl
from triage.adapters.provider_line import lines_to
from triage.adapters.rule_files import RuleFiles
from triage.adapters.simulator_sms import SimulatorSms
from triage.adapters.training_calls import read_training_calls
from triage.adapters.twilio_voice import TwilioPhones
from triage.context import AppContext, attach
from triage.domain.errors import TriageError
from triage.domain.facts import Vocabulary
from triage.domain.gazetteer import Gazetteer, read_gazetteer
from triage.domain.phone_network import PhoneNetwork
from triage.domain.ports import RuleReader
from triage.domain.town_map import TownMap, read_zones
from triage.domain.training import TrainingCall
from triage.entrypoints import log_lines
from triage.services import environments, rule_sets
from triage.services.centre import Centre
from triage.settings import Settings, SettingsError, read_settings
from triage.storage import migration, pooler, sealed
from triage.storage.audit_chains import seal
from triage.storage.database import Database
from triage.storage.deployment import Deployment
from triage.storage.engine import open_engine
from triage.storage.opening import why_not_opened
from triage.storage.standby import Standby
from triage.storage.timers import ClockShift
from triage.storage.unopened import unopened

TRAINING_CALLS = "training_calls.toml"
"""Beside the gazetteer."""


def rule_reader() -> RuleReader:
    return RuleFiles()


def environment() -> dict[str, str]:
    """The process's environment; nothing else reads it."""
    return dict(os.environ)


def build_context(settings: Settings | None = None) -> AppContext:
    """Everything an entrypoint works with. Raises SettingsError with all that is wrong."""
    log_lines.furnish()
    settings = settings or read_settings(environment())
    sealed.use_keys(settings.keys)
    reader = rule_reader()
    vocabulary_yaml = _text(settings.rules_folder / "vocabulary.yaml")
    vocabulary = reader.read_vocabulary(vocabulary_yaml)
    centre = Centre(
        policy=settings.policy,
        vocabulary=vocabulary,
        vocabulary_yaml=vocabulary_yaml,
        reader=reader,
        gazetteer=_gazetteer(settings.gazetteer),
        public_url=settings.public_url,
        town=_town(settings.zones),
        training_calls=_training_calls(settings, vocabulary),
    )
    database = Database(open_engine(settings.database_url))
    heartbeat = HeartbeatUrl(settings.heartbeat_url) if settings.heartbeat_url else None
    standby = Standby(settings.standby_url) if settings.standby_url else None
    anchors = AnchorFolder(settings.anchors_folder, seal) if settings.anchors_folder else None
    phone = _phone_network(settings)
    return AppContext(settings, database, centre, phone, heartbeat, standby, anchors)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot start: {file} cannot be read: {error}") from None


def _gazetteer(file: Path) -> Gazetteer:
    try:
        return read_gazetteer(_text(file))
    except ValueError as error:
        raise SettingsError(f"cannot start: {file.name}: {error}") from None


def _town(file: Path | None) -> TownMap | None:
    try:
        return read_zones(_text(file)) if file else None
    except ValueError as error:
        raise SettingsError(f"cannot start: {error} ({file})") from None


def _training_calls(settings: Settings, vocabulary: Vocabulary) -> dict[str, TrainingCall]:
    if not settings.training:
        return {}
    file = settings.gazetteer.parent / TRAINING_CALLS
    try:
        return read_training_calls(_text(file), vocabulary)
    except ValueError as error:
        raise SettingsError(f"cannot start: {file.name}: {error}") from None


def _phone_network(settings: Settings) -> PhoneNetwork:
    if settings.twilio is None:
        return SimulatorSms(settings.simulator_file)
    return TwilioPhones(
        account_sid=settings.twilio.account_sid,
        auth_token=settings.twilio.auth_token,
        sender=settings.twilio.sender,
        messaging_service_sid=settings.twilio.messaging_service_sid,
        api_url=settings.twilio.api_url,
        status_url=f"{settings.public_url}/sms/status",
        voice_url=f"{settings.public_url}/voice",
        voice_sender=settings.twilio.voice_sender,
        timeout_s=settings.policy.provider_timeout_s,
    )


def prepare(context: AppContext) -> None:
    """Bring the tables up to date and publish the shipped rule sets; harmless to repeat."""
    _must_open(context.database.engine)
    _must_know(migration.revision_of(context.database.engine))
    migration.upgrade(context.database.engine)
    fingerprint = _fingerprint(context.settings)
    folder = context.settings.rules_folder
    texts = [_text(f) for f in sorted(folder.glob("*.yaml")) if f.name != "vocabulary.yaml"]
    with context.unit_of_work("operator") as uow:
        if uow.session.scalar(select(Deployment.id)) is None:
            uow.add(Deployment(index_key_fingerprint=fingerprint))
            uow.session.flush()
        if environments.home(uow) is None:
            environments.settle(uow, context.settings.environment)
        rule_sets.seed(uow, context.centre, texts)


def _must_know(revision: str | None) -> None:
    if revision is not None and not migration.knows(revision):
        raise SettingsError(
            f"cannot start: the tables are at revision {revision}, of a later release than this"
            " one: start that release"
        )


def check_database(context: AppContext) -> None:
    """Raises SettingsError where this database must not be served: old tables, other
    keys, or a clock that was moved."""
    engine = context.database.engine
    _must_open(engine)
    _must_end_what_takes_too_long(engine)
    have, want = migration.revision_of(engine), migration.newest_revision()
    if have != want:
        _must_know(have)
        raise SettingsError(
            f"cannot start: the database is at revision {have or 'none'}, this release needs"
            f" {want}: run `triage db upgrade`"
        )
    with context.reading() as uow:
        kept = uow.session.scalar(select(Deployment.index_key_fingerprint))
        moved = uow.session.scalar(select(ClockShift.id).limit(1))
    if kept is not None and kept != _fingerprint(context.settings):
        raise SettingsError(
            "cannot start: TRIAGE_INDEX_KEY is not the key that this database was made with;"
            " with another one no earlier call, number or address would be found"
        )
    if moved is not None and not context.settings.demo:
        raise SettingsError("cannot start: this database's clock was moved by a demo or a test")
    _check_data_keys(context)
    _check_live_rules(context)


def _check_data_keys(context: AppContext) -> None:
    """Raises SettingsError where people, teams or open calls could not be read."""
    with context.reading() as uow:
        closed = unopened(uow.session)
    for key_id, count in closed.items():
        of_them = f"with which {count} values of people, teams or open calls are encrypted"
        if sealed.has_key(key_id):
            raise SettingsError(
                f"cannot start: the key {key_id} in TRIAGE_DATA_KEY is another than the {key_id}"
                f" {of_them}: put that one back"
            )
        raise SettingsError(
            f"cannot start: TRIAGE_DATA_KEY lacks the key {key_id}, {of_them}: put it back, behind"
            " the one that is to encrypt"
        )


def _must_open(engine: Engine) -> None:
    try:
        engine.connect().close()
    except DBAPIError as error:
        raise SettingsError(f"cannot start: {why_not_opened(engine, error)}") from None


def _must_end_what_takes_too_long(engine: Engine) -> None:
    if not pooler.has_limits(engine):
        raise SettingsError(
            "cannot start: PostgreSQL does not end what takes too long: a pooler before it passes"
            " on no options of ours, or the URL has others. Behind a pooler, give the role limits"
            " once: ALTER ROLE ... SET statement_timeout = '5s' and so on (docs/operating.md,"
            " Behind PgBouncer)"
        )


def check_home(context: AppContext) -> None:
    """Raises SettingsError where texts would reach people, and this is another environment's
    database."""
    ours = context.settings.environment
    with context.reading() as uow:
        theirs = environments.home(uow)
        copy = environments.is_copy(uow, ours)
    if copy and context.settings.twilio is not None:
        raise SettingsError(
            f"cannot start: this database belongs to {theirs}, and this is {ours}: nobody is texted"
            " or rung from a copy. If the service has moved here for good, and the other one has"
            " ended, run `triage db adopt`; to try something, set TRIAGE_SMS=simulator"
        )

    check_authorities(context.settings)


def check_authorities(settings: Settings) -> None:
    """Raises SettingsError where nobody could tell the provider from a stranger."""
    if settings.twilio is None:
        return
    try:
        lines_to(settings.twilio.api_url)
    except OSError as error:
        raise SettingsError(
            "cannot start: the list of certificate authorities cannot be read, without which nobody"
            " knows whether it is the provider who answers: install it anew (Python's package"
            f" certifi), or name another in REQUESTS_CA_BUNDLE: {error.strerror or error}"
        ) from None


def _check_live_rules(context: AppContext) -> None:
    """Raises SettingsError where this release's vocabulary no longer carries the live rules."""
    name = context.settings.policy.rule_set
    try:
        with context.reading() as uow:
            rule_sets.must_be_fit_for_calls(rule_sets.must_load(uow, context.centre, name))
    except TriageError as error:
        raise SettingsError(f"cannot start: the live rule set {name}: {error}") from None


def _fingerprint(settings: Settings) -> str:
    return hashlib.sha256(b"fingerprint" + settings.keys.index_key).hexdigest()[:16]


def create_app(context: AppContext | None = None) -> Flask:
    """The WSGI application."""
    # Whoever serves no pages, as a worker, need not load them.
    from triage.entrypoints import api, health, sms, web

    if context is None:
        context = build_context()
        check_database(context)
    settings = context.settings
    app = Flask("triage", static_folder=None)  # web/assets.py sends them
    app.jinja_environment = web.page.Templates
    app.config.update(SECRET_KEY=settings.secret_key)
    attach(app, context)
    web.register(app)
    api.register(app)
    sms.register(app)
    health.register(app)
    return app

"""A centre to act in: teams with telephones, a clock to move, pages to open.

The service is the real one: its own entrypoints, worker and database. Only the telephone
network and the clock stand under the test's hand.
"""

import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from triage.app import build_context, create_app, prepare
from triage.context import AppContext, attach
from triage.domain.delivery import Whose
from triage.domain.phone_network import OutboundCall, OutboundSms, Outcome, Refused, Sent, Unknown
from triage.domain.ruleset import RuleSet
from triage.entrypoints import worker
from triage.entrypoints.sms import inbound
from triage.services import api_tokens, audit_trail, calls, other_numbers, people
from triage.services.calls import NewCall
from triage.services.received_texts import Received
from triage.services.unread_replies import NOT_DONE
from triage.settings import Settings, read_settings
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.messages import InboundMessage
from triage.storage.sealed import blind_index
from triage.storage.teams import Partner, Responder, Shift, Team
from triage.storage.timers import ClockShift
from triage.storage.unit_of_work import UnitOfWork

KEY = "test1:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
INDEX_KEY = "test1:" + "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
PASSWORD = "correct-horse-battery"


def environment(database_url: str, folder: Path) -> dict[str, str]:
    """The environment of a service on this database, for this process or another."""
    return {
        "TRIAGE_DATABASE_URL": database_url,
        "TRIAGE_SECRET_KEY": "a secret key for tests, long enough to be one",
        "TRIAGE_PUBLIC_URL": "http://127.0.0.1:8000",
        "TRIAGE_ENVIRONMENT": "tests",
        "TRIAGE_DATA_KEY": KEY,
        "TRIAGE_INDEX_KEY": INDEX_KEY,
        "TRIAGE_SMS": "simulator",
        "TRIAGE_SIMULATOR_FILE": str(folder / "phones.sqlite"),
        "TRIAGE_DEMO": "true",
    }


def settings_for(database_url: str, folder: Path) -> Settings:
    return read_settings(environment(database_url, folder))


def prepared_template(database_url: str) -> None:
    """Tables and rule sets, to be copied by each test."""
    context = build_context(settings_for(database_url, Path("/nonexistent")))
    speak_alike(context.database.engine)
    prepare(context)
    context.do("test", lambda uow: verify_all(uow, context))
    context.database.engine.dispose()


def speak_alike(engine: Engine) -> None:
    """SQL that an earlier world's engine has compiled is not compiled again for this one."""
    first = _ENGINES.setdefault(engine.dialect.name, engine)
    engine.dialect = engine.pool._dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


def verify_all(uow: UnitOfWork, context: AppContext) -> None:
    """Somebody has shown whose the telephones are that are no member's."""
    for number in other_numbers.unverified(uow, context.centre):
        other_numbers.by_hand(uow, number)


@dataclass
class FakePhones:
    """A phone network that keeps every text, and can be told to break."""

    inboxes: dict[str, list[str]] = field(default_factory=dict)
    broken: Refused | Unknown | None = None
    no_texts: Refused | Unknown | None = None
    """Telephones ring all the same."""
    no_calls: Refused | Unknown | None = None
    """Texts arrive all the same."""
    dead: set[str] = field(default_factory=set)
    """Numbers that the provider refuses for good."""
    landlines: set[str] = field(default_factory=set)
    """Numbers that take no texts."""
    silent: set[str] = field(default_factory=set)
    """Numbers that do not ring."""
    sent: list[OutboundSms] = field(default_factory=list)
    rings: dict[str, list[OutboundCall]] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    """Calls that were taken back while they rang."""
    owners: dict[str, str] = field(default_factory=dict)
    """Whose a number is, for the list of what nobody expected."""
    read: Counter[str] = field(default_factory=Counter)
    """How many texts of each number the test has read."""
    heard: Counter[str] = field(default_factory=Counter)
    """How many rings of each number the test has heard."""
    ignored: dict[str, str] = field(default_factory=dict)
    """Numbers whose texts and rings are beside the point of the test, or "all", and why."""

    def send(self, sms: OutboundSms) -> Outcome:
        if broken := self.broken or self.no_texts:
            return broken
        if sms.to in self.dead:
            return Refused("21610", Whose.NUMBER)
        if sms.to in self.landlines:
            return Refused("30006", Whose.NUMBER)
        self.sent.append(sms)
        self.inboxes.setdefault(sms.to, []).append(sms.body)
        return Sent(f"SM{secrets.token_hex(16)}")

    def call(self, call: OutboundCall) -> Outcome:
        if broken := self.broken or self.no_calls:
            return broken
        if call.to in self.dead | self.silent:
            return Refused("21211", Whose.NUMBER)
        self.rings.setdefault(call.to, []).append(call)
        return Sent(f"CA{secrets.token_hex(16)}")

    def stop_ringing(self, provider_id: str) -> None:
        self.stopped.append(provider_id)

    def is_genuine(self, url: str, form: Mapping[str, str], signature: str | None) -> bool:
        return signature == "genuine"

    def unread(self, number: str) -> list[str]:
        return self.inboxes.get(number, [])[self.read[number] :]

    def unexpected(self) -> list[str]:
        """What arrived at any number, and no test has read or heard or called beside the point."""
        if "all" in self.ignored:
            return []
        texts = [(to, body) for to in self.inboxes for body in self.unread(to)]
        rings = [
            (to, f"rings: {ring.body}")
            for to, calls in self.rings.items()
            for ring in calls[self.heard[to] :]
        ]
        return [
            f"{self.owners.get(to, 'unknown')} {to}: {body}"
            for to, body in texts + rings
            if to not in self.ignored
        ]


_PAGE = re.compile(r"(?:Reply|Responda) (\w{4}) 1=ac")


@dataclass
class Phone:
    """One person's telephone in the test's hand."""

    world: "World"
    number: str
    responder_id: UUID | None = None

    @property
    def inbox(self) -> list[str]:
        """All texts; whoever looks at them has read them."""
        self.world.settle()
        inbox = self.world.phones.inboxes.get(self.number, [])
        self.world.phones.read[self.number] = len(inbox)
        return inbox

    def expect(self, part: str) -> str:
        """The next unread text, which has this part in it."""
        self.world.settle()
        unread = self.world.phones.unread(self.number)
        if unread and part.lower() in unread[0].lower():
            self.world.phones.read[self.number] += 1
            return unread[0]
        raise AssertionError(f"the next text has no {part!r} in it; unread are {unread}")

    def expect_silence(self) -> None:
        self.world.settle()
        assert self.world.phones.unread(self.number) == []

    def ignores(self, why: str) -> None:
        """What this phone gets, before and after, is beside the point of the story."""
        self.world.phones.ignored[self.number] = why

    @property
    def rings(self) -> list[OutboundCall]:
        """All rings; whoever looks at them has heard them."""
        self.world.settle()
        rings = self.world.phones.rings.get(self.number, [])
        self.world.phones.heard[self.number] = len(rings)
        return rings

    def expect_ring(self, part: str) -> OutboundCall:
        """The newest ring of this phone, which says this."""
        assert self.rings, "the phone has not rung"
        assert part.lower() in self.rings[-1].body.lower(), self.rings[-1].body
        return self.rings[-1]

    def pick_up(self, answered_by: str = "human") -> str:
        """Somebody or something takes the newest ring; what it hears."""
        return self._voice("page", AnsweredBy=answered_by)

    def press(self, digits: str, times: int = 1) -> str:
        """A key, while the newest ring is on the line; what is said then. `times` repeats the
        same webhook, as a provider may."""
        token = secrets.token_hex(16)
        for _ in range(times):
            said = self._voice("answer", token, Digits=digits)
        self.world.settle()
        return said

    def _voice(self, what: str, token: str = "first", **form: str) -> str:
        path = f"/voice/{what}?attempt={self.rings[-1].id}"
        given = {"CallSid": "CA" + "0" * 32, "To": self.number, **form}
        headers = {"X-Twilio-Signature": "genuine", "I-Twilio-Idempotency-Token": token}
        answer = self.world.app.test_client().post(path, data=given, headers=headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def text(self, body: str, times: int = 1) -> None:
        """Answer; `times` repeats the same webhook, as a provider may."""
        provider_id = f"IN{secrets.token_hex(16)}"
        for _ in range(times):
            self.world.receive(provider_id, self.number, body)
        self.world.settle()

    @property
    def code(self) -> str:
        """The code of the newest page on this phone; that page is read, if it is next."""
        self.world.settle()
        phones = self.world.phones
        inbox = phones.inboxes.get(self.number, [])
        found = [(n, m) for n, t in enumerate(inbox) if (m := _PAGE.search(t))]
        place, page = found[-1]
        if phones.read[self.number] == place:
            phones.read[self.number] += 1
        return page.group(1)


_ENGINES: dict[str, Engine] = {}
"""The first engine for each kind of database."""
_APPS: list[Flask] = []
"""Applications whose world is over, for the next one: making one, and compiling its pages anew,
takes longer than most stories."""
_PARSED: dict[str, RuleSet] = {}
"""Rule sets that a world of this process has read, by SHA-256."""


@dataclass
class World:
    context: AppContext
    phones: FakePhones
    broken: bool = False
    """Something of the service is broken on purpose."""
    _app: Flask | None = None
    _numbers: int = 0
    _usual: Settings | None = None
    """The settings of applications that may be lent; a test may have others."""

    @classmethod
    def open(cls, database_url: str, folder: Path, phones: FakePhones | None = None) -> "World":
        phones = phones or FakePhones()
        context = build_context(settings_for(database_url, folder))
        speak_alike(context.database.engine)
        centre = replace(context.centre, parsed=_PARSED)
        context = replace(context, phone=phones, centre=centre)
        if centre.policy.desk_phone:
            phones.owners[centre.policy.desk_phone] = "the desk"
        return cls(context, phones, _usual=context.settings)

    @property
    def app(self) -> Flask:
        if self._app is None:
            if self.context.settings is self._usual and _APPS:
                self._app = _APPS.pop()
                attach(self._app, self.context)
            else:
                self._app = create_app(self.context)
            self._app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
        return self._app

    def close(self) -> None:
        self.context.database.engine.dispose()
        if self._app is not None and self.context.settings is self._usual:
            _APPS.append(self._app)

    @property
    def centre(self) -> Any:
        return self.context.centre

    # --- people and teams -------------------------------------------------------------

    def phone_number(self) -> str:
        self._numbers += 1
        return f"+1202555{100 + self._numbers:04}"

    def team(
        self,
        name: str,
        responses: Sequence[str] = ("mobile_crisis",),
        roles: Sequence[str] = ("clinician",),
        zones: Sequence[str] = (),
        calls_at_once: int = 1,
        skills: Sequence[str] = (),
    ) -> list[Phone]:
        """A team on shift for the next days; its members' phones in the order of `roles`."""
        phones = []
        with self.context.unit_of_work("test") as uow:
            team = uow.add(
                Team(
                    name=name,
                    responses=list(responses),
                    zones=list(zones),
                    skills=list(skills),
                    calls_at_once=calls_at_once,
                )
            )
            for role in roles:
                number = self.phone_number()
                member = uow.add(
                    Responder(
                        team_id=team.id,
                        role=role,
                        name=f"{name} {role}",
                        phone=number,
                        phone_index=blind_index("phone", number),
                        skills=[],
                        verified_at=uow.now,
                        verified_how="in_person",
                    )
                )
                day = timedelta(days=1)
                uow.add(
                    Shift(
                        responder_id=member.id, starts_at=uow.now - day, ends_at=uow.now + 9 * day
                    )
                )
                phones.append(Phone(self, number, member.id))
                self.phones.owners[number] = f"{name} {role}"
        return phones

    def pair(self, name: str, **more: Any) -> list[Phone]:
        """A CIT co-responder team: the clinician's and the officer's phone."""
        return self.team(name, ("co_responder",), ("clinician", "officer"), **more)

    def partner(self, name: str, kind: str) -> Phone:
        number = self.phone_number()
        with self.context.unit_of_work("test") as uow:
            uow.add(
                Partner(
                    name=name,
                    kind=kind,
                    zones=[],
                    phone=number,
                    phone_index=blind_index("phone", number),
                )
            )
            verify_all(uow, self.context)
        self.phones.owners[number] = f"{name}, {kind}"
        return Phone(self, number)

    @property
    def desk(self) -> Phone:
        """The telephone of the desk, where there is one."""
        return Phone(self, self.centre.policy.desk_phone)

    def stranger(self) -> Phone:
        return Phone(self, self.phone_number())

    def account(self, role: str, username: str | None = None) -> str:
        """Somebody who may sign in with PASSWORD; the same one when asked again."""
        username = username or f"test-{role}"
        with self.context.unit_of_work("test") as uow:
            if people.find_account(uow, username) is None:
                people.add_account(uow, self.centre, username, f"Test {role}", role, PASSWORD)
        return username

    def client(self, role: str | None = None, username: str | None = None) -> "Browser":
        """Somebody at a browser without JavaScript; signed in if a role is named."""
        browser = Browser(self.app.test_client())
        if role is not None:
            browser.submit(
                "/sign-in", {"username": self.account(role, username), "password": PASSWORD}
            )
        return browser

    def token(self, *scopes: str) -> str:
        """A bearer token for the API."""
        with self.context.unit_of_work("test") as uow:
            name = f"test-{secrets.token_hex(4)}"
            return api_tokens.add(uow, name, scopes or ("calls:write", "calls:read", "assess"))

    # --- what happens -----------------------------------------------------------------

    def call(self, facts: Mapping[str, Any] | None = None, **more: Any) -> Call:
        """A call comes in through the same service that form and API use."""
        new = NewCall(facts=facts or {}, **{"narrative": "Somebody needs help", **more})
        return self.context.do("test", lambda uow: calls.open_call(uow, self.centre, new))

    def receive(self, provider_id: str, number: str, body: str) -> None:
        """A text comes in. That acting on it fails is an error, unless the test broke something."""
        inbound.hear(self.context, Received(provider_id, number, body))
        with self.context.reading() as uow:
            outcome = select(InboundMessage.outcome).filter_by(provider_id=provider_id)
            if uow.session.scalar(outcome) == NOT_DONE and not self.broken:
                raise AssertionError(f"acting on {body!r} failed, see the log")

    def settle(self) -> None:
        """The worker does whatever is due."""
        worker.fire_timers(self.context)
        worker.send_texts(self.context, "test")

    def wait(self, **time: float) -> None:
        """Time passes, for every process on this database."""
        by_s = timedelta(**time).total_seconds()
        with self.context.unit_of_work("test") as uow:
            shift = uow.session.scalar(
                select(ClockShift).limit(1)
            )  # one row: each look adds them up
            if shift is None:
                uow.add(ClockShift(ahead_s=by_s))
            else:
                shift.ahead_s += by_s
        self.settle()

    def ignores_texts(self, why: str) -> None:
        """What any phone gets, before and after, is beside the point of the story."""
        self.phones.ignored["all"] = why

    # --- what can be seen -------------------------------------------------------------

    def dispatches(self, call: Call) -> list[Dispatch]:
        with self.context.reading() as uow:
            rows = uow.session.scalars(
                select(Dispatch).where(Dispatch.call_id == call.id).order_by(Dispatch.created_at)
            ).all()
            for row in rows:
                assert row.slots is not None  # loaded while the session lives
            return list(rows)

    def dispatch(self, call: Call, response: str) -> Dispatch:
        found = [d for d in self.dispatches(call) if d.response == response]
        assert found, f"no {response} among {[d.response for d in self.dispatches(call)]}"
        return found[-1]

    def expect_silence(self) -> None:
        """No phone has a text or a ring that the story did not expect, nor is owed one now."""
        if "all" not in self.phones.ignored and not self.phones.broken:
            self.settle()
        unexpected = self.phones.unexpected()
        assert not unexpected, "nobody expected:\n" + "\n".join(unexpected)

    def audited(self, event: str) -> int:
        with self.context.reading() as uow:
            query = select(func.count()).select_from(AuditEntry).where(AuditEntry.event == event)
            return uow.session.scalar(query) or 0


@dataclass
class Browser:
    """A test client that fills in forms as a person does, hidden CSRF field included."""

    client: FlaskClient

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def csrf(self, path: str) -> str:
        page = self.client.get(path).get_data(as_text=True)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, f"no CSRF field on {path}"
        return found.group(1)

    def submit(
        self, path: str, form: Mapping[str, Any], to: str | None = None, follow: bool = False
    ) -> Any:
        """Open the page at `path` and send its form to `to` (or to the same path)."""
        data = {**form, "csrf_token": self.csrf(path)}
        return self.client.post(to or path, data=data, follow_redirects=follow)


@contextmanager
def make_world(database_url: str, folder: Path) -> Iterator[World]:
    world = World.open(database_url, folder)
    yield world
    # Whatever the story was about; some have taken the database away.
    with suppress(OperationalError), world.context.reading() as uow:
        assert world.broken or not audit_trail.verify(uow, None).breaks
    world.close()

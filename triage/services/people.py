"""Accounts, and being signed in.

Signing in has two steps, because a password takes a while to check and no writer may wait
for it: `check_password` looks (no transaction of ours is open for writing), `sign_in` decides
and writes. A failed try is written too, so `sign_in` returns None instead of raising.

A second factor (WebAuthn, TOTP) goes between the two: an `Attempt` with `right` still has to
be completed before it is handed to `sign_in`. Single sign-on takes the place of the first:
whoever has checked the identity provider's assertion makes the `Attempt`. Nothing else in the
service knows how somebody proved who they are.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, or_, select, update

from triage.domain.errors import Conflict, Refused
from triage.domain.names import read_name
from triage.domain.words import msgid
from triage.services import languages, passwords
from triage.services.centre import Centre
from triage.storage.audit import AuditEntry
from triage.storage.people import Account, SignIn
from triage.storage.sealed import CannotOpen, unseal
from triage.storage.unit_of_work import UnitOfWork

ROLES = ("dispatcher", "clinician", "supervisor", "administrator")
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_NO_ACCOUNT = UUID(int=0)


HEARD_EVERY = timedelta(seconds=90)
"""At most so often it is written down that a page of somebody is open: with what they do themselves
it is once a minute for each of them."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    account_id: UUID
    username: str
    name: str
    role: str
    sign_in_id: UUID
    seen_at: datetime
    """The last request that was written down."""
    heard_at: datetime
    """The same, of requests that a page makes by itself too."""
    language: str = "en"
    """What they read: one of words.LANGUAGES."""

    @property
    def actor(self) -> str:
        """Who they are in units of work and in the audit trail."""
        return f"account:{self.account_id}"


@dataclass(frozen=True)
class Attempt:
    """Somebody says who they are, and showed something for it."""

    account_id: UUID | None
    right: bool
    proof: str | None
    """The password hash it was compared with: changed meanwhile, it counts no more."""


def check_password(uow: UnitOfWork, username: str, password: str) -> Attempt:
    """Compare a password with the account's. Changes nothing; takes the same time for everybody."""
    account = find_account(uow, username)
    kept = account.password_hash if account else None
    right = passwords.matches(password, kept)
    return Attempt(account.id if account else None, right, kept)


def sign_in(uow: UnitOfWork, centre: Centre, attempt: Attempt) -> str | None:
    """The new session's token, or None. Nobody learns which of the possible reasons it was."""
    account = None
    if attempt.account_id:  # locked, so that of many tries at once each is counted
        account = uow.session.get(Account, attempt.account_id, with_for_update=True)
    if account is None:
        _note_stranger(uow)
        return None
    if why := _why_not(uow, account, attempt):
        if why == "wrong_password":
            _count_failure(uow, centre, account)
        uow.audit("sign_in.failed", account, why=why)
        return None
    account.failed_attempts, account.locked_until = 0, None
    token = secrets.token_urlsafe(32)
    session = SignIn(
        account_id=account.id,
        token_hash=hash_of(token),
        last_seen_at=uow.now,
        expires_at=uow.now + timedelta(hours=centre.policy.session_hours),
    )
    uow.add(session)
    uow.audit("sign_in.succeeded", account, sign_in=str(session.id))
    return token


def _why_not(uow: UnitOfWork, account: Account, attempt: Attempt) -> str | None:
    if account.disabled_at:
        return "disabled"
    if account.locked_until and account.locked_until > uow.now:
        return "locked"
    if not attempt.right or attempt.proof != account.password_hash:
        return "wrong_password"
    return None


def _count_failure(uow: UnitOfWork, centre: Centre, account: Account) -> None:
    """Too many in a row and the account rests. Whoever is signed in stays signed in."""
    account.failed_attempts += 1
    if account.failed_attempts >= centre.policy.sign_in_tries:
        account.failed_attempts = 0
        account.locked_until = uow.now + timedelta(minutes=centre.policy.sign_in_rest_min)
        uow.audit("account.locked", account)


def _note_stranger(uow: UnitOfWork) -> None:
    # What was typed is not kept: it may be a password in the wrong field.
    details = {"why": "no_such_account"}
    uow.add(
        AuditEntry(
            actor=uow.actor,
            event="sign_in.failed",
            subject_table="account",
            subject_id=_NO_ACCOUNT,
            details=details,
        )
    )


_SIGNED_IN = (
    select(
        SignIn.id,
        SignIn.last_seen_at,
        SignIn.heard_at,
        SignIn.expires_at,
        Account.id.label("account_id"),
        Account.username,
        Account.name_sealed,
        Account.role,
        Account.language,
    )
    .join(SignIn.account)
    .where(
        SignIn.token_hash == bindparam("token"),
        SignIn.ended_at.is_(None),
        Account.disabled_at.is_(None),
    )
)
"""Asked by each request."""


def who_is(uow: UnitOfWork, centre: Centre, token: str) -> Person | None:
    """Whose session this is, while it lasts."""
    found = uow.rows(_SIGNED_IN, {"token": hash_of(token)})
    for key, seen_at, heard_at, expires_at, account, username, sealed, role, language in found:
        idle = uow.now - seen_at
        if expires_at > uow.now and idle <= timedelta(minutes=centre.policy.idle_min):
            name = _name(account, sealed)
            return Person(
                account,
                username,
                name or username,
                role,
                key,
                seen_at,
                heard_at or seen_at,
                language or "en",
            )
    return None


def _name(account: UUID, sealed: bytes | None) -> str:
    """Empty where it cannot be decrypted: nobody is kept out for that."""
    with suppress(CannotOpen):
        return unseal(sealed, table="account", column="name", row=account) if sealed else ""
    return ""


_LASTS = and_(
    SignIn.ended_at.is_(None),
    SignIn.expires_at > bindparam("now"),
    SignIn.last_seen_at >= bindparam("seen_since"),
    SignIn.account.has(Account.disabled_at.is_(None)),
)
_THAT_LAST = select(SignIn.id).where(_LASTS, SignIn.id.in_(bindparam("keys", expanding=True)))
_THERE = select(SignIn.account_id, SignIn.last_seen_at, SignIn.heard_at).where(
    _LASTS, SignIn.account_id.in_(bindparam("keys", expanding=True))
)


def still_signed_in(uow: UnitOfWork, centre: Centre, sign_ins: Set[UUID]) -> set[UUID]:
    """Those of these sessions that last."""
    return {key for (key,) in _lasting(uow, centre, _THAT_LAST, sign_ins)}


def signed_in(uow: UnitOfWork, centre: Centre, accounts: Set[UUID]) -> set[UUID]:
    """Those of these accounts that have a session that lasts."""
    return set(heard_of(uow, centre, accounts))


def heard_of(uow: UnitOfWork, centre: Centre, accounts: Set[UUID]) -> dict[UUID, datetime]:
    """Those of these accounts that have a session that lasts, and when anything was last heard
    of them."""
    found: dict[UUID, datetime] = {}
    for account_id, seen_at, heard_at in _lasting(uow, centre, _THERE, accounts):
        latest = max(seen_at, heard_at or seen_at)
        found[account_id] = max(latest, found.get(account_id, latest))
    return found


def _lasting(
    uow: UnitOfWork, centre: Centre, which: Select[*tuple[Any, ...]], keys: Set[UUID]
) -> Sequence[Any]:
    seen_since = uow.now - timedelta(minutes=centre.policy.idle_min)
    asked = {"keys": list(keys), "now": uow.now, "seen_since": seen_since}
    return uow.session.execute(which, asked).all()


def see(uow: UnitOfWork, person: Person) -> None:
    """They are still there."""
    session = uow.get(SignIn, person.sign_in_id)
    session.last_seen_at = session.heard_at = uow.now


def hear(uow: UnitOfWork, sign_ins: Set[UUID]) -> None:
    """A page of each of these sessions is open: written no more often than each HEARD_EVERY."""
    late = or_(SignIn.heard_at.is_(None), SignIn.heard_at <= uow.now - HEARD_EVERY)
    heard = update(SignIn).where(SignIn.id.in_(sign_ins), late).values(heard_at=uow.now)
    uow.session.execute(heard.execution_options(synchronize_session=False))


def sign_out(uow: UnitOfWork, person: Person) -> None:
    session = uow.get(SignIn, person.sign_in_id)
    session.ended_at = uow.now
    uow.audit("sign_in.ended", session)


def sign_out_everywhere(uow: UnitOfWork, account: Account) -> None:
    """End all sessions of an account, in every process at once."""
    sessions = select(SignIn).where(SignIn.account_id == account.id, SignIn.ended_at.is_(None))
    for session in uow.session.scalars(sessions):
        session.ended_at = uow.now
        uow.audit("sign_in.ended", session)


def find_account(uow: UnitOfWork, username: str) -> Account | None:
    handle = username.strip().lower()
    if not _USERNAME.fullmatch(handle):  # nobody is called that; databases differ over some bytes
        return None
    return uow.session.scalar(select(Account).where(Account.username == handle))


def accounts(uow: UnitOfWork) -> Sequence[Account]:
    """All of them, those in use first."""
    order = (Account.disabled_at.is_not(None), Account.username)
    return uow.session.scalars(select(Account).order_by(*order)).all()


def add_account(
    uow: UnitOfWork, centre: Centre, username: str, name: str, role: str, password: str
) -> Account:
    """Raises Refused naming the field, or Conflict when the user name is taken."""
    handle = username.strip().lower()
    if not _USERNAME.fullmatch(handle):
        raise Refused(
            msgid(
                "Use 2 to 32 small letters, digits, dots, dashes or underscores, such as j.rivera."
            ),
            "username",
        )
    wanted = msgid("Write the name that others shall read, up to 80 characters that can be seen.")
    name = read_name(name, 80, wanted)
    if role not in ROLES:
        raise Refused(msgid("Choose what they will do here."), "role")
    if find_account(uow, handle):
        raise Refused(
            msgid("Somebody has this user name already, perhaps a closed account."), "username"
        )
    account = Account(
        username=handle,
        name=name,
        role=role,
        password_hash=passwords.make_hash(centre.policy, password, handle, name),
    )
    uow.add(account)
    uow.audit("account.added", account, role=role)
    return account


def set_password(uow: UnitOfWork, centre: Centre, account: Account, password: str) -> None:
    """Give an account another password: a lock is lifted and all its sessions end."""
    account.password_hash = passwords.make_hash(
        centre.policy, password, account.username, account.name or ""
    )
    account.failed_attempts, account.locked_until = 0, None
    uow.audit("account.password_set", account)
    sign_out_everywhere(uow, account)


def set_language(uow: UnitOfWork, account: Account, language: str) -> None:
    """From now on their pages speak it. Raises Refused for one that we do not speak."""
    if languages.spoken_here(language) == (account.language or languages.ENGLISH):
        return
    account.language = language
    uow.audit("account.language_set", account, language=language)


def release(uow: UnitOfWork, account: Account) -> None:
    """Let an account that rests after wrong passwords sign in again."""
    account.failed_attempts, account.locked_until = 0, None
    uow.audit("account.released", account)


def disable(uow: UnitOfWork, account: Account) -> None:
    """Close an account; whoever uses it is signed out. The audit trail keeps it."""
    if account.disabled_at:
        return
    others = select(Account.id).where(
        Account.role == "administrator", Account.disabled_at.is_(None), Account.id != account.id
    )
    if account.role == "administrator" and uow.session.scalars(others).first() is None:
        raise Conflict(msgid("this is the last administrator: make another one first"))
    account.disabled_at = uow.now
    uow.audit("account.disabled", account)
    sign_out_everywhere(uow, account)


def enable(uow: UnitOfWork, account: Account) -> None:
    """Open a closed account again, with the password it had."""
    account.disabled_at = None
    uow.audit("account.enabled", account)


def hash_of(token: str) -> str:
    """What is kept of a token: whoever reads the database cannot use it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

"""How the actors of the audit trail are called on screen."""

from collections.abc import Callable, Iterable
from uuid import UUID

from sqlalchemy import select

from triage.domain.words import msgid
from triage.storage.people import Account
from triage.storage.unit_of_work import UnitOfWork


def names_of(uow: UnitOfWork, actors: Iterable[str]) -> Callable[[str], str]:
    """The name of each of these actors, looked up all at once."""
    keys = {UUID(key) for actor in actors for key in [_account_key(actor)] if key}
    accounts = uow.session.scalars(select(Account).where(Account.id.in_(keys))) if keys else ()
    known = {account.id: account.name or account.username for account in accounts}

    def name(actor: str) -> str:
        if key := _account_key(actor):
            return known.get(UUID(key), msgid("a former account"))
        kind, _, which = actor.partition(":")
        usual = {
            "token": msgid("program %(name)s", name=which),
            "responder": msgid("the team"),
            "worker": msgid("the service"),
        }
        return usual.get(kind, kind)

    return name


def named(uow: UnitOfWork, usernames: Iterable[str]) -> Callable[[str], str]:
    """The name of whoever signs in so; what stands there where nobody does."""
    found = uow.session.scalars(select(Account).where(Account.username.in_(list(usernames))))
    known = {account.username: account.name for account in found}
    return lambda username: known.get(username) or username


def account_of(actor: str) -> UUID | None:
    """Whose account acts; None for programs and the service itself."""
    return UUID(key) if (key := _account_key(actor)) else None


def _account_key(actor: str) -> str:
    kind, _, key = actor.partition(":")
    return key if kind == "account" else ""

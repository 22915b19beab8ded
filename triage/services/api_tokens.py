"""Programs' keys to the API, and who holds them."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from triage.domain.errors import Refused
from triage.services.people import hash_of
from triage.storage.people import ApiToken
from triage.storage.unit_of_work import UnitOfWork

SCOPES = ("calls:write", "calls:read", "assess", "watch:read")
IN_USE = "tokens in use"
"""The name under which `in_use` is kept in a process."""


@dataclass(frozen=True)
class Holder:
    """A program that shows a token in use."""

    token_id: UUID
    name: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """Who it is in units of work and in the audit trail."""
        return f"token:{self.name}"


def add(uow: UnitOfWork, name: str, scopes: Collection[str]) -> str:
    """A program's key to the API. It can be read only now; we keep its hash."""
    name = name.strip()
    if not 0 < len(name) <= 60 or not name.isprintable():
        raise Refused("Name the program that will use it, in up to 60 characters.", "name")
    if not scopes or set(scopes) - set(SCOPES):
        raise Refused(f"Scopes are some of {', '.join(SCOPES)}.", "scopes")
    if uow.session.scalar(select(ApiToken).where(ApiToken.name == name)):
        raise Refused("There is a token of this name already.", "name")
    bearer = f"triage_{secrets.token_urlsafe(32)}"
    token = uow.add(ApiToken(name=name, token_hash=hash_of(bearer), scopes=sorted(set(scopes))))
    uow.audit("api_token.added", token, scopes=token.scopes)
    return bearer


def revoke(uow: UnitOfWork, name: str) -> None:
    """No program may use it any more, from this unit of work on."""
    token = uow.session.scalar(select(ApiToken).where(ApiToken.name == name))
    if token is None or token.revoked_at:
        raise Refused("No token of this name is in use.", "name")
    token.revoked_at = uow.now
    uow.audit("api_token.revoked", token)


def in_use(uow: UnitOfWork) -> Mapping[str, Holder]:
    """Who holds which, by the token's hash."""

    def read(uow: UnitOfWork) -> Mapping[str, Holder]:
        tokens = uow.session.scalars(select(ApiToken).where(ApiToken.revoked_at.is_(None)))
        return {one.token_hash: Holder(one.id, one.name, frozenset(one.scopes)) for one in tokens}

    return uow.lasting(IN_USE, read, (ApiToken,))


def holder(tokens: Mapping[str, Holder], bearer: str) -> Holder | None:
    """Who holds this one, if it is among these."""
    return tokens.get(hash_of(bearer))


def note_refusal(uow: UnitOfWork, holder: Holder, scope: str) -> None:
    """A program asked for what its token does not open."""
    uow.audit("api.refused", uow.get(ApiToken, holder.token_id), scope=scope)

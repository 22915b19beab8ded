"""Who may sign in, and who is signed in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.storage.base import LiveRow
from triage.storage.sealed import Sealed, sealed_column


class Account(LiveRow):
    """Somebody who signs in."""

    __tablename__ = "account"

    username: Mapped[str] = mapped_column(unique=True)
    """Lower case; a handle, not a person's name."""
    name_sealed: Mapped[bytes | None] = sealed_column()
    name = Sealed("")
    role: Mapped[str]
    """dispatcher, clinician, supervisor or administrator."""
    password_hash: Mapped[str]
    """Argon2id."""
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    language: Mapped[str | None]
    """What they read: en (also where nothing is said) or es."""


class SignIn(LiveRow):
    """A session kept by the server: ending the row ends it everywhere at once."""

    __tablename__ = "sign_in"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of the cookie's 256-bit token."""
    last_seen_at: Mapped[datetime]
    """When they last did something."""
    heard_at: Mapped[datetime | None]
    """When a page of theirs was last heard of, also one that asks by itself."""
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()


class ApiToken(LiveRow):
    """A program's key to the API."""

    __tablename__ = "api_token"

    name: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]]
    """calls:write, calls:read, assess, watch:read."""
    revoked_at: Mapped[datetime | None]

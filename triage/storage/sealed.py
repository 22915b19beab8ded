"""Encrypted columns, and look-up without decryption.

A sealed value is AES-256-GCM: `1 | length of key id | key id | nonce (12) | ciphertext`; with 2
instead of 1 the text was made smaller with zlib before, as the long ones are: most of what a
database would hold of a decision are the same words again.
Its associated data name table, column and row, so that a value moved to another
row, column or table does not open. A blind index is HMAC-SHA-256 under a key of its
own, cut to 16 bytes: equal values have equal indexes, nothing else can be learned
without the key.
"""

import hashlib
import hmac
import logging
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, overload
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from triage.domain.errors import TriageError
from triage.domain.keys import KeyRing
from triage.domain.upright import upright
from triage.domain.words import msgid

log = logging.getLogger(__name__)

PLAIN, SMALLER = 1, 2
LONG = 1000
"""Bytes from which a text is made smaller."""


class CannotOpen(TriageError):
    """A sealed value does not open: its key is missing, or it was moved or altered.

    why -- for the log; names table, row and key.
    """

    def __init__(self, why: str) -> None:
        super().__init__(
            msgid(
                "What was saved here cannot be decrypted: its key is missing, or it was altered."
                " Go on by telephone and radio, and tell whoever runs the service: trying again"
                " does not help."
            )
        )
        self.why = why


@dataclass
class _Keys:
    """The key ring of this process. Set once, by the application, before the first row."""

    ring: KeyRing | None = None
    ciphers: dict[str, AESGCM] = field(default_factory=dict)
    audit_key: bytes = b""


_keys = _Keys()


def use_keys(ring: KeyRing) -> None:
    """Seal and open with these keys from now on."""
    _keys.ring = ring
    _keys.ciphers = {key_id: AESGCM(key) for key_id, key in ring.data_keys.items()}
    # Of its own, and drawn from the one that never changes: old lines stay as they are.
    _keys.audit_key = hmac.digest(ring.index_key, b"audit trail", "sha256")


def _ring() -> KeyRing:
    if _keys.ring is None:
        raise RuntimeError("no key ring: call use_keys() before touching sealed columns")
    return _keys.ring


def bound_to(table: str, column: str, row: UUID | str) -> bytes:
    """A sealed value opens nowhere else. row -- its key, as `str` writes it."""
    return f"{table}.{column}:{row}".encode()


def seal(text: str, *, table: str, column: str, row: UUID) -> bytes:
    """Encrypt under the newest key, bound to its place."""
    return seal_packed(*packed(text), bound_to(table, column, row))


def packed(text: str) -> tuple[int, bytes]:
    """What is encrypted of a text, and whether that is PLAIN or SMALLER."""
    content = text.encode()
    return (SMALLER, zlib.compress(content, level=1)) if len(content) >= LONG else (PLAIN, content)


def seal_packed(form: int, content: bytes, place: bytes) -> bytes:
    """As `seal`, where many rows hold the same text. place -- as `bound_to` makes it."""
    key_id = _ring().sealing_key_id
    nonce = os.urandom(12)
    box = _keys.ciphers[key_id].encrypt(nonce, content, place)
    return bytes([form, len(key_id)]) + key_id.encode() + nonce + box


def key_of(value: bytes) -> str:
    """The id of the key that a value is sealed with."""
    return value[2 : 2 + value[1]].decode(errors="replace")


def has_key(key_id: str) -> bool:
    return key_id in _keys.ciphers


def unseal(value: bytes, *, table: str, column: str, row: UUID) -> str:
    """Decrypt a value sealed for this place: upright, also what was saved when marks that turn it
    round were kept. Raises CannotOpen."""
    form, key_id = (value[0], key_of(value)) if len(value) > 1 else (0, "")
    if form not in {PLAIN, SMALLER} or key_id not in _keys.ciphers:
        raise CannotOpen(
            f"{table}.{column} of {row} is sealed with key {key_id!r}, which is absent"
        )
    nonce, box = value[2 + value[1] : 14 + value[1]], value[14 + value[1] :]
    try:
        content = _keys.ciphers[key_id].decrypt(nonce, box, bound_to(table, column, row))
        return upright((zlib.decompress(content) if form == SMALLER else content).decode())
    except (InvalidTag, zlib.error, ValueError):  # ValueError: nothing is left, or no text
        raise CannotOpen(f"{table}.{column} of {row} was altered or moved") from None


def blind_index(kind: str, value: str) -> bytes:
    """The look-up value of a normalised telephone number or address.

    kind -- "phone" or "place": equal values of different kinds have different indexes.
    """
    return hmac.new(_ring().index_key, f"{kind}:{value}".encode(), hashlib.sha256).digest()[:16]


def audit_key() -> bytes:
    """By which lines of the audit trail are bound to each other."""
    _ring()
    return _keys.audit_key


_list_is_shown: ContextVar[bool] = ContextVar("list_is_shown", default=False)


@contextmanager
def showing_a_list() -> Iterator[None]:
    """Of a list all is shown that opens: what does not is told in its place, or left out. Never
    around what saves or sends; what is about one row says that it cannot be decrypted."""
    before = _list_is_shown.set(True)
    try:
        yield
    finally:
        _list_is_shown.reset(before)


_left_out: ContextVar[set[str] | None] = ContextVar("left_out", default=None)


@contextmanager
def leaving_out() -> Iterator[set[str]]:
    """For programs, which would take what a list says in its place for what was saved: what does
    not open is None, and "table.column" of it stands in what this yields. Never around what saves
    or sends."""
    which: set[str] = set()
    before = _left_out.set(which)
    try:
        yield which
    finally:
        _left_out.reset(before)


def passed_over(error: CannotOpen) -> bool:
    """Is a list shown, which goes on without it? Then the log has it, once in each process."""
    if found := _list_is_shown.get():
        _tell(error.why)
    return found


@lru_cache(maxsize=1000)
def _tell(why: str) -> None:
    log.error("not decrypted, and told so in its place: %s", why)


def sealed_column(*, nullable: bool = True) -> Mapped[Any]:
    """The bytes of a sealed value."""
    return mapped_column(LargeBinary, nullable=nullable)


class Sealed:
    """The plain text of a sealed column, as an attribute of the row. Whoever has just sealed it
    reads it without opening it again.

    Beside it stands the column of the same name with `_sealed` behind it.
    instead -- what a list shows where it does not open; None: for JSON nothing can stand.
    """

    def __init__(
        self, instead: str | None = msgid("cannot be read: tell whoever runs the service")
    ) -> None:
        self.instead = instead

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self._column = f"{name}_sealed"
        self._kept = f"_{name}_kept"

    @overload
    def __get__(self, row: None, owner: type) -> "Sealed": ...
    @overload
    def __get__(self, row: object, owner: type) -> str | None: ...
    def __get__(self, row: Any, owner: type) -> "Sealed | str | None":
        if row is None:
            return self
        value: bytes | None = getattr(row, self._column)
        if value is None:
            return None
        kept: tuple[bytes | None, str] = vars(row).get(self._kept, (None, ""))
        if value is kept[0]:
            return kept[1]
        try:
            return unseal(value, table=row.__tablename__, column=self._name, row=row.id)
        except CannotOpen as error:
            if (which := _left_out.get()) is not None:
                which.add(f"{row.__tablename__}.{self._name}")
                _tell(error.why)
                return None
            if self.instead is None or not passed_over(error):
                raise
            return self.instead

    def __set__(self, row: Any, text: str | None) -> None:
        setattr(row, self._column, self._sealed(row, text))

    def hold(self, row: Any, text: str | None) -> None:
        """As a new row gets it, which has no history."""
        vars(row)[self._column] = self._sealed(row, text)

    def _sealed(self, row: Any, text: str | None) -> bytes | None:
        if text is None:
            return None
        text = upright(text)
        value = seal(text, table=row.__tablename__, column=self._name, row=row.id)
        vars(row)[self._kept] = value, text
        return value

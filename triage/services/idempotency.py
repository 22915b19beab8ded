"""The same request again has the same answer and no second effect."""

from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from triage.domain.errors import Refused
from triage.storage.calls import IdempotencyKey
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

KEY_LENGTH = 255
_KNOWN = select(IdempotencyKey).where(
    IdempotencyKey.scope == bindparam("of_scope"), IdempotencyKey.key == bindparam("of_key")
)
_SAVE = insert(IdempotencyKey).on_conflict_do_nothing().returning(IdempotencyKey.id)


class KeyReused(Refused):
    """The key came with another request before."""


def fingerprint(request: str) -> str:
    """What a request is recognised by. Keyed: a short request cannot be guessed from it."""
    return blind_index("request", request).hex()


def claim(uow: UnitOfWork, scope: str, key: str, request: str) -> IdempotencyKey:
    """Take the key for this request, or find what it led to: `call_id` is set then.

    Of two at once the second waits here until the first has ended, and finds its answer.

    scope -- keys of different scopes are different keys.
    Raises KeyReused if the key was taken for another request.
    """
    mark = fingerprint(request)
    taken = IdempotencyKey(scope=scope, key=key, request_hash=mark, created_at=uow.now)
    if not uow.alone and _take(uow, taken):
        return taken
    known = uow.session.scalar(_KNOWN, {"of_scope": scope, "of_key": key})
    if known is None:
        return uow.add(taken)
    if known.request_hash != mark:
        raise KeyReused("this key was used for another request")
    return known


def _take(uow: UnitOfWork, key: IdempotencyKey) -> bool:
    """Save it at once, so that others wait for it. False where it is there already."""
    values = {"id": key.id, "created_at": key.created_at, "request_hash": key.request_hash}
    values |= {"scope": key.scope, "key": key.key}
    with uow.session.no_autoflush:
        return uow.session.connection().execute(_SAVE, values).first() is not None


def answer(uow: UnitOfWork, claim: IdempotencyKey, call_id: UUID, response: str | None) -> None:
    """What the request led to, given again to whoever asks again with this key."""
    claim.call_id, claim.response = call_id, response
    if claim not in uow.session:
        kept = {"call_id": call_id, "response_sealed": claim.response_sealed}
        uow.do_last(update(IdempotencyKey).where(IdempotencyKey.id == claim.id).values(kept))

"""The same request again has the same answer and no second effect."""

from sqlalchemy import bindparam, select

from triage.domain.errors import Refused
from triage.storage.calls import IdempotencyKey
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

KEY_LENGTH = 255
_KNOWN = select(IdempotencyKey).where(
    IdempotencyKey.scope == bindparam("of_scope"), IdempotencyKey.key == bindparam("of_key")
)


class KeyReused(Refused):
    """The key came with another request before."""


def fingerprint(request: str) -> str:
    """What a request is recognised by. Keyed: a short request cannot be guessed from it."""
    return blind_index("request", request).hex()


def claim(uow: UnitOfWork, scope: str, key: str, request: str) -> IdempotencyKey:
    """Take the key for this request, or find what it led to: `call_id` is set then.

    Of two at once the second waits here until the first has ended, loses the race for the
    unique index, and finds the answer when its unit of work is begun anew.

    scope -- keys of different scopes are different keys.
    Raises KeyReused if the key was taken for another request.
    """
    mark = fingerprint(request)
    known = uow.session.scalar(_KNOWN, {"of_scope": scope, "of_key": key})
    if known is None:
        taken = uow.add(IdempotencyKey(scope=scope, key=key, request_hash=mark))
        if not uow.alone:
            uow.session.flush()
        return taken
    if known.request_hash != mark:
        raise KeyReused("this key was used for another request")
    return known

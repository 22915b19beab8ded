"""Which program asks, and what it may do.

Who holds which token is kept in each process, so that a request need not ask the database before it
begins. Whether that is still true is asked in the unit of work that does what is asked for: nothing
is done or read for a token that was revoked before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from flask import g, request

from triage.context import AppContext, current_context
from triage.entrypoints.api.problems import ApiProblem
from triage.entrypoints.web.access import open_to_everyone
from triage.services import api_tokens
from triage.services.api_tokens import Holder
from triage.storage.unit_of_work import UnitOfWork

View = Callable[..., Any]
T = TypeVar("T")

_HOW = "Send Authorization: Bearer and a token in use. An administrator can make one."


def needs(scope: str) -> Callable[[View], View]:
    """Let in whoever holds a token with this scope. The view does its work by `do` or `reading`."""

    def declare(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **more: Any) -> Any:
            g.api_scope = scope
            g.api_holder = _first_look(current_context(), scope)
            return view(*args, **more)

        return open_to_everyone(checked)  # a token opens it, not a role

    return declare


def current_holder() -> Holder:
    holder: Holder = g.api_holder
    return holder


def do(work: Callable[[UnitOfWork], T], *, keyed: bool = False) -> T:
    """As AppContext.do, for whoever asks. Raises ApiProblem if the token is in use no more."""

    def confirmed(uow: UnitOfWork) -> T:
        _confirm(uow)
        return work(uow)

    return current_context().do(current_holder().actor, confirmed, keyed=keyed)


@contextmanager
def reading() -> Iterator[UnitOfWork]:
    """As AppContext.reading, for whoever asks. Raises ApiProblem if the token is in use no more."""
    with current_context().reading() as uow:
        _confirm(uow)
        yield uow


def _bearer() -> str:
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer.strip() if kind.lower() == "bearer" else ""


def holds(scope: str) -> bool:
    """Does whoever asks show a token with this scope?"""
    if not (bearer := _bearer()):
        return False
    with current_context().reading() as uow:
        holder = api_tokens.holder(api_tokens.in_use(uow), bearer)
    return holder is not None and scope in holder.scopes


def _first_look(context: AppContext, scope: str) -> Holder:
    """Who asks, as far as this process knows. What it would refuse it asks the database about."""
    if not (bearer := _bearer()):
        raise ApiProblem("no_token", _HOW, headers={"WWW-Authenticate": "Bearer"})
    holder = api_tokens.holder(context.database.last_kept(api_tokens.IN_USE) or {}, bearer)
    if holder is not None and scope in holder.scopes:
        return holder
    with context.reading() as uow:
        holder = api_tokens.holder(api_tokens.in_use(uow), bearer)
    if holder is None:
        raise _not_in_use()
    if scope not in holder.scopes:
        refused = holder
        context.do(holder.actor, lambda uow: api_tokens.note_refusal(uow, refused, scope))
        short = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
        detail = f"This token lacks the scope {scope}."
        raise ApiProblem("forbidden", detail, headers=short)
    return holder


def _confirm(uow: UnitOfWork) -> None:
    holder = api_tokens.holder(api_tokens.in_use(uow), _bearer())
    if holder is None or g.api_scope not in holder.scopes:
        raise _not_in_use()


def _not_in_use() -> ApiProblem:
    wrong = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return ApiProblem("no_token", _HOW, headers=wrong)

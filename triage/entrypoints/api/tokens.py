"""Which program asks, and what it may do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from triage.context import current_context
from triage.entrypoints.api.problems import ApiProblem
from triage.entrypoints.web.access import open_to_everyone
from triage.services import people
from triage.storage.people import ApiToken

View = Callable[..., Any]

_HOW = "Send Authorization: Bearer and a token in use. An administrator can make one."


def needs(scope: str) -> Callable[[View], View]:
    """Let in whoever holds a token with this scope."""

    def declare(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **more: Any) -> Any:
            g.api_token = _holder(scope)
            return view(*args, **more)

        return open_to_everyone(checked)  # a token opens it, not a role

    return declare


def current_token() -> ApiToken:
    token: ApiToken = g.api_token
    return token


def actor() -> str:
    """Who asks, in units of work and in the audit trail."""
    return _actor(current_token())


def _actor(token: ApiToken) -> str:
    return f"token:{token.name}"


def _bearer() -> str:
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer.strip() if kind.lower() == "bearer" else ""


def holds(scope: str) -> bool:
    """Does whoever asks show a token with this scope?"""
    if not (bearer := _bearer()):
        return False
    with current_context().reading() as uow:
        token = people.token_owner(uow, bearer)
    return token is not None and scope in token.scopes


def _holder(scope: str) -> ApiToken:
    if not (bearer := _bearer()):
        raise ApiProblem("no_token", _HOW, headers={"WWW-Authenticate": "Bearer"})
    context = current_context()
    with context.reading() as uow:
        token = people.token_owner(uow, bearer)
    if token is None:
        wrong = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise ApiProblem("no_token", _HOW, headers=wrong)
    if scope not in token.scopes:
        context.do(_actor(token), lambda uow: uow.audit("api.refused", token, scope=scope))
        short = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
        detail = f"This token lacks the scope {scope}."
        raise ApiProblem("forbidden", detail, headers=short)
    return token

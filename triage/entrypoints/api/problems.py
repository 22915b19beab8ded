"""What a program is told when something is wrong: problem details (RFC 9457)."""

import json
import logging
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, Response, request
from sqlalchemy.exc import OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException

from triage.domain.errors import CommitInDoubt, Conflict, InvalidCall, NotFound, Problem, Refused
from triage.entrypoints.web.headers import request_id
from triage.services.idempotency import KeyReused
from triage.storage.sealed import CannotOpen

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
KINDS: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request was not understood"),
    "not_json": (400, "The body is not JSON as we take it"),
    "bad_key": (400, "The Idempotency-Key cannot be used"),
    "no_token": (401, "A bearer token is needed"),
    "forbidden": (403, "Not open to this token"),
    "not_found": (404, "Nothing here"),
    "wrong_method": (405, "This does not work here"),
    "conflict": (409, "Changed meanwhile"),
    "too_large": (413, "The body is too large"),
    "wrong_media_type": (415, "The body is not of a kind that we read"),
    "invalid": (422, "Something has to be mended"),
    "key_reused": (422, "The Idempotency-Key was used for another request"),
    "failed": (500, "That failed, and it was our fault"),
    "not_available": (503, "Not available just now"),
}
"""Our code of each problem: its HTTP status and title."""
_OF_STATUS = {status: code for code, (status, _) in reversed(KINDS.items())}


@dataclass(eq=False)
class ApiProblem(Exception):
    """The request ends here, with this answer."""

    code: str
    detail: str
    errors: Sequence[Problem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(problem: ApiProblem) -> Response:
    status, title = KINDS[problem.code]
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id(),
    }
    if problem.errors:
        body["errors"] = [{"path": one.path, "message": one.message} for one in problem.errors]
    # Plain ASCII, so that half a character quoted from the request cannot spoil the answer.
    response = Response(json.dumps(body), status, content_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    return response


def handle(bp: Blueprint) -> None:
    """Answer every error of the blueprint's views, and tell nothing that is not the caller's."""
    bp.register_error_handler(ApiProblem, answer)
    bp.register_error_handler(HTTPException, _http)
    bp.register_error_handler(InvalidCall, _invalid)
    bp.register_error_handler(Refused, _refused)
    bp.register_error_handler(NotFound, lambda _: answer(not_found()))
    bp.register_error_handler(
        Conflict, lambda error: answer(ApiProblem("conflict", _sentence(str(error))))
    )
    bp.register_error_handler(CannotOpen, _cannot_open)
    bp.register_error_handler(OperationalError, _not_available)
    bp.register_error_handler(CommitInDoubt, _not_available)
    bp.register_error_handler(TimeoutError, _not_available)  # no free connection
    bp.register_error_handler(MemoryError, _not_available)
    bp.register_error_handler(Exception, _failed)


def not_found() -> ApiProblem:
    return ApiProblem("not_found", "There is no such call, or it is not for this token.")


def _http(error: HTTPException) -> Response:
    code = _OF_STATUS.get(error.code or 500, "bad_request")
    details = {
        "too_large": "A body has at most 2,000,000 bytes.",
        "wrong_method": "See openapi.json for what this address takes.",
        "forbidden": "This request is not taken from another site's page.",
        "not_found": "There is no such address.",
    }
    kept = {n: text for n, text in error.get_headers() if n in {"Allow", "Retry-After"}}
    return answer(ApiProblem(code, details.get(code, KINDS[code][1] + "."), headers=kept))


def _invalid(error: InvalidCall) -> Response:
    detail = "Nothing was saved. Each of `errors` names a field and what to mend."
    return answer(ApiProblem("invalid", detail, error.problems))


def _refused(error: Refused) -> Response:
    if isinstance(error, KeyReused):
        detail = "Another request was sent with this Idempotency-Key before. Nothing was saved."
        return answer(ApiProblem("key_reused", detail))
    return _invalid(InvalidCall([Problem(error.field or "", str(error))]))


def _cannot_open(error: CannotOpen) -> Response:
    log.error("not decrypted: %s", error.why)
    return answer(ApiProblem("not_available", str(error)))


def _not_available(error: Exception) -> Response:
    log.error("not saved: %s", type(error).__name__)
    detail = (
        "It is not known whether this was saved: send it again with the same Idempotency-Key."
        " Until then go on by telephone and radio."
    )
    return answer(ApiProblem("not_available", detail, headers={"Retry-After": "1"}))


def _failed(error: Exception) -> Response:
    # The message of an exception may quote what was sent; where it happened does not.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s failed: %s\n%s", request.endpoint, type(error).__name__, where)
    detail = "The failure is recorded. Nothing was saved: go on by telephone and radio."
    return answer(ApiProblem("failed", detail))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")

"""Fragments that pages ask for every second: unchanged ones cost a few bytes."""

import hashlib
from datetime import datetime

from flask import make_response, request
from flask.typing import ResponseReturnValue

from triage.context import current_context


def fragment(html: str, now: datetime) -> ResponseReturnValue:
    """The fragment, or 304 when the page has it already; how old it is stands in the headers."""
    etag = hashlib.sha256(html.encode()).hexdigest()[:24]
    answer = make_response(html)
    answer.set_etag(etag)
    answer.make_conditional(request)
    local = now.astimezone(current_context().centre.policy.time_zone)
    answer.headers["X-As-Of"] = f"{now.timestamp():.3f}"
    answer.headers["X-As-Of-Local"] = f"{local:%H:%M:%S %Z}"
    return answer

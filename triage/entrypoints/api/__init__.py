"""The JSON API under /api/v1. `register(app)` puts it into a Flask application."""

from flask import Flask
from flask.typing import ResponseReturnValue

from triage.entrypoints.api import calls, openapi, problems
from triage.entrypoints.web.access import csrf, open_to_everyone

bp = calls.bp
problems.handle(bp)


@bp.get("/openapi.json")
@open_to_everyone
def document() -> ResponseReturnValue:
    return openapi.document()


def register(app: Flask) -> None:
    """Add the API. The AppContext must be attached before."""
    csrf.exempt(bp)  # requests come from programs, which carry a token and no cookie
    app.register_blueprint(bp)

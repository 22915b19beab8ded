"""What every answer carries so that a browser keeps it to itself, and what we accept."""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from triage.context import AppContext, current_context

PAGE_BYTES = 2_000_000
API_BYTES = 2_000_000
_YEAR_S = 31_536_000


def prepare(app: Flask) -> None:
    context: AppContext = app.extensions["triage"]
    public = urlsplit(context.settings.public_url)
    https = public.scheme == "https"
    app.config.update(
        SECRET_KEY=context.settings.secret_key,
        TRUSTED_HOSTS=[public.hostname or "", "127.0.0.1", "localhost"],
        MAX_FORM_MEMORY_SIZE=PAGE_BYTES,
        SESSION_COOKIE_NAME="__Host-triage-form" if https else "triage-form",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # __Host-: no other site under the same domain can set it.
        TRIAGE_COOKIE="__Host-triage" if https else "triage",
    )
    app.config.setdefault("TRIAGE_PAGE_BYTES", PAGE_BYTES)
    app.config.setdefault("TRIAGE_API_BYTES", API_BYTES)
    app.jinja_env.globals["csp_nonce"] = csp_nonce

    @app.before_request
    def limit_body() -> None:
        kind = "API" if request.path.startswith("/api/") else "PAGE"
        request.max_content_length = app.config[f"TRIAGE_{kind}_BYTES"]

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _policy()
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = (
            "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
        )
        response.headers["X-Request-Id"] = request_id()
        if https:
            response.headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}; includeSubDomains"
        _say_how_long_to_keep(response)
        return response


def csp_nonce() -> str:
    """For `<script nonce>` and `<style nonce>`: nothing else on a page may run or style."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def request_id() -> str:
    """What a person can read out to us, and the log has too."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(4)
    made: str = g.request_id
    return made


def _policy() -> str:
    return (
        f"default-src 'none'; script-src 'nonce-{csp_nonce()}'; "
        f"style-src 'self' 'nonce-{csp_nonce()}'; img-src 'self' data:{_tiles()}; "
        "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "object-src 'none'; frame-ancestors 'none'"
    )


def _tiles() -> str:
    """The one other origin that images may come from: the centre's own tiles, on the map."""
    tiles = urlsplit(current_context().settings.tiles)
    on_the_map = bool(tiles.netloc) and request.blueprint == "board_map"
    return f" {tiles.scheme}://{tiles.netloc}" if on_the_map else ""


def _say_how_long_to_keep(response: Response) -> None:
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    else:  # the address changes with the content
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"

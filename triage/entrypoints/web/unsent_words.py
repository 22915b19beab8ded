"""The key under which a browser keeps what was typed or pressed and not sent, until signing out."""

from base64 import b64encode
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app


def furnish(app: Flask) -> None:
    app.jinja_env.globals.update(words_key=words_key)


def words_key(writer: UUID) -> str:
    """256 bits in base64 for the pages of this account, or of this opened link.

    The same after a new sign-in, so that what was typed before it can be read again; another
    writer's key reads none of it.
    """
    secret = str(current_app.config["SECRET_KEY"]).encode()
    drawn = HKDF(SHA256(), 32, salt=str(writer).encode(), info=b"triage unsent words")
    return b64encode(drawn.derive(secret)).decode()

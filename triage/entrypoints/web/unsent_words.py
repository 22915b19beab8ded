"""The key under which a browser keeps what was typed and not sent yet, until signing out."""

from base64 import b64encode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app

from triage.entrypoints.web.access import person_or_none


def furnish(app: Flask) -> None:
    app.jinja_env.globals.update(words_key=words_key)


def words_key() -> str:
    """256 bits in base64 for the pages of the person signed in, "" for nobody.

    The same after a new sign-in, so that what was typed before it can be read again; another
    person's key reads none of it.
    """
    person = person_or_none()
    if person is None:
        return ""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    drawn = HKDF(SHA256(), 32, salt=str(person.account_id).encode(), info=b"triage unsent words")
    return b64encode(drawn.derive(secret)).decode()

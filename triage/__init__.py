"""Crisis call triage and co-responder dispatch."""

import os

__version__ = "0.1.0"

# Before anything else is loaded: libraries that draw random numbers as they load end without words.
try:
    os.urandom(16)
except (OSError, NotImplementedError):
    raise SystemExit(
        "cannot start: this machine gives no random numbers, without which no key, code or sign-in"
        " is secret: let this process call getrandom, or read /dev/urandom"
    ) from None

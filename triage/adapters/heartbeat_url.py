"""Telling somebody outside that all is well here. They raise the alarm when it stops."""

import threading
import urllib.request
from typing import Any


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class HeartbeatUrl:
    """One address, called with GET. It may carry a secret, so it is never logged."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._calling: threading.Thread | None = None

    def beat(self, within_s: float) -> str | None:
        """Call it and wait for `within_s` at most, name look-up and a dripping answer included.
        Returns what went wrong in a word, None when it answered well."""
        if self._calling is not None and self._calling.is_alive():
            return "the last call still hangs"
        came: list[str | None] = []
        self._calling = threading.Thread(
            target=lambda: came.append(self._call(within_s)), daemon=True, name="heartbeat"
        )
        self._calling.start()
        self._calling.join(within_s)
        return came[0] if came else "no answer in time"

    def _call(self, within_s: float) -> str | None:
        try:
            with self._opener.open(self._url, timeout=within_s):  # any 2xx will do
                return None
        except Exception as error:  # its text may name the address
            return type(error).__name__

"""The empty intake goes out as gzip, and only when no other site had a hand in the request.

Whoever can put guesses into a compressed page and see its length reads its secrets (BREACH). They
would have to make the person's browser ask, and such a request says that it is cross-site.
"""

import gzip

from flask import Flask, Response, request

PAGES = frozenset({"intake.begin"})
OURS = frozenset({"same-origin", "none"})
"""Sec-Fetch-Site of a click on our own pages, and of a typed address."""
LEVEL = 5


def furnish(app: Flask) -> None:
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if request.endpoint not in PAGES or response.status_code != 200:
        return response
    response.vary.update(["Accept-Encoding", "Sec-Fetch-Site"])
    if (
        request.headers.get("Sec-Fetch-Site") in OURS
        and request.accept_encodings.quality("gzip") > 0
    ):
        response.set_data(gzip.compress(response.get_data(), LEVEL))
        response.headers["Content-Encoding"] = "gzip"
    return response

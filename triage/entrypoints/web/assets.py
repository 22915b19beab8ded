"""The files that browsers load: built by `make assets`, named by their content."""

import json
import mimetypes
from pathlib import Path

from flask import Flask, Response, abort, current_app, request, send_from_directory

from triage.settings import SettingsError

FOLDER = "static/built"


def register(app: Flask) -> None:
    app.extensions["triage_assets"] = _names(Path(app.root_path) / FOLDER)
    app.add_url_rule("/static/<name>", "static", _send)
    app.jinja_env.globals.update(asset=asset)


def asset(name: str) -> str:
    """The address of a file of assets/src."""
    return f"/static/{current_app.extensions['triage_assets'][name]}"


def _names(folder: Path) -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((folder / "manifest.json").read_text())["files"]
    except FileNotFoundError:
        raise SettingsError(
            f"cannot start: the scripts and styles of the pages are not built ({folder} has no"
            " manifest.json): run `make assets`"
        ) from None
    return names


def _send(name: str) -> Response:
    folder = Path(current_app.root_path) / FOLDER
    names: dict[str, str] = current_app.extensions["triage_assets"]
    if name not in names.values():
        abort(404)
    packed = request.accept_encodings.quality("gzip") > 0 and (folder / f"{name}.gz").exists()
    kind = mimetypes.guess_type(name)[0]
    response = send_from_directory(folder, f"{name}.gz" if packed else name, mimetype=kind)
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response

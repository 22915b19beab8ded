"""gunicorn in this process: what was loaded and checked once is shared by all web processes."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import Application

from triage.context import AppContext
from triage.entrypoints.rehearsal import rehearse
from triage.settings import ROOT


class WebServer(Application):  # type: ignore[misc]  # gunicorn has no types
    """Serves one context. `wsgi:app` serves the same application under any other server."""

    def __init__(
        self,
        context: AppContext,
        make_app: Callable[[AppContext], Flask],
        bind: str,
        processes: int,
    ) -> None:
        self._context, self._make_app = context, make_app
        self._bind, self._processes = bind, processes
        super().__init__(prog="triage serve")

    def init(self, *_: Any) -> None:
        """gunicorn would read the command line here; ours has been read."""

    def load_config(self) -> None:
        self.load_config_from_file(str(ROOT / "config" / "gunicorn.conf.py"))
        self.cfg.set("bind", self._bind)
        self.cfg.set("workers", self._processes)
        rehearse(self._context)
        self._app = self._make_app(self._context)
        # A connection must not be shared by two processes: each opens its own.
        self._context.database.engine.dispose()

    def load(self) -> Flask:
        return self._app

"""That pages are open which ask by themselves: written down beside their answers. One of them at a
time in a process writes, and where it cannot be written none tries for a while, so that a board
goes on though nothing can be saved."""

import threading
import time
from collections.abc import Set
from dataclasses import dataclass, field
from uuid import UUID

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from triage.context import AppContext
from triage.domain.errors import Conflict, TriageError
from triage.services import people

REST_S = 60.0


@dataclass
class Hearing:
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _rests: tuple[AppContext | None, float] = (None, 0.0)
    """Of which database nothing is written, and until when."""

    def note(self, context: AppContext, actor: str, sign_ins: Set[UUID]) -> None:
        of, until = self._rests
        resting = of is context and time.monotonic() < until
        if resting or not self._turn.acquire(blocking=False):
            return
        try:
            context.do(actor, lambda uow: people.hear(uow, sign_ins))
        except Conflict:
            pass  # the next request of theirs tries again
        except (TriageError, SQLAlchemyError):
            self._rests = context, time.monotonic() + REST_S
        finally:
            self._turn.release()


def hearing_of(app: Flask) -> Hearing:
    found: Hearing = app.extensions["triage_hearing"]
    return found


def furnish(app: Flask) -> None:
    app.extensions["triage_hearing"] = Hearing()

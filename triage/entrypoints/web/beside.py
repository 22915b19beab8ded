"""What is written down beside an answer, which is given all the same where it cannot be written:
a board goes on though nothing can be saved."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from triage.context import AppContext
from triage.domain.errors import Conflict, TriageError
from triage.storage.unit_of_work import UnitOfWork

REST_S = 60.0


@dataclass
class Beside:
    """One at a time in a process writes, and where it cannot be written none tries for a while: of
    many that are answered at once no more than one waits for a database that takes nothing."""

    turn_s: float = 0.0
    """For so long it is waited for whoever writes now."""
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _rests: tuple[AppContext | None, float] = (None, 0.0)
    """Of which database nothing is written, and until when."""

    def write(self, context: AppContext, actor: str, work: Callable[[UnitOfWork], None]) -> bool:
        """In a transaction of its own. Is it written? Where not, the next request tries again."""
        of, until = self._rests
        resting = of is context and time.monotonic() < until
        if resting or not self._turn.acquire(timeout=self.turn_s):
            return False
        try:
            context.do(actor, work)
        except Conflict:
            return False
        except (TriageError, SQLAlchemyError):
            self._rests = context, time.monotonic() + REST_S
            return False
        finally:
            self._turn.release()
        return True

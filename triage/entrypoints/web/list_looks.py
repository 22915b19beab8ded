"""Who looks at a list that tells what was said on calls is written down: a line for each person,
list and opening, whichever calls stand there.

What this process has written it remembers, so that nothing is asked or written for a page that is
opened again and again. What keeps an open page fresh is no look of its own. Where nothing can be
written the page is shown all the same, and the look stands in the log.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from flask import Flask, current_app, g

from triage.context import current_context
from triage.entrypoints.web.access import current_person
from triage.entrypoints.web.beside import Beside
from triage.services import openings

log = structlog.get_logger("triage.web")

_TURN_S = 1.0
"""Two who open a board at once are both written down; behind one whom the database keeps waiting
nobody stands for longer."""


@dataclass
class ListLooks:
    _beside: Beside = field(default_factory=lambda: Beside(_TURN_S))
    _known: dict[tuple[UUID, str], datetime] = field(default_factory=dict)
    """When each person opened each list last, as far as it is written down or is just being."""

    def note(self, view: str) -> None:
        context, person, now = current_context(), current_person(), g.now
        key = person.account_id, view
        known, within = self._known.get(key), timedelta(minutes=context.centre.policy.opening_min)
        if known is not None and known <= now < known + within:
            return
        self._known[key] = now
        if not self._beside.write(
            context, person.actor, lambda uow: openings.note_list(uow, person.sign_in_id, view)
        ):
            self._known.pop(key, None)
            log.critical("a look is not written down", view=view, actor=person.actor)


def note(view: str) -> None:
    """Whoever is signed in opens this list: a code of desk_sentences.LISTS."""
    looks: ListLooks = current_app.extensions["triage_list_looks"]
    looks.note(view)


def furnish(app: Flask) -> None:
    app.extensions["triage_list_looks"] = ListLooks()

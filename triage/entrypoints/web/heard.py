"""That pages are open which ask by themselves, and that people use them: written down beside their
answers, once in a while."""

from collections.abc import Set
from dataclasses import dataclass, field
from uuid import UUID

from flask import Flask

from triage.context import AppContext
from triage.entrypoints.web.beside import Beside
from triage.services import people
from triage.services.people import Person


@dataclass
class Hearing:
    _beside: Beside = field(default_factory=Beside)

    def note(self, context: AppContext, actor: str, sign_ins: Set[UUID]) -> None:
        self._beside.write(context, actor, lambda uow: people.hear(uow, sign_ins))

    def note_use(self, context: AppContext, person: Person) -> None:
        self._beside.write(context, person.actor, lambda uow: people.see(uow, person))


def hearing_of(app: Flask) -> Hearing:
    found: Hearing = app.extensions["triage_hearing"]
    return found


def furnish(app: Flask) -> None:
    app.extensions["triage_hearing"] = Hearing()

"""What an entrypoint is given to work with."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from flask import Flask, current_app

from triage.domain.audit_chains import Anchors
from triage.domain.phone_network import PhoneNetwork
from triage.services.centre import Centre
from triage.settings import Settings
from triage.storage.database import Database
from triage.storage.standby import Standby
from triage.storage.unit_of_work import UnitOfWork

T = TypeVar("T")


class Heartbeat(Protocol):
    """Called while all is well."""

    def beat(self, within_s: float) -> str | None: ...


@dataclass(frozen=True)
class AppContext:
    settings: Settings
    database: Database
    centre: Centre
    phone: PhoneNetwork
    heartbeat: Heartbeat | None = None
    """Somebody outside who raises the alarm when nothing is heard from us."""
    standby: Standby | None = None
    """Where figures are read; None: in the database. Nothing that decides may ask it."""
    anchors: Anchors | None = None
    """Where it is written down outside how far the audit trail has come."""

    def unit_of_work(self, actor: str) -> AbstractContextManager[UnitOfWork]:
        return self.database.unit_of_work(actor)

    def do(
        self,
        actor: str,
        work: Callable[[UnitOfWork], T],
        *,
        keyed: bool = False,
        patient: bool = False,
    ) -> T:
        return self.database.do(actor, work, keyed=keyed, patient=patient)

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        return self.database.reading()


def attach(app: Flask, context: AppContext) -> None:
    app.extensions["triage"] = context


def current_context() -> AppContext:
    """The context of the Flask application that is answering."""
    context: AppContext = current_app.extensions["triage"]
    return context

"""What an entrypoint is given to work with."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask, current_app

from triage.domain.phone_network import PhoneNetwork
from triage.services.centre import Centre
from triage.settings import Settings
from triage.storage.unit_of_work import Database, UnitOfWork

T = TypeVar("T")


@dataclass(frozen=True)
class AppContext:
    settings: Settings
    database: Database
    centre: Centre
    phone: PhoneNetwork

    def unit_of_work(self, actor: str) -> AbstractContextManager[UnitOfWork]:
        return self.database.unit_of_work(actor)

    def do(self, actor: str, work: Callable[[UnitOfWork], T]) -> T:
        return self.database.do(actor, work)

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        return self.database.reading()


def attach(app: Flask, context: AppContext) -> None:
    app.extensions["triage"] = context


def current_context() -> AppContext:
    """The context of the Flask application that is answering."""
    context: AppContext = current_app.extensions["triage"]
    return context

"""Which language members and partners are texted in, chosen on their teams' pages."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.entrypoints.web.access import current_person, open_to
from triage.services import languages
from triage.storage.teams import Partner, Responder
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("text_languages", __name__)
Whose = TypeVar("Whose", Responder, Partner)


@bp.post("/members/<uuid:key>/language")
@open_to("supervisor", "administrator")
def of_member(key: UUID) -> ResponseReturnValue:
    return _set(Responder, key, lambda member: f"/teams/{member.team_id}")


@bp.post("/partners/<uuid:key>/language")
@open_to("supervisor", "administrator")
def of_partner(key: UUID) -> ResponseReturnValue:
    return _set(Partner, key, lambda _: "/teams#partners")


def _set(kind: type[Whose], key: UUID, back: Callable[[Whose], str]) -> ResponseReturnValue:
    def change(uow: UnitOfWork) -> str:
        whose = uow.get(kind, key)
        languages.set_language(uow, whose, request.form.get("language", ""))
        return back(whose)

    return redirect(current_context().do(current_person().actor, change))

"""Calls that are being typed: kept while they grow, saved once."""

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from triage.domain import answer_steps
from triage.domain.errors import Conflict, NotFound, Refused
from triage.domain.phone_numbers import e164
from triage.domain.upright import all_upright
from triage.domain.words import msgid
from triage.services import assessments, calls, further_words, second_callers
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.services.intake_pages import (
    EDITION,
    PAGE,
    Elsewhere,
    Fields,
    digest,
    edition,
    is_same_page,
    must_be_copy,
    must_go_on,
    words,
)
from triage.services.people import Person
from triage.services.situation import situation_of_form
from triage.storage.calls import Call, IntakeDraft
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)
_DRAFT = (
    select(IntakeDraft)
    .where(IntakeDraft.id == bindparam("key"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def keep(
    uow: UnitOfWork,
    centre: Centre,
    person: Person,
    key: UUID,
    fields: Fields,
    *,
    empty: bool,
    spelled: Collection[str] = (),
) -> IntakeDraft | None:
    """Keep what stands on the form now. What was typed earlier never replaces what came later.

    empty -- nothing was typed: such a form is not begun, though one may become empty again.
    spelled -- questions whose answers are typed sign by sign: that is one change.
    Raises Elsewhere where the form went on without this page: nothing is kept then.
    """
    draft = _draft(uow, person, key)
    if draft is None:
        return None if empty else _begin(uow, centre, person, key, fields)
    standing = fields_of(draft)
    if draft.call_id is not None:
        _became(uow, draft.call_id, draft, fields)
        return draft
    _must_go_on(draft, fields)
    same = is_same_page(standing, fields)
    if edition(fields) >= edition(standing) if same else words(fields) != words(standing):
        steps = answer_steps.after(_steps(draft), standing, fields, spelled)
        draft.form, draft.before = json.dumps(fields), json.dumps(steps)
        draft.phone_index = _index_of(centre, fields)
    return draft


def _index_of(centre: Centre, fields: Fields) -> bytes | None:
    """By which number the caller rings; None while it cannot be rung."""
    number = number_of(centre, " ".join(words(fields).get("caller_phone", ())))
    return blind_index("phone", number) if number else None


def take_back(
    uow: UnitOfWork, person: Person, key: UUID, page: Fields
) -> tuple[dict[str, list[str]], answer_steps.Step] | None:
    """Take the last answer on a form back: the fields as they stand now, and what changed; None
    where no answer is left to take back.

    page -- the marks of the page that asks. Raises Elsewhere where the form went on without it.
    """
    draft = _draft(uow, person, key)
    if draft is None or _has_ended(draft) or not (steps := _steps(draft)):
        return None
    _must_go_on(draft, page)
    fields, step = fields_of(draft), steps[-1]
    marks = {EDITION: [str(edition(fields) + 1)], PAGE: list(page.get(PAGE, ()))}
    fields = answer_steps.undone(fields, step) | marks
    draft.form, draft.before = json.dumps(fields), json.dumps(steps[:-1])
    return fields, step


def _has_ended(draft: IntakeDraft) -> bool:
    """Saved, or thrown away."""
    return draft.call_id is not None or draft.form is None


def _must_go_on(draft: IntakeDraft, fields: Fields) -> None:
    must_go_on(None if draft.form is None else fields_of(draft), fields)


def _became(uow: UnitOfWork, call_id: UUID, draft: IntakeDraft, fields: Fields) -> Call:
    """The call that the form became. Raises Elsewhere where other words were sent than these."""
    call = uow.get(Call, call_id)
    must_be_copy(draft.before, fields, call)
    return call


def _steps(draft: IntakeDraft) -> list[answer_steps.Step]:
    found: list[answer_steps.Step] = json.loads(draft.before or "[]")
    return found


def _begin(
    uow: UnitOfWork, centre: Centre, person: Person, key: UUID, fields: Fields
) -> IntakeDraft:
    steps = answer_steps.after([], {}, fields, ())
    return uow.add(
        IntakeDraft(
            id=key,
            account_id=person.account_id,
            form=json.dumps(fields),
            phone_index=_index_of(centre, fields),
            before=json.dumps(steps),
        )
    )


def _draft(uow: UnitOfWork, person: Person, key: UUID) -> IntakeDraft | None:
    """Raises NotFound for somebody else's form, which looks like one that never was."""
    draft = uow.session.scalar(_DRAFT, {"key": key})
    if draft is not None and draft.account_id != person.account_id:
        _is_not_taken_from(draft, person)
        raise NotFound(
            msgid(
                "there is no such form of yours. Where somebody else began it in this browser, they"
                " sign in again in another tab, and then send it again here"
            )
        )
    return draft


def _is_not_taken_from(draft: IntakeDraft, person: Person) -> None:
    """Raises Elsewhere where a colleague went on with it, while nothing was seen of this person."""
    if draft.taken_from == person.account_id:
        raise Elsewhere(
            msgid(
                "a colleague has gone on with this call, because you were not seen. Ask them. Send"
                " from here, and it is a call of its own"
            ),
            taken=True,
        )


def fields_of(draft: IntakeDraft) -> dict[str, list[str]]:
    found: dict[str, list[str]] = all_upright(json.loads(draft.form or "{}"))
    return found


def save(
    uow: UnitOfWork, centre: Centre, person: Person, key: UUID, fields: Fields, new: NewCall
) -> tuple[Call, bool]:
    """Make the form a call, once: the same form again gives the same call, and False.

    The call counts as received when its form was begun. Raises what `calls.open_call` raises, and
    Elsewhere where the form went on without the page that sends.
    """
    draft = _sent(uow, person, key, fields)
    if draft.call_id is not None:
        return _became(uow, draft.call_id, draft, fields), False
    call = calls.open_call(uow, centre, replace(new, received_at=draft.created_at))
    _end(draft, call, fields)
    return call, True


def attach(
    uow: UnitOfWork,
    centre: Centre,
    person: Person,
    key: UUID,
    fields: Fields,
    new: NewCall,
    reference: str,
    *,
    further: bool = False,
) -> tuple[Call, bool]:
    """The form becomes one more caller of an open call, once: the same form again gives the same
    call, and False. Nobody is paged for it; what they answer is assessed with the rest.

    further -- it is the form that became that call, with more words: see `further_words`.
    """
    draft = _sent(uow, person, key, fields)
    if draft.call_id is not None:
        return _became(uow, draft.call_id, draft, fields), False
    call = calls.by_reference(uow, reference)
    (further_words.add if further else second_callers.attach)(uow, centre, call, new)
    _end(draft, call, fields)
    return call, True


def _sent(uow: UnitOfWork, person: Person, key: UUID, fields: Fields) -> IntakeDraft:
    """The form that is sent now. One that was thrown away is a call all the same."""
    draft = _draft(uow, person, key)
    if draft is None:  # what it says is kept with the call
        # Saved with the call, not before: a second copy of this request that is at work in the same
        # moment loses the race for the key, begins anew and finds the call.
        draft = uow.add(IntakeDraft(id=key, account_id=person.account_id))
    elif not _has_ended(draft):
        _must_go_on(draft, fields)
    return draft


def _end(draft: IntakeDraft, call: Call, fields: Fields) -> None:
    """No word stays on the form; a digest tells copies of it from what was typed on elsewhere."""
    draft.call_id, draft.before = call.id, digest(fields)
    draft.form = draft.phone_index = None


def unfinished(uow: UnitOfWork, person: Person) -> list[IntakeDraft]:
    """Forms that this person began and neither saved nor discarded, the latest first; those that
    were emptied again are among them."""
    return list(
        uow.session.scalars(
            select(IntakeDraft)
            .where(
                IntakeDraft.account_id == person.account_id,
                IntakeDraft.call_id.is_(None),
                IntakeDraft.form_sealed.is_not(None),
            )
            .order_by(IntakeDraft.created_at.desc(), IntakeDraft.id.desc())
        )
    )


def find(uow: UnitOfWork, person: Person, key: UUID) -> IntakeDraft | None:
    """A form to go on with; None where it was not begun. Raises NotFound for somebody else's."""
    draft = uow.session.get(IntakeDraft, key)
    if draft is not None and draft.account_id != person.account_id:
        _is_not_taken_from(draft, person)
        raise NotFound(msgid("no such form"))
    return draft


def begun(uow: UnitOfWork, person: Person, key: UUID) -> dict[str, list[str]]:
    """What stands on a form, which may not be begun yet. Raises NotFound for somebody else's, and
    Conflict where it became a call."""
    draft = uow.session.get(IntakeDraft, key)
    if draft is None:
        return {}
    if draft.account_id != person.account_id:
        _is_not_taken_from(draft, person)
        raise NotFound(msgid("no such form"))
    if _has_ended(draft):
        raise Conflict(msgid("this form became a call already, or was thrown away"))
    return fields_of(draft)


def discard(uow: UnitOfWork, person: Person, key: UUID) -> None:
    """Throw away what was typed; the audit trail keeps that there was something."""
    draft = _draft(uow, person, key)
    if draft is None:
        raise NotFound(msgid("no such form"))
    if draft.call_id is not None:
        raise Conflict(msgid("this form became a call already"))
    draft.form = draft.before = draft.phone_index = None
    uow.audit("intake.discarded", draft)


def preview(
    uow: UnitOfWork,
    centre: Centre,
    facts: Mapping[str, Any],
    narrative: str,
    zone: str | None,
    phone: str | None,
) -> dict[str, Any] | None:
    """What sending now would come to, as `triage assess` prints it, with nothing written, and
    with who is `unavailable`.

    None where the rules could not be applied: the call itself would be sent as the highest.
    """
    known = situation_of_form(uow, centre, facts, zone, number_of(centre, phone))
    raw = {"facts": dict(facts), "narrative": narrative, "situation": known}
    try:
        return assessments.preview(uow, centre, raw) | {"unavailable": known["unavailable"]}
    except Exception as error:  # typing goes on, whatever is wrong with the rules
        log.error("preview failed: %s", type(error).__name__)
        return None


def number_of(centre: Centre, phone: str | None) -> str | None:
    """The number as it would be kept; None while it cannot be rung."""
    try:
        return e164(phone, centre.policy.country) if phone and phone.strip() else None
    except Refused:
        return None

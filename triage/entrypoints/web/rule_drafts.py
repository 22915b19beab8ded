"""Changing a rule set: a draft, its findings, a case to try, a second person's approval.

Every button of the draft's page sends the whole page, so that nothing typed is lost: what
stands in the text is saved first, then whatever the button says is done.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import Conflict, NotFound, Refused, RuleFileError
from triage.domain.rule_changes import changed_lines
from triage.domain.rule_outline import outline
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.questions import GROUPS
from triage.entrypoints.web.rule_trials import (
    Trial,
    answered,
    case_typed,
    offered,
    teams_that_may_be_away,
    try_in,
    try_live,
)
from triage.entrypoints.web.rule_words import (
    ShownFinding,
    comparison,
    findings_in,
    named_of,
    said,
)
from triage.services import rule_drafts as drafts
from triage.services import rule_sets
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("drafts", __name__)

_supervising = open_to("supervisor")


@dataclass(frozen=True)
class Notice:
    """What went wrong, above the draft. `findings` -- of a file that was not taken over."""

    sentence: str
    findings: Sequence[ShownFinding] = ()


@bp.get("/rules/<name>/draft")
@_supervising
def draft(name: str) -> ResponseReturnValue:
    return _page(name)


@bp.post("/rules/<name>/draft")
@_supervising
def save(name: str) -> ResponseReturnValue:
    if _save(name, _typed()):
        flash(gettext("The draft is saved."), "good")
    else:
        flash(gettext("Nothing was changed, so there is no draft."), "message")
    return redirect(f"/rules/{name}/draft")


@bp.post("/rules/<name>/draft/try")
@_supervising
def try_case(name: str) -> ResponseReturnValue:
    _save(name, _typed())
    centre, case = current_context().centre, case_typed()
    with current_context().reading() as uow:
        trials = [try_in(uow, centre, _typed(), case), try_live(uow, centre, name, case)]
    return _page(name, trials=trials)


@bp.post("/rules/<name>/draft/ask")
@_supervising
def ask_for_approval(name: str) -> ResponseReturnValue:
    _save(name, _typed())
    centre = current_context().centre
    try:
        _do(lambda uow: drafts.ask_for_approval(uow, centre, name))
    except RuleFileError:
        return _page(name, Notice(gettext("Approval was not asked for: mend the text first."))), 422
    except (Refused, NotFound, Conflict) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return _page(
            name, Notice(gettext("Approval was not asked for. %(why)s", why=said(error)))
        ), status
    flash(
        gettext("Approval is asked for: another supervisor reads the change and publishes it."),
        "good",
    )
    return redirect(f"/rules/{name}/approve")


@bp.post("/rules/<name>/draft/upload")
@_supervising
def upload(name: str) -> ResponseReturnValue:
    """A file takes the place of the draft, if it is a rule set; otherwise nothing changes."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(name, Notice(gettext("Choose a file first."))), 422
    text, centre = "", current_context().centre
    try:
        text = _with_plain_line_ends(rule_sets.text_of(file.read()))
        rule_sets.read(centre, text)
        _save(name, text)
    except RuleFileError as error:
        sentence = gettext(
            "This file is not a rule set and was not taken over. The draft is as it was."
        )
        return _page(name, Notice(sentence, findings_in(text, error.findings))), 422
    flash(gettext("The file is the draft now."), "good")
    return redirect(f"/rules/{name}/draft")


@bp.post("/rules/<name>/draft/catch-up")
@_supervising
def catch_up(name: str) -> ResponseReturnValue:
    """The differences to the version that was published meanwhile were looked at."""
    live = request.form.get("live", "")
    _do(lambda uow: drafts.catch_up(uow, name, _version() or 0, live))
    return redirect(f"/rules/{name}/draft")


@bp.post("/rules/<name>/draft/discard")
@_supervising
def discard(name: str) -> ResponseReturnValue:
    _do(lambda uow: drafts.discard(uow, name, _version() or 0))
    flash(gettext("The draft is thrown away. The rules are as they were."), "good")
    return redirect(f"/rules/{name}")


@bp.get("/rules/<name>/approve")
@_supervising
def read_change(name: str) -> ResponseReturnValue:
    return _approval_page(name)


@bp.post("/rules/<name>/send-back")
@_supervising
def send_back(name: str) -> ResponseReturnValue:
    person, version = current_person(), _version() or 0
    reason = typed.note("reason")
    try:
        _do(lambda uow: drafts.send_back(uow, person, name, version, reason))
    except Refused as error:
        if error.field is None:
            return _approval_page(name, said(error)), 422
        return _approval_page(name, errors={error.field: said(error)}), 422
    except (Conflict, NotFound) as error:
        return _not_sent_back(name, said(error)), 409
    flash(gettext("The change is sent back: its author reads why."), "good")
    return redirect(f"/rules/{name}/approve")


def _not_sent_back(name: str, why: str) -> str:
    """The change as it stands now; where none is left, the rules. The reason is kept on both."""
    with suppress(NotFound):
        return _approval_page(name, why)
    return _page(name, Notice(gettext("Not sent back. %(why)s", why=why)))


@bp.post("/rules/<name>/approve")
@_supervising
def approve(name: str) -> ResponseReturnValue:
    centre, person, version = current_context().centre, current_person(), _version() or 0
    try:
        _do(lambda uow: drafts.approve(uow, centre, person, name, version))
    except (Refused, RuleFileError) as error:
        return _approval_page(name, said(error)), 422
    except Conflict as error:
        return _approval_page(name, said(error)), 409
    deciding = centre.policy.rule_set
    done = (
        gettext("Published. The next call is decided by it.")
        if name == deciding
        else gettext(
            "Published. It can be tried and compared. Calls are decided by %(name)s.", name=deciding
        )
    )
    flash(done, "good")
    return redirect(f"/rules/{name}")


def _save(name: str, text: str) -> bool:
    """Is there a draft now?"""
    person, version, live = current_person(), _version(), request.form.get("live", "")
    context = current_context()
    return context.do(
        person.actor,
        lambda uow: drafts.save(uow, person, name, text, version, live) is not None,
    )


def _do(work: Callable[[UnitOfWork], object]) -> None:
    current_context().do(current_person().actor, work)


def _typed() -> str:
    # A NUL cannot be kept in every database; this is how it is shown.
    return _with_plain_line_ends(request.form.get("yaml", "")).replace("\0", "\u2400")


def _with_plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _version() -> int | None:
    return request.form.get("version", type=int)


@bp.errorhandler(Conflict)
def _changed_meanwhile(error: Conflict) -> ResponseReturnValue:
    sentence = said(error)
    if "yaml" in request.form:
        unsaved = gettext("Your text stands below and is NOT saved: look at the differences first.")
        sentence = f"{sentence} {unsaved}"
    name: str = (request.view_args or {})["name"]
    return _page(name, Notice(sentence), compare=True), 409


def _page(
    name: str,
    notice: Notice | None = None,
    trials: Sequence[Trial] = (),
    compare: bool = False,
) -> str:
    """The draft as it was typed or, where nothing was, as it was kept.

    compare -- list what saving it would change in the draft, or live version, as kept.
    """
    centre = current_context().centre
    with current_context().reading() as uow:
        live = rule_sets.live_version(uow, name)
        kept = drafts.draft_of(uow, name)
        behind = kept is not None and drafts.is_behind(uow, kept)
        sent_back = drafts.sent_back(uow, name, kept) if kept else ()
        named = named_of(uow, drafts=[kept] if kept else [], sent_back=sent_back)
    known = kept.yaml if kept else live.yaml
    text = _typed() if "yaml" in request.form else known
    findings, sections = rule_sets.findings(centre, text), outline(text)
    return render_template(
        "rules_draft.html",
        name=name,
        deciding=centre.policy.rule_set,
        live=live,
        draft=kept,
        behind=behind,
        sent_back=sent_back,
        named=named,
        text=text,
        findings=findings_in(text, findings, sections),
        sections=sections,
        notice=notice,
        others=changed_lines(known, text) if compare else (),
        lines=changed_lines(live.yaml, text) if behind else (),
        trials=trials,
        vocabulary=centre.vocabulary,
        offered=offered,
        answered=answered,
        away=teams_that_may_be_away(),
        groups=GROUPS,
        form=request.form,
    )


def _approval_page(
    name: str, refused: str | None = None, errors: Mapping[str, str] | None = None
) -> str:
    centre = current_context().centre
    with current_context().reading() as uow:
        live = rule_sets.live_version(uow, name)
        kept = drafts.draft_of(uow, name)
        if kept is None:
            raise NotFound(gettext("there is no draft to approve: it was published or thrown away"))
        behind = drafts.is_behind(uow, kept)
        sent_back = drafts.sent_back(uow, name, kept)
        named = named_of(uow, drafts=[kept], sent_back=sent_back)
    findings = rule_sets.findings(centre, kept.yaml)
    return render_template(
        "rules_approve.html",
        name=name,
        live=live,
        draft=kept,
        named=named,
        behind=behind,
        is_author=kept.edited_by_id == current_person().account_id,
        findings=findings_in(kept.yaml, findings),
        deciding=centre.policy.rule_set,
        lines=changed_lines(live.yaml, kept.yaml),
        changes=comparison(centre, live.yaml, kept.yaml),
        refused=refused,
        sent_back=sent_back,
        errors=errors or {},
        reason=request.form.get("reason"),
    )

"""The rules: what decides calls now, every version there was, and the way back to one."""

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import Conflict, Finding, Refused, RuleFileError
from triage.domain.rule_changes import changed_lines
from triage.domain.ruleset import RuleSet
from triage.entrypoints.web import list_places, rule_drafts
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.questions import GROUPS
from triage.entrypoints.web.rule_trials import (
    Case,
    answered,
    case_typed,
    offered,
    teams_that_may_be_away,
    try_live,
)
from triage.entrypoints.web.rule_words import (
    by_kind,
    comparison,
    findings_in,
    named_of,
    said,
    said_of,
)
from triage.services import failing_rules, rule_sets
from triage.services import rule_drafts as drafts
from triage.storage.rule_sets import Publication, RuleSetVersion
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("rules", __name__)
bp.register_blueprint(rule_drafts.bp)

_reading = open_to("dispatcher", "supervisor")


@bp.get("/rules")
@_reading
def list_rule_sets() -> ResponseReturnValue:
    with current_context().reading() as uow:
        listed, begun = rule_sets.newest_publications(uow), drafts.drafts(uow)
        failed = {it.name: failing_rules.recent_calls(uow, it.of.sha256) for it in listed}
        return render_template(
            "rules.html",
            listed=[(it, _rules_of(it.of)) for it in listed],
            failed=failed,
            drafts={draft.name: draft for draft in begun},
            named=named_of(uow, listed, begun),
            deciding=current_context().centre.policy.rule_set,
        )


@bp.get("/rules/<name>")
@_reading
def live(name: str) -> ResponseReturnValue:
    with current_context().reading() as uow:
        holding = rule_sets.holding(uow, name)
        return _version_page(uow, holding.of, holding)


@bp.get("/rules/<name>/try")
@_reading
def case_to_try(name: str) -> ResponseReturnValue:
    return _case_page(name)


@bp.post("/rules/<name>/try")
@_reading
def try_case(name: str) -> ResponseReturnValue:
    return _case_page(name, case_typed())


@bp.get("/rules/<name>/versions")
@_reading
def versions(name: str) -> ResponseReturnValue:
    with current_context().reading() as uow:
        holding = rule_sets.holding(uow, name)
        after = list_places.read(request.args.get("after", ""))
        found, more = rule_sets.publications(uow, name, after)
        sent_back = drafts.sent_back(uow, name)
        return render_template(
            "rules_versions.html",
            name=name,
            live=holding.of,
            deciding=current_context().centre.policy.rule_set,
            publications=found,
            named=named_of(uow, found, sent_back=sent_back),
            more=list_places.written((found[-1].created_at, found[-1].id)) if more else "",
            is_first=after is None,
            sent_back=sent_back,
        )


@bp.get("/rules/<name>/versions/<sha>")
@_reading
def version(name: str, sha: str) -> ResponseReturnValue:
    with current_context().reading() as uow:
        return _version_page(
            uow, rule_sets.version_of(uow, name, sha), rule_sets.holding(uow, name)
        )


@bp.get("/rules/<name>/versions/<sha>/yaml")
@_reading
def download(name: str, sha: str) -> ResponseReturnValue:
    with current_context().reading() as uow:
        found = rule_sets.version_of(uow, name, sha)
    answer = Response(found.yaml, mimetype="application/yaml")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.yaml")
    return answer


@bp.get("/rules/<name>/versions/<sha>/go-back")
@open_to("supervisor")
def confirm_going_back(name: str, sha: str) -> ResponseReturnValue:
    return _going_back_page(name, sha)


@bp.post("/rules/<name>/versions/<sha>/go-back")
@open_to("supervisor")
def go_back(name: str, sha: str) -> ResponseReturnValue:
    context, person, seen = current_context(), current_person(), request.form.get("live", "")

    def turn(uow: UnitOfWork) -> str:
        asked = rule_sets.version_of(uow, name, sha)
        rule_sets.go_back(uow, context.centre, person, name, asked.sha256, seen)
        return asked.label

    try:
        label = context.do(person.actor, turn)
    except (Refused, RuleFileError) as error:
        return _going_back_page(name, sha, said(error)), 422
    except Conflict as error:
        return _going_back_page(name, sha, said(error)), 409
    decides = name == context.centre.policy.rule_set
    again = (
        gettext("Version %(version)s decides calls again, from now on.", version=label)
        if decides
        else gettext("Version %(version)s is the current one again.", version=label)
    )
    flash(again, "good")
    return redirect(f"/rules/{name}/versions")


def _rules_of(version: RuleSetVersion) -> RuleSet | None:
    try:
        return rule_sets.of_version(current_context().centre, version)
    except RuleFileError:
        return None


def _case_page(name: str, case: Case | None = None) -> str:
    """The case, and what this rule set and the one that decides calls here make of it."""
    centre = current_context().centre
    deciding = centre.policy.rule_set
    with current_context().reading() as uow:
        rule_sets.holding(uow, name)
        both = dict.fromkeys((name, deciding)) if case else ()
        trials = [(one, try_live(uow, centre, one, case)) for one in both if case]
    return render_template(
        "rules_try.html",
        name=name,
        deciding=deciding,
        trials=trials,
        vocabulary=centre.vocabulary,
        offered=offered,
        answered=answered,
        away=teams_that_may_be_away(),
        groups=GROUPS,
        form=request.form,
    )


def _version_page(uow: UnitOfWork, shown: RuleSetVersion, holding: Publication) -> str:
    """A version in sentences; where it does not load any more, its text and what is wrong."""
    centre, rules, findings = current_context().centre, None, tuple[Finding, ...]()
    try:
        rules = rule_sets.of_version(centre, shown)
    except RuleFileError as error:
        findings = error.findings
    draft = drafts.draft_of(uow, shown.name)
    return render_template(
        "rules_version.html",
        name=shown.name,
        version=shown,
        rules=rules,
        kinds=by_kind(rules) if rules else (),
        words=said_of(rules) if rules else {},
        scored={response for it in rules.rules for response, _ in it.points} if rules else (),
        findings=findings_in(shown.yaml, findings),
        is_live=shown.id == holding.version_id,
        failed=failing_rules.recent_calls(uow, shown.sha256),
        holding=holding,
        draft=draft,
        named=named_of(uow, [holding], [draft] if draft else [], [shown]),
        deciding=centre.policy.rule_set,
    )


def _going_back_page(name: str, sha: str, refused: str | None = None) -> str:
    centre = current_context().centre
    with current_context().reading() as uow:
        holding = rule_sets.holding(uow, name)
        asked = rule_sets.version_of(uow, name, sha)
        return render_template(
            "rules_go_back.html",
            name=name,
            version=asked,
            live=holding.of,
            deciding=centre.policy.rule_set,
            named=named_of(uow, versions=[asked]),
            lines=changed_lines(holding.of.yaml, asked.yaml),
            changes=comparison(centre, holding.of.yaml, asked.yaml),
            refused=refused,
        )

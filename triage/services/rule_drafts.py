"""A rule set from draft to live: written by one person, approved or sent back by another."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from triage.domain.assessment import assess
from triage.domain.errors import Conflict, NotFound, Refused
from triage.domain.words import msgid
from triage.services import actors, assessments, habits
from triage.services.centre import Centre
from triage.services.people import Person
from triage.services.rule_sets import (
    keep,
    live_version,
    must_be_fit_for_calls,
    must_be_new,
    publish,
    read,
    sha256,
)
from triage.storage.rule_sets import ChangeSentBack, Publication, RuleDraft
from triage.storage.unit_of_work import UnitOfWork

LONGEST_REASON = 500


def drafts(uow: UnitOfWork) -> list[RuleDraft]:
    return list(uow.session.scalars(select(RuleDraft).order_by(RuleDraft.name)))


def draft_of(uow: UnitOfWork, name: str) -> RuleDraft | None:
    return uow.session.scalar(select(RuleDraft).where(RuleDraft.name == name))


def waiting_for(uow: UnitOfWork, account_id: UUID) -> Sequence[str]:
    """The rule sets with a change that this supervisor may approve, because another wrote it."""
    others = RuleDraft.state == "awaiting_approval", RuleDraft.edited_by_id != account_id
    return uow.session.scalars(select(RuleDraft.name).where(*others).order_by(RuleDraft.name)).all()


def sent_back_to(uow: UnitOfWork, account_id: UUID) -> Sequence[str]:
    """The rule sets of which a change by this supervisor was sent back and not edited since."""
    own = RuleDraft.state == "sent_back", RuleDraft.edited_by_id == account_id
    return uow.session.scalars(select(RuleDraft.name).where(*own).order_by(RuleDraft.name)).all()


def save(
    uow: UnitOfWork, person: Person, name: str, text: str, version: int | None, live_sha: str
) -> RuleDraft | None:
    """Keep what was typed, right or wrong. Editing withdraws a request for approval.

    version, live_sha -- of the draft that was on the screen (None where there was none) and of
    the version that was live; Conflict if somebody saved, published or discarded since.
    A text that changes nothing begins no draft.
    """
    draft, live = draft_of(uow, name), live_version(uow, name)
    if text == (draft.yaml if draft else live.yaml):
        return draft
    if draft is None:
        if version is not None:
            raise Conflict(msgid("this draft was published or thrown away while you were editing"))
        if live_sha != live.sha256:
            raise Conflict(msgid("another version was published while you were editing"))
        draft = uow.add(RuleDraft(name=name, based_on_sha256=live.sha256))
    elif draft.version != version:
        raise Conflict(
            msgid("%(name)s saved this draft while you were editing", name=_editor(uow, draft))
        )
    draft.yaml, draft.state = text, "editing"
    draft.edited_by, draft.edited_by_id = person.username, person.account_id
    uow.audit("rules.draft_saved", draft, sha256=sha256(text))
    return draft


def is_behind(uow: UnitOfWork, draft: RuleDraft) -> bool:
    """Was another version published since this draft was begun?"""
    return draft.based_on_sha256 != live_version(uow, draft.name).sha256


def catch_up(uow: UnitOfWork, name: str, version: int, live_sha: str) -> RuleDraft:
    """Go on from the version that is live now: somebody has looked at the differences.

    version, live_sha -- of the draft and the live version that they compared.
    """
    draft = _unchanged(uow, name, version)
    if live_version(uow, name).sha256 != live_sha:
        raise Conflict(msgid("yet another version was published: compare again"))
    draft.based_on_sha256, draft.state = live_sha, "editing"
    uow.audit("rules.draft_caught_up", draft, live=live_sha)
    return draft


def ask_for_approval(uow: UnitOfWork, centre: Centre, name: str) -> RuleDraft:
    """Raises RuleFileError where the draft does not load, Refused where it cannot be live."""
    draft = _draft(uow, name)
    rules = read(centre, draft.yaml)
    if rules.name != name:
        raise Refused(
            msgid(
                "the text says rule_set: %(said)s, this draft is %(name)s",
                said=rules.name,
                name=name,
            ),
            "yaml",
        )
    if name == centre.policy.rule_set:
        must_be_fit_for_calls(rules)
    must_be_new(uow, rules)
    _must_be_up_to_date(uow, draft)
    draft.state = "awaiting_approval"
    uow.audit("rules.approval_asked", draft, sha256=rules.sha256)
    return draft


def approve(
    uow: UnitOfWork, centre: Centre, person: Person, name: str, version: int
) -> Publication:
    """A second person makes the draft live, at once and for every call from now on.

    version -- of the draft that they read; Conflict if it changed since.
    """
    draft = _put_to(uow, person, name, version)
    _must_be_up_to_date(uow, draft)
    kept = keep(uow, centre, draft.yaml, draft.edited_by, person.username)
    publication = publish(uow, kept, person.username, "approved")
    uow.session.delete(draft)
    return publication


def send_back(uow: UnitOfWork, person: Person, name: str, version: int, reason: str) -> None:
    """A second person does not approve it as it stands: its author reads why.

    version -- of the draft that they read; Conflict if it changed since.
    """
    draft = _put_to(uow, person, name, version)
    why = " ".join(reason.split())
    if not why:
        raise Refused(msgid("Write why it goes back: its author reads that."), "reason")
    if len(why) > LONGEST_REASON:
        raise Refused(
            msgid("Shorten the reason to %(count)s characters.", count=LONGEST_REASON), "reason"
        )
    draft.state, text = "sent_back", sha256(draft.yaml)
    uow.add(
        ChangeSentBack(
            name=name,
            sha256=text,
            written_by=draft.edited_by,
            sent_back_by=person.username,
            reason=why,
        )
    )
    uow.audit("rules.sent_back", draft, sha256=text)


def sent_back(
    uow: UnitOfWork, name: str, draft: RuleDraft | None = None
) -> Sequence[ChangeSentBack]:
    """Every time that a change of this rule set was sent back, or of this draft; newest first."""
    found = select(ChangeSentBack).where(ChangeSentBack.name == name)
    if draft is not None:
        found = found.where(ChangeSentBack.created_at >= draft.created_at)
    newest_first = ChangeSentBack.created_at.desc(), ChangeSentBack.id.desc()
    return uow.session.scalars(found.order_by(*newest_first)).all()


def discard(uow: UnitOfWork, name: str, version: int) -> None:
    draft = _unchanged(uow, name, version)
    uow.audit("rules.draft_discarded", draft, sha256=sha256(draft.yaml))
    uow.session.delete(draft)


def try_case(uow: UnitOfWork, centre: Centre, text: str, raw: object) -> dict[str, Any]:
    """Decide a made-up call by this text, with questions in the order that real calls would have.

    Raises RuleFileError, InvalidCall or OutOfTime.
    """
    rules, call = read(centre, text), centre.vocabulary.read_call(raw)
    return assessments.in_time(assess, rules.prepare(), call, habits.current(uow, centre))


def _draft(uow: UnitOfWork, name: str) -> RuleDraft:
    draft = draft_of(uow, name)
    if draft is None:
        raise NotFound(msgid("there is no draft of %(name)s", name=name))
    return draft


def _unchanged(uow: UnitOfWork, name: str, version: int) -> RuleDraft:
    draft = _draft(uow, name)
    if draft.version != version:
        raise Conflict(
            msgid("%(name)s changed this draft meanwhile: read it again", name=_editor(uow, draft))
        )
    return draft


def _editor(uow: UnitOfWork, draft: RuleDraft) -> str:
    return actors.named(uow, [draft.edited_by])(draft.edited_by)


def _put_to(uow: UnitOfWork, person: Person, name: str, version: int) -> RuleDraft:
    """The draft that waits for this person's word, as they read it. Raises Conflict, Refused."""
    draft = _unchanged(uow, name, version)
    if draft.state != "awaiting_approval":
        raise Conflict(msgid("nobody asks for approval of this draft any more: read it again"))
    if draft.edited_by_id == person.account_id:
        raise Refused(msgid("a second person must approve: you wrote this change yourself"))
    return draft


def _must_be_up_to_date(uow: UnitOfWork, draft: RuleDraft) -> None:
    if is_behind(uow, draft):
        raise Conflict(
            msgid("another version was published since this draft was begun: compare them first")
        )

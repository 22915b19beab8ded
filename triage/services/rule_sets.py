"""Rule sets from draft to live: written by one person, approved by another, kept for ever."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import select

from triage.domain.errors import Conflict, NotFound, Refused
from triage.domain.ruleset import RuleSet
from triage.services.centre import Centre
from triage.services.people import Person
from triage.storage.rule_sets import Publication, RuleDraft, RuleSetVersion, VocabularyVersion
from triage.storage.unit_of_work import UnitOfWork


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read(centre: Centre, text: str) -> RuleSet:
    """The rule set that a text means. Raises RuleFileError with every finding."""
    key = sha256(text)
    if key not in centre.parsed:
        centre.parsed[key] = centre.reader.read_rule_set(text, centre.vocabulary)
    return centre.parsed[key]


def seed(uow: UnitOfWork, centre: Centre, texts: Iterable[str]) -> None:
    """Publish the shipped rule sets that this database has never seen; keep the vocabulary."""
    _keep_vocabulary(uow, centre)
    for text in texts:
        name = read(centre, text).name
        if newest_publication(uow, name) is None:
            _publish(uow, _keep(uow, centre, text, "seed", "seed"), "seed", "seed")


def _keep_vocabulary(uow: UnitOfWork, centre: Centre) -> None:
    known = uow.session.scalar(
        select(VocabularyVersion).where(VocabularyVersion.sha256 == centre.vocabulary.sha256)
    )
    if known is None:
        uow.add(VocabularyVersion(sha256=centre.vocabulary.sha256, yaml=centre.vocabulary_yaml))


def _keep(
    uow: UnitOfWork, centre: Centre, text: str, written_by: str, approved_by: str
) -> RuleSetVersion:
    """The immutable version of this text, made if it does not exist yet."""
    rules = read(centre, text)
    known = uow.session.scalar(select(RuleSetVersion).where(RuleSetVersion.sha256 == rules.sha256))
    return known or uow.add(
        RuleSetVersion(
            name=rules.name,
            label=rules.version,
            sha256=rules.sha256,
            vocabulary_sha256=centre.vocabulary.sha256,
            yaml=text,
            written_by=written_by,
            approved_by=approved_by,
        )
    )


def _publish(uow: UnitOfWork, version: RuleSetVersion, by: str, why: str) -> Publication:
    publication = uow.add(
        Publication(name=version.name, version_id=version.id, published_by=by, why=why)
    )
    publication.of = version
    uow.audit("rules.published", publication, sha256=version.sha256, label=version.label, why=why)
    return publication


def newest_publication(uow: UnitOfWork, name: str) -> Publication | None:
    return uow.session.scalar(
        select(Publication)
        .where(Publication.name == name)
        .order_by(Publication.created_at.desc(), Publication.id.desc())
        .limit(1)
    )


def live_version(uow: UnitOfWork, name: str) -> RuleSetVersion:
    publication = newest_publication(uow, name)
    if publication is None:
        raise NotFound(f"no rule set called {name} has been published")
    return publication.of


def live(uow: UnitOfWork, centre: Centre, name: str) -> RuleSet:
    """The rules that decide calls at this instant. Raises NotFound."""
    publication = newest_publication(uow, name)
    if publication is None:
        raise NotFound(f"no rule set called {name} has been published")
    return read(centre, publication.of.yaml)


def must_be_fit_for_calls(rules: RuleSet) -> None:
    """Raises Refused for a set that only illustrates a programme's criteria."""
    if rules.scope != "complete":
        raise Refused(
            f"{rules.name} shows one programme's criteria and cannot decide calls", "rule_set"
        )


def publications(uow: UnitOfWork, name: str) -> list[Publication]:
    return list(
        uow.session.scalars(
            select(Publication)
            .where(Publication.name == name)
            .order_by(Publication.created_at.desc(), Publication.id.desc())
        )
    )


def names(uow: UnitOfWork) -> list[str]:
    return list(uow.session.scalars(select(Publication.name).distinct().order_by(Publication.name)))


def draft_of(uow: UnitOfWork, name: str) -> RuleDraft | None:
    return uow.session.scalar(select(RuleDraft).where(RuleDraft.name == name))


def save_draft(
    uow: UnitOfWork, person: Person, name: str, text: str, version: int | None
) -> RuleDraft:
    """Keep what was typed, right or wrong. Editing withdraws a request for approval.

    version -- of the draft that was on the screen; Conflict if somebody saved since.
    """
    draft = draft_of(uow, name)
    if draft is None:
        draft = uow.add(
            RuleDraft(name=name, based_on_sha256=live_version(uow, name).sha256, yaml=text)
        )
    elif draft.version != version:
        raise Conflict(f"{draft.edited_by} saved this draft while you were editing")
    draft.yaml, draft.state = text, "editing"
    draft.edited_by, draft.edited_by_id = person.username, person.account_id
    uow.audit("rules.draft_saved", draft, sha256=sha256(text))
    return draft


def ask_for_approval(uow: UnitOfWork, centre: Centre, name: str) -> RuleDraft:
    """Raises RuleFileError where the draft does not load, Refused where it cannot be live."""
    draft = _draft(uow, name)
    rules = read(centre, draft.yaml)
    if rules.name != name:
        raise Refused(f"the text says rule_set: {rules.name}, this draft is {name}", "yaml")
    if name == centre.policy.rule_set:
        must_be_fit_for_calls(rules)
    _must_be_new(uow, rules)
    draft.state = "awaiting_approval"
    uow.audit("rules.approval_asked", draft, sha256=rules.sha256)
    return draft


def _must_be_new(uow: UnitOfWork, rules: RuleSet) -> None:
    same = uow.session.scalar(
        select(RuleSetVersion).where(
            RuleSetVersion.name == rules.name, RuleSetVersion.label == rules.version
        )
    )
    if same is not None:
        raise Refused(
            f"version {rules.version} has been published already: give the change a version"
            " of its own",
            "yaml",
        )


def approve(
    uow: UnitOfWork, centre: Centre, person: Person, name: str, version: int
) -> Publication:
    """A second person makes the draft live, at once and for every call from now on.

    version -- of the draft that they read; Conflict if it changed since.
    """
    draft = _draft(uow, name)
    if draft.state != "awaiting_approval" or draft.version != version:
        raise Conflict("the draft was edited after approval was asked for: read it again")
    if draft.edited_by_id == person.account_id:
        raise Refused("a second person must approve: you wrote this change yourself")
    if draft.based_on_sha256 != live_version(uow, name).sha256:
        raise Conflict("another version went live since this draft was begun: compare them first")
    kept = _keep(uow, centre, draft.yaml, draft.edited_by, person.username)
    publication = _publish(uow, kept, person.username, "approved")
    uow.session.delete(draft)
    return publication


def discard_draft(uow: UnitOfWork, name: str) -> None:
    draft = _draft(uow, name)
    uow.audit("rules.draft_discarded", draft, sha256=sha256(draft.yaml))
    uow.session.delete(draft)


def go_back(uow: UnitOfWork, person: Person, name: str, sha: str) -> Publication:
    """Make an earlier published version live again, at once: it was approved once."""
    version = uow.session.scalar(
        select(RuleSetVersion).where(RuleSetVersion.name == name, RuleSetVersion.sha256 == sha)
    )
    if version is None:
        raise NotFound("no such version")
    if live_version(uow, name).id == version.id:
        raise Refused("this version is live now")
    return _publish(uow, version, person.username, "went_back")


def _draft(uow: UnitOfWork, name: str) -> RuleDraft:
    draft = draft_of(uow, name)
    if draft is None:
        raise NotFound(f"there is no draft of {name}")
    return draft

"""Rule sets as they were published: immutable versions, the latest publication holds."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from threading import Lock

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from triage.domain.errors import Conflict, Finding, NotFound, Refused, RuleFileError
from triage.domain.last_resort import stand_in
from triage.domain.rule_text import decoded
from triage.domain.ruleset import RuleSet
from triage.domain.words import msgid
from triage.services.centre import Centre
from triage.services.list_pages import Place, earlier, first_of
from triage.services.people import Person
from triage.storage.people import Account
from triage.storage.rule_sets import Publication, RuleSetVersion, VocabularyVersion
from triage.storage.unit_of_work import UnitOfWork

MOST_PARSED = 64
"""Rule sets kept parsed in memory; drafts pass through there too."""
ALTERED = msgid("this text was altered in the database since it was published")
log = logging.getLogger(__name__)
_one_reads = Lock()
_WITHOUT_TEXT = joinedload(Publication.of).defer(RuleSetVersion.yaml)
PAGE = 30
_NEWEST_FIRST = (Publication.created_at.desc(), Publication.id.desc())
_LIVE = (
    select(Publication)
    .where(Publication.name == bindparam("of_name"))
    .order_by(*_NEWEST_FIRST)
    .options(_WITHOUT_TEXT)
    .limit(1)
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read(centre: Centre, text: str) -> RuleSet:
    """The rule set that a text means, checked. Raises RuleFileError with every finding."""
    told = findings(centre, text)
    if any(finding.severity == "error" for finding in told):
        raise RuleFileError(told)
    return read_published(centre, text)


def read_published(centre: Centre, text: str) -> RuleSet:
    """The rule set that a text means, which was checked before it was published.

    Raises RuleFileError where the vocabulary no longer has what it names.
    """
    return centre.parsed.get(sha256(text)) or _read_once(centre, text)


def _read_once(centre: Centre, text: str) -> RuleSet:
    """Read by the first of the threads that want it; the others wait for that one."""
    key = sha256(text)
    with _one_reads:
        rules = centre.parsed.get(key)
        if rules is None:
            rules = centre.reader.read_published(text, centre.vocabulary)
            if len(centre.parsed) >= MOST_PARSED:
                centre.parsed.clear()
            centre.parsed[key] = rules
        return rules


def findings(centre: Centre, text: str) -> tuple[Finding, ...]:
    """Everything there is to say about a text, errors and warnings, by place."""
    key = sha256(text)
    told = centre.checked.get(key)
    if told is None:
        told = centre.reader.check_rule_set(text, centre.vocabulary)
        if len(centre.checked) >= MOST_PARSED:
            centre.checked.clear()
        centre.checked[key] = told
    return told


def text_of(file: bytes) -> str:
    """The text of a file. Raises RuleFileError naming the line where it stops being one."""
    return decoded(file).removeprefix("\ufeff")


def seed(uow: UnitOfWork, centre: Centre, texts: Iterable[str]) -> None:
    """Publish the shipped rule sets that this database has never seen; keep the vocabulary."""
    _keep_vocabulary(uow, centre)
    for text in texts:
        name = read(centre, text).name
        if newest_publication(uow, name) is None:
            publish(uow, keep(uow, centre, text, "seed", "seed"), "seed", "seed")


def _keep_vocabulary(uow: UnitOfWork, centre: Centre) -> None:
    known = uow.session.scalar(
        select(VocabularyVersion).where(VocabularyVersion.sha256 == centre.vocabulary.sha256)
    )
    if known is None:
        uow.add(VocabularyVersion(sha256=centre.vocabulary.sha256, yaml=centre.vocabulary_yaml))


def keep(
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


def publish(uow: UnitOfWork, version: RuleSetVersion, by: str, why: str) -> Publication:
    """Let this version decide every call from now on."""
    publication = uow.add(
        Publication(name=version.name, version_id=version.id, published_by=by, why=why)
    )
    publication.of = version
    uow.audit("rules.published", publication, sha256=version.sha256, label=version.label, why=why)
    return publication


def newest_publication(uow: UnitOfWork, name: str) -> Publication | None:
    return uow.session.scalar(_publications(name).options(joinedload(Publication.of)).limit(1))


def newest_publications(uow: UnitOfWork) -> list[Publication]:
    """Of every rule set the publication that holds, without its text; by name."""
    place = func.row_number().over(partition_by=Publication.name, order_by=_NEWEST_FIRST)
    placed = select(Publication.id, place.label("place")).subquery()
    newest = (
        select(Publication)
        .join(placed, placed.c.id == Publication.id)
        .where(placed.c.place == 1)
        .order_by(Publication.name)
        .options(_WITHOUT_TEXT)
    )
    return list(uow.session.scalars(newest))


def publications(
    uow: UnitOfWork, name: str, after: Place | None = None
) -> tuple[Sequence[Publication], bool]:
    """The publications of a rule set, the newest first, without the texts, a page of them; and are
    there older ones? after -- the last of the page before."""
    found = _publications(name).options(_WITHOUT_TEXT).limit(PAGE + 1)
    if after is not None:
        found = found.where(earlier(Publication.created_at, Publication.id, after))
    return first_of(uow.session.scalars(found).all(), PAGE)


def _publications(name: str) -> Select[Publication]:
    return select(Publication).where(Publication.name == name).order_by(*_NEWEST_FIRST)


def holding(uow: UnitOfWork, name: str) -> Publication:
    """The publication under which calls are decided now. Raises NotFound."""
    # Names come from addresses too, where PostgreSQL would choke on a NUL.
    publication = newest_publication(uow, name) if name.isprintable() else None
    if publication is None:
        raise NotFound(msgid("no rule set called %(name)s has been published", name=name[:40]))
    return publication


def _live(uow: UnitOfWork, name: str) -> Publication:
    """As `holding`; the text is read only where nobody has parsed it."""
    publication = uow.session.scalar(_LIVE, {"of_name": name}) if name.isprintable() else None
    return publication or holding(uow, name)


def live_version(uow: UnitOfWork, name: str) -> RuleSetVersion:
    return holding(uow, name).of


def live(uow: UnitOfWork, centre: Centre, name: str) -> RuleSet:
    """The rules that decide calls at this instant, ready to do so. Raises NotFound.

    Whoever publishes, and wherever, the next call is decided by it: each unit of work learns
    whether anything was, and a version that this process has not met is read before the call
    goes on. One that does not load turns no call away: `stand_in` takes its place.
    """
    sha256 = uow.lasting(
        f"rules {name}", lambda uow: _live(uow, name).of.sha256, of=(Publication, RuleSetVersion)
    )
    try:
        return (centre.parsed.get(sha256) or of_version(centre, _live(uow, name).of)).prepare()
    except Exception as error:  # whatever is wrong with the text, the call must be taken
        log.error("rule set %s does not load: %s", name, type(error).__name__)
        version = _live(uow, name).of
        return stand_in(centre.vocabulary, version.name, version.label, version.sha256)


def must_load(uow: UnitOfWork, centre: Centre, name: str) -> RuleSet:
    """As `live`, for whoever cannot go on without the rules. Raises NotFound, RuleFileError."""
    return of_version(centre, live_version(uow, name)).prepare()


def of_version(centre: Centre, version: RuleSetVersion) -> RuleSet:
    """A version's rules; its text is looked at only where nobody has. Raises as read_published,
    and where it is not the text that was approved."""
    if (known := centre.parsed.get(version.sha256)) is not None:
        return known
    if sha256(version.yaml) != version.sha256:
        raise RuleFileError([Finding("error", 1, 1, ALTERED)])
    return _read_once(centre, version.yaml)


def must_be_fit_for_calls(rules: RuleSet) -> None:
    """Raises Refused for a set that only illustrates a programme's criteria."""
    if rules.scope != "complete":
        raise Refused(
            msgid("%(name)s shows one program's criteria and cannot decide calls", name=rules.name),
            "rule_set",
        )


def must_be_new(uow: UnitOfWork, rules: RuleSet) -> None:
    """Raises Refused if a version of this label was published before."""
    same = uow.session.scalar(
        select(RuleSetVersion.id).where(
            RuleSetVersion.name == rules.name, RuleSetVersion.label == rules.version
        )
    )
    if same is not None:
        raise Refused(
            msgid(
                "version %(version)s has been published already: give the change a version"
                " of its own",
                version=rules.version,
            ),
            "yaml",
        )


def names(uow: UnitOfWork) -> list[str]:
    return list(uow.session.scalars(select(Publication.name).distinct().order_by(Publication.name)))


def version_of(uow: UnitOfWork, name: str, sha: str) -> RuleSetVersion:
    """Raises NotFound."""
    known = name.isprintable() and sha.isprintable()
    asked = select(RuleSetVersion).where(RuleSetVersion.name == name, RuleSetVersion.sha256 == sha)
    version = uow.session.scalar(asked) if known else None
    if version is None:
        raise NotFound(msgid("no such version"))
    return version


def go_back(
    uow: UnitOfWork, centre: Centre, person: Person, name: str, sha: str, live_sha: str
) -> Publication:
    """Make an earlier published version live again, at once: it was approved once.

    live_sha -- of the version that was live on the screen; Conflict if another is now.
    Raises RuleFileError where the version does not load with today's vocabulary.
    """
    version, now_live = version_of(uow, name, sha), live_version(uow, name)
    if now_live.id == version.id:
        raise Refused(msgid("this version is live now"))
    if now_live.sha256 != live_sha:
        raise Conflict(msgid("another version was published meanwhile: look at the list again"))
    read(centre, version.yaml)
    return publish(uow, version, person.username, "went_back")


def publish_file(
    uow: UnitOfWork, centre: Centre, text: str, written_by: Account, approved_by: Account
) -> Publication:
    """Publish a text without a draft, for two supervisors who have both seen it.

    Raises RuleFileError with every finding, or Refused.
    """
    for account in (written_by, approved_by):
        if account.role != "supervisor" or account.disabled_at:
            raise Refused(
                msgid("%(name)s is not a supervisor who may sign in", name=account.username)
            )
    if written_by.id == approved_by.id:
        raise Refused(msgid("a second person must approve: name two supervisors"))
    rules = read(centre, text)
    must_be_new(uow, rules)
    if rules.name == centre.policy.rule_set:
        must_be_fit_for_calls(rules)
    kept = keep(uow, centre, text, written_by.username, approved_by.username)
    return publish(uow, kept, approved_by.username, "approved")

"""What must be true after any schedule, by SQL and by the provider's journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urldefrag, urlsplit

from sqlalchemy import select

from tests.faults.dangers import unheard_danger
from tests.faults.databases import Database, key
from tests.faults.desk import Desk
from tests.twilio_double import Twilio
from tests.world import environment
from triage.services import audit_trail, next_step_audits
from triage.settings import read_settings
from triage.storage.dispatches import Dispatch
from triage.storage.sealed import use_keys
from triage.storage.unit_of_work import UnitOfWork

UNSENT = ("ready", "attempting", "unknown")
OVERDUE_S = 20

_NO_NEXT_STEP = """
SELECT 'dispatch ' || d.state FROM dispatch d
WHERE d.state NOT IN ('cleared', 'cancelled', 'handed_over') AND NOT EXISTS
    (SELECT 1 FROM timer t WHERE t.dispatch_id = d.id AND t.state = 'waiting')
UNION ALL SELECT 'nobody is alarmed' FROM dispatch d WHERE d.state = 'unfilled' AND NOT EXISTS
    (SELECT 1 FROM timer t WHERE t.dispatch_id = d.id AND t.state = 'waiting'
        AND t.kind IN ('escalate', 'charge_remind', 'charge_end'))
UNION ALL SELECT 'slot ' || s.state FROM slot s JOIN dispatch d ON d.id = s.dispatch_id
WHERE d.reached_by = 'page' AND s.state IN ('seeking', 'paged') AND NOT EXISTS
    (SELECT 1 FROM page p WHERE p.slot_id = s.id AND p.state = 'open')
UNION ALL SELECT 'page open' FROM page p WHERE p.state = 'open' AND p.kind <> 'supervisor'
AND NOT EXISTS (SELECT 1 FROM timer t
    WHERE t.subject_id = p.id AND t.kind = 'page_answer' AND t.state = 'waiting')
AND NOT EXISTS (SELECT 1 FROM message m WHERE m.page_id = p.id
    AND m.state IN ('ready', 'attempting', 'unknown') AND m.ring_since IS NULL)
UNION ALL SELECT 'call asking' FROM call c WHERE c.state = 'asking' AND NOT EXISTS
    (SELECT 1 FROM timer t WHERE t.subject_id = c.id AND t.state = 'waiting')
UNION ALL SELECT 'alarm ' || a.kind FROM alarm a WHERE a.taken_at IS NULL AND NOT EXISTS
    (SELECT 1 FROM timer t WHERE t.subject_id = a.id AND t.state = 'waiting')
"""
_TWO_OWNERS = """
SELECT count(*) FROM (SELECT slot_id FROM page WHERE state = 'accepted'
    GROUP BY slot_id HAVING count(*) > 1) AS doubled
"""


@dataclass
class Counts:
    """How much a verdict stands on."""

    acknowledged: int = 0
    texts: int = 0
    pages: int = 0
    copies: int = 0
    """Second copies, each labelled or a violation."""


@dataclass
class Verdict:
    violations: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


def owed(database: Database, since: datetime) -> list[str]:
    """What is not done yet of what was owed at `since`: kinds of texts and of timers."""
    told = " AND m.ring_since IS NULL" if database.has("message", "ring_since") else ""
    rows = database.rows(  # all at once: each time is a connection of its own
        f"SELECT m.kind || ' ' || m.state, m.created_at FROM message m"
        f" WHERE m.state IN {UNSENT}{told}"
        " UNION ALL SELECT 'timer ' || kind, due_at FROM timer WHERE state = 'waiting'"
    )
    return [what for what, at in rows if instant(at) <= since]


def judge(
    desk: Desk, *, began_s: float, ahead_s: float, since: datetime, faultless: bool
) -> Verdict:
    """Everything that is wrong. began_s -- when the schedule did, since the epoch; ahead_s --
    what the clock was moved by; since -- when all of it should have been done; faultless --
    nothing was struck, so nothing is sent twice."""
    database = desk.database
    verdict = Verdict()
    wrong = verdict.violations
    wrong += desk.contradictions
    wrong += [f"an answer {status}" for status in desk.errors]
    wrong += _lost_writes(desk, verdict.counts)
    wrong += unheard_danger(database, desk.cries)
    wrong += _texts(database, desk.twilio, verdict.counts, since, faultless=faultless)
    wrong += _strangers(database, desk.twilio, began_s)
    wrong += no_next_step(database)
    if database.one(_TWO_OWNERS):
        wrong.append("two have accepted one slot")
    wrong += _timers(database, ahead_s)
    if database.kind == "sqlite" and (found := database.one("PRAGMA integrity_check")) != "ok":
        wrong.append(f"the file is damaged: {found}")
    wrong += _broken_trail(database)
    return verdict


def wrong_after(database: Database, twilio: Twilio, since: datetime) -> list[str]:
    """I1 to I3 of texts and next steps, for stories that keep an account of the calls themselves.
    since -- when all of it should have been done."""
    texts = _texts(database, twilio, Counts(), since, faultless=False)
    return [*texts, *no_next_step(database), *_timers(database, 0)]


def _broken_trail(database: Database) -> Iterator[str]:
    """Places at which the audit trail is not as it was written (I9)."""
    if not database.has("audit_entry", "seal"):
        return
    use_keys(read_settings(environment(database.url, Path("nowhere"))).keys)
    with database.session() as session:
        verdict = audit_trail.verify(UnitOfWork(session, datetime.now(UTC), "judge"), None)
    for one in verdict.breaks:
        yield f"the audit trail: chain {one.chain}, line {one.seq} is {one.what}"


def no_next_step(database: Database) -> list[str]:
    """What nothing will ever move on: as we count it, and as the service's own auditor does. No
    schedule lays down a policy that ends."""
    wrong = [f"no next step: {what}" for (what,) in database.rows(_NO_NEXT_STEP)]
    audited = database.rows(select(Dispatch.state).where(next_step_audits.stuck({})))
    return wrong + [f"the auditor finds a dispatch that is {state.value}" for (state,) in audited]


def _lost_writes(desk: Desk, counts: Counts) -> Iterator[str]:
    database = desk.database
    kept = dict(
        database.rows(
            "SELECT i.key, c.reference FROM idempotency_key i JOIN call c ON c.id = i.call_id"
        )
    )
    for name, reference in desk.calls.items():
        if reference is not None:
            counts.acknowledged += 1
            if kept.get(name) != reference:
                yield f"lost: call {name} was acknowledged as {reference}, is {kept.get(name)}"
    if (made := database.one("SELECT count(*) FROM call")) != len(kept):
        yield f"{made} calls for {len(kept)} keys"
    heard = Counter(sid for (sid,) in database.rows("SELECT provider_id FROM inbound_message"))
    for sid, acknowledged in desk.heard.items():
        counts.acknowledged += acknowledged
        if acknowledged and not heard[sid]:
            yield f"lost: text {sid} was acknowledged"
        if heard[sid] > 1:
            yield f"text {sid} was read {heard[sid]} times"
    states = {key(k): state for k, state in database.rows("SELECT id, state FROM dispatch")}
    for dispatch in desk.cancelled:
        counts.acknowledged += 1
        if states[key(dispatch)] != "cancelled":
            yield f"lost: a dispatch was cancelled and is {states[key(dispatch)]}"


def _texts(
    database: Database, twilio: Twilio, counts: Counts, since: datetime, *, faultless: bool
) -> Iterator[str]:
    taken = taken_of(database, twilio)
    refused = {key_in(line["about"]) for line in twilio.journal("refused")}
    refused = {_message_of(database).get(name, name) for name in refused}
    labelled = _audited(database, "text.second_copy")
    doubted = _audited(database, "text.unknown")
    told = "m.ring_since" if database.has("message", "ring_since") else "NULL"
    rows = database.rows(
        f"SELECT m.id, m.kind, m.state, m.created_at, p.state, m.last_error, {told}, m.page_id,"
        " m.sent_at FROM message m LEFT JOIN page p ON p.id = m.page_id ORDER BY m.created_at"
    )
    left = _known_to_have_left(database)
    newest = {row[7]: row[0] for row in sorted(rows, key=_drawn) if row[1] == "page"}
    ordered = [(*r[:3], _made_at(key(r[0])), *r[4:8], left.get(key(r[0]))) for r in rows]
    ordered.sort(key=lambda row: row[3])
    yield from _copies(ordered, taken, labelled, doubted, faultless=faultless)
    for k, kind, state, made, page, error, person, page_id, _ in rows:
        copies, name = taken[key(k)], f"{kind} {key(k)[-6:]}"
        counts.texts += 1
        counts.pages += kind == "page"
        counts.copies += copies == 2
        if copies == 0 and state in {"sent", "delivered"}:
            yield f"{name} is {state} and never left"
        if instant(made) > since or copies or person is not None:
            continue
        if state in UNSENT:
            yield f"{name} never left: {state}, {error}"
        elif kind == "page" and page == "open" and newest[page_id] == k:  # not asked anew since
            yield f"{name} never left and is still waited for: {state}, {error}"
        elif state == "failed" and key(k) not in refused and "21610" not in (error or ""):
            yield f"{name} was given up though nobody refused it: {error}"


def _drawn(row: Sequence[Any]) -> str:
    """In the order in which keys are drawn."""
    return key(row[0])


def _made_at(name: str) -> datetime:
    """When this key was drawn, by the real clock. Instants in rows are those at which a unit of
    work began, which may have waited for another that began later."""
    return datetime.fromtimestamp(int(name[:12], 16) / 1000, UTC)


def _known_to_have_left(database: Database) -> dict[str, datetime]:
    """Since when, by text: before another of its page may be owed."""
    events = "('text.sent', 'text.delivered')"
    rows = database.rows(f"SELECT subject_id, id FROM audit_entry WHERE event IN {events}")
    since: dict[str, datetime] = {}
    for text, entry in rows:
        at = _made_at(key(entry))
        since[key(text)] = min(at, since.get(key(text), at))
    return since


def _copies(
    rows: Sequence[tuple[Any, ...]],
    taken: Counter[str],
    labelled: set[str],
    doubted: set[str],
    *,
    faultless: bool,
) -> Iterator[str]:
    """Texts of which too many left. All texts of one page count as copies of one, but for a
    reminder: that follows a text of which it was known that it had left."""
    alike: dict[str, list[str]] = {}
    latest: dict[str, tuple[str, datetime | None]] = {}
    for k, kind, _, made, _, _, _, page_id, sent_at in rows:
        first = key(k)
        if kind == "page" and page_id is not None:
            first, left_at = latest.get(key(page_id), (first, None))
            if left_at is not None and left_at <= instant(made):
                first = key(k)
            latest[key(page_id)] = first, None if sent_at is None else instant(sent_at)
        alike.setdefault(first, []).append(key(k))
    for first, texts in alike.items():
        copies = sum(taken[text] for text in texts)
        name = f"{len(texts)} text(s) like {first[-6:]}"
        if copies > 2:
            yield f"{copies} copies of {name}"
        if copies > 1:
            wrong = {
                "unlabelled": labelled.isdisjoint(texts),
                "without a doubt": doubted.isdisjoint(texts),
                "without a fault": faultless,
            }
            yield from (f"second copy of {name} {why}" for why, is_so in wrong.items() if is_so)


def _strangers(database: Database, twilio: Twilio, began_s: float) -> Iterator[str]:
    """What was sent for no text of ours; what a process of the schedule before had written when
    it was killed may come late, and its key tells when it was made."""
    known = {key(k) for (k,) in database.rows("SELECT id FROM message")}
    for name in set(taken_of(database, twilio)) - known:
        if _made_at(name).timestamp() >= began_s:
            yield f"a text of nobody's was sent: {name}"


def _audited(database: Database, event: str) -> set[str]:
    """The keys of what this happened to."""
    rows = database.rows(f"SELECT subject_id FROM audit_entry WHERE event = '{event}'")
    return {key(k) for (k,) in rows}


def taken_of(database: Database, twilio: Twilio) -> Counter[str]:
    """How often the provider took each of our texts, by our own key; a call that it took counts
    once, because nobody is confused by a telephone that rings again."""
    message_of, given_to = _message_of(database), _given_to(database)
    words = {key_in(it["StatusCallback"]): (it["To"], it["Body"]) for it in twilio.requests}
    like = _alike(database)

    def of(event: str) -> list[str]:
        found = []
        for line in twilio.journal(event):
            name = key_in(line["about"])
            whose = message_of.get(name, name)
            owner = given_to.get(line["sid"], name)
            theirs = message_of.get(owner, owner)
            if owner in words:  # else nothing of it came as far as the provider
                is_alike = words[owner] == words.get(name)
            else:
                is_alike = like.get(theirs) == like.get(whose)
            found.append(theirs if is_alike else whose)
        return found

    return Counter(of("accepted")) + Counter(set(of("call taken")))


def key_in(callback: str) -> str:
    """The key of ours that a status address carries."""
    query = parse_qs(urlsplit(urldefrag(callback)[0]).query)
    return key(next(iter(query.values()))[0])


def _message_of(database: Database) -> dict[str, str]:
    if not database.has("attempt", "message_id"):
        return {}
    return {key(a): key(m) for a, m in database.rows("SELECT id, message_id FROM attempt")}


def _given_to(database: Database) -> dict[str, str]:
    """By what the provider calls a text: which of our attempts it was taken to be. Of two of the
    same words in doubt nobody can tell which of them an entry of the list is."""
    if not database.has("attempt", "provider_id"):
        return {}
    query = "SELECT provider_id, id FROM attempt WHERE provider_id IS NOT NULL"
    return {sid: key(attempt) for sid, attempt in database.rows(query)}


def _alike(database: Database) -> dict[str, object]:
    """What texts that may say the same have in common, by text: whose, of which kind and call."""
    rows = database.rows("SELECT id, kind, responder_id, call_id FROM message")
    return {key(row[0]): tuple(row[1:]) for row in rows}


def _timers(database: Database, ahead_s: float) -> Iterator[str]:
    late = datetime.now(UTC) + timedelta(seconds=ahead_s - OVERDUE_S)
    for kind, state, due_at, error in database.rows(
        "SELECT kind, state, due_at, last_error FROM timer WHERE state IN ('waiting', 'parked')"
    ):
        if state == "parked":
            yield f"timer {kind} is parked: {error}"
        elif instant(due_at) < late:
            yield f"timer {kind} is overdue: {error}"


def instant(value: object) -> datetime:
    """A time as either database gives it."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)

"""A call, who rang, what was answered and what was decided."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.domain.lifecycle import CallState
from triage.domain.words import msgid
from triage.storage.base import LiveRow, NoteRow, Row, TypedLine, only
from triage.storage.sealed import Sealed, sealed_column

_OPEN = text("state IN ('asking', 'open')")
_CLOSED = text("state = 'closed'")
_NUMBERED = text("external_id IS NOT NULL")
_UNSAVED = text("call_id IS NULL")
_TYPED = text("call_id IS NULL AND form_sealed IS NOT NULL")
_OF_CALL = text("call_id IS NOT NULL")
_WITH_WORDS = text("state IN ('closed', 'replayed') AND erased_at IS NULL")
_PAST_BY = ("zone",), ("disposition",), ("zone", "disposition")
OPEN_CALL = text("call.state IN ('asking', 'open')")
CLOSED_CALL = text("call.state = 'closed'")
TYPED_FORM = text("intake_draft.call_id IS NULL AND intake_draft.form_sealed IS NOT NULL")
WITH_WORDS = text("call.state IN ('closed', 'replayed') AND call.erased_at IS NULL")
"""For queries. Partial indexes are used where their condition stands in a query word for word: not
with parameters, which SQLite does not look into. So it is with such constants of other tables."""


def last_digits(column: str) -> str:
    """SQL for the digits at the end of a number of the CAD's, without leading zeros, as people say
    it: 4711 for P26-004711. The same words in an index and in a query, on both databases."""
    end = f"replace({column}, rtrim({column}, '0123456789'), '')"
    return f"ltrim({end}, '0')"


def _past_by(name: str, *columns: str) -> Index:
    return Index(name, *columns, "received_at", "id", **only(_CLOSED))


def _known_by(name: str, column: str, since: str) -> Index:
    """Of who rings every week, and of where they ring from, the last months are asked for."""
    return Index(name, column, since, **only(text(f"{column} IS NOT NULL")))


class Call(LiveRow):
    """One incident, however many people ring about it."""

    __tablename__ = "call"
    __table_args__ = (
        Index(
            "uq_call_open_code",
            "code",
            unique=True,
            **only(_OPEN),
        ),
        Index("ix_call_open", "received_at", **only(_OPEN)),
        Index(
            "ix_call_closed",
            "received_at",
            "id",
            **only(_CLOSED),
        ),
        *(_past_by("ix_call_closed_" + "_".join(columns), *columns) for columns in _PAST_BY),
        Index("ix_call_with_words", "received_at", **only(_WITH_WORDS)),
        Index("ix_call_code_given", "code", "created_at"),
        _known_by("ix_call_location", "location_index", "received_at"),
        _known_by("ix_call_found", "found_index", "received_at"),
        Index(
            "ix_call_cad_tail",
            text(last_digits("external_id")),
            **only(_NUMBERED),
        ),
    )

    reference: Mapped[str] = mapped_column(unique=True)
    """What people say and write: C-7QK2M9XD."""
    code: Mapped[str]
    """What teams type: four letters and digits, unique among open calls."""
    state: Mapped[CallState]
    origin: Mapped[str]
    """`form`, `api` or `replay`."""
    received_at: Mapped[datetime]
    external_id: Mapped[str | None] = mapped_column(TypedLine, index=True)
    """The CAD's own number."""
    location_sealed: Mapped[bytes | None] = sealed_column()
    location = Sealed(msgid("CANNOT BE READ: ask where, by telephone or radio"))
    """The place as the caller said it last; never rewritten by us."""
    location_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    zone: Mapped[str | None]
    zone_source: Mapped[str | None]
    """`gazetteer`, `hand` or `caller` (sent with the call)."""
    found_sealed: Mapped[bytes | None] = sealed_column()
    found = Sealed()
    """The listed place that the gazetteer found in what was said; kept where it was wrong too."""
    found_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """As `location_index`, of the listed place; None once a person said that it is another."""
    match: Mapped[str | None]
    """`right` or `wrong`: what a person said of the found place; None while nobody has."""
    coordinates_sealed: Mapped[bytes | None] = sealed_column()
    coordinates = Sealed(None)
    """JSON of latitude and longitude in degrees."""
    narrative_sealed: Mapped[bytes | None] = sealed_column()
    narrative = Sealed()
    language: Mapped[str | None]
    """What whoever comes has to speak: the language of the person in crisis, or the caller's."""
    rule_set: Mapped[str]
    disposition: Mapped[str | None]
    """The coded reason for closing."""
    closed_at: Mapped[datetime | None]
    closing_note_sealed: Mapped[bytes | None] = sealed_column()
    closing_note = Sealed()
    erased_at: Mapped[datetime | None]
    """When all that is sealed of it was erased; codes, times and counts are left."""

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees, stood beside the place as it was said."""
        return tuple(json.loads(self.coordinates)) if self.coordinates else None

    @position.setter
    def position(self, degrees: tuple[float, float] | None) -> None:
        self.coordinates = None if degrees is None else json.dumps(degrees)

    callers: Mapped[list["Caller"]] = relationship(
        order_by="Caller.created_at, Caller.id", back_populates="call"
    )
    answers: Mapped[list["Answer"]] = relationship(order_by="Answer.created_at, Answer.id")
    assessments: Mapped[list["AssessmentRecord"]] = relationship(order_by="AssessmentRecord.number")
    subject: Mapped["CallSubject | None"] = relationship(back_populates="call")
    third_parties: Mapped[list["CallThirdParty"]] = relationship(
        order_by="CallThirdParty.created_at, CallThirdParty.id"
    )


MOST_LISTED = 300
"""A board lists so many open calls; more are counted."""
MOST_LOOKED_THROUGH = 3_000
"""Of so many it finds those that somebody chose to see."""
LISTED_ONES = select(Call.id).where(OPEN_CALL, Call.received_at <= bindparam("last"))
"""The keys of those, for what there is beside them: it does not grow with all that is open, and a
join may begin at the other end. last -- when the last of them was received: whatever is taken
meanwhile pushes none of them out."""


class Caller(LiveRow):
    """Somebody who rang about this call. The first is the one who opened it."""

    __tablename__ = "caller"
    __table_args__ = (_known_by("ix_caller_phone", "phone_index", "created_at"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), index=True)
    name_sealed: Mapped[bytes | None] = sealed_column()
    name = Sealed()
    phone_sealed: Mapped[bytes | None] = sealed_column()
    phone = Sealed()
    """E.164, or as typed where no number could be made of it."""
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_phones_sealed: Mapped[bytes | None] = sealed_column()
    former_phones = Sealed()
    """What stood before it was corrected: numbers, and since then who they are and how they may be
    reached, in words. One on a line, the latest first."""
    said_sealed: Mapped[bytes | None] = sealed_column()
    said = Sealed()
    """What a second caller told; the first caller's words are the call's narrative."""
    own_sealed: Mapped[bytes | None] = sealed_column()
    own = Sealed(None)
    """JSON of a second caller's own place, person, words and answers: see second_callers.Told."""
    left_for_id: Mapped[UUID | None]
    """The call that was made of theirs when it turned out to be another incident."""
    relation: Mapped[str | None]
    """What they are to the person in crisis: a code of RELATIONS."""
    language: Mapped[str | None]
    interpreter: Mapped[bool | None]
    """They need one."""
    call_back: Mapped[list[str] | None]
    """How they may safely be contacted: codes of CALL_BACK; None where nobody asked."""

    call: Mapped[Call] = relationship(back_populates="callers")


class CallSubject(LiveRow):
    """The person in crisis, as far as somebody told. A call that nobody told of has no row."""

    __tablename__ = "call_subject"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), unique=True)
    name_sealed: Mapped[bytes | None] = sealed_column()
    name = Sealed()
    about_sealed: Mapped[bytes | None] = sealed_column()
    about = Sealed()
    """How to recognise them."""
    age: Mapped[str | None]
    language: Mapped[str | None]
    interpreter: Mapped[bool | None]

    call: Mapped[Call] = relationship(back_populates="subject")


class CallThirdParty(LiveRow):
    """Somebody beside callers and the person in crisis, who is with them or can help."""

    __tablename__ = "call_third_party"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), index=True)
    caller_id: Mapped[UUID] = mapped_column(ForeignKey("caller.id"))
    """Who told of them; they go along where that caller's call is another."""
    name_sealed: Mapped[bytes | None] = sealed_column()
    name = Sealed()
    phone_sealed: Mapped[bytes | None] = sealed_column()
    phone = Sealed()
    """E.164; as it was said where it cannot be rung."""
    former_phones_sealed: Mapped[bytes | None] = sealed_column()
    former_phones = Sealed()
    """The numbers that stood before, as of a caller."""
    relation: Mapped[str | None]
    """A code of THIRD_PARTIES."""
    with_them: Mapped[bool | None]
    """Are they with the person in crisis? None where nobody asked."""


class Answer(NoteRow):
    """One answer to one question. A later answer stands; earlier ones are kept."""

    __tablename__ = "answer"
    __table_args__ = (Index("ix_answer_call", "call_id", "fact"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    fact: Mapped[str]
    value_sealed: Mapped[bytes | None] = sealed_column()
    value = Sealed(None)
    """JSON: a value, "unknown", a list, or conflicting values with their sources."""
    given_by: Mapped[str]
    """The actor who wrote it down."""
    takes_back: Mapped[UUID | None]
    """The answer that this one undoes, where it was written by an undo."""
    not_asked: Mapped[bool | None]
    """Nothing was answered before what it undoes: the question counts as not asked. Its value is
    "unknown", for processes of the release before."""
    caller_id: Mapped[UUID | None]
    """The second caller who said it. No foreign key: written without being kept track of."""


class AssessmentRecord(Row):
    """What was decided, from what, by which rules: enough to decide it again, byte for byte."""

    __tablename__ = "assessment"
    __table_args__ = (Index("ix_assessment_call", "call_id", "number", unique=True),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    number: Mapped[int]
    rule_set: Mapped[str]
    rule_set_sha256: Mapped[str]
    vocabulary_sha256: Mapped[str]
    habits_sha256: Mapped[str | None] = mapped_column(index=True)
    """The count that ordered the questions; None where nothing was known of earlier answers."""
    engine: Mapped[str]
    outcome: Mapped[str]
    needed: Mapped[str]
    eligible: Mapped[str]
    response: Mapped[str]
    cause: Mapped[str | None]
    level: Mapped[str]
    level_rank: Mapped[int]
    settled: Mapped[bool]
    input_sealed: Mapped[bytes | None] = sealed_column()
    input = Sealed(None)
    """JSON of facts, narrative and situation as they were assessed."""
    result_sealed: Mapped[bytes | None] = sealed_column()
    result = Sealed(None)
    """JSON as `triage assess` prints it."""


class Override(Row):
    """A person chose otherwise, and said why."""

    __tablename__ = "override"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), index=True)
    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessment.id"))
    recommended: Mapped[str]
    chosen: Mapped[str]
    reason: Mapped[str]
    """A code of OVERRIDE_REASONS."""
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()

    call: Mapped[Call] = relationship()
    assessment: Mapped[AssessmentRecord] = relationship()


class IntakeDraft(LiveRow):
    """What stands on an intake form that has not been saved as a call yet."""

    __tablename__ = "intake_draft"
    __table_args__ = (
        Index("ix_intake_draft_unsaved", "account_id", **only(_UNSAVED)),
        Index("ix_intake_draft_created_at", "created_at", **only(_TYPED)),
        Index("ix_intake_draft_phone", "phone_index", **only(_TYPED)),
        Index("ix_intake_draft_call", "call_id", **only(_OF_CALL)),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    taken_from: Mapped[UUID | None]
    """Whose it was before a colleague went on with it. No foreign key: it is told to them alone."""
    form_sealed: Mapped[bytes | None] = sealed_column()
    form = Sealed(None)
    """JSON of the fields as typed."""
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """As a caller's, of the number that stands on the form; it goes with the form's words."""
    before_sealed: Mapped[bytes | None] = sealed_column()
    before = Sealed(None)
    """JSON of the answers that stood before each change of one, the latest last: what an undo
    goes back to."""
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"))
    """Set when the form became a call, or was attached to one."""

    call: Mapped[Call | None] = relationship()


class IdempotencyKey(Row):
    """A request that was answered: the same key and body get the same answer again."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        Index("uq_idempotency_key", "scope", "key", unique=True),
        Index("ix_idempotency_key_call", "call_id", **only(_OF_CALL)),
    )

    scope: Mapped[str]
    key: Mapped[str]
    request_hash: Mapped[str]
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"))
    response_sealed: Mapped[bytes | None] = sealed_column()
    response = Sealed(None)
    """The answer as it was given, where it must be given again to the byte."""

    call: Mapped[Call | None] = relationship()

"""What came of handing a text over, written down, and what follows from it."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from triage.domain.delivery import AttemptState, Whose, asks_to_come, copies_allowed
from triage.domain.lifecycle import MessageState
from triage.domain.phone_network import Outcome, Refused, Sent, Unknown
from triage.domain.timing import retry_wait
from triage.services import deliveries, handing_over, providers, wanted_texts
from triage.services.centre import Centre
from triage.services.handing_over import ClaimedText
from triage.storage.attempts import Attempt
from triage.storage.messages import Message
from triage.storage.unit_of_work import UnitOfWork

ASK_AGAIN = timedelta(seconds=2)
"""Until the provider is asked again while a twin of a text in doubt is still in hand."""
CALLS_ARE_NEAR = timedelta(minutes=2)
"""Whatever the provider's clock: a call before that is not among those it is asked about."""
LONGEST_DOUBT_S = 30
"""For so long a text in doubt waits for a provider that is away to tell of it."""
_IN_DOUBT = frozenset({MessageState.ATTEMPTING, MessageState.UNKNOWN})


def settle_all(
    uow: UnitOfWork, centre: Centre, settled: Sequence[tuple[ClaimedText, Outcome]]
) -> None:
    """Write down what came of many claimed texts; what all of them need is read once."""
    keys = [outcome.provider_id for _, outcome in settled if isinstance(outcome, Sent)]
    owned = deliveries.owners(uow, keys) if keys else set()
    done = _taken(uow, settled, owned)
    rest = [one for one in settled if one[0].attempt_id not in done]
    if not rest:
        return
    of_these = select(Message).where(Message.id.in_([claimed.id for claimed, _ in rest]))
    held = uow.session.scalars(of_these.options(selectinload(Message.handed_over))).all()
    for claimed, outcome in rest:
        if not (isinstance(outcome, Unknown) and _is_reported(uow, claimed)):
            providers.note(uow, uow.get(Message, claimed.id).channel, outcome)
        _settle(uow, centre, claimed, outcome, owned)
    del held  # until here they stayed in the session


def _taken(
    uow: UnitOfWork, settled: Sequence[tuple[ClaimedText, Outcome]], owned: set[str]
) -> set[UUID]:
    """The ordinary ones, all at once; returns their attempts."""
    theirs: dict[UUID, str] = {}
    for claimed, outcome in settled:
        if isinstance(outcome, Sent) and claimed.attempt_id and outcome.provider_id not in owned:
            theirs[claimed.attempt_id] = outcome.provider_id
    if len(set(theirs.values())) < len(theirs):
        return set()
    done = handing_over.taken(uow, theirs) if theirs else set()
    owned |= {theirs[attempt] for attempt in done}
    return done


def _is_reported(uow: UnitOfWork, claimed: ClaimedText) -> bool:
    """Has a report of it, that was faster, shown already that the provider took it?"""
    attempt = uow.session.get(Attempt, claimed.attempt_id) if claimed.attempt_id else None
    return attempt is not None and attempt.state is AttemptState.ACCEPTED


def settle(uow: UnitOfWork, centre: Centre, claimed: ClaimedText, outcome: Outcome) -> None:
    """Write down what came of a claimed text."""
    settle_all(uow, centre, [(claimed, outcome)])


def _settle(
    uow: UnitOfWork, centre: Centre, claimed: ClaimedText, outcome: Outcome, owned: set[str]
) -> None:
    """A late answer is believed too, wherever the text is by then: what is known becomes more."""
    message = uow.get(Message, claimed.id)
    if claimed.attempt_id is None:
        raise ValueError("nothing was handed over: resolve it")
    attempt = uow.get(Attempt, claimed.attempt_id)
    if isinstance(outcome, Sent):
        # A late answer may bring a key that a text of the same words was given meanwhile: that
        # one text at the phone is not counted twice, and this one stays in doubt.
        own = deliveries.own(uow, attempt, message, outcome.provider_id, owned)
        attempt.learn(AttemptState.ACCEPTED if own else AttemptState.UNKNOWN, uow.now)
    elif isinstance(outcome, Unknown):
        attempt.learn(AttemptState.UNKNOWN, uow.now, outcome.reason)
    else:
        attempt.learn(AttemptState.REFUSED, uow.now, outcome.reason)
    if isinstance(outcome, Refused) and attempt.state is AttemptState.REFUSED:
        _refused(uow, centre, message, outcome)
    else:
        if attempt.state is AttemptState.UNKNOWN and message.state in _IN_DOUBT:
            message.last_error = attempt.error  # of one that has ended it stays what ended it
        deliveries.conclude(uow, message)


def _refused(uow: UnitOfWork, centre: Centre, message: Message, refused: Refused) -> None:
    if message.state not in _IN_DOUBT:
        return
    message.last_error = refused.reason
    wait: timedelta | None = timedelta(0)
    if refused.whose is not Whose.PROVIDER:
        message.failures += 1
        page, most = asks_to_come(message.kind), centre.policy.give_up_after
        wait = retry_wait(message.failures, page=page, give_up_after=most)
    if refused.whose is Whose.NUMBER:
        wait = None
    if wait is None:
        deliveries.give_up(uow, centre, message, refused.reason)
        return
    deliveries.conclude(uow, message)
    if message.state is not MessageState.ATTEMPTING:
        message.due_at = uow.now + wait


def resolve(
    uow: UnitOfWork, centre: Centre, claimed: ClaimedText, found: list[str] | None
) -> ClaimedText | None:
    """Clear up a text in doubt with what the provider tells of it.

    found -- the provider's keys of such texts, the newest first; None: it does not tell.
    Returns the second copy that is to be handed over now, if it comes to that.
    """
    message = uow.get(Message, claimed.id)
    if message.fence != claimed.fence or message.state is not MessageState.UNKNOWN:
        return None  # a report or another worker was there before us
    keys = None
    if found is not None:
        owned = deliveries.owners(uow, found)
        keys = [key for key in found if key not in owned]
    if keys:  # a list without it says nothing of whether texts are taken
        providers.note_taken(uow, message.channel)
    wait = _longer_doubt(uow, message, claimed, keys)
    if wait is not None:
        message.lease_until = None
        message.due_at = uow.now + wait
        return None
    if _match(uow, message, claimed, keys or []):
        return None
    if wanted_texts.is_wanted(uow, centre, message):
        out = deliveries.perhaps_out(message.handed_over)
        if len(out) < copies_allowed(message.kind, message.to_role):
            return handing_over.copy(uow, centre, message, claimed.owner)
        deliveries.ask_a_person(uow, message)
        if asks_to_come(message.kind):
            deliveries.next_is_asked(uow, centre, message)
    if found is not None:  # nothing was handed over: the probe is the next one's
        providers.probe_now(uow, message.channel)
    return None


def _longer_doubt(
    uow: UnitOfWork, message: Message, claimed: ClaimedText, keys: Sequence[str] | None
) -> timedelta | None:
    """How long to wait before the provider is asked again, if what it says now is no help."""
    if keys is None:
        patient = providers.is_shut(uow, message.channel) and claimed.in_doubt_s < LONGEST_DOUBT_S
        return timedelta(seconds=providers.PROBE_EVERY_S) if patient else None
    if not keys:
        return None
    if message.channel == providers.VOICE:
        in_hand = AttemptState.ATTEMPTING in _calls_beside(uow, message, claimed)
        return ASK_AGAIN if in_hand else None
    return ASK_AGAIN if _twins_in_hand(uow, message) >= len(keys) else None


def _match(uow: UnitOfWork, message: Message, claimed: ClaimedText, keys: Sequence[str]) -> bool:
    """Give each attempt in doubt one key that nobody owns. Was there any?

    Texts of the same words are as good as each other. A call that may be another's is not taken
    for this one: of two rings one would be lost.
    """
    if message.channel == providers.VOICE and keys and _calls_beside(uow, message, claimed):
        return False
    doubtful = [attempt for attempt in message.handed_over if attempt.state is AttemptState.UNKNOWN]
    for attempt, key in zip(reversed(doubtful), keys, strict=False):
        attempt.learn(AttemptState.ACCEPTED, uow.now)
        deliveries.own(uow, attempt, message, key)
    deliveries.conclude(uow, message)
    return bool(doubtful and keys)


def _calls_beside(
    uow: UnitOfWork, message: Message, claimed: ClaimedText
) -> Sequence[AttemptState]:
    """What is known of the other calls to this phone, any of which the provider may mean: its
    list has neither our words nor our keys, and which requests belong to a call it tells only
    a quarter of an hour after its end."""
    since = uow.now - timedelta(seconds=claimed.in_doubt_s) - CALLS_ARE_NEAR
    return uow.session.scalars(
        select(Attempt.state)
        .join(Message, Message.id == Attempt.message_id)
        .where(
            Message.to_index == message.to_index,
            Message.channel == providers.VOICE,
            Message.id != message.id,
            Attempt.state.in_((AttemptState.ATTEMPTING, AttemptState.UNKNOWN)),
            Attempt.started_at >= since,
        )
    ).all()


def _twins_in_hand(uow: UnitOfWork, message: Message) -> int:
    """Texts of the same words to the same phone that are being handed over right now: a key
    that nobody owns yet may be theirs."""
    others = uow.session.scalars(
        select(Message).where(
            Message.to_index == message.to_index,
            Message.state == MessageState.ATTEMPTING,
            Message.id != message.id,
        )
    )
    return sum(other.body == message.body for other in others)

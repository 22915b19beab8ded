"""Whatever anybody texts, in whatever order: it acts on the sender's own page of the call meant.

A state machine over real rows: calls come in, phones text codes, verbs and nonsense, time passes,
people send STOP and START. REPLY_EXAMPLES tries more.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import or_, select

from tests.servers import PostgresServer
from tests.stories.test_calls import CALM
from tests.stories.test_escalation import supervisor
from tests.world import Phone, World, make_world
from triage.domain.answer_wording import last_answer
from triage.domain.codes import CANCEL_REASONS
from triage.domain.errors import TriageError
from triage.domain.lifecycle import ON_SITE, TAKEN, PageKind, PageState, SlotState
from triage.domain.sms_replies import Verb, parse
from triage.domain.words import Sentence
from triage.services import alarm_lists, dispatches, unread_replies, verification
from triage.services.pages_meant import is_answer
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import InboundMessage, Message
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

WORDS = (
    "1", "2", "3", "accept", "acept", "accetp", "decline", "declne", "no", "eta 10", "15 min",
    "en route", "scene", "scnee", "clear", "claer", "done", "assist", "help", "help me",
    "note calm now",
    "acepto", "rechazo", "en camino", "llegue", "listo", "ayuda", "yes", "cancel", "start", "not",
    "dont", "maybe", "the door is clear now", "", "\U0001f44d", "thanks", "ready", "presente",
    "ok", "not ok", "addr",
    "ZZZ9", "call you back", "staged", "espero cerca", "transport", "to hospital", "replace",
    "relief", "need relief", "withdraw", "unsafe", "relevo", "me retiro", "stayed", "withdraw he 2",
    "all clear", "911", "emergency", "helpp",
)  # fmt: skip
OF_THE_WORK = (
    "eta 10", "go", "scene", "staged", "transport", "clear", "all clear", "ok", "no", "2",
    "replace", "unsafe", "note calm", "addr",
)  # fmt: skip
OWN = {PageState.ACCEPTED, PageState.DECLINED}
MOST_PHONES = 12
MUTED = {"opted_out"}
MAY_CHANGE = {"help_raised", "help_unplaced", "opted_out"}
"""Besides what SAYS tells of: only these leave a page of theirs other than it was."""
LAST = last_answer(Sentence("")).strip()
LEFT_SCENE = {SlotState.CLEARED, SlotState.WITHDRAWN}


@dataclass(frozen=True)
class PageNow:
    code: str
    call: object
    slot: object
    sender: object
    state: PageState
    slot_state: str
    replaces: object
    relief_asked: bool
    alarmed: bool
    verdict: int | None
    eta_at: datetime | None
    in_charge: bool
    """A supervisor's, who sees to it that somebody is found."""


def has_place(page: PageNow) -> bool:
    taken = page.slot_state in TAKEN or page.in_charge
    return page.state is PageState.ACCEPTED and taken


def _in(state: SlotState) -> Callable[[PageNow], bool]:
    return lambda page: page.state is PageState.ACCEPTED and page.slot_state == state


SAYS: dict[str, Callable[[PageNow], bool]] = {
    "accepted": has_place,
    "declined": lambda page: page.state in {PageState.DECLINED, PageState.PASSED_OVER},
    "eta": has_place,
    "relief_asked": lambda page: page.relief_asked,
    "verdict": lambda page: page.verdict is not None,
    "stays": lambda page: has_place(page) and page.slot_state in ON_SITE,
    **{str(state): _in(state) for state in (*ON_SITE, SlotState.EN_ROUTE, SlotState.STAGED)},
    "cleared": _in(SlotState.CLEARED),
    "withdrawn": _in(SlotState.WITHDRAWN),
}
"""What is true, after a text that came to this, of a page of theirs whose code the answer names."""


@contextmanager
def fresh(template: Path | PostgresServer) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(template, Path):
            file = Path(folder) / "triage.sqlite"
            shutil.copy(template, file)
            with make_world(f"sqlite:///{file}", Path(folder)) as world:
                yield world
            return
        name = f"replies_{secrets.token_hex(6)}"
        template.create(name, template="template_triage")
        with make_world(template.url(name), Path(folder)) as world:
            yield world
        template.drop(name)


class Replies(RuleBasedStateMachine):
    template: Path | PostgresServer

    def __init__(self) -> None:
        super().__init__()
        self._opened = fresh(self.template)
        self.world = self._opened.__enter__()
        self.phones: list[Phone] = []
        self.codes: list[str] = []
        self.told_that_no_answer_comes: set[str] = set()

    def teardown(self) -> None:
        self._opened.__exit__(None, None, None)

    @initialize()
    def a_town(self) -> None:
        """Two calls at once are more than it has teams for: supervisors are asked, too."""
        self.phones += self.world.team("Alpha", calls_at_once=2)
        self.phones += self.world.team("Bravo")
        self.phones += self.world.pair("CIT 1", calls_at_once=2)
        self.phones += [supervisor(self.world, "Boss"), supervisor(self.world, "Deputy")]
        self.phones.append(self.world.stranger())
        self.a_call()
        self.a_call()

    @rule()
    def a_call(self) -> None:
        if len(self.codes) < 4:
            self.codes.append(self.world.call(CALM).code)
            self.world.settle()

    @rule(minutes=st.sampled_from([1, 3, 11, 45]))
    def time_passes(self, minutes: int) -> None:
        self.world.wait(minutes=minutes)

    @rule(data=st.data())
    def a_dispatcher_cancels(self, data: st.DataObject) -> None:
        with self.world.context.reading() as uow:
            keys = uow.session.scalars(select(Dispatch.id).where(Dispatch.ended_at.is_(None))).all()
        if keys:
            key = data.draw(st.sampled_from(keys))
            reason = next(iter(CANCEL_REASONS))
            with suppress(TriageError):  # somebody is on scene, or it has ended
                self.world.context.do(
                    "test",
                    lambda uow: dispatches.cancel(
                        uow, self.world.centre, uow.get(Dispatch, key), reason
                    ),
                )
            self.world.settle()

    @rule(
        data=st.data(),
        words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=2),
        glued=st.booleans(),
    )
    def somebody_texts(self, data: st.DataObject, words: list[str], glued: bool) -> None:
        phone = data.draw(st.sampled_from(self.phones))
        code = data.draw(st.sampled_from(["", "", *self.codes]))
        body = ("" if glued else " ").join(filter(None, [code, *words]))
        self.text_and_look(phone, body)

    @rule(data=st.data(), word=st.sampled_from(["1", "2", "accept", "no", "eta 10", "omw"]))
    def somebody_answers_without_a_code(self, data: st.DataObject, word: str) -> None:
        """Rather who is asked about several calls."""
        asked: dict[object, set[object]] = {}
        for page in self.pages().values():
            if page.state is PageState.OPEN:
                asked.setdefault(page.sender, set()).add(page.call)
        several = [one for one in self.phones if len(asked.get(one.responder_id, ())) > 1]
        self.text_and_look(data.draw(st.sampled_from(several or self.phones)), word)

    @rule(data=st.data(), word=st.sampled_from(OF_THE_WORK), coded=st.booleans())
    def somebody_on_a_call_tells_of_it(self, data: st.DataObject, word: str, coded: bool) -> None:
        has = {page.sender: page.code for page in self.pages().values() if has_place(page)}
        working = [one for one in self.phones if one.responder_id in has]
        if working:
            phone = data.draw(st.sampled_from(working))
            self.text_and_look(phone, f"{has[phone.responder_id]} {word}" if coded else word)

    @rule(data=st.data(), word=st.sampled_from(["STOP", "START", "stop", "UNSTOP"]))
    def somebody_opts_out_or_in(self, data: st.DataObject, word: str) -> None:
        self.text_and_look(data.draw(st.sampled_from(self.phones)), word)

    @rule(data=st.data(), seen=st.booleans())
    def somebody_has_another_telephone(self, data: st.DataObject, seen: bool) -> None:
        """The one that they had is nobody's from now on."""
        old = data.draw(st.sampled_from(self.phones))
        if old.responder_id is None or len(self.phones) > MOST_PHONES:
            return
        fresh = Phone(self.world, self.world.phone_number(), old.responder_id)
        with self.world.context.unit_of_work("test") as uow:
            member = uow.get(Responder, old.responder_id)
            verification.change_number(uow, self.world.centre, member, fresh.number)
            if seen:
                verification.by_hand(uow, self.world.centre, member)
        old.responder_id = None
        self.phones.append(fresh)
        self.world.settle()

    @rule(data=st.data(), body=st.text(max_size=40))
    def somebody_texts_anything(self, data: st.DataObject, body: str) -> None:
        self.text_and_look(data.draw(st.sampled_from(self.phones)), body)

    # ---- what must hold ------------------------------------------------------------

    def pages(self) -> dict[object, PageNow]:
        with self.world.context.reading() as uow:
            rows = uow.session.execute(
                select(Page, Slot, Call)
                .join(Slot, Slot.id == Page.slot_id)
                .join(Dispatch, Dispatch.id == Slot.dispatch_id)
                .join(Call, Call.id == Dispatch.call_id)
            )
            alarmed = {alarm.page_id for alarm in alarm_lists.untaken(uow)}
            return {
                page.id: PageNow(
                    call.code,
                    call.id,
                    slot.id,
                    page.responder_id,
                    page.state,
                    slot.state,
                    slot.replaces_id,
                    slot.relief_asked_at is not None,
                    page.id in alarmed,
                    page.verdict,
                    slot.eta_at,
                    page.kind is PageKind.SUPERVISOR,
                )
                for page, slot, call in rows
            }

    def text_and_look(self, phone: Phone, body: str) -> None:
        before = self.pages()
        provider_id = f"IN{secrets.token_hex(16)}"
        self.world.receive(provider_id, phone.number, body)
        after = self.pages()
        self.acts_only_on_what_was_meant(phone, body, before, after)
        self.nobody_shares_a_slot(after)
        self.nobody_is_asked_whom_nothing_reaches(after)
        self.nobody_is_released_too_early(body, before, after)
        said = self.is_answered_truly(phone, provider_id, before, after)
        self.world.settle()
        if said is not None:
            assert said in self.world.phones.inboxes.get(phone.number, []), "the answer never came"

    def acts_only_on_what_was_meant(
        self, phone: Phone, body: str, before: dict[object, PageNow], after: dict[object, PageNow]
    ) -> None:
        reply = parse(body)
        changed = {key: now for key, now in after.items() if before.get(key) != now}
        theirs = {key for key, page in before.items() if page.sender == phone.responder_id}
        calls = {page.call for page in changed.values()}
        everywhere = reply.verb is Verb.HELP or reply.carrier_word is not None
        if (
            reply.verb is Verb.WITHDRAW
        ):  # from where is not clear: an alarm, on all that they may mean
            everywhere |= all(
                now.alarmed and replace(before[key], alarmed=True) == now
                for key, now in changed.items()
                if key in before
            )
        if not everywhere:
            assert len(calls) <= 1, f"{body!r} changed two calls"
        if reply.code and calls and not everywhere:
            assert {page.code for page in changed.values()} == {reply.code}
        assert calls <= {before[key].call for key in theirs}, f"{body!r} changed another's call"
        waiting = {before[key].call for key in theirs if before[key].state is PageState.OPEN}
        if is_answer(reply) and reply.code is None and len(waiting) > 1:
            assert not changed, f"{body!r} could mean two calls"
        for key, now in changed.items():
            if key in theirs:
                continue
            then = before.get(key)
            assert now.state not in OWN or (then and then.state is now.state), f"{body!r}: {now}"
            assert now.verdict == (then.verdict if then else None)
            assert now.alarmed == (then.alarmed if then else False)

    def nobody_shares_a_slot(self, pages: dict[object, PageNow]) -> None:
        having = [page.slot for page in pages.values() if page.state is PageState.ACCEPTED]
        assert len(having) == len(set(having))

    def nobody_is_asked_whom_nothing_reaches(self, pages: dict[object, PageNow]) -> None:
        """After STOP, and before a new number is verified, nothing waits for their answer."""
        with self.world.context.reading() as uow:
            out = select(Responder.id).where(
                or_(Responder.opted_out_at.is_not(None), Responder.verified_at.is_(None))
            )
            silent = set(uow.session.scalars(out))
        assert not [p for p in pages.values() if p.state is PageState.OPEN and p.sender in silent]

    def nobody_is_released_too_early(
        self, body: str, before: dict[object, PageNow], after: dict[object, PageNow]
    ) -> None:
        """A team that had a place has it until another has accepted it, unless it says itself
        that it must leave, gives it back on the way there, or is done and asked for nobody."""
        for key, then in before.items():
            now = after[key]
            had = then.state is PageState.ACCEPTED and then.slot_state in TAKEN
            if not had or now.slot_state in TAKEN:
                continue
            if now.slot_state == SlotState.REPLACED:
                heirs = [p for p in after.values() if p.replaces == now.slot]
                assert any(p.slot_state in TAKEN for p in heirs), f"{body!r} released too early"
            else:
                withdrew = now.slot_state == SlotState.WITHDRAWN
                assert withdrew or not then.relief_asked, f"{body!r} ended it although {then}"
                assert then.slot_state not in ON_SITE or now.slot_state in LEFT_SCENE

    def is_answered_truly(
        self,
        phone: Phone,
        provider_id: str,
        before: dict[object, PageNow],
        pages: dict[object, PageNow],
    ) -> str | None:
        """What they are to read, unless nothing may reach them."""
        with self.world.context.reading() as uow:
            inbound = uow.session.scalars(
                select(InboundMessage).where(InboundMessage.provider_id == provider_id)
            ).one()
            answer = uow.session.scalar(
                select(Message).where(Message.dedupe_key == f"reply:{provider_id}")
            )
            if answer is None and inbound.outcome == "relief_asked":
                answer = self.told_that_no_relief_is_found(uow, phone)
            if answer is None:
                self.is_silent_for_a_reason(phone, inbound.outcome)
                return None
            said = answer.body or ""
            if said.endswith(LAST):
                self.told_that_no_answer_comes.add(phone.number)
            assert inbound.responder_id == phone.responder_id
            mine = [page for page in pages.values() if page.sender == phone.responder_id]
            named = [page for page in mine if page.code in said]
            holds = SAYS.get(inbound.outcome)
            if holds is not None:
                assert any(map(holds, named)), (inbound.outcome, said, mine)
            if inbound.outcome == "help_raised":
                assert any(page.alarmed for page in mine), said
            changed = [
                page
                for key, page in pages.items()
                if page.sender == phone.responder_id and before.get(key, page) != page
            ]
            if inbound.outcome in {"stays", *unread_replies.CHANGED_NOTHING}:
                assert "accepted" not in said.lower().replace("not accepted", "").split()
            if inbound.outcome not in {*SAYS, *MAY_CHANGE} - {"stays"}:
                assert not changed, (inbound.outcome, said, changed)
            assert all(page.code in said for page in changed), (said, changed)
            member = uow.get(Responder, phone.responder_id) if phone.responder_id else None
            if member is None:
                assert not any(code in said for code in self.codes), "a stranger learned a code"
            return None if member is not None and member.opted_out_at is not None else said

    def told_that_no_relief_is_found(self, uow: UnitOfWork, phone: Phone) -> Message:
        """That is their answer: it is texted as it turns out, not a second time as a reply."""
        texts = select(Message).where(Message.responder_id == phone.responder_id)
        newest = texts.order_by(Message.created_at.desc(), Message.id.desc()).limit(1)
        told = uow.session.scalars(newest).one()
        assert "no relief found yet" in (told.body or "")
        return told

    def is_silent_for_a_reason(self, phone: Phone, outcome: str) -> None:
        """They asked for silence; we do not know them; or they were told that no more answers
        come, and a dispatcher reads this."""
        if outcome in MUTED:
            return
        if phone.responder_id is None:
            assert outcome in unread_replies.STRANGE
            return
        assert phone.number in self.told_that_no_answer_comes
        assert outcome == unread_replies.UNREAD


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_sequence_of_texts_acts_on_another_call_or_another_persons_page(
    request: pytest.FixtureRequest, kind: str
) -> None:
    fixture = {"sqlite": "sqlite_template", "postgresql": "postgresql"}[kind]
    examples = int(os.environ.get("REPLY_EXAMPLES", "12"))

    class Machine(Replies):
        template = request.getfixturevalue(fixture)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples if kind == "sqlite" else -(-examples // 3),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

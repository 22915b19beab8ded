"""Off duty nobody is paged, whatever the shifts, whenever the calls, whoever leaves.

A state machine over real rows: shifts begin and end, calls come in, people send STOP and START,
retire, are switched off; time passes in steps of any size. REACH_EXAMPLES tries more.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.servers import PostgresServer
from tests.stories.test_calls import CALM
from tests.stories.test_reachability import recruit
from tests.stories.test_reply_machine import fresh
from tests.stories.test_rosters import NEW_YORK
from tests.world import Phone
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import PageState
from triage.services import lost_phones, rosters, shifts, switches, verification
from triage.services.availability import switched_off
from triage.services.shifts import NewShift
from triage.storage.attempts import Attempt
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.teams import Responder, Shift

BEGINS = st.sampled_from([-60, -5, 0, 0, 0, 1, 5, 60, 240])
LASTS = st.sampled_from([1, 1, 2, 3, 6, 61, 180])
"""Minutes. Many shifts are so short that they end while a page waits for its answer."""


class OffDuty(RuleBasedStateMachine):
    template: Path | PostgresServer

    def __init__(self) -> None:
        super().__init__()
        self._opened = fresh(self.template)
        self.world = self._opened.__enter__()
        self.phones: list[Phone] = []
        self.calls = 0

    def teardown(self) -> None:
        self._opened.__exit__(None, None, None)

    @initialize(
        verified=st.lists(st.booleans(), min_size=3, max_size=3),
        lasts=st.lists(LASTS, min_size=3, max_size=3),
    )
    def a_town(self, verified: list[bool], lasts: list[int]) -> None:
        for name, seen in zip(("Alpha", "Bravo", "Carol"), verified, strict=True):
            self.phones.append(recruit(self.world, name, seen=seen))
        for who, minutes in enumerate(lasts):
            self.a_shift_of(who, 0, minutes)
        self.a_call()

    @rule(who=st.integers(0, 2), begins=BEGINS, lasts=LASTS)
    def a_shift(self, who: int, begins: int, lasts: int) -> None:
        self.a_shift_of(who, begins, lasts)

    def a_shift_of(self, who: int, begins: int, lasts: int) -> None:
        with self.world.context.unit_of_work("test") as uow:
            starts = uow.now.astimezone(NEW_YORK).replace(tzinfo=None) + timedelta(minutes=begins)
            try:
                new = NewShift(starts, starts + timedelta(minutes=lasts))
                shifts.add_shifts(uow, self.world.centre, self._member(uow, who), new)
            except Refused:  # over already, or one more in the same time
                return
        self._hold()

    @rule()
    def a_call(self) -> None:
        if self.calls < 6:
            self.calls += 1
            self.world.call(CALM)
            self._hold()

    @rule(seconds=st.sampled_from([1, 30, 59, 119, 600, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds=seconds)
        self._hold()

    @rule(who=st.integers(0, 2), words=st.sampled_from(["STOP", "START", "ready", "1", "2"]))
    def somebody_texts(self, who: int, words: str) -> None:
        self.phones[who].text(words)
        self._hold()

    @rule(who=st.integers(0, 2))
    def a_word_is_replied(self, who: int) -> None:
        with self.world.context.reading() as uow:
            word = self._member(uow, who).code_word
        if word:
            self.phones[who].text(word)
            self._hold()

    @rule(who=st.integers(0, 2))
    def a_shift_is_ended(self, who: int) -> None:
        with self.world.context.unit_of_work("test") as uow:
            ahead = select(Shift).where(
                Shift.responder_id == self.phones[who].responder_id, Shift.ends_at > uow.now
            )
            if shift := uow.session.scalars(ahead.order_by(Shift.starts_at)).first():
                shifts.end_shift(uow, self.world.centre, shift)
        self._hold()

    @rule(who=st.integers(0, 2), minutes=st.integers(1, 60))
    def a_team_is_switched_off(self, who: int, minutes: int) -> None:
        with self.world.context.unit_of_work("test") as uow:
            team = ("team", str(self._member(uow, who).team_id))
            until = uow.now + timedelta(minutes=minutes)
            if self._member(uow, who).team.retired_at is None:
                switches.suspend(uow, self.world.centre, team, until, "no car")
        self._hold()

    @rule(who=st.integers(0, 2), to=st.integers(0, 2))
    def a_shift_is_handed_on(self, who: int, to: int) -> None:
        with self.world.context.unit_of_work("test") as uow:
            member = self._member(uow, to)
            coming = select(Shift).where(
                Shift.responder_id == self.phones[who].responder_id, Shift.starts_at > uow.now
            )
            shift = uow.session.scalars(coming.order_by(Shift.starts_at)).first()
            if shift is not None and who != to and member.retired_at is None:
                with suppress(Refused), uow.session.begin_nested():  # a shift in that time already
                    shifts.hand_on(uow, self.world.centre, shift, member)
        self._hold()

    @rule(who=st.integers(0, 2), seen=st.booleans())
    def a_number_changes(self, who: int, seen: bool) -> None:
        number = self.world.phone_number()
        with suppress(Conflict), self.world.context.unit_of_work("test") as uow:
            member = self._member(uow, who)
            verification.change_number(uow, self.world.centre, member, number)
            if seen:
                verification.by_hand(uow, self.world.centre, member)
            self.phones[who] = Phone(self.world, number, member.id)
        self._hold()

    @rule(who=st.integers(0, 2))
    def a_phone_is_lost_or_found(self, who: int) -> None:
        with suppress(Conflict), self.world.context.unit_of_work("test") as uow:
            member = self._member(uow, who)
            lost = member.phone_lost_at is not None
            (lost_phones.found if lost else lost_phones.report)(uow, self.world.centre, member)
        self._hold()

    @rule(who=st.integers(0, 2))
    def a_member_retires(self, who: int) -> None:
        with suppress(Conflict), self.world.context.unit_of_work("test") as uow:
            rosters.retire_member(uow, self.world.centre, self._member(uow, who))
        self._hold()

    def _member(self, uow, who: int) -> Responder:  # type: ignore[no-untyped-def]
        return uow.get(Responder, self.phones[who].responder_id or UUID(int=0))

    def _hold(self) -> None:
        """At this instant nobody off duty is being asked; no page ever left to such a phone."""
        self.world.settle()
        with self.world.context.reading() as uow:
            off = switched_off(uow)
            for page in uow.session.scalars(select(Page).where(Page.state == PageState.OPEN)):
                one = page.responder
                assert one.verified_at
                assert not one.opted_out_at
                assert not one.phone_lost_at
                assert not one.retired_at
                assert ("team", str(page.team_id)) not in off
                assert any(s.starts_at <= uow.now < s.ends_at for s in one.shifts)
            left = select(Message.responder_id, Attempt.started_at).join(
                Attempt, Attempt.message_id == Message.id
            )
            for key, at in uow.session.execute(left.where(Message.kind.in_(("page", "ring")))):
                whole = uow.session.scalars(select(Shift).where(Shift.responder_id == key)).all()
                assert any(s.starts_at <= at <= s.ends_at for s in whole)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_off_duty_nobody_is_paged(request: pytest.FixtureRequest, kind: str) -> None:
    fixture = {"sqlite": "sqlite_template", "postgresql": "postgresql"}[kind]
    examples = int(os.environ.get("REACH_EXAMPLES", "15"))

    class Machine(OffDuty):
        template = request.getfixturevalue(fixture)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples if kind == "sqlite" else -(-examples // 3),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

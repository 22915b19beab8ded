"""The judge of schedules finds what nothing will ever move on, whoever lost the step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from tests.faults.dangers import unheard_danger
from tests.faults.databases import Database
from tests.faults.invariants import no_next_step, taken_of
from tests.faults.test_texts_in_doubt import claim, owe, settle
from tests.stories.test_escalation import call_in, supervisor
from tests.twilio_double import Twilio
from tests.world import World
from triage.domain.phone_network import Sent
from triage.services import received_texts
from triage.services.received_texts import Received
from triage.services.reply_actions import Answered
from triage.storage.calls import Call
from triage.storage.messages import Message
from triage.storage.timers import Timer


@pytest.fixture
def world(world: World) -> World:
    world.ignores_texts("the judge reads the database")
    return world


def _is_asked(world: World) -> None:
    world.team("Alpha")
    call_in(world, 1)


def _is_left(world: World) -> None:
    supervisor(world)
    call_in(world, 2)


def _has_charge(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 2)
    boss.expect("Take charge of finding somebody?")
    boss.text("1")
    boss.expect("you have taken charge")


@pytest.mark.parametrize(
    ("comes_to_be", "lost", "said"),
    [
        (_is_asked, "page_answer", "page open"),
        (_is_left, "escalate", "nobody is alarmed"),
        (_has_charge, "charge_remind", "nobody is alarmed"),
    ],
)
def test_a_step_that_was_lost_is_found_though_others_wait(
    world: World, database_url: str, comes_to_be: Callable[[World], None], lost: str, said: str
) -> None:
    comes_to_be(world)
    database = Database(database_url)
    assert no_next_step(database) == []

    with world.context.unit_of_work("test") as uow:
        waits = (Timer.kind == lost, Timer.state == "waiting")
        uow.session.execute(update(Timer).where(*waits).values(state="cancelled"))

    found = no_next_step(database)
    assert f"no next step: {said}" in found
    assert [what for what in found if what.startswith("the auditor finds")]
    left = database.rows("SELECT kind FROM timer WHERE state = 'waiting'")
    assert ("look_after",) in [tuple(row) for row in left]


def test_a_text_that_is_still_owed_is_a_step(world: World, database_url: str) -> None:
    _is_asked(world)
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(update(Timer).where(Timer.kind == "page_answer").values(state="done"))
        uow.session.execute(update(Message).where(Message.kind == "page").values(state="ready"))
    assert no_next_step(Database(database_url)) == []


def test_a_cry_that_raised_nothing_is_found_though_others_did_before_and_after(
    world: World, database_url: str
) -> None:
    (phone,) = world.team("Alpha")
    call_in(world, 1)
    phone.text(f"{phone.code} 1")
    for words in ("need help", "need help", "withdraw", "withdraw"):
        phone.text(words)
    database = Database(database_url)
    assert list(unheard_danger(database, ())) == []

    lost = Received("SM-lost", phone.number, "need help")
    with world.context.unit_of_work("test") as uow:
        sender = received_texts.sender_of(uow, lost)
        received_texts.keep(uow, world.centre, lost, sender, Answered("help_raised", None))
    phone.text("need help")

    (found,) = unheard_danger(database, ())
    assert "text SM-lost was help_raised" in found


@dataclass
class Carrier:
    """What a provider was asked to send, and what it took, by its own key."""

    requests: list[dict[str, str]]
    taken: dict[str, dict[str, str]]

    def journal(self, event: str) -> list[dict[str, Any]]:
        lines = self.taken.items() if event == "accepted" else []
        return [{"sid": sid, "about": it["StatusCallback"]} for sid, it in lines]


@pytest.mark.parametrize(
    ("words", "counted"), [(["the same", "the same"], [1, 1]), (["one", "other"], [2, 0])]
)
def test_a_text_counts_as_whose_it_was_taken_to_be_where_both_say_the_same(
    world: World, database_url: str, words: list[str], counted: list[int]
) -> None:
    """Whichever call they belong to. The first was taken twice, once in the name of the other,
    whose own request the provider refused to take."""
    call_in(world, 1)
    with world.context.reading() as uow:
        calls = [uow.session.scalars(select(Call.id)).one(), None]
    owed = [owe(world, body, call_id=call) for body, call in zip(words, calls, strict=True)]
    held = {it.id: it for it in claim(world, 50)}
    first, other = (held[text.id] for text in owed)
    asked = [
        {"To": it.sms.to, "Body": it.sms.body, "StatusCallback": f"/sms?attempt={it.attempt_id}"}
        for it in (first, other)
    ]
    settle(world, first, Sent("SM1"))
    settle(world, other, Sent("SM0"))

    carrier = Carrier(asked, {"SM0": asked[0], "SM1": asked[0]})
    taken = taken_of(Database(database_url), cast("Twilio", carrier))

    assert [taken[text.id.hex] for text in owed] == counted

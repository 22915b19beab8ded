"""Tables, transactions and sealed columns, on both databases."""

import contextlib
import re
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.pq import PipelineStatus
from sqlalchemy import TextClause, event, func, inspect, null, select, text

from tests.typical_calls import UNARMED
from tests.world import Phone, World
from triage.domain.errors import Conflict, NotFound
from triage.domain.keys import KeyRing
from triage.domain.lifecycle import TAKEN, CallState, SlotState
from triage.services import dispatches, idempotency, outbox, unread_replies
from triage.storage import migration, sealed
from triage.storage.base import Base, new_id
from triage.storage.calls import OPEN_CALL, Call, Caller
from triage.storage.dispatches import BUSY_SLOT, UNFINISHED_DISPATCH
from triage.storage.messages import UNREAD_TEXT, Message
from triage.storage.people import Account
from triage.storage.sealed import CannotOpen
from triage.storage.teams import Responder, Shift, Team
from triage.storage.unit_of_work import UnitOfWork

BY_KEY = select(Message).order_by(Message.id)


def a_team(world: World, name: str = "CIT 1") -> UUID:
    with world.context.unit_of_work("test") as uow:
        return uow.add(Team(name=name, responses=[], zones=[], skills=[])).id


on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""SQLite is no further away than a function call."""


@on_postgresql
def test_a_server_that_was_demoted_is_left_though_it_says_so_only_in_an_exchange(
    world: World,
) -> None:
    tried: list[int] = []

    def work(uow: UnitOfWork) -> None:
        tried.append(uow.session.execute(text("SELECT pg_backend_pid()")).scalar_one())
        if len(tried) == 1:  # as a primary does that has become a standby: SQLSTATE 25006
            uow.session.execute(text("SET TRANSACTION READ ONLY"))
        uow.add(Team(name="MCT 1", responses=[], zones=[], skills=[]))

    world.context.do("test", work)

    assert len(set(tried)) == 2  # over another connection
    with world.context.reading() as uow:
        assert uow.session.scalars(select(Team.name)).all() == ["MCT 1"]


@on_postgresql
def test_who_looks_leaves_the_prepared_statements_of_postgresql_as_they_are(world: World) -> None:
    """psycopg forgets them when it sees a ROLLBACK."""
    a_team(world)
    for _ in range(10):
        with world.context.reading() as uow:
            uow.session.scalars(select(Team.name)).all()

    with world.context.reading() as uow:
        prepared = uow.session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert any("FROM team" in statement for statement in prepared)


def test_who_looks_saves_nothing_whatever_was_done_to_a_row(world: World) -> None:
    key = a_team(world)
    with world.context.reading() as uow:
        uow.get(Team, key).name = "Another"
        uow.session.add(Team(name="MCT 2", responses=[], zones=[], skills=[]))

    with world.context.reading() as uow:
        assert uow.session.scalars(select(Team.name)).all() == ["CIT 1"]


def test_who_writes_after_somebody_looked_saves_all_or_nothing(world: World) -> None:
    """On PostgreSQL whoever looks needs no transaction; the connection is the same."""
    with world.context.reading() as uow:
        assert not uow.session.scalars(select(Team.name)).all()
    with contextlib.suppress(RuntimeError), world.context.unit_of_work("test") as uow:
        uow.add(Team(name="MCT 1", responses=[], zones=[], skills=[]))
        uow.session.flush()
        raise RuntimeError("refused")

    with world.context.reading() as uow:
        assert not uow.session.scalars(select(Team.name)).all()


def test_room_made_in_a_table_is_used_by_what_is_new_there(world: World) -> None:
    """Only one text may have a key: the earlier one gives it up in the same unit of work."""
    with world.context.unit_of_work("test") as uow:
        first = owed(uow, world)
        first.dedupe_key = "kept"
    with world.context.unit_of_work("test") as uow:
        uow.get(Message, first.id).dedupe_key = None
        owed(uow, world).dedupe_key = "kept"

    with world.context.reading() as uow:
        assert [text.dedupe_key for text in uow.session.scalars(BY_KEY)] == [None, "kept"]
    for _ in range(2):
        Phone(world, "+12025550177").expect("Hello")


def owed(uow: UnitOfWork, world: World) -> Message:
    return outbox.enqueue(
        uow,
        world.centre,
        kind="reply",
        to="+12025550177",
        to_role="clinician",
        body="Hello",
        priority=1,
    )


@on_postgresql
def test_all_that_is_new_about_a_call_goes_to_postgresql_in_one_exchange(world: World) -> None:
    world.ignores_texts("it is about what is written, not about what is sent")
    engine = world.context.database.engine
    world.team("MCT 1")
    program, told = world.app.test_client(), {"Authorization": f"Bearer {world.token()}"}
    alone: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def see(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        status = connection.connection.driver_connection.info.pipeline_status
        if status is PipelineStatus.OFF and not statement.startswith("SELECT"):
            alone.append(statement.split("(", maxsplit=1)[0].strip())

    for key in ("first", "second"):
        alone.clear()
        headers = told | {"Idempotency-Key": key}
        taken = program.post("/api/v1/calls", json={"facts": UNARMED}, headers=headers)
        assert taken.status_code == 201

    assert alone == ["INSERT INTO idempotency_key"]  # others wait for it: it is there at once


def an_account(world: World, name: str = "Zoë Ñandú") -> UUID:
    with world.context.unit_of_work("test") as uow:
        account = Account(username=str(new_id()), name=name, role="dispatcher", password_hash="")
        return uow.add(account).id


def test_the_tables_are_those_of_the_models(world: World) -> None:
    differences = migration.differences(world.context.database.engine)

    assert differences == []


def test_the_migrations_go_all_the_way_down_and_up(world: World) -> None:
    engine = world.context.database.engine

    migration.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}

    migration.upgrade(engine)
    assert migration.revision_of(engine) == migration.newest_revision()


def test_a_unit_of_work_that_fails_leaves_nothing(world: World) -> None:
    def fail() -> None:
        with world.context.unit_of_work("test") as uow:
            team = uow.add(Team(name="Gone", responses=[], zones=[], skills=[]))
            uow.audit("team.added", team)
            uow.session.flush()
            raise RuntimeError("the power goes")

    with pytest.raises(RuntimeError):
        fail()

    with world.context.reading() as uow:
        assert uow.session.scalar(select(Team).where(Team.name == "Gone")) is None
    assert world.audited("team.added") == 0


def test_defaults_are_plain_values_and_no_statement_makes_any() -> None:
    made = [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.onupdate or (column.default and not column.default.is_scalar)
    ]
    assert made == []  # a new row is saved as it stands


def test_new_rows_are_saved_in_the_order_in_which_they_point_to_each_other(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        ends = uow.now + timedelta(hours=1)
        shift = uow.add(Shift(starts_at=uow.now, ends_at=ends))
        member = uow.add(Responder(role="clinician", name="Ana", skills=[]))
        member.team = uow.add(Team(name="MCT 1", responses=[], zones=[], skills=[]))
        shift.responder_id = member.id
        uow.session.flush()
        assert (shift.confirmed_at, member.team_id) == (None, member.team.id)
        member.name = "Ana O'Neill"

    with world.context.reading() as uow:
        known = uow.session.scalars(select(Responder)).one()
        assert (known.team.name, known.name, known.version) == ("MCT 1", "Ana O'Neill", 2)
        assert uow.session.scalar(select(Shift.responder_id)) == known.id


def test_what_a_savepoint_added_is_gone_when_it_is_undone(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        kept = uow.add(Team(name="MCT 1", responses=[], zones=[], skills=[]))
        with contextlib.suppress(RuntimeError), uow.session.begin_nested():
            gone = uow.add(Team(name="MCT 2", responses=[], zones=[], skills=[]))
            uow.session.flush()
            raise RuntimeError("refused")
        assert kept in uow.session
        assert gone not in uow.session
        assert uow.session.get(Team, gone.id) is None

    with world.context.reading() as uow:
        assert uow.session.scalars(select(Team.name)).all() == ["MCT 1"]


def test_the_answer_to_a_key_is_kept_though_all_else_was_saved_before_it(world: World) -> None:
    call = world.call(UNARMED)
    world.ignores_texts("only the key counts")

    def once(uow: UnitOfWork) -> tuple[UUID | None, str | None]:
        claimed = idempotency.claim(uow, "test", "a key", "a request")
        known = claimed.call_id, claimed.response
        if claimed.call_id is None:
            uow.audit("test.done", uow.get(Call, call.id))
            uow.session.flush()  # as whatever asks the database about what it has just done
            idempotency.answer(uow, claimed, call.id, "done")
        return known

    assert world.context.do("test", once) == (None, None)
    assert world.context.do("test", once) == (call.id, "done")
    assert world.audited("test.done") == 1


def test_the_second_of_two_who_change_a_row_is_refused(world: World) -> None:
    key = a_team(world)
    with world.context.reading() as uow:
        stale = uow.get(Team, key)
    with world.context.unit_of_work("one") as uow:
        uow.get(Team, key).calls_at_once = 2

    def overwrite() -> None:
        with world.context.unit_of_work("two") as uow:
            merged = uow.session.merge(stale)
            merged.calls_at_once = 3

    with pytest.raises(Conflict, match="somebody else changed this first"):
        overwrite()


def test_a_lost_race_is_run_again_and_a_refusal_is_not(world: World) -> None:
    tries: list[int] = []

    def race(uow: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            try:
                raise ValueError
            except ValueError as error:
                raise Conflict("lost") from error

    world.context.do("test", race)
    assert len(tries) == 2

    def refuse(uow: object) -> None:
        tries.append(1)
        raise Conflict("no")

    with pytest.raises(Conflict, match="no"):
        world.context.do("test", refuse)
    assert len(tries) == 3


@on_postgresql
def test_of_two_who_wait_for_each_other_one_begins_anew_and_both_are_done(world: World) -> None:
    rows: list[UUID] = [a_team(world, "CIT 1"), a_team(world, "CIT 2")]
    tries: list[UUID] = []
    both_hold_one = threading.Barrier(2)

    def change(first: UUID, second: UUID) -> None:
        def work(uow: UnitOfWork) -> None:
            tries.append(first)
            for key in (first, second):
                team = uow.session.get(Team, key, with_for_update=True)
                assert team is not None
                team.calls_at_once += 1
                if key == first and len(tries) <= 2:
                    both_hold_one.wait(20)

        world.context.do("test", work)

    threads = [threading.Thread(target=change, args=order) for order in (rows, rows[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(tries) == 3
    with world.context.reading() as uow:
        assert [uow.get(Team, key).calls_at_once for key in rows] == [3, 3]


def test_writers_take_turns_and_none_is_lost(world: World) -> None:
    key = a_team(world)

    def count_up() -> None:
        for _ in range(25):
            world.context.do("test", add_one)

    def add_one(uow: UnitOfWork) -> None:
        team = uow.session.get(Team, key, with_for_update=True)
        assert team is not None
        team.calls_at_once += 1

    threads = [threading.Thread(target=count_up) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with world.context.reading() as uow:
        assert uow.get(Team, key).calls_at_once == 1 + 6 * 25


def test_time_is_the_databases_and_can_be_moved_for_everybody(world: World) -> None:
    with world.context.reading() as uow:
        before = uow.now
    world.wait(hours=2)
    with world.context.reading() as uow:
        assert 7200 <= (uow.now - before).total_seconds() < 7260


def test_a_naive_time_is_refused(world: World) -> None:
    with world.context.reading() as uow, pytest.raises(Exception, match="which zone is it in"):
        uow.session.execute(select(Team).where(Team.created_at > datetime(2026, 1, 1)))


def test_what_is_not_there_is_not_found(world: World) -> None:
    with world.context.reading() as uow, pytest.raises(NotFound):
        uow.get(Team, new_id())


def test_sealed_text_comes_back_and_stands_nowhere_in_clear(world: World) -> None:
    key = an_account(world)

    with world.context.reading() as uow:
        assert uow.get(Account, key).name == "Zoë Ñandú"
        stored = uow.session.scalar(select(Account.name_sealed).where(Account.id == key))
    assert stored is not None
    assert "Ñandú".encode() not in stored


def test_a_long_text_is_made_smaller_before_it_is_sealed(world: World) -> None:
    told, call = "the caller says the same again, ¿verdad? " * 100, world.call(UNARMED)
    with world.context.unit_of_work("test") as uow:
        caller = uow.add(Caller(call_id=call.id, said=told))

        assert caller.said == told
        assert len(caller.said_sealed) < len(told) / 10

        caller.said_sealed = bytes([1]) + caller.said_sealed[1:]  # not what it says it is
        with pytest.raises(CannotOpen):
            assert caller.said
        caller.said = told

    with world.context.reading() as uow:
        assert uow.get(Caller, caller.id).said == told


def test_what_a_new_row_has_not_is_null_in_a_column_of_json_as_well(world: World) -> None:
    call = world.call(UNARMED)
    with world.context.unit_of_work("test") as uow:
        for call_back in (None, ["text"]):
            uow.add(Caller(call_id=call.id, call_back=call_back))

    with world.context.reading() as uow:
        asked = select(func.count()).where(Caller.call_id == call.id, Caller.call_back.is_(null()))
        assert uow.session.scalar(asked) == 2  # with whoever rang first
        assert ["text"] in uow.session.scalars(select(Caller.call_back)).all()


def test_a_sealed_value_moved_to_another_row_does_not_open(world: World) -> None:
    one, other = an_account(world, "One"), an_account(world, "Other")
    with world.context.unit_of_work("thief") as uow:
        uow.get(Account, one).name_sealed = uow.get(Account, other).name_sealed

    with world.context.reading() as uow, pytest.raises(CannotOpen) as told:
        print(uow.get(Account, one).name)
    assert "altered or moved" in told.value.why


def test_a_sealed_value_that_was_altered_does_not_open(world: World) -> None:
    key = an_account(world)
    with world.context.unit_of_work("thief") as uow:
        account = uow.get(Account, key)
        box = bytearray(account.name_sealed or b"")
        box[-1] ^= 1
        account.name_sealed = bytes(box)

    with world.context.reading() as uow, pytest.raises(CannotOpen):
        print(uow.get(Account, key).name)


def test_rotation_seals_anew_and_still_opens_the_old(world: World) -> None:
    keys = world.context.settings.keys
    key = an_account(world, "Before")
    rotated = KeyRing({"new1": b"n" * 32, **keys.data_keys}, keys.index_key)
    sealed.use_keys(rotated)
    after = an_account(world, "After")

    with world.context.reading() as uow:
        assert uow.get(Account, key).name == "Before"
        assert uow.get(Account, after).name == "After"
        assert b"new1" in (uow.get(Account, after).name_sealed or b"")

    sealed.use_keys(keys)  # the new key is withdrawn: its rows say so
    with world.context.reading() as uow, pytest.raises(CannotOpen) as told:
        print(uow.get(Account, after).name)
    assert "key 'new1', which is absent" in told.value.why


def test_a_blind_index_finds_the_same_number_and_only_that(world: World) -> None:
    index = sealed.blind_index("phone", "+12025550101")

    assert index == sealed.blind_index("phone", "+12025550101")
    assert index != sealed.blind_index("phone", "+12025550102")
    assert index != sealed.blind_index("place", "+12025550101")
    keys = world.context.settings.keys
    sealed.use_keys(replace(keys, index_key=b"x" * 32))
    assert index != sealed.blind_index("phone", "+12025550101")
    sealed.use_keys(keys)


def test_no_personal_word_of_a_call_stands_in_the_database_file(world: World) -> None:
    world.call(
        {"weapon": "none_seen"},
        caller_name="Canary Name",
        caller_phone="202-555-0177",
        location="9 Canary Street",
        narrative="the canary sings",
    )
    engine = world.context.database.engine
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                shown = " ".join(
                    value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    for value in row
                ).lower()
                assert "canary" not in shown, table
                assert "2025550177" not in shown, table


def test_keys_are_uuid_version_7_made_by_us(world: World) -> None:
    keys = [new_id() for _ in range(100)]

    assert {key.version for key in keys} == {7}
    assert keys == sorted(keys)


def test_sqlite_keeps_every_commit_on_the_disk(world: World) -> None:
    engine = world.context.database.engine
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW statement_timeout")) == "5s"
        return
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_caller_may_have_no_number(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        caller = Caller(call_id=new_id(), phone=None)
        assert caller.phone is None
        uow.session.expunge_all()


def test_what_partial_indexes_hold_is_what_the_domain_says() -> None:
    """Their conditions stand in SQL word for word; a new state must not be missing there."""

    def words(condition: TextClause) -> set[str]:
        return set(re.findall("'([a-z_]+)'", condition.text))

    assert words(OPEN_CALL) == {CallState.ASKING, CallState.OPEN}
    assert words(BUSY_SLOT) == {SlotState.PAGED, *TAKEN}
    assert words(UNFINISHED_DISPATCH) == set(dispatches.ENDED)
    read = {*unread_replies.FOR_A_PERSON, *unread_replies.ASKED_BACK}
    assert words(UNREAD_TEXT) == read

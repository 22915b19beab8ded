"""A follow-up falls due, its owner is reminded, and what came of it is written down."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, select

from tests.stories.test_alarms import signs_in
from tests.world import Browser, Phone, World
from triage.services import follow_ups
from triage.storage.calls import Call
from triage.storage.follow_ups import FollowUp
from triage.storage.people import Account
from triage.storage.teams import Responder

PLAN = {
    "follow_ups": [
        {
            "kind": "clinician_call",
            "owner": "clinician",
            "after_h": 24,
            "what": "Call and ask how they are",
            "consent": "asked",
            "rule": "after-a-visit",
        },
        {
            "kind": "call_back",
            "owner": "dispatcher",
            "after_h": 2,
            "what": "Ask whether the ride came",
            "consent": "not_needed",
            "rule": "after-a-ride",
        },
    ],
    "notices": [],
}
SAFE = {"safe_to_call": "yes", "safe_to_text": "unknown", "safe_to_leave_message": "no"}


@pytest.fixture
def call(world: World) -> Call:
    """A call after which a clinician and a dispatcher owe something."""
    made = world.call({"problem_type": "other", **SAFE}, disposition="resolved_on_phone")
    world.context.do(
        "test",
        lambda uow: follow_ups.plan(uow, world.centre, uow.get(Call, made.id), PLAN),
    )
    return made


def owed(world: World, kind: str = "clinician_call") -> FollowUp:
    with world.context.reading() as uow:
        key = uow.session.scalar(
            select(FollowUp.id).where(FollowUp.kind == kind, FollowUp.rule.like("after-%"))
        )
        assert key is not None
        return follow_ups.of_key(uow, key)


def shown(browser: Browser, key: UUID) -> str:
    page: str = browser.get(f"/follow-ups/{key}").get_data(as_text=True)
    return page


def write(browser: Browser, key: UUID, what: str, **fields: str) -> tuple[int, str]:
    """Send one of the forms of a follow-up's page, as it stands now."""
    found = re.search(r'name="version" value="(\d+)"', shown(browser, key))
    assert found, "no form on the page"
    form = {"version": found.group(1), **fields}
    answer = browser.submit(f"/follow-ups/{key}", form, to=f"/follow-ups/{key}/{what}")
    return answer.status_code, answer.get_data(as_text=True)


def local(world: World, **ahead: float) -> str:
    with world.context.reading() as uow:
        at: datetime = (uow.now + timedelta(**ahead)).astimezone(world.centre.policy.time_zone)
        return at.strftime("%Y-%m-%dT%H:%M")


def test_from_due_to_done(world: World, call: Call) -> None:
    (phone,) = world.team("CIT 1")

    world.wait(hours=25)
    world.desk.expect("Follow-up due")

    text = phone.expect("Follow-up due")
    assert call.reference in text
    clinician = world.client("clinician")
    page = clinician.get("/follow-ups").get_data(as_text=True)
    assert "OVERDUE by 1 h" in page
    assert "Do NOT leave a message" in page
    assert f"/calls/{call.reference}" in page

    key = owed(world).id
    status, _ = write(clinician, key, "attempts", outcome="done", note="Doing better. ☎ مرحبا")
    assert status == 302

    page = shown(clinician, key)
    assert "Doing better. ☎ مرحبا" in page
    assert "Test clinician" in page
    assert "Write it down" not in page
    assert "Clinician call" not in clinician.get("/follow-ups").get_data(as_text=True)
    world.wait(days=3)
    phone.expect_silence()


def test_a_reminder_of_days_ago_is_not_sent_late_and_the_next_comes_in_time(
    world: World, call: Call
) -> None:
    (phone,) = world.team("CIT 1")

    world.wait(days=4)  # the service was away
    phone.expect_silence()
    assert "OVERDUE by 3 days" in world.client("clinician").get("/follow-ups").get_data(
        as_text=True
    )
    world.wait(hours=25)
    world.desk.expect("Follow-up due")

    assert call.reference in phone.expect("Follow-up due")


def test_contact_permissions_come_before_anything_else(world: World, call: Call) -> None:
    page = shown(world.client("dispatcher"), owed(world).id)

    places = [
        page.index(words)
        for words in (
            "Before you contact them",
            "Consent not asked: ask first",
            "May be called",
            "Not known if safe to text",
            "Do NOT leave a message",
            "Call and ask how they are",
        )
    ]
    assert places == sorted(places)


def test_overdue_comes_first_and_within_it_the_readers_own(world: World, call: Call) -> None:
    world.wait(hours=25)
    world.desk.expect("Follow-up due")
    for role, first, second in (
        ("clinician", "Clinician call", "Call back"),
        ("dispatcher", "Call back", "Clinician call"),
    ):
        page = world.client(role).get("/follow-ups").get_data(as_text=True)
        assert page.index(f">{first}</a>") < page.index(f">{second}</a>")
        assert "Overdue: 2" in page


def test_filters_by_owner_and_by_person(world: World, call: Call) -> None:
    (phone,) = world.team("CIT 1")
    clinician = world.client("clinician")
    with world.context.unit_of_work("test") as uow:
        account = uow.session.scalar(select(Account.id).where(Account.username == "test-clinician"))
        uow.get(Responder, phone.responder_id).account_id = account  # type: ignore[arg-type]

    page = clinician.get("/follow-ups?owner=dispatcher").get_data(as_text=True)
    assert "Call back" in page
    assert "Clinician call" not in page
    assert "Nothing is waiting here." in clinician.get("/follow-ups?mine").get_data(as_text=True)

    world.wait(hours=25)  # whoever was reminded owns it by name from then on
    world.desk.expect("Follow-up due")
    phone.expect("Follow-up due")

    clinician = world.client("clinician")  # the earlier shift's session is over
    page = clinician.get("/follow-ups?mine").get_data(as_text=True)
    assert "Clinician call" in page
    assert "Call back" not in page
    assert clinician.get("/follow-ups?owner=nonsense%00").status_code == 200


def test_not_reached_with_a_time_is_tried_again(world: World, call: Call) -> None:
    (phone,) = world.team("CIT 1")
    world.wait(hours=25)
    world.desk.expect("Follow-up due")
    phone.expect("Follow-up due")
    clinician, key = world.client("clinician"), owed(world).id

    again = local(world, hours=3)
    for _ in range(2):
        status, _ = write(clinician, key, "attempts", outcome="not_reached", next_due_at=again)
        assert status == 302
        phone.expect_silence()

    assert "Tried 2 times, last: not reached" in clinician.get("/follow-ups").get_data(as_text=True)
    world.wait(hours=4)
    phone.expect("Follow-up due")
    world.wait(hours=23)
    world.desk.expect("Follow-up due")
    phone.expect_silence()  # reminders of the old time have ended with it
    world.wait(hours=2)
    phone.expect("Follow-up due")
    phone.expect_silence()


def due(phone: Phone) -> int:
    return sum("Follow-up due" in text for text in phone.inbox)


def test_whom_nobody_reached_is_tried_twice_more_and_then_the_list_says_so(
    world: World, call: Call
) -> None:
    (phone,) = world.team("CIT 1")
    phone.ignores("its first reminder is another story")
    world.desk.ignores("the desk's own follow-ups are another story")
    clinician, key = world.client("clinician"), owed(world).id
    assert "after 3 such tries it ends" in clinician.get(f"/follow-ups/{key}").text
    for hours in (26, 22):
        assert write(clinician, key, "attempts", outcome="not_reached")[0] == 302
        assert owed(world).state.value == "open"
        reminded = due(phone)
        world.wait(hours=hours - 1)
        assert due(phone) == reminded
        world.wait(hours=1.1)
        assert due(phone) == reminded + 1
        clinician = world.client("clinician")  # the earlier shift's session is over
    write(clinician, key, "attempts", outcome="not_reached")

    assert owed(world).state.value == "not_reached"
    for page in (f"/follow-ups/{key}", "/follow-ups"):
        assert "Not reached after 3 tries" in clinician.get(page).text
    assert "Ended, nobody was reached: 1" in clinician.get("/follow-ups").text


@pytest.mark.parametrize("outcome", ["done", "refused"])
def test_an_outcome_without_a_new_time_ends_it(world: World, call: Call, outcome: str) -> None:
    clinician, key = world.client("clinician"), owed(world).id

    assert write(clinician, key, "attempts", outcome=outcome)[0] == 302

    assert owed(world).state.value == outcome
    assert len(owed(world).attempts) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose what came of it."),
        ({"outcome": "vanished"}, "Choose what came of it."),
        ({"outcome": "rescheduled"}, "When is it to be tried again?"),
        ({"outcome": "rescheduled", "next_due_at": "2020-01-01T08:00"}, "must lie ahead"),
        ({"outcome": "rescheduled", "next_due_at": "never"}, "such as 2026-11-24"),
        ({"outcome": "done", "note": "x" * 5000}, "Shorten the note"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    world: World, call: Call, fields: dict[str, str], said: str
) -> None:
    clinician, key = world.client("clinician"), owed(world).id

    status, page = write(clinician, key, "attempts", **{"note": "Rang twice\0", **fields})

    assert status == 422
    assert said in page
    assert "Rang twice" in page or "note" in fields
    assert owed(world).attempts == []


def test_two_people_at_once_are_told(world: World, call: Call) -> None:
    clinician, key = world.client("clinician"), owed(world).id
    supervisor = world.client("supervisor")
    form = {"version": "1", "outcome": "refused", "note": "Wants nothing from us"}
    path = f"/follow-ups/{key}"
    assert (
        clinician.submit(path, {**form, "outcome": "done"}, to=f"{path}/attempts").status_code
        == 302
    )

    answer = supervisor.submit(path, form, to=f"{path}/attempts")

    assert answer.status_code == 409
    assert "Wants nothing from us" in answer.get_data(as_text=True)
    assert owed(world).state == "done"


def test_permissions_are_set_as_the_person_says(world: World, call: Call) -> None:
    dispatcher, key = world.client("dispatcher"), owed(world).id
    given = {"consent": "refused", **SAFE, "safe_to_call": "no"}

    assert write(dispatcher, key, "permissions", **given)[0] == 302

    page = shown(dispatcher, key)
    assert "Consent REFUSED: do NOT contact" in page
    assert "Do NOT call" in page
    assert world.audited("follow_up.permissions") == 1
    status, _ = write(dispatcher, key, "permissions", **{**given, "consent": "perhaps"})
    assert status == 422


def test_looking_is_written_down_once(world: World, call: Call) -> None:
    clinician, key = world.client("clinician"), owed(world).id
    before = world.audited("call.looked_at")

    shown(clinician, key)
    shown(clinician, key)

    assert world.audited("call.looked_at") == before + 1

    stale = {"version": "99", "outcome": "done"}  # a form sent without opening its page shows it
    answer = world.client("supervisor").submit(
        "/follow-ups", stale, to=f"/follow-ups/{key}/attempts"
    )
    assert answer.status_code == 409
    assert world.audited("call.looked_at") == before + 2


def test_whoever_makes_the_call_back_finds_number_and_place_on_its_page(world: World) -> None:
    phone, other = (world.team(name)[0] for name in ("CIT 1", "CIT 2"))
    owing, colleague = signs_in(world, phone), signs_in(world, other, "colleague")
    call = world.call(
        {"problem_type": "other", **SAFE},
        disposition="resolved_on_phone",
        location="Pier <3>",
        caller_name="Morgan Ellis",
        caller_phone="202-555-0142",
    )
    with world.context.unit_of_work("test") as uow:
        follow_ups.plan(uow, world.centre, uow.get(Call, call.id), PLAN)
    key, of_desk = owed(world).id, owed(world, "call_back").id
    assert "+12025550142" in shown(colleague, key)  # nobody's by name yet
    with world.context.unit_of_work("test") as uow:
        uow.get(FollowUp, key).owner_id = phone.responder_id

    for browser in (owing, world.client("dispatcher"), world.client("supervisor")):
        page = shown(browser, key)
        assert '<a class="number" href="tel:+12025550142">' in page
        assert "Pier &lt;3&gt;" in page
        assert "Morgan Ellis" in page
    for browser, closed in ((colleague, key), (owing, of_desk)):
        page = shown(browser, closed)
        assert "+12025550142" not in page
        assert "Pier" not in page
        assert "shown to whoever owes this" in page
    assert world.audited("call.looked_at") == 4

    write(owing, key, "attempts", outcome="done")
    assert "+12025550142" not in shown(owing, key)


def test_an_owner_who_left_is_not_reminded(world: World, call: Call) -> None:
    (gone,) = world.team("CIT 1")
    world.wait(hours=25)
    world.desk.expect("Follow-up due")
    gone.expect("Follow-up due")
    (other,) = world.team("CIT 2")
    with world.context.unit_of_work("test") as uow:
        uow.get(Responder, gone.responder_id).retired_at = uow.now  # type: ignore[arg-type]

    world.wait(hours=25)
    world.desk.expect("Follow-up due")

    gone.expect_silence()
    other.expect("Follow-up due")


def test_the_list_costs_the_same_however_long_it_is(world: World, call: Call) -> None:
    def queries() -> int:
        seen: list[str] = []
        engine = world.context.database.engine

        def note(*arguments: object) -> None:
            seen.append(str(arguments[2]))

        event.listen(engine, "before_cursor_execute", note)
        assert clinician.get("/follow-ups").status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    clinician = world.client("clinician")
    queries()  # that they look at it is written down once
    few = queries()
    for number in range(20):
        more = {
            "follow_ups": [{**PLAN["follow_ups"][0], "rule": f"after-{number}"}],
            "notices": [],
        }
        world.context.do(
            "test",
            lambda uow, more=more: follow_ups.plan(  # type: ignore[misc]
                uow, world.centre, uow.get(Call, call.id), more
            ),
        )

    assert queries() == few


def test_who_may_see_follow_ups(world: World, call: Call) -> None:
    assert world.client("administrator").get("/follow-ups").status_code == 403
    assert world.client().get("/follow-ups").status_code == 302
    assert world.client("clinician").get(f"/follow-ups/{call.id}").status_code == 404

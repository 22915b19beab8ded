"""Teams, shifts and partners, as a supervisor keeps them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import words
from tests.typical_calls import UNARMED
from tests.world import Browser, Phone, World
from triage.domain.errors import Refused
from triage.services import rosters, shifts
from triage.services.rosters import NewMember, NewTeam
from triage.services.shifts import NewShift
from triage.storage.teams import Partner, Responder, Shift, Team

NEW_YORK = ZoneInfo("America/New_York")
MEMBER = {
    "name": "Maria Alvarez",
    "role": "clinician",
    "phone": "(202) 555-0142",
    "skills": "es, ASL",
    "seen_in_person": "yes",
}


def add_team(browser: Browser, name: str = "Mobile 1") -> str:
    """The path of the new team's page."""
    form = {"name": name, "responses": "mobile_crisis", "zones": "Harbor", "calls_at_once": "2"}
    answer = browser.submit("/teams/new", form)
    assert answer.status_code == 302, answer.text
    listed = browser.get("/teams").text
    found = re.search(rf'href="(/teams/[0-9a-f-]+)" aria-label="Change {name}"', listed)
    assert found
    return found[1]


def add_member(browser: Browser, team: str) -> str:
    assert browser.submit(team, MEMBER, to=f"{team}/members").status_code == 302
    found = re.search(r'<option value="([0-9a-f-]{36})">Maria Alvarez', browser.get(team).text)
    assert found
    return found[1]


def test_what_a_team_can_do_is_changed_and_holds_for_whoever_is_sought_next(world: World) -> None:
    (mobile,) = world.team("Mobile 1")
    cit = world.pair("CIT 1")
    boss = world.client("supervisor")
    team = "/teams/" + str(team_called(world, "Mobile 1"))
    assert f'href="{team}/change"' in boss.get(team).text
    shown = boss.get(f"{team}/change").text
    assert "Change Mobile 1" in shown
    assert re.search(r'value="mobile_crisis"[^>]* checked', shown)
    assert re.search(r'name="calls_at_once"[^>]* value="1"', shown)

    world.call(UNARMED)
    mobile.expect("1=accept")
    mobile.text(f"{mobile.code} 1")
    mobile.expect("accepted, it is yours")
    world.call(UNARMED)
    mobile.expect_silence()  # one call at a time: somebody else is sought
    for phone in cit:
        phone.expect("1=accept")

    able = {
        "responses": ["mobile_crisis", "youth_mobile_crisis"],
        "zones": ["Harbor"],
        "skills": "ES, youth",
        "calls_at_once": "2",
    }
    for wrong, why in (
        ({"responses": []}, "at least one response"),
        ({"calls_at_once": "0"}, "1 to 99"),
        ({"zones": ["Atlantis"]}, "zones of this center"),
        ({"skills": "speaks Spanish!"}, "short codes"),
    ):
        refused = boss.submit(f"{team}/change", able | wrong)
        assert refused.status_code == 422
        assert why in refused.text
    assert world.audited("team.changed") == 0
    changed = boss.submit(f"{team}/change", able, follow=True).text
    assert "What the team has stays with it." in changed
    assert "Harbor · es, youth · 2 calls at once" in changed
    boss.submit(f"{team}/change", able)  # the same again changes nothing
    assert world.audited("team.changed") == 1

    world.call(UNARMED)
    mobile.expect("1=accept")
    for phone in (mobile, *cit):
        phone.expect_silence()


def test_only_who_supervises_changes_a_team_and_a_retired_one_not_at_all(world: World) -> None:
    world.team("Mobile 1")
    team = "/teams/" + str(team_called(world, "Mobile 1"))
    able = {"responses": "mobile_crisis", "calls_at_once": "2"}
    assert world.client("dispatcher").get(f"{team}/change").status_code == 403
    boss = world.client("supervisor")
    boss.submit(team, {}, to=f"{team}/retire")

    refused = boss.submit("/teams/new", able, to=f"{team}/change")
    assert refused.status_code == 409
    assert "his team is retired" in refused.text


def team_called(world: World, name: str) -> UUID:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Team.id).where(Team.name == name)).one()


def local_now(world: World) -> datetime:
    with world.context.reading() as uow:
        return uow.now.astimezone(NEW_YORK).replace(tzinfo=None, second=0, microsecond=0)


def shift(member: str, starts: datetime, hours: int, days: int = 1) -> dict[str, str]:
    ends = starts + timedelta(hours=hours)
    return {
        "member": member,
        "starts": starts.isoformat(timespec="minutes"),
        "ends": ends.isoformat(timespec="minutes"),
        "days": str(days),
    }


def test_a_team_is_added_staffed_and_seen(world: World) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    assert "Nobody on shift" in supervisor.get("/teams").text
    member = add_member(supervisor, team)
    now = local_now(world)

    supervisor.submit(team, shift(member, now - timedelta(hours=1), 8, days=3), to=f"{team}/shifts")

    page = supervisor.get("/teams").text
    assert "1 on shift" in page
    assert f"{now + timedelta(hours=7):%H:%M} E" in page
    assert "+12025550142" in page
    assert "asl, es" in page
    assert "Harbor" in page
    assert "2 calls at once" in page
    for event, times in {"team.added": 1, "member.added": 1, "shift.added": 3}.items():
        assert world.audited(event) == times
    Phone(world, "+12025550142").expect("Shift ")


def test_dispatchers_read_the_numbers_and_change_nothing(world: World) -> None:
    """When texts do not get through, they ring the teams."""
    supervisor, dispatcher = world.client("supervisor"), world.client("dispatcher")
    team = add_team(supervisor)
    add_member(supervisor, team)

    page = dispatcher.get("/teams").text

    assert "+12025550142" in page
    assert "Add a team" not in page
    assert f'href="{team}"' not in page
    assert dispatcher.get(team).status_code == 403


def test_whoever_texted_stop_is_shown_as_unreachable(world: World) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    member = add_member(supervisor, team)
    supervisor.submit(team, shift(member, local_now(world), 8), to=f"{team}/shifts")
    with world.context.unit_of_work("carrier") as uow:
        uow.session.scalars(select(Responder)).one().opted_out_at = uow.now

    page = supervisor.get("/teams").text

    assert "Unreachable" in page
    assert "Nobody on shift can be paged" in page


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("phone", "555 01", "cannot be rung back"),
        ("phone", "call me", "has digits only"),
        ("name", " ", "Write their name"),
        ("name", "Mar\u200bia Alvarez", "Character 4 of this name cannot be seen (U+200B)"),
        ("name", "\u202eعمر", "Character 1 of this name is a mark for the direction of writing"),
        ("role", "surgeon", "Choose what they are"),
        ("skills", "x" * 21, "Write short codes"),
        ("username", "nobody.here", "no open account"),
    ],
)
def test_what_is_wrong_with_a_member_stands_by_its_field(
    world: World, field: str, text: str, sentence: str
) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)

    answer = supervisor.submit(team, {**MEMBER, field: text}, to=f"{team}/members")

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'id="e-{field}"' in answer.text
    if field != "name":
        assert 'value="Maria Alvarez"' in answer.text


def test_names_of_any_script_are_names(world: World) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    for name, phone in (("עומר לוי", "202 555 0143"), ("José Ñúñez\u00a0Peña", "202 555 0144")):
        answer = supervisor.submit(team, MEMBER | {"name": name, "phone": phone}, f"{team}/members")
        assert answer.status_code == 302
    assert "José Ñúñez Peña" in supervisor.get(team).text  # with a space that is one


def test_what_was_done_to_a_roster_is_said(world: World) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    assert "No members yet" in supervisor.get(team).text

    def done(to: str, form: dict[str, str]) -> str:
        return str(supervisor.submit(team, form, to, follow=True).text)

    assert "Give them a shift: then they are paged." in done(f"{team}/members", MEMBER)
    later = {**MEMBER, "name": "Kim Lee", "phone": "202 555 0143"}
    del later["seen_in_person"]
    assert "a text with a code word is on its way" in done(f"{team}/members", later)
    first, second = re.findall(r'<option value="([0-9a-f-]{36})">', supervisor.get(team).text)
    now = local_now(world)
    assert "2 shifts are added." in done(f"{team}/shifts", shift(first, now, 8, days=2))
    assert "The shift is added." in done(f"{team}/shifts", shift(second, now, 8))
    ends = re.findall(r'action="(/shifts/[0-9a-f-]+/end)"', supervisor.get(team).text)
    assert "The shift has ended: they are off." in done(ends[0], {})
    assert "The shift is taken out." in done(ends[1], {})
    for member in (first, second):
        told = done(f"/members/{member}/retire", {})
        assert "The member is retired: they are asked no more." in told
    assert "All its members are retired: nobody can be paged." in told
    assert "All its members are retired" in supervisor.get("/teams").text
    assert "No members yet" not in told
    world.ignores_texts("the code word")


def test_one_telephone_belongs_to_one_member(world: World) -> None:
    """Replies are told apart by the telephone they come from."""
    supervisor = world.client("supervisor")
    add_member(supervisor, add_team(supervisor))
    other = add_team(supervisor, "Mobile 2")

    answer = supervisor.submit(other, {**MEMBER, "name": "Somebody"}, to=f"{other}/members")

    assert "belongs to a member of Mobile 1 already" in answer.text


def test_no_telephone_is_a_members_and_a_partners(world: World) -> None:
    """A 1 from it could take a referral, or accept a call."""
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    add_member(supervisor, team)
    form = {"name": "Harbor Shelter", "kind": "shelter", "phone": MEMBER["phone"]}

    refused = supervisor.submit("/partners/new", form)
    assert "belongs to a member of Mobile 1 already" in refused.text
    supervisor.submit("/partners/new", {**form, "phone": "202 555 0177"})
    theirs = {**MEMBER, "name": "Somebody", "phone": "202 555 0177"}
    answer = supervisor.submit(team, theirs, to=f"{team}/members")

    assert "belongs to the partner Harbor Shelter already" in answer.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"starts": "tomorrow"}, "Write day and time"),
        ({"ends": "2026-13-45T99:99"}, "Write day and time"),
        ({"starts": "2126-01-05T08:00", "ends": "2126-01-05T07:00"}, "ends before it begins"),
        ({"starts": "2126-01-05T08:00", "ends": "2126-01-06T09:00"}, "at most 24 hours"),
        ({"starts": "2001-01-05T08:00", "ends": "2001-01-05T16:00"}, "is over already"),
        ({"days": "0"}, "1 to 28"),
        ({"days": "many"}, "whole number, 1 to"),
        ({"days": "-5"}, "whole number, 1 to"),
        ({"member": "nobody"}, "Choose whose shift"),
        # The clocks go forward in the night to this day.
        ({"starts": "2126-03-10T02:30", "ends": "2126-03-10T09:00"}, "does not exist that day"),
    ],
)
def test_what_is_wrong_with_a_shift_is_said(
    world: World, change: dict[str, str], sentence: str
) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    form = shift(add_member(supervisor, team), local_now(world), 8)

    answer = supervisor.submit(team, {**form, **change}, to=f"{team}/shifts")

    assert answer.status_code == 422
    assert sentence in answer.text


def test_shifts_of_one_member_do_not_overlap(world: World) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    form = shift(add_member(supervisor, team), local_now(world), 8, days=2)
    supervisor.submit(team, form, to=f"{team}/shifts")

    assert "a shift in this time already" in supervisor.submit(team, form, to=f"{team}/shifts").text
    assert world.audited("shift.added") == 2
    Phone(world, "+12025550142").expect("Shift ")


def test_a_night_in_autumn_has_its_extra_hour(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        team = rosters.add_team(uow, world.centre, NewTeam("Mobile 1", ["mobile_crisis"]))
        new = NewMember("clinician", "Maria Alvarez", "202 555 0142")
        member = rosters.add_member(uow, world.centre, team, new)
        night = NewShift(datetime(2126, 11, 3, 1, 30), datetime(2126, 11, 4, 1, 30))
        [made] = shifts.add_shifts(uow, world.centre, member, night)

        assert made.starts_at == datetime(2126, 11, 3, 5, 30, tzinfo=UTC)
        assert made.ends_at - made.starts_at == timedelta(hours=25)
    Phone(world, "+12025550142").expect("to be paged on this phone")


def test_a_shift_ends_early_or_is_taken_out(world: World) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    form = shift(add_member(supervisor, team), local_now(world), 8, days=2)
    supervisor.submit(team, form, to=f"{team}/shifts")

    ends = re.findall(r'action="(/shifts/[0-9a-f-]+/end)"', supervisor.get(team).text)
    assert len(ends) == 2
    for path in ends:
        supervisor.submit(team, {}, to=path)

    assert "Nobody on shift" in supervisor.get("/teams").text
    with world.context.reading() as uow:
        [kept] = uow.session.scalars(select(Shift)).all()
        assert kept.ends_at <= uow.now


def test_retired_members_and_teams_are_asked_no_more(world: World) -> None:
    supervisor = world.client("supervisor")
    team = add_team(supervisor)
    first = add_member(supervisor, team)
    assert 'id="retired"' not in supervisor.get(team).text
    supervisor.submit(team, {}, to=f"/members/{first}/retire")
    retired = local_now(world)
    world.wait(minutes=2)
    second = MEMBER | {"name": "Kim Lee"}  # the telephone is free again
    assert supervisor.submit(team, second, to=f"{team}/members").status_code == 302

    shown = supervisor.get(team).text
    gone = shown[shown.index('<details class="panel" id="retired">') :]
    assert "Maria Alvarez" in gone
    assert f"{retired:%-d %b}" in gone
    assert "Kim Lee" not in gone
    assert "Maria Alvarez" not in shown.replace(gone, "")
    supervisor.submit(team, {}, to=f"{team}/retire")

    listed = supervisor.get("/teams").text
    assert 'aria-label="Change Mobile 1"' not in listed
    gone = listed[listed.index('<details class="panel" id="retired">') :]
    assert f'href="{team}"' in gone
    shown = supervisor.get(team).text
    assert "This team was retired" in shown
    assert shown.index("Kim Lee") < shown.index("Maria Alvarez")  # the latest first
    assert "Mobile 1" not in world.client("dispatcher").get("/teams").text
    with world.context.reading() as uow:
        assert uow.session.scalars(select(Team.retired_at)).one()
        assert all(uow.session.scalars(select(Responder.retired_at)).all())
    assert (world.audited("member.retired"), world.audited("team.retired")) == (2, 1)


def test_partners(world: World) -> None:
    supervisor = world.client("supervisor")
    form = {"name": "Harbor Shelter", "kind": "shelter", "phone": "202 555 0177", "zones": "Harbor"}

    wrong = supervisor.submit("/partners/new", {**form, "kind": "bakery"})
    assert "Choose what rules call" in wrong.text
    supervisor.submit("/partners/new", form)

    page = supervisor.get("/teams").text
    assert "Harbor Shelter" in page
    retire = re.search(r'action="(/partners/[0-9a-f-]+/retire)"', page)
    assert retire
    supervisor.submit("/teams", {}, to=retire[1])
    assert "Harbor Shelter" not in supervisor.get("/teams").text
    with world.context.reading() as uow:
        assert uow.session.scalars(select(Partner)).one().phone == "+12025550177"


def test_a_centre_without_partners_is_told_what_they_are_for(world: World) -> None:
    world.ignores_texts("the code word to a partner")
    supervisor = world.client("supervisor")
    shown = words(supervisor.get("/teams").text)
    assert "No partners yet. Partners are organizations that take referrals" in shown
    missing = re.search(r"nobody is entered for them: (.*?)\. Each such referral", shown)
    assert missing
    assert "Child protection" in missing[1]
    form = {"name": "Children first", "kind": "child_protection", "phone": "202 555 0177"}
    shown = words(supervisor.submit("/partners/new", form, follow=True).text)
    assert "No partners yet" not in shown
    still = re.search(r"nobody is entered for them: (.*?)\. Each such referral", shown)
    assert still
    assert "Child protection" not in still[1]
    assert "No partners yet" not in world.client("dispatcher").get("/teams").text


def test_names_are_given_once(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        rosters.add_team(uow, world.centre, NewTeam("CIT 1", ["co_responder"]))
        with pytest.raises(Refused, match="taken"):
            rosters.add_team(uow, world.centre, NewTeam(" CIT  1 ", ["co_responder"]))
        for wrong in ([], ["police"], ["nonsense"]):
            with pytest.raises(Refused, match="at least one response"):
                rosters.add_team(uow, world.centre, NewTeam("CIT 2", wrong))
        with pytest.raises(Refused, match="zones of this center"):
            rosters.add_team(uow, world.centre, NewTeam("CIT 3", ["co_responder"], ["Atlantis"]))

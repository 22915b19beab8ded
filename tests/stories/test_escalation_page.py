"""A supervisor lays down what happens when nobody answers."""

import html
import re

from werkzeug.test import TestResponse

from tests.stories.test_escalation import call_in, supervisor
from tests.world import World
from triage.services import escalation_policies

FORM = {
    "name": "Nights",
    "response": "mobile_crisis",
    "level_rank": "2",
    "rows": "4",
    "who_1": "next_team",
    "channel_1": "sms",
    "wait_1": "0",
    "times_1": "0",
    "every_1": "0",
    "who_3": "supervisor",
    "channel_3": "sms",
    "wait_3": "90",
    "times_3": "2",
    "every_3": "30",
    "repeat": "300",
    "teams": "2",
}


def read(answer: TestResponse) -> str:
    return html.unescape(answer.get_data(as_text=True))


def names(world: World) -> list[str]:
    with world.context.reading() as uow:
        return [one.policy.name for one in escalation_policies.in_force(uow)]


def test_the_table_shows_what_holds_where(world: World) -> None:
    shown = read(world.client("supervisor").get("/escalation"))

    assert "Mobile crisis team" in shown
    assert "IMMEDIATE" in shown
    assert "after half of the time for the answer" in shown
    assert "/escalation/edit?response=mobile_crisis" in shown
    times = "IMMEDIATE 1 min, URGENT 2 min, PROMPT 5 min, ROUTINE 15 min."
    for page in ("/escalation", "/escalation/edit"):
        said = read(world.client("supervisor").get(page))
        assert f"A team has so long to answer before the next is asked: {times}" in said
    assert "0 is as many as there are" in said


def test_a_policy_is_written_previewed_and_followed(world: World) -> None:
    browser = world.client("supervisor")

    preview = browser.submit("/escalation/edit", {**FORM, "wish": "preview"})
    said = read(preview)
    assert preview.status_code == 200
    assert ">4:00</td>" not in said  # two teams of two minutes each, then 90 s
    assert "5:30" in said
    assert "The supervisors are alarmed by text." in said
    assert names(world) == []

    lay_down(world, FORM)
    assert names(world) == ["Nights"]
    assert world.audited("policy.laid_down") == 1

    boss = supervisor(world)
    call_in(world, 2)
    world.wait(seconds=80)
    boss.expect_silence()
    world.wait(seconds=20)
    boss.expect("NOBODY LEFT")


def test_times_are_read_as_people_write_them_and_stand_there_as_people_read_them(
    world: World,
) -> None:
    browser = world.client("supervisor")
    written = {**FORM, "wait_3": "1:30", "every_3": "0.5 min", "repeat": "5 min"}
    refused = read(browser.submit("/escalation/edit", {**written, "wish": "save"}))
    assert "Step 3: Write 1:30, 2 min, 90 s or 1 h, 4 hours at most." in refused
    assert 'id="e-every_3"' in refused
    assert 'value="1:30"' in refused

    lay_down(world, {**written, "every_3": "1 min 15 s"})

    with world.context.reading() as uow:
        (kept,) = escalation_policies.in_force(uow)
    supervisors = kept.policy.steps[-1]
    assert (supervisors.wait_s, supervisors.every_s, kept.policy.repeat_s) == (90, 75, 300)
    again = typed_on(read(browser.get("/escalation/edit?response=mobile_crisis&level_rank=2")))
    assert [again[one] for one in ("wait_2", "every_2", "repeat")] == [
        "1:30 min",
        "1:15 min",
        "5 min",
    ]
    lay_down(world, {**again, "name": "Nights"})
    with world.context.reading() as uow:
        (same,) = escalation_policies.in_force(uow)
    assert same.policy == kept.policy, "what is shown is read as it was meant"


def test_the_longest_time_is_said_in_hours_however_it_was_typed(world: World) -> None:
    browser = world.client("supervisor")
    for typed in ("5 h", "18000", "241 min"):
        too_long = browser.submit("/escalation/edit", {**FORM, "wait_3": typed, "wish": "save"})
        assert "Step 3: At most 4 hours." in read(too_long)

    lay_down(world, {**FORM, "wait_3": "1 h 30 min", "repeat": "4 hours"})

    again = typed_on(read(browser.get("/escalation/edit?response=mobile_crisis&level_rank=2")))
    assert (again["wait_2"], again["repeat"]) == ("90 min", "4 h")
    browser.submit("/escalation", {"language": "es", "next": "/escalation/edit"}, to="/language")
    in_spanish = read(browser.submit("/escalation/edit", {**FORM, "repeat": "5 horas"}))
    assert "4 horas como máximo." in in_spanish


def test_an_edit_is_a_new_row_and_the_old_one_ends(world: World) -> None:
    lay_down(world, FORM)
    lay_down(world, {**FORM, "name": "Nights, later"})

    assert names(world) == ["Nights, later"]
    assert world.audited("policy.ended") == 1
    end_the_only_one(world, **confirmation(end_the_only_one(world)))
    assert names(world) == []


def confirmation(asked: str) -> dict[str, str]:
    confirm = re.search(r'name="slower" value="(\w+)"', asked)
    assert confirm
    return {"slower": confirm.group(1)}


def end_the_only_one(world: World, **confirmed: str) -> str:
    browser = world.client("supervisor")
    key = re.search(r"/escalation/([0-9a-f-]{36})/withdraw", read(browser.get("/escalation")))
    assert key
    to = f"/escalation/{key.group(1)}/withdraw"
    return read(browser.submit("/escalation", confirmed, to=to))


def test_a_quicker_policy_ends_only_when_that_was_read(world: World) -> None:
    lay_down(world, {**FORM, "wait_3": "5", "times_3": "9", "repeat": "60"})

    asked = end_the_only_one(world)

    assert "It has NOT ended yet. Without it these calls wait longer:" in asked
    assert "Alarm the supervisors by text: now first after" in asked
    assert "End it although it gets slower" in asked
    end_the_only_one(world, slower="0" * 16)
    assert names(world) == ["Nights"]
    end_the_only_one(world, **confirmation(asked))
    assert names(world) == []


def test_what_ends_says_what_holds_instead_and_can_be_kept(world: World) -> None:
    lay_down(world, FORM)
    asked = end_the_only_one(world)

    assert "It has NOT ended yet." in asked
    assert "then “Default” holds." in asked
    assert "Instead: " in asked
    assert '<a class="button" href="/escalation">Keep it</a>' in asked
    assert names(world) == ["Nights"]


def test_another_level_is_a_second_policy_with_a_name_of_its_own(world: World) -> None:
    lay_down(world, FORM)
    browser, elsewhere = world.client("supervisor"), {**FORM, "level_rank": "3", "wish": "save"}

    refused = read(browser.submit("/escalation/edit", elsewhere))
    confirm = re.search(r'name="slower" value="(\w+)"', refused)
    if confirm:
        elsewhere["slower"] = confirm.group(1)
        refused = read(browser.submit("/escalation/edit", elsewhere))

    assert "A policy of this name holds for another response or level, and stays." in refused
    assert names(world) == ["Nights"]
    lay_down(world, {**elsewhere, "name": "Nights, later"})
    assert sorted(names(world)) == ["Nights", "Nights, later"]


def test_what_is_wrong_stands_by_its_field_and_what_was_typed_stays(world: World) -> None:
    browser = world.client("supervisor")
    typed = {**FORM, "name": "Nobody's <b>policy</b>", "who_3": "all_hands", "wait_3": "soon"}

    refused = browser.submit("/escalation/edit", {**typed, "wish": "save"})

    assert refused.status_code == 422
    said = read(refused)
    assert 'id="e-wait_3"' in said
    assert "Step 3: Write 1:30, 2 min, 90 s or 1 h, 4 hours at most." in said
    assert 'value="soon"' in said
    assert "Nobody's <b>policy</b>" in said
    assert "<b>policy</b>" not in refused.get_data(as_text=True).replace("&lt;b&gt;", "")

    forgets = {**FORM, "who_3": "all_hands", "times_3": "1", "repeat": "0", "wish": "save"}
    refused = browser.submit("/escalation/edit", forgets)
    assert "no call may be forgotten" in read(refused)
    assert names(world) == []


def test_nonsense_is_refused_politely(world: World) -> None:
    browser = world.client("supervisor")
    for field, value in (
        ("who_1", "everybody"),
        ("times_1", "-1"),
        ("repeat", "1e3"),
        ("response", "police"),
        ("rows", "999999"),
        ("teams", "many"),
        ("wait_3", "9" * 40),
        ("every_3", "1:75"),
        ("repeat", "300 min"),
    ):
        for wish in ("preview", "more", "save"):
            answer = browser.submit("/escalation/edit", {**FORM, field: value, "wish": wish})
            assert answer.status_code in {200, 302, 303, 422}, (field, wish)
    assert browser.get("/escalation/edit?level_rank=x").status_code == 404
    room = read(browser.submit("/escalation/edit", {**FORM, "wish": "more"}))
    assert "Step 6" in room
    assert 'value="Nights"' in room


def test_dispatchers_read_it_and_change_nothing(world: World) -> None:
    browser = world.client("dispatcher")

    assert "/escalation/edit" not in read(browser.get("/escalation"))
    assert browser.get("/escalation/edit").status_code == 403
    assert browser.submit("/escalation", {**FORM}, to="/escalation/edit").status_code == 403


def lay_down(world: World, typed: dict[str, str]) -> str:
    """Save it, and confirm that it is slower where the page asks for that."""
    browser, wanted = world.client("supervisor"), {**typed, "wish": "save"}
    asked = read(browser.submit("/escalation/edit", wanted))
    confirm = re.search(r'name="slower" value="(\w+)"', asked)
    if confirm:
        saved = browser.submit(
            "/escalation/edit", {**wanted, "slower": confirm.group(1)}, follow=True
        )
        assert "holds for calls that are sent from now on" in read(saved)
    return asked


def typed_on(page: str) -> dict[str, str]:
    """What the form holds as it opens."""
    form = re.search(r'<form action="/escalation/edit".*?</form>', page, re.DOTALL)
    assert form
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form.group()):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and "checkbox" not in tag and name.group(1) != "csrf_token":
            fields[name.group(1)] = value.group(1)
    for name, options in re.findall(
        r'<select[^>]* name="(\w+)".*?>(.*?)</select>', form.group(), re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen.group(1) if chosen else ""
    return fields


def test_for_whom_it_is_has_to_be_chosen(world: World) -> None:
    browser = world.client("supervisor")
    opened = typed_on(read(browser.get("/escalation/edit")))
    assert (opened["response"], opened["level_rank"]) == ("", "")

    refused = browser.submit("/escalation/edit", {**opened, "name": "My own", "wish": "save"})

    said = read(refused)
    assert refused.status_code == 422
    assert 'id="e-response"' in said
    assert "Choose for which level, or every level." in said
    assert typed_on(said) == {**opened, "name": "My own"}
    assert names(world) == []

    everywhere = {**opened, "name": "My own", "response": "*", "level_rank": "0", "wish": "save"}
    browser.submit("/escalation/edit", everywhere)
    assert names(world) == ["My own"]  # as quick as the default of the most urgent level
    assert "/escalation/edit?response=%2A&level_rank=0" in read(browser.get("/escalation"))
    again = typed_on(read(browser.get("/escalation/edit?response=*&level_rank=0")))
    assert (again["response"], again["level_rank"]) == ("*", "0")


def test_a_quicker_policy_is_replaced_only_when_that_was_read(world: World) -> None:
    browser = world.client("supervisor")
    urgent = typed_on(read(browser.get("/escalation/edit?response=*&level_rank=2")))
    wide = {**urgent, "level_rank": "0", "wish": "save"}

    asked = browser.submit("/escalation/edit", wide)

    said = read(asked)
    assert asked.status_code == 422
    assert names(world) == []
    assert "Not saved: it replaces a quicker policy for IMMEDIATE." in said
    assert "No longer: Try the same person again by telephone" in said
    assert "Ask everybody on shift by text: now first after 3:00 min" in said
    assert "then never" in said
    assert "again every 10 min until" in said

    for other in ("", "0" * 16):
        browser.submit("/escalation/edit", {**wide, "slower": other})
    assert names(world) == []
    lay_down(world, {**urgent, "level_rank": "0", "name": "Same for all"})
    assert names(world) == ["Same for all"]


def test_what_would_be_different_stands_there_before_saving(world: World) -> None:
    browser = world.client("supervisor")
    said = read(browser.get("/escalation/edit?response=mobile_crisis&level_rank=1"))
    assert "Nothing would be different." in said
    assert 'name="slower"' not in said

    told = read(browser.submit("/escalation/edit", {**FORM, "wish": "preview"}))
    assert "now “Default”" in told
    assert "Alarm the supervisors by telephone: now first after 8:00 min" in told

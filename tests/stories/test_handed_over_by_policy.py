"""Supervisors lay down by which steps they are alarmed of what a person hands over and does not
confirm."""

from tests.stories.test_cad import IMMEDIATE, confirm, owe, supervisor
from tests.stories.test_escalation_page import FORM, lay_down, names, read
from tests.world import World
from triage.domain.spoken import spelled

BY_HAND = {
    "name": "Handed over, nights",
    "response": "handed_over",
    "level_rank": "1",
    "rows": "2",
    "who_1": "supervisor",
    "channel_1": "voice",
    "wait_1": "3 min",
    "times_1": "1",
    "every_1": "0",
    "repeat": "10 min",
    "teams": "2",
}


def test_supervisors_lay_down_by_which_steps_they_are_alarmed(world: World) -> None:
    boss = supervisor(world)
    before = owe(world, IMMEDIATE)
    told = lay_down(world, BY_HAND)
    assert "It replaces a quicker policy:" in told
    assert names(world) == ["Handed over, nights"]
    after = owe(world, IMMEDIATE)

    world.wait(seconds=62)
    assert before.code in boss.expect("NOT CONFIRMED IN CAD")  # it began under the default
    boss.expect_ring("Nobody has confirmed it in CAD")
    confirm(world, before)
    boss.expect("confirmed in CAD, 4A12 goes")
    rings = len(boss.rings)
    world.wait(minutes=2.5)
    boss.expect_silence()
    assert len(boss.rings) == rings
    world.wait(minutes=1)
    assert spelled(after.code) in boss.expect_ring("Nobody has confirmed it in CAD").body
    assert len(boss.rings) == rings + 1

    world.ignores_texts("the next round")
    world.wait(minutes=9)
    assert len(boss.rings) == rings + 1
    world.wait(minutes=1.5)
    assert len(boss.rings) == rings + 2


def test_what_is_for_teams_is_not_for_what_is_handed_over_nor_the_other_way(world: World) -> None:
    browser = world.client("supervisor")
    asks_teams = {**BY_HAND, "who_1": "next_team", "channel_1": "sms", "wish": "save"}
    refused = read(browser.submit("/escalation/edit", asks_teams))
    assert "Step 1: Of what is handed over only the supervisors can be alarmed." in refused
    rung_back = {**BY_HAND, "call_back_min": "5", "wish": "save"}
    assert "This says nothing of what is handed over" in read(
        browser.submit("/escalation/edit", rung_back)
    )
    all_hands = {**FORM, "response": "*", "level_rank": "0", "who_3": "all_hands", "times_3": "1"}
    lay_down(world, {**all_hands, "name": "Everything"})
    page = read(browser.get("/escalation"))
    assert "/escalation/edit?response=handed_over&level_rank=1" in page.replace("&amp;", "&")
    empty = read(browser.get("/escalation/edit?response=handed_over&level_rank=1"))
    assert "Ask the next team</option>" in empty
    assert 'value="next_team" selected' not in empty

    boss = supervisor(world)
    owe(world, IMMEDIATE)
    world.wait(seconds=62)

    boss.expect("NOT CONFIRMED IN CAD")
    boss.expect_ring("Nobody has confirmed it in CAD")

"""Whatever page somebody looks at, it says that paging does not work and what to do meanwhile."""

from pathlib import Path

from tests.browser.furnished import ROLES, USUAL, furnish
from tests.world import World
from triage.entrypoints.web.access import roles_of

SAID = "PAGING DOES NOT WORK: no worker is running. %s"
TO_DO = {"clinician": "Keep telephone and radio on: dispatch rings you."}
"""Whoever is paged has no page with the numbers of teams."""
AT_THE_DESK = "Ring the teams by telephone or radio."
STREAMS = {"events.board_events", "events.map_events"}
"""Without end; they show what is part of a page."""


def test_each_page_of_each_role_says_that_paging_does_not_work(
    world: World, tmp_path: Path
) -> None:
    world.ignores_texts("what a furnished world sends")
    furnished = furnish(world, USUAL, tmp_path)  # no worker beats there
    people = {role: world.client(role) for role in ROLES}
    looked_at, silent = 0, []
    for rule in world.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in STREAMS:
            continue
        paths = furnished.paths.get(rule.endpoint) or (() if rule.arguments else (rule.rule,))
        for role in roles_of(world.app, rule.endpoint) & people.keys():
            for path in paths:
                own = path.format(draft=furnished.drafts.get(role, ""))
                answer = people[role].get(own, follow_redirects=True)
                page = answer.get_data(as_text=True)
                if "<html" in page:
                    looked_at += 1
                    if SAID % TO_DO.get(role, AT_THE_DESK) not in page:
                        silent.append(f"{role} {own}")

    assert silent == []
    assert looked_at > 80

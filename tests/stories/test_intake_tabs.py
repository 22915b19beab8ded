"""One form on two pages: no word is lost while the page says that it is kept."""

import re
from typing import Any

import pytest

from tests.stories.test_intake import FORM, GATE, count, form_key, marks, the_call
from tests.world import Browser, World
from triage.services import assessments
from triage.storage.calls import Call

FIREARM = "He says there is a firearm in the bedroom."


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


class Tab:
    """A page with the form, as a browser sends it: with the marks that the page was given."""

    def __init__(self, browser: Browser, html: str, typed: dict[str, Any] | None = None) -> None:
        self.browser, self.form = browser, (typed or {}) | marks(html)

    def type(self, **typed: str) -> dict[str, Any]:
        self.form |= typed | {"edition": str(int(self.form["edition"]) + 1)}
        answer = self.browser.submit("/intake", self.form, to="/intake/assess")
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json
        return told

    def send(self, action: str = "send") -> Any:
        return self.browser.submit("/intake", {**self.form, "action": action})


def two_tabs(desk: Browser) -> tuple[Tab, Tab]:
    """Both with the place and the gate's answers."""
    typed = {"location": "12 Mill Lane", **GATE}
    first = Tab(desk, desk.get("/intake").text, typed)
    assert first.type()["not_kept"] is None
    return first, Tab(desk, desk.get(f"/intake/{first.form['form_key']}").text, typed)


def kept(desk: Browser, tab: Tab) -> str:
    page: str = desk.get(f"/intake/{tab.form['form_key']}").text
    return page


def test_the_second_tab_is_shown_what_the_first_says_before_it_sends(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    first, second = two_tabs(dispatcher)

    assert first.type(narrative=FIREARM)["not_kept"] is None
    told = second.type(narrative="short")
    assert told["not_kept"].startswith("this form went on in another tab")
    assert FIREARM in kept(dispatcher, first)

    both = second.send()
    assert both.status_code == 409
    shown = both.text[both.text.index('id="elsewhere"') :]
    assert FIREARM in shown[: shown.index("</section>")]
    assert "short" in shown[shown.index("<textarea") :]
    assert count(world, Call) == 0

    compared = Tab(dispatcher, both.text, {**second.form, "narrative": f"short. {FIREARM}"})
    assert compared.send().status_code == 303
    assert the_call(world).narrative == f"short. {FIREARM}"
    phone.expect("mobile team, Riverside")


def test_a_tab_that_was_overtaken_says_so(world: World, dispatcher: Browser) -> None:
    first, second = two_tabs(dispatcher)

    assert second.type(narrative="She cries")["not_kept"] is None  # nothing was typed meanwhile
    assert "another tab" in first.type(narrative=FIREARM)["not_kept"]
    assert "She cries" in kept(dispatcher, second)


def test_a_tab_that_only_stands_open_changes_nothing(world: World, dispatcher: Browser) -> None:
    first, second = two_tabs(dispatcher)

    assert second.type()["not_kept"] is None  # as the page does when it opens
    assert first.type(narrative=FIREARM)["not_kept"] is None
    assert first.type(narrative=f"{FIREARM} Now.")["not_kept"] is None
    assert first.send().status_code == 303
    assert the_call(world).narrative == f"{FIREARM} Now."


def test_what_is_typed_on_after_the_call_was_taken_can_be_added_to_it(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    first, second = two_tabs(dispatcher)
    second.type(narrative="short")
    second.send()
    call = the_call(world)

    told = first.type(narrative=FIREARM, **{"facts.weapon": "accessible"})
    assert told["not_kept"].startswith(f"this form became call {call.code} in another tab")

    refused = first.send()
    assert refused.status_code == 409
    assert f"became call {call.code}" in refused.text
    assert FIREARM in refused.text[refused.text.index("<textarea") :]
    assert "May be the same as" not in refused.text  # it is that call
    fresh = Tab(dispatcher, refused.text, first.form)
    assert fresh.form["form_key"] != call.id
    for page in (dispatcher.submit("/intake", fresh.form, to="/intake/known").text, fresh.type()):
        assert "May be the same as" not in str(page)
    for _ in range(2):
        added = fresh.send(f"add:{call.reference}")
        assert added.location == f"/calls/{call.reference}"
    page = dispatcher.get(added.location).text
    assert FIREARM in page
    assert "Words typed in another tab were added to this call." in page
    with world.context.reading() as uow:
        there = uow.get(Call, call.id)
        weapon = assessments.answers_of(uow, there)["weapon"]
        assert [one.said for one in there.callers] == [FIREARM], "it is the same caller"
    assert [(one["value"], one["source"]) for one in weapon["values"]] == [
        ("none_confirmed", "caller"),
        ("accessible", "caller, later"),
    ]
    assert count(world, Call) == 1
    assert world.audited("call.words_added") == 1
    phone.expect("mobile team, Riverside")


@pytest.mark.parametrize(
    ("typed", "kept_as"),
    [
        ({"narrative": "short Now she runs."}, ["Now she runs."]),
        ({"third_party_name": "Rosa Paz"}, [None]),
        ({"caller_phone": "202-555-0177", "narrative": "loud"}, [None, "loud"]),
        ({"location": "14 Mill Lane"}, [None, "short"]),
    ],
)
def test_only_what_the_call_has_not_is_added_and_of_somebody_else_as_theirs(
    world: World, dispatcher: Browser, typed: dict[str, str], kept_as: list[str | None]
) -> None:
    world.ignores_texts("who is asked is another story")
    first, second = two_tabs(dispatcher)
    second.type(narrative="short", caller_phone="202-555-0143")
    second.send()
    call = the_call(world)

    first.form |= {"narrative": "short", "caller_phone": "(202) 555-0143"} | typed
    fresh = Tab(dispatcher, first.send().text, first.form)
    assert fresh.send(f"add:{call.reference}").location == f"/calls/{call.reference}"
    with world.context.reading() as uow:
        there = uow.get(Call, call.id)
        assert [one.said for one in there.callers] == kept_as
        assert len(there.third_parties) == ("third_party_name" in typed)
    page = dispatcher.get(f"/calls/{call.reference}").text
    assert all(
        word.removeprefix("short ") in page
        for name, word in typed.items()
        if name != "caller_phone"
    )


def test_a_copy_of_what_was_sent_leads_to_the_call(world: World, dispatcher: Browser) -> None:
    first, second = two_tabs(dispatcher)
    first.type(narrative=FIREARM)
    first.send()
    second.form["narrative"] = FIREARM

    for copy in (first.send(), second.send(), first.send("attach:T-1")):
        assert (copy.status_code, copy.location) == (303, f"/calls/{the_call(world).reference}")


def test_a_form_thrown_away_in_another_tab_says_so_and_can_still_be_sent(
    world: World, dispatcher: Browser
) -> None:
    first, _ = two_tabs(dispatcher)
    key = first.form["form_key"]
    dispatcher.submit("/intake", {}, to=f"/intake/{key}/discard")

    assert "thrown away in another tab" in first.type(narrative=FIREARM)["not_kept"]
    looked_at = first.send("check")
    assert looked_at.status_code == 409
    goes_on = Tab(dispatcher, looked_at.text, first.form)
    assert goes_on.type()["not_kept"] is None
    assert FIREARM in kept(dispatcher, goes_on)

    again = dispatcher.get(f"/intake/{key}")
    assert again.location == "/intake"
    assert "was thrown away" in dispatcher.get("/intake").text
    first.send()
    assert the_call(world).narrative == FIREARM


def test_taking_back_goes_on_after_a_reload_and_not_behind_another_tab(
    world: World, dispatcher: Browser
) -> None:
    first, second = two_tabs(dispatcher)
    key = first.form["form_key"]
    undo = f"/intake/{key}/undo"

    back = dispatcher.submit("/intake", second.form, to=undo)
    assert back.json["name"] == "facts.attempt_in_progress"
    assert second.type(**{"facts.attempt_in_progress": "yes"})["not_kept"] is None

    assert dispatcher.submit("/intake", first.form, to=undo).status_code == 409
    assert re.search(
        r'name="facts.attempt_in_progress"[^>]*value="yes"[^>]* checked', kept(dispatcher, first)
    )


def test_without_scripts_a_page_after_the_other_is_the_same_form(
    world: World, dispatcher: Browser
) -> None:
    typed = {**FORM, "caller_phone": ""}
    first = Tab(dispatcher, dispatcher.get("/intake").text, typed)
    looked_at = first.send("check")
    assert looked_at.status_code == 200
    second = Tab(dispatcher, looked_at.text, {**typed, "narrative": FIREARM})
    assert second.send("check").status_code == 200

    went_back = first.send()
    assert went_back.status_code == 409
    assert FIREARM in went_back.text
    assert count(world, Call) == 0
    assert form_key(dispatcher) != first.form["form_key"]

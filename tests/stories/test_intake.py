"""A dispatcher types a call: it is kept while it grows, assessed as it goes, and saved once."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tests.world import Browser, World
from triage.services import assessments
from triage.storage.calls import Answer, Call, IntakeDraft, Override
from triage.storage.dispatches import Dispatch

GATE = {
    "facts.location_known": "exact",
    "facts.problem_type": "mental_health_crisis",
    "facts.consciousness": "alert",
    "facts.breathing": "normal",
    "facts.weapon": "none_confirmed",
    "facts.violence_now": "none",
    "facts.attempt_in_progress": "no",
}
FORM = {
    "location": "Pier 3, by the crane",
    "caller_phone": "(202) 555-0143",
    "caller_name": "Ana María O'Neil",
    "narrative": "He walks to and fro and cries.",
    **GATE,
}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def form_key(browser: Browser, path: str = "/intake") -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', browser.get(path).get_data(as_text=True))
    assert found
    return found[1]


def marks(html: str) -> dict[str, str]:
    """What a page with a form fills in itself: which form it is, which page, what it has seen."""
    found = re.findall(r'name="(form_key|page|seen|edition|became)" value="([^"]*)"', html)
    assert len(found) >= 4
    return dict(found)


def send(browser: Browser, form: dict[str, Any], action: str = "send", key: str = "") -> Any:
    key = key or form_key(browser)
    return browser.submit("/intake", {**form, "form_key": key, "action": action})


def assess(browser: Browser, form: dict[str, Any], key: str) -> Any:
    return browser.submit("/intake", {**form, "form_key": key}, to="/intake/assess")


def count(world: World, kind: type[Any]) -> int:
    with world.context.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(kind)) or 0


def the_call(world: World) -> Call:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Call)).one()


def test_a_call_is_typed_and_sent_and_its_page_says_so(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")

    answer = send(dispatcher, FORM)

    call = the_call(world)
    assert (answer.status_code, answer.location) == (303, f"/calls/{call.reference}")
    assert phone.expect(f"Reply {call.code} 1=accept")
    page = dispatcher.get(answer.location).get_data(as_text=True)
    for shown in (
        "Pier 3, by the crane",
        "Harbor",
        "from the list of places",
        "+12025550143",
        "Ana María O&#39;Neil",
        "He walks to and fro and cries.",
        "Mobile crisis team",
        "Mobile 9",
        f"Call {call.reference} is taken; its code is {call.code}.",
    ):
        assert shown in page
    with world.context.reading() as uow:
        assert uow.get(Call, call.id).zone_source == "gazetteer"
        assert uow.session.scalar(select(func.count()).select_from(Answer)) == len(GATE)


def test_the_page_begins_with_nothing_chosen(dispatcher: Browser) -> None:
    page = dispatcher.get("/intake").get_data(as_text=True)

    assert "checked" not in page
    assert page.index('name="location"') < page.index('name="caller_phone"')
    assert page.index('name="caller_phone"') < page.index('name="narrative"')
    assert page.index('name="narrative"') < page.index('name="facts.location_known"')
    assert page.index('name="facts.attempt_in_progress"') < page.index('name="facts.injury"')
    assert page.count("not asked") >= 80


def test_thirty_copies_of_one_form_make_one_call(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    key = form_key(dispatcher)

    places = {send(dispatcher, FORM, key=key).location for _ in range(30)}

    assert places == {f"/calls/{the_call(world).reference}"}
    assert count(world, Dispatch) == 1
    phone.expect("mobile team, Harbor")


def test_copies_that_arrive_together_make_one_call(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    key, token = form_key(dispatcher), dispatcher.csrf("/intake")
    form = {**FORM, "form_key": key, "csrf_token": token, "action": "send"}
    kept = [dispatcher.client.get_cookie(name) for name in ("triage", "triage-form")]
    cookies = {cookie.key: cookie.value for cookie in kept if cookie}
    assert len(cookies) == 2

    def post(_: int) -> tuple[int, str | None]:
        client = world.app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        answer = client.post("/intake", data=form)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(post, range(24)))

    assert answers == {(303, f"/calls/{the_call(world).reference}")}
    phone.expect("mobile team, Harbor")


def test_what_is_typed_is_kept_and_offered_again(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    typed = {"location": "The blue house", "narrative": "Crying", "facts.weapon": "in_hand"}
    assert assess(dispatcher, typed, key).status_code == 200

    another_day = world.client("dispatcher")  # signed in anew
    offered = another_day.get("/intake").get_data(as_text=True)
    assert "You have an unfinished call" in offered
    assert "The blue house" in offered

    again = another_day.get(f"/intake/{key}").get_data(as_text=True)
    assert form_key(another_day, f"/intake/{key}") == key
    assert 'value="The blue house"' in again
    assert re.search(r'value="in_hand"[^>]* checked', again)

    send(another_day, {**typed, **GATE, "facts.weapon": "in_hand"}, key=key)
    assert 'id="unfinished"' not in another_day.get("/intake").get_data(as_text=True)
    assert another_day.get(f"/intake/{key}").location == f"/calls/{the_call(world).reference}"
    with world.context.reading() as uow:
        assert uow.session.scalars(select(IntakeDraft)).one().form is None


def test_the_call_counts_from_when_its_form_was_begun(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    assess(dispatcher, {"location": "Pier 3"}, key)
    world.wait(minutes=7)
    send(dispatcher, FORM, key=key)

    call = the_call(world)
    assert (call.created_at - call.received_at).total_seconds() >= 7 * 60


def test_in_another_language_the_form_that_was_looked_at_stands_there_again(
    dispatcher: Browser,
) -> None:
    key = form_key(dispatcher)
    page = send(dispatcher, {"location": "The blue house"}, action="check", key=key).text
    language_form = page[page.index('action="/language"') :]
    comes_back_to = re.search(r'name="next" value="([^"]+)"', language_form)
    assert comes_back_to

    chosen = {"language": "es", "next": comes_back_to[1]}
    moved = dispatcher.submit("/intake", chosen, to="/language")

    assert moved.location == f"/intake/{key}"
    assert 'value="The blue house"' in dispatcher.get(moved.location).text


def test_a_late_copy_of_the_form_undoes_nothing(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    assess(dispatcher, {"location": "Pier 3, upper deck", "edition": "9"}, key)
    assess(dispatcher, {"location": "Pi", "edition": "2"}, key)

    assert "Pier 3, upper deck" in dispatcher.get(f"/intake/{key}").get_data(as_text=True)


def test_no_unfinished_call_is_out_of_reach_and_emptied_ones_are_no_calls(
    world: World, dispatcher: Browser
) -> None:
    keys = [str(uuid4()) for _ in range(13)]
    for number, key in enumerate(keys):
        assess(dispatcher, {"location": f"House {number}", "edition": "1"}, key)
        world.wait(minutes=1)
    for key in keys[7:]:  # the latest six
        assess(dispatcher, {"location": "", "edition": "2"}, key)

    page = dispatcher.get("/intake").text
    offered = re.findall(r"<bdi>(House \d+)</bdi>", page)
    assert offered == [f"House {number}" for number in (6, 5, 4, 3, 2)]
    more = re.search(r'<a href="([^"]+)">2 more unfinished calls</a>', page)
    assert more
    page = dispatcher.get(more[1]).text
    assert re.findall(r"<bdi>(House \d+)</bdi>", page)[5:] == ["House 1", "House 0"]
    assert "more unfinished" not in page


def test_a_form_can_be_thrown_away(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    assess(dispatcher, {"location": "Pier 3"}, key)

    dispatcher.submit("/intake", {}, to=f"/intake/{key}/discard")
    assess(dispatcher, {"location": "Pier 3, late", "edition": "5"}, key)

    assert 'id="unfinished"' not in dispatcher.get("/intake").get_data(as_text=True)
    assert world.audited("intake.discarded") == 1


def test_somebody_elses_form_is_not_found(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    assess(dispatcher, {"location": "Pier 3"}, key)
    other = world.client("dispatcher", "another-dispatcher")

    assert other.get(f"/intake/{key}").status_code == 404
    assert assess(other, {"location": "Mine"}, key).status_code == 404
    sent = send(other, FORM, key=key)
    assert sent.status_code == 404
    assert "There is no such form of yours." in sent.text
    assert FORM["narrative"] in sent.text  # in the page, to be sent once more
    assert 'id="unfinished"' not in other.get("/intake").get_data(as_text=True)


def test_the_recommendation_follows_the_answers(world: World, dispatcher: Browser) -> None:
    world.team("Mobile 9")
    key = form_key(dispatcher)

    first = assess(dispatcher, {"narrative": "She has a knife"}, key).json
    assert "Ask more first" in first["parts"]["recommendation"]
    gate = [name.removeprefix("facts.") for name in GATE]
    assert first["order"][:7] == gate  # typed ahead by heart: no word takes its keys
    assert first["prompted"] == {"weapon": "knife"}
    assert "The narrative says" in first["consequences"]["weapon"]

    roof = assess(dispatcher, {"narrative": "A man on the roof"}, key).json
    assert roof["order"][:8] == [*gate, "dangerous_place"]
    assert roof["prompted"] == {"dangerous_place": "roof"}

    bridge = assess(dispatcher, {"location": "on the bridge", "narrative": "A man"}, key).json
    assert bridge["order"][:8] == [*gate, "dangerous_place"]
    assert bridge["prompted"] == {"dangerous_place": "bridge"}
    assert "The narrative says" not in bridge["consequences"]["dangerous_place"]
    street = assess(dispatcher, {"location": "12 Bridge Street", "narrative": "A man"}, key).json
    assert street["prompted"] == {}

    calm = assess(dispatcher, {**GATE}, key).json
    assert "Mobile crisis team" in calm["parts"]["recommendation"]
    assert "May still become" in calm["parts"]["recommendation"]
    assert "PROMPT</strong>, within 60 min" in calm["parts"]["recommendation"]
    assert "Send Mobile crisis team" in calm["parts"]["send"]

    armed = assess(dispatcher, {**GATE, "facts.weapon": "in_hand"}, key).json
    assert "CIT officer" in armed["parts"]["recommendation"]
    assert "you dispatch it in CAD" in armed["parts"]["send"]
    assert count(world, Call) == 0


def test_what_decided_stands_apart_from_what_is_true_as_well(dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    calm = {**GATE, "facts.weapon": "none_seen"}

    still = assess(dispatcher, {**calm, "facts.breathing": "none"}, key).json
    why, _, outranked = still["parts"]["recommendation"].partition("Also true, but outranked")
    assert "A life may be in danger this minute." in why
    assert "should not wait longer than an hour" in outranked
    assert "By points" not in why

    hurt = {"facts.violence_history": "yes", "facts.property_destruction": "yes"}
    tipped = assess(dispatcher, {**calm, **hurt}, key).json["parts"]["recommendation"]
    why, _, outranked = tipped.partition("Also true, but outranked")
    assert re.search(r"By points: <strong>CIT co-responder 60</strong>, 50 needed", why)
    assert "A crisis clinician is the usual answer" in outranked


def test_the_question_speaks_to_whoever_calls(dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    assert assess(dispatcher, {}, key).json["person"] == "third"
    lonely = {"facts.problem_type": "wants_to_talk"}
    assert assess(dispatcher, lonely, key).json["person"] == "first"
    lonely |= {"facts.caller_role": "friend"}
    assert assess(dispatcher, lonely, key).json["person"] == "third"
    told = assess(dispatcher, {"facts.caller_role": "subject_self"}, key).json
    assert told["person"] == "first"


def test_the_zone_is_found_or_picked_by_hand(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    found = assess(dispatcher, {"location": "pier 3 next to the crane"}, key).json
    assert "Zone Harbor, from the list of places" in found["parts"]["zone"]
    lost = assess(dispatcher, {"location": "the blue house"}, key).json
    assert "Not in the list of places" in lost["parts"]["zone"]
    by_hand = assess(dispatcher, {"location": "the blue house", "zone": "Hilltop"}, key).json
    assert "Zone Hilltop, picked by hand" in by_hand["parts"]["zone"]

    send(dispatcher, {**FORM, "zone": "Hilltop"})
    call = the_call(world)
    assert (call.zone, call.zone_source, call.location) == ("Hilltop", "hand", FORM["location"])


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("narrative", "a" * 20_001, "20,001 characters"),
        ("zone", "Atlantis", "one of the zones"),
        ("language", "xx", "one of the languages"),
        ("location", "x" * 501, "500 fit"),
        ("facts.last_contact_hours", "a while", "number"),
        ("facts.weapon", "bazooka", "cannot be"),
        ("facts.wepon", "in_hand", "no such question"),
        ("facts.mobile_team_available", "no", "no such question"),
    ],
)
def test_an_error_stands_by_its_field_and_nothing_typed_is_lost(
    world: World, dispatcher: Browser, field: str, typed: str, sentence: str
) -> None:
    key = form_key(dispatcher)
    answer = send(dispatcher, {**FORM, field: typed}, key=key)
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert sentence in page
    assert "by the crane" in page or field == "location"
    if field not in {
        "facts.wepon",
        "facts.mobile_team_available",
        "facts.weapon",
        "zone",
        "language",
    }:
        assert typed in page
    assert count(world, Call) == 0
    # What was wrong and what was right: both are there after a reload.
    assert FORM["caller_name"].replace("'", "&#39;") in dispatcher.get(f"/intake/{key}").get_data(
        as_text=True
    )


def test_a_list_of_errors_names_each_field_and_leads_to_it(dispatcher: Browser) -> None:
    wrong = {**FORM, "zone": "Atlantis", "facts.last_contact_hours": "a while"}
    page = send(dispatcher, wrong).get_data(as_text=True)
    assert "2 things have to be mended first" in page
    assert '<a href="#f-zone">Zone</a>: Choose one of the zones in the list.' in page
    (said,) = re.findall(r'<a href="#f-facts.last_contact_hours">([^<]+</a>: .+)</li>', page)
    name, why = said.split("</a>: ")
    assert name.lower() not in why.lower()
    for field in ("zone", "facts.last_contact_hours"):
        assert f'id="f-{field}"' in page


def test_a_field_sent_twice_is_refused(world: World, dispatcher: Browser) -> None:
    form = {**FORM, "facts.weapon": ["none_confirmed", "in_hand"]}
    answer = send(dispatcher, form)

    assert answer.status_code == 422
    assert "sent twice" in answer.get_data(as_text=True)
    assert count(world, Call) == 0


@pytest.mark.parametrize("narrative", ["", "  \u00a0 \n"])
def test_an_empty_form_is_not_a_call(world: World, dispatcher: Browser, narrative: str) -> None:
    answer = send(dispatcher, {"location": "Pier 3", "narrative": narrative})

    assert answer.status_code == 422
    assert "Write what happens" in answer.get_data(as_text=True)
    assert count(world, Call) == 0


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "{{7*7}} ${7*7} {% raise %}",
        "'); DROP TABLE call;--",
        "Z\u0300\u0301\u0302" * 40,
        "👩‍👩‍👧‍👦 حالة طارئة",
        "\x1b[2J",
        "a",
        "null",
    ],
)
def test_whatever_is_typed_is_kept_and_inert(
    world: World, dispatcher: Browser, hostile: str
) -> None:
    (phone,) = world.team("Mobile 9")
    form = {**FORM, "narrative": hostile, "location": hostile, "caller_name": hostile}

    answer = send(dispatcher, form)

    call = the_call(world)
    assert (call.narrative, call.location) == (hostile.strip(), " ".join(hostile.split()))
    for path in (answer.location, "/board", "/board/rows", f"{answer.location}/live"):
        page = dispatcher.get(path).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "{{7*7}}" not in page or "49 $" not in page
    phone.expect("PROMPT, within 60 min: mobile team. http")  # and nothing of what was typed


def test_what_no_database_can_keep_is_taken_out_with_a_sentence(
    world: World, dispatcher: Browser
) -> None:
    bad = {**FORM, "narrative": "Cry\0ing", "location": "Pier\0 3", "language": "x"}
    page = send(dispatcher, bad).get_data(as_text=True)
    assert "Characters that cannot be kept" in page
    assert "Crying" in page

    send(dispatcher, {**bad, "language": ""})
    call = the_call(world)
    assert (call.narrative, call.location) == ("Crying", "Pier 3")


def test_twenty_thousand_characters_fit(world: World, dispatcher: Browser) -> None:
    assert send(dispatcher, {**FORM, "narrative": "é" * 20_000}).status_code == 303
    assert len(the_call(world).narrative or "") == 20_000


def test_a_megabyte_is_refused_and_comes_back(world: World, dispatcher: Browser) -> None:
    answer = send(dispatcher, {**FORM, "narrative": "x" * 1_100_000})

    assert answer.status_code == 422
    assert "x" * 1_100_000 in answer.text
    assert count(world, Call) == 0


def test_two_megabytes_are_refused_before_they_are_read(world: World, dispatcher: Browser) -> None:
    answer = send(dispatcher, {**FORM, "narrative": "x" * 2_100_000})

    assert answer.status_code == 413
    assert count(world, Call) == 0


def test_the_button_names_who_is_sent(world: World, dispatcher: Browser) -> None:
    world.team("Mobile 9")
    world.pair("CIT 1")
    key = form_key(dispatcher)

    def button(form: dict[str, Any]) -> str:
        sends: str = assess(dispatcher, form, key).get_json()["parts"]["send"]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", sends)).strip()

    assert button(FORM).startswith("Send Mobile crisis team")
    chosen = button({**FORM, "override_response": "co_responder"})
    assert chosen.startswith("Send CIT co-responder")
    assert chosen.endswith("Recommended: Mobile crisis team")
    same = button({**FORM, "override_response": "mobile_crisis"})
    assert same == button(FORM)
    patrol = button({**FORM, "override_response": "police"})
    assert "you dispatch it in CAD" in patrol
    assert button({**FORM, "override_response": "nonsense"}) == button(FORM)
    asking = {name: value for name, value in FORM.items() if not name.startswith("facts.")}
    assert button({**asking, "override_response": "co_responder"}).startswith("Send CIT")


def test_another_response_costs_a_coded_reason(world: World, dispatcher: Browser) -> None:
    world.team("Mobile 9")
    pair = world.pair("CIT 1")
    chosen = {**FORM, "override_response": "co_responder"}

    answer = send(dispatcher, chosen)
    assert answer.status_code == 422
    assert "Choose a reason for another response." in answer.get_data(as_text=True)
    answer = send(dispatcher, {**chosen, "override_reason": "other"})
    assert "Say which other reason" in answer.get_data(as_text=True)
    assert count(world, Call) == 0

    send(dispatcher, {**chosen, "override_reason": "other", "override_note": "Knows the officer"})
    with world.context.reading() as uow:
        override = uow.session.scalars(select(Override)).one()
        assert (override.recommended, override.chosen) == ("mobile_crisis", "co_responder")
        assert override.note == "Knows the officer"
    assert [d.response for d in world.dispatches(the_call(world))] == ["co_responder"]
    for phone in pair:
        phone.expect("officer + clinician, Harbor")


@pytest.mark.parametrize(
    "disposition", ["wrong_number", "test_call", "caller_cancelled", "duplicate"]
)
def test_a_call_is_closed_without_sending_anybody(
    world: World, dispatcher: Browser, disposition: str
) -> None:
    world.team("Mobile 9")
    answer = send(dispatcher, {"disposition": disposition}, action="close")

    call = the_call(world)
    assert answer.location == f"/calls/{call.reference}"
    assert (call.state, call.disposition) == ("closed", disposition)
    assert world.phones.sent == []
    assert count(world, Dispatch) == 0


@pytest.mark.parametrize("disposition", ["", "arrest", "nonsense"])
def test_closing_without_sending_needs_its_reason(
    world: World, dispatcher: Browser, disposition: str
) -> None:
    answer = send(dispatcher, {**FORM, "disposition": disposition}, action="close")

    assert answer.status_code == 422
    assert "Choose why nobody is sent." in answer.get_data(as_text=True)
    assert count(world, Call) == 0


def test_without_javascript_one_can_look_before_sending(world: World, dispatcher: Browser) -> None:
    world.team("Mobile 9")
    page = send(dispatcher, FORM, action="check").get_data(as_text=True)

    assert "Send Mobile crisis team" in page
    assert re.search(r'value="none_confirmed"[^>]* checked', page)
    assert count(world, Call) == 0


def test_missing_answers_leave_the_call_asking(world: World, dispatcher: Browser) -> None:
    world.pair("CIT 1")
    send(dispatcher, {"narrative": "Somebody shouts in the street"})

    assert the_call(world).state == "asking"
    assert world.phones.sent == []


def test_a_session_that_ended_loses_nothing(world: World, dispatcher: Browser) -> None:
    key, token = form_key(dispatcher), dispatcher.csrf("/intake")
    assess(dispatcher, FORM, key)
    dispatcher.submit("/intake", {"anyway": "1"}, to="/sign-out")

    form = {**FORM, "form_key": key, "csrf_token": token}
    kept = dispatcher.client.post(
        "/intake/assess", data=form, headers={"Accept": "application/json"}
    )
    assert kept.status_code in {400, 401}
    assert kept.is_json

    back = world.client("dispatcher")
    assert FORM["location"] in back.get(f"/intake/{key}").get_data(as_text=True)
    assert "csrf_token" in back.get("/intake/form-token").json


def test_rules_that_fail_never_stop_a_call(
    world: World, dispatcher: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = world.pair("CIT 1")

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a rule went wrong")

    monkeypatch.setattr(assessments, "assess", fail)
    key = form_key(dispatcher)
    told = assess(dispatcher, FORM, key)
    assert "Not scored" in told.json["parts"]["recommendation"]

    answer = send(dispatcher, FORM, key=key)
    page = dispatcher.get(answer.location).get_data(as_text=True)
    assert "Treat as highest" in page
    assert count(world, Dispatch) == 1
    for phone in pair:
        phone.expect("IMMEDIATE")


@pytest.mark.parametrize("role", ["clinician", "administrator"])
def test_only_dispatchers_take_calls(world: World, role: str) -> None:
    assert world.client(role).get("/intake").status_code == 403

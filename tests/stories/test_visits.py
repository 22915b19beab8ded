"""A clinician writes of a visit: nothing typed is lost, nobody reads more than they need."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import words
from tests.stories.test_calls import CALM
from tests.world import Browser, Phone, World
from triage.services import people
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.follow_ups import FollowUp
from triage.storage.teams import Responder
from triage.storage.visits import Visit

SAW, DID, SO, THEN = "Spoke to the voices", "Sat with him", "Grew calm", "Sees Dr Lee on Monday"
WHOLE = {
    "behaviour": SAW,
    "intervention": DID,
    "response": SO,
    "plan": THEN,
    "disposition": "linked_to_care",
    "verdict": "1",
    "verdict_why": "No police was wanted",
}


@pytest.fixture
def phone(world: World) -> Phone:
    (clinician,) = world.team("Mobile 9")
    return signs_in(world, clinician, "test-clinician")


@pytest.fixture
def call(world: World, phone: Phone) -> Call:
    world.ignores_texts("the visit is what matters")
    call = world.call(CALM)
    world.settle()
    for answer in ("1", "SCENE", "CLEAR"):
        phone.text(f"{call.code} {answer}")
    return call


def signs_in(world: World, phone: Phone, username: str) -> Phone:
    world.account("clinician", username)
    with world.context.unit_of_work("test") as uow:
        account = people.find_account(uow, username)
        assert account
        uow.get(Responder, phone.responder_id).account_id = account.id
    return phone


def at(call: Call) -> str:
    return f"/calls/{call.reference}/visit"


def form_key(browser: Browser, call: Call) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', browser.get(at(call)).text)
    assert found
    return found[1]


def test_the_note_is_written_once_and_each_reads_what_their_role_needs(
    world: World, phone: Phone, call: Call
) -> None:
    me = world.client("clinician", "test-clinician")
    assert "Write the visit note" in words(me.get(f"/calls/{call.reference}").text)
    form = WHOLE | {"form_key": form_key(me, call)}
    form |= {"next_contact": "call_back", "next_at": "2199-01-05T10:00"}
    for _ in range(2):  # pressed twice
        answer = me.submit(at(call), form, to=at(call), follow=True)
    shown = words(answer.text)
    assert "The visit is written down." in shown
    assert "The next contact stands under Follow-ups; you are reminded." in shown
    assert all(said in shown for said in (SAW, DID, SO, THEN, "Linked to care", "No police"))
    assert "Visit note: written" in words(me.get(f"/calls/{call.reference}").text)
    assert world.audited("visit.written") == 1
    me.submit(at(call), form | {"edition": "9"}, to=at(call))  # and once more

    desk = words(world.client("dispatcher").get(f"/calls/{call.reference}").text)
    assert "Linked to care or services Mobile 9" in desk
    assert "Right team: No police was wanted" in desk
    assert "Mobile 9 (clinician) wrote the visit down: Linked to care or services." in desk
    assert "Ring the person" in desk
    assert not [said for said in (SAW, DID, SO, THEN) if said in desk]
    assert world.client("dispatcher").get(at(call)).status_code == 403
    assert world.client("supervisor").get(at(call)).status_code == 403

    with world.context.reading() as uow:
        (visit,) = uow.session.scalars(select(Visit))
        (page,) = uow.session.scalars(select(Page).where(Page.responder_id == phone.responder_id))
        (agreed,) = uow.session.scalars(select(FollowUp).where(FollowUp.rule == "visit"))
        assert visit.plan_sealed
        assert THEN.encode() not in visit.plan_sealed
        assert page.verdict == 1
        assert agreed.owner_id == phone.responder_id


def test_what_was_typed_survives_a_reload_an_error_and_the_end_of_the_session(
    world: World, phone: Phone, call: Call
) -> None:
    me = world.client("clinician", "test-clinician")
    key = form_key(me, call)
    later = {"form_key": key, "behaviour": SAW, "edition": "2"}
    kept = me.submit(at(call), later, to=at(call) + "/draft", follow=True)
    assert "not written down yet" in words(kept.text)
    me.submit(at(call), {"form_key": key, "edition": "1"}, to=at(call) + "/draft")  # overtaken
    assert SAW in me.get(at(call)).text
    assert form_key(me, call) == key

    wrong = me.submit(
        at(call),
        {"form_key": key, "edition": "3", "plan": THEN, "next_contact": "call_back"},
        to=at(call),
    )
    assert wrong.status_code == 422
    for said in (
        "3 things have to be mended first",
        "Choose how it ended.",
        "Choose whether the decision was right.",
        "Write day and time of the next contact.",
    ):
        assert said in words(wrong.text)
    assert THEN in wrong.text
    assert THEN in world.client("clinician", "test-clinician").get(at(call)).text

    form = WHOLE | {"form_key": key, "edition": "4", "csrf_token": me.csrf(at(call))}
    me.submit("/sign-out", {}, to="/sign-out")
    ended = me.client.post(at(call), data=form)
    assert ended.status_code in {400, 401}
    assert THEN in ended.text
    again = world.client("clinician", "test-clinician")
    again.submit(at(call), form | {"csrf_token": again.csrf(at(call))}, to=at(call))
    assert world.audited("visit.written") == 1


def test_whoever_signs_in_finds_their_call_without_its_text(world: World, phone: Phone) -> None:
    world.ignores_texts("the page is what matters")
    call = world.call(CALM)
    world.settle()
    me = world.client("clinician", "test-clinician")
    asked, have = f"You are asked to come: call {call.code}.", f"You have call {call.code}."
    for place in ("/follow-ups", "/banners?at=/shifts"):
        assert asked in words(me.get(place).text)
    phone.text(f"{call.code} 1")
    for place in ("/follow-ups", "/banners?at=/shifts"):
        assert have in words(me.get(place).text)
        assert f'href="/calls/{call.reference}"' in me.get(place).text
    for place in (f"/calls/{call.reference}", f"/banners?at=/calls/{call.reference}"):
        assert have not in words(me.get(place).text)
    for somebody_else in ("supervisor", "dispatcher"):
        assert "have call" not in words(world.client(somebody_else).get("/banners").text)
    phone.text(f"{call.code} CLEAR")
    assert call.code not in words(me.get("/banners").text)


def test_a_colleague_who_did_not_have_the_call_reads_and_writes_nothing(
    world: World, phone: Phone, call: Call
) -> None:
    me = world.client("clinician", "test-clinician")
    me.submit(at(call), WHOLE | {"form_key": form_key(me, call)}, to=at(call))
    (other,) = world.team("Mobile 8")
    signs_in(world, other, "other-clinician")
    them = world.client("clinician", "other-clinician")
    assert them.get(at(call)).status_code == 403
    form = WHOLE | {"form_key": str(uuid4())}
    assert them.submit("/account/safety", form, to=at(call)).status_code == 403
    assert world.audited("visit.written") == 1


def test_what_is_typed_over_a_written_note_becomes_another(
    world: World, phone: Phone, call: Call
) -> None:
    me = world.client("clinician", "test-clinician")
    form = WHOLE | {"form_key": form_key(me, call)}
    me.submit(at(call), form, to=at(call))
    changed = form | {"plan": "Sees her on Tuesday instead"}
    refused = me.submit(at(call), changed, to=at(call))
    assert refused.status_code == 422
    assert "Send this to add to it" in words(refused.text)
    assert changed["plan"] in refused.text
    assert me.submit(at(call), changed, to=at(call) + "/draft").status_code == 409
    fresh = re.search(r'name="form_key" value="([^"]+)"', refused.text)
    assert fresh
    me.submit(at(call), changed | {"form_key": fresh[1]}, to=at(call))
    shown = words(me.get(at(call)).text)
    assert changed["plan"] in shown
    assert THEN in shown
    assert world.audited("visit.written") == 2


def opened(browser: Browser, call: Call) -> dict[str, str]:
    """What a page that is opened now sends of itself."""
    return hidden(browser.get(at(call)).text)


def hidden(html: str) -> dict[str, str]:
    names = ("form_key", "page", "seen", "edition")
    found = {name: re.search(rf'name="{name}" value="([^"]*)"', html) for name in names}
    return {name: match[1] for name, match in found.items() if match}


def keeps(browser: Browser, call: Call, form: dict[str, str]) -> tuple[int, str]:
    """As the page's script sends it: the status, and what is told where it is refused."""
    data = form | {"csrf_token": browser.csrf(at(call))}
    asks = {"Accept": "application/json"}
    answer = browser.client.post(at(call) + "/draft", data=data, headers=asks)
    return answer.status_code, answer.get_json().get("detail", "")


def test_an_older_page_takes_nothing_from_what_another_device_kept(
    world: World, phone: Phone, call: Call
) -> None:
    me = world.client("clinician", "test-clinician")
    keeps(me, call, opened(me, call) | {"behaviour": "Spoke", "edition": "1"})
    telephone, tablet = opened(me, call), opened(me, call)
    newer = telephone | {"behaviour": SAW, "plan": THEN, "edition": "3"}
    assert [keeps(me, call, newer)[0] for _ in range(2)] == [200, 200]  # a slow network

    for edition in ("2", "3", "9"):  # however much was typed there
        older = tablet | {"behaviour": "Spoke of rain", "edition": edition}
        status, told = keeps(me, call, older)
        assert status == 422
        assert "Newer words of this note were kept from another page." in told
    assert keeps(me, call, telephone | {"behaviour": "late", "edition": "2"})[0] == 422
    assert keeps(me, call, newer | {"plan": "Monday", "edition": "4"})[0] == 200

    refused = me.submit(at(call), WHOLE | older, to=at(call))
    assert refused.status_code == 422
    assert "Send this to make a note of its own" in words(refused.text)
    assert "Spoke of rain" in refused.text
    own = hidden(refused.text)
    assert own["form_key"] != tablet["form_key"]
    me.submit(at(call), WHOLE | older | own, to=at(call))
    assert world.audited("visit.written") == 1
    left = me.get(at(call)).text
    assert hidden(left)["form_key"] == telephone["form_key"]
    assert SAW in left


def test_without_scripts_a_draft_that_a_script_kept_goes_on(
    world: World, phone: Phone, call: Call
) -> None:
    me = world.client("clinician", "test-clinician")
    keeps(me, call, opened(me, call) | {"behaviour": "Spoke", "edition": "4"})
    form = opened(me, call) | {"behaviour": SAW}  # counts no further
    wrong = me.submit(at(call), form, to=at(call))
    assert "Choose how it ended." in words(wrong.text)
    me.submit(at(call), WHOLE | hidden(wrong.text), to=at(call))
    assert world.audited("visit.written") == 1


def test_a_next_contact_chosen_while_the_first_press_hung_is_agreed_once(
    world: World, phone: Phone, call: Call
) -> None:
    me = world.client("clinician", "test-clinician")
    form = WHOLE | {"form_key": form_key(me, call)}
    me.submit(at(call), form, to=at(call))
    half = me.submit(at(call), form | {"next_contact": "call_back"}, to=at(call))
    assert "Write day and time of the next contact." in words(half.text)
    form |= {"next_contact": "call_back", "next_at": "2199-01-05T10:00"}
    for _ in range(2):
        assert me.submit(at(call), form, to=at(call)).status_code == 303
    with world.context.reading() as uow:
        (agreed,) = uow.session.scalars(select(FollowUp).where(FollowUp.rule == "visit"))
        assert (agreed.kind, agreed.owner_id) == ("call_back", phone.responder_id)
    assert world.audited("visit.written") == 1


def test_whether_the_decision_was_right_is_asked_once(world: World, phone: Phone) -> None:
    world.ignores_texts("whether the decision was right is what matters")
    me = world.client("clinician", "test-clinician")

    def on_scene() -> Call:
        call = world.call(CALM)
        world.settle()
        for answer in ("1", "SCENE"):
            phone.text(f"{call.code} {answer}")
        return call

    call = on_scene()
    me.submit(at(call), WHOLE | {"form_key": form_key(me, call)}, to=at(call))
    phone.text(f"{call.code} CLEAR")
    world.settle()
    assert phone.inbox[-1] == f"{call.code} cleared, you are free. Thank you for your answer."
    phone.text(f"{call.code} what now")
    world.settle()
    assert not [text for text in phone.inbox if "1=right team" in text]

    call = on_scene()
    phone.text(f"{call.code} CLEAR")
    world.settle()
    assert "1=right team" in phone.inbox[-1]
    phone.text(f"{call.code} 4")
    page = me.get(at(call)).text
    assert 'name="verdict" value="4" checked' in page
    assert "As you answered already" in page

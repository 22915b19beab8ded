"""What somebody else answers otherwise is kept with its source; the last answer is taken back."""

import html
import re
from typing import Any

import pytest

from tests.stories.test_call_page import clinician
from tests.stories.test_calls import CALM, add, responses
from tests.stories.test_intake import FORM, assess, form_key, send, the_call
from tests.world import Browser, World
from triage.services import assessments
from triage.storage.calls import Call

OFFICER = {"also.weapon": "in_hand", "also_by.weapon": "officer"}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def text_of(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def answers(world: World, call: Call) -> Any:
    with world.context.reading() as uow:
        return assessments.answers_of(uow, uow.get(Call, call.id))


def test_both_answers_are_kept_with_their_sources_and_the_more_dangerous_counts(
    world: World, dispatcher: Browser
) -> None:
    form = FORM | OFFICER
    page = text_of(send(dispatcher, form, action="check"))
    told = "Contradicting: Said to be none (caller) / In hand (officer); the more dangerous counts."
    assert told in page
    assert "The answers contradict each other" in page
    assert '<option value="in_hand" selected>' in page  # without JavaScript it goes on from here
    key = form_key(dispatcher)
    assert assess(dispatcher, form, key).json["conflicts"] == {"weapon": told}

    send(dispatcher, form, key=key)
    call = the_call(world)
    assert answers(world, call)["weapon"]["values"] == [
        {"value": "none_confirmed", "source": "caller"},
        {"value": "in_hand", "source": "officer"},
    ]
    assert "mobile_crisis" not in [one.response for one in world.dispatches(call)]
    assert told in text_of(dispatcher.get(f"/calls/{call.reference}"))


def test_answers_to_two_questions_that_are_seldom_both_true_are_remarked_and_decide_nothing(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    drunk = FORM | {"facts.problem_type": "intoxication", "facts.intoxication": "none"}
    remark = "Said: problem: Drunk or on drugs. And alcohol or drugs: None. Which is true?"
    said = assess(dispatcher, drunk, form_key(dispatcher)).json
    assert said["conflicts"] == {"problem_type": remark, "intoxication": remark}
    fewer = FORM | {"facts.problem_type": "intoxication", "facts.intoxication": "suspected"}
    assert assess(dispatcher, fewer, form_key(dispatcher)).json["conflicts"] == {}

    send(dispatcher, drunk)
    call = the_call(world)
    assert remark in text_of(dispatcher.get(f"/calls/{call.reference}"))
    assert answers(world, call)["problem_type"] == "intoxication"
    assert answers(world, call)["intoxication"] == "none"


@pytest.mark.parametrize("own", [{}, {"facts.weapon": "unknown"}])
def test_where_the_caller_has_not_said_each_other_voice_stays_whose_it_is(
    world: World, dispatcher: Browser, own: dict[str, str]
) -> None:
    world.ignores_texts("who is paged is beside the point")
    form = {name: value for name, value in FORM.items() if name != "facts.weapon"} | own
    third = form | {"also.weapon.third_party": "none_confirmed"}
    told = "Said by somebody else: Said to be none (third party)."
    assert assess(dispatcher, third, form_key(dispatcher)).json["conflicts"] == {"weapon": told}
    voices = third | {"also.weapon.officer": "in_hand"}
    said = "Said to be none (third party) / In hand (officer)"
    page = text_of(send(dispatcher, voices, action="check"))
    assert f"Contradicting: {said}; the more dangerous counts." in page

    came = send(dispatcher, voices).location
    call = the_call(world)
    assert answers(world, call)["weapon"]["values"] == [
        {"value": "none_confirmed", "source": "third party"},
        {"value": "in_hand", "source": "officer"},
    ]
    assert responses(world, call) == responses(world, world.call(CALM | {"weapon": "in_hand"}))
    add(world, call, injury="none")
    for shown in (came, f"{came}/live", f"{came}/sheet"):
        assert said in text_of(dispatcher.get(shown)), shown


def test_whoever_comes_reads_whose_word_it_is(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is paged is beside the point")
    (phone,) = world.team("Mobile 9")
    voices = {"also.injury.third_party": "none", "also.injury.officer": "minor"}
    came = send(dispatcher, FORM | voices).location
    page = text_of(clinician(world, phone).get(came))
    assert "Nobody (third party) / " in page
    assert " (officer)" in page


def test_on_the_calls_page_one_voice_alone_stays_whose_it_is_too(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    call = world.call({name: value for name, value in CALM.items() if name != "weapon"})
    path = f"/calls/{call.reference}"

    def answer(**fields: str) -> str:
        form = {"seen": re.findall(r'name="seen" value="(\d+)"', text_of(dispatcher.get(path)))[0]}
        return text_of(dispatcher.submit(path, form | fields, to=f"{path}/answers", follow=True))

    page = answer(**OFFICER)
    assert "Said by somebody else: In hand (officer)." in page
    assert "contradict each other" not in page
    answer(**{"also.weapon": "accessible", "also_by.weapon": "third party"})
    page = answer(**{"facts.weapon": "none_confirmed"})  # the caller says so now
    told = "In hand (officer) / Within reach (third party) / Said to be none (caller)"
    assert f"Contradicting: {told}; the more dangerous counts." in page
    answer(**{"facts.weapon": "none_confirmed"})  # said again: settled
    assert answers(world, call)["weapon"] == "none_confirmed"


def test_a_wrong_one_is_told_beside_its_question(dispatcher: Browser) -> None:
    answer = send(dispatcher, FORM | {"also.weapon": "spoon"})
    assert answer.status_code == 422
    page = text_of(answer)
    assert "Cannot be" in page
    assert 'href="#f-also.weapon.second_caller"' in page
    assert 'id="f-also.weapon.second_caller"' in page


def test_at_intake_no_voice_takes_the_place_of_another(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is paged is beside the point")
    key, kept = form_key(dispatcher), dict(FORM)
    for edition, (who, what) in enumerate(
        [("third party", "in_hand"), ("person in crisis", "accessible")]
    ):
        page = text_of(
            send(
                dispatcher,
                kept | {"also.weapon": what, "also_by.weapon": who, "edition": str(edition)},
                action="check",
                key=key,
            )
        )
        field = f"also.weapon.{who.replace(' ', '_')}"  # the page without scripts goes on with it
        assert f'<select name="{field}"' in page
        kept[field] = what
    told = "Said to be none (caller) / In hand (third party) / Within reach (person in crisis)"
    assert told in page
    assert told in text_of(dispatcher.get(f"/intake/{key}"))

    back = dispatcher.submit(f"/intake/{key}", {}, to=f"/intake/{key}/undo").json
    assert "Within reach (person in crisis); what others said stands." in back["sentence"]
    assert "Said to be none (caller) / In hand (third party);" in text_of(
        dispatcher.get(f"/intake/{key}")
    )

    seen = {"edition": "9", "page": "", "seen": ""}
    send(dispatcher, kept | seen, key=key)
    call = the_call(world)
    assert answers(world, call)["weapon"]["values"] == [
        {"value": "none_confirmed", "source": "caller"},
        {"value": "in_hand", "source": "third party"},
        {"value": "accessible", "source": "person in crisis"},
    ]
    assert "mobile_crisis" not in [one.response for one in world.dispatches(call)]


def test_a_question_with_several_answers_keeps_every_voice_too(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    fact = "mobility_or_communication_aid"
    form: dict[str, Any] = FORM | {f"facts.{fact}": ["hearing", "sight"]}
    form |= {f"also.{fact}.officer": ["wheelchair_or_walker", "hearing"], f"also.{fact}": "none"}
    send(dispatcher, form)
    assert answers(world, the_call(world))[fact]["values"] == [
        {"value": ["hearing", "sight"], "source": "caller"},
        {"value": ["wheelchair_or_walker", "hearing"], "source": "officer"},
        {"value": ["none"], "source": "second caller"},
    ]


def test_on_the_calls_page_a_second_answer_is_kept_as_well(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    call = world.call(CALM)
    path = f"/calls/{call.reference}"

    def answer(**fields: str) -> None:
        dispatcher.submit(path, {"seen": "1", **fields}, to=f"{path}/answers")

    answer(**{"facts.weapon": CALM["weapon"], **OFFICER})
    answer(**{"also.weapon": "accessible", "also_by.weapon": "third party"})
    said = answers(world, call)["weapon"]["values"]
    assert [(one["source"], one["value"]) for one in said] == [
        ("caller", CALM["weapon"]),
        ("officer", "in_hand"),
        ("third party", "accessible"),
    ]
    answer(**{"facts.weapon": "accessible"})  # settled: one answer stands
    assert answers(world, call)["weapon"] == "accessible"


def test_the_last_answer_is_taken_back_after_a_reload_too(dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    form: dict[str, Any] = {"location": "Pier 3"}
    for edition, more in enumerate(
        [{"facts.weapon": "none_confirmed"}, {"facts.weapon": "in_hand"}, {"facts.injury": "none"}]
    ):
        form |= {**more, "edition": str(edition)}
        assert assess(dispatcher, form, key).status_code == 200

    def undo() -> Any:  # what the page sends, opened anew or not
        return dispatcher.submit(f"/intake/{key}", {}, to=f"/intake/{key}/undo").json

    back = undo()
    assert back["sentence"] == "Taken back: Is anyone hurt? Nobody; now not asked."
    assert (back["name"], back["values"], back["edition"]) == ("facts.injury", [], 3)
    back = undo()
    assert back["values"] == ["none_confirmed"]
    assert "In hand; now Said to be none." in back["sentence"]
    assert undo()["values"] == []
    assert undo() == {"sentence": "No answer is left to take back."}
    kept = text_of(dispatcher.get(f"/intake/{key}"))
    assert "Pier 3" in kept
    assert 'value="in_hand" data-key="1" checked' not in kept

    assert assess(dispatcher, form, key).status_code == 200  # late: it undoes no undo
    assert "checked" not in text_of(dispatcher.get(f"/intake/{key}"))


def test_without_javascript_a_button_takes_it_back(dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    page = text_of(send(dispatcher, FORM, action="undo", key=key))
    assert "Taken back:" in page
    assert "now not asked." in page
    assert "He walks to and fro and cries." in page
    assert 'name="facts.weapon" value="none_confirmed" data-key="4" checked' in page


def test_on_the_calls_page_answers_are_taken_back_one_by_one(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    call = world.call(CALM)
    path = f"/calls/{call.reference}"
    for value in ("in_hand", "accessible"):
        dispatcher.submit(path, {"seen": "1", "facts.weapon": value}, to=f"{path}/answers")
    dispatcher.submit(path, {"seen": "3", "facts.injury": "none"}, to=f"{path}/answers")

    def undo() -> str:
        return text_of(dispatcher.submit(path, {}, to=f"{path}/answers/undo", follow=True))

    page = undo()
    assert "Taken back: Is anyone hurt? Nobody; now not asked." in page
    assert "Answer taken back: injury." in page
    assert "injury" not in answers(world, call)
    assert "Within reach; now In hand." in undo()
    assert answers(world, call)["weapon"] == "in_hand"
    undo()
    assert answers(world, call) == CALM
    assert "No answer of yours is left to take back. The last is by test at" in undo()
    assert answers(world, call) == CALM  # whoever took the call said so


def test_nobody_takes_back_what_a_colleague_answered(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is paged is beside the point")
    call = world.call(CALM)
    path = f"/calls/{call.reference}"
    colleague = world.client("dispatcher", "colleague")

    def answer(browser: Browser, **facts: str) -> None:
        form = {f"facts.{fact}": value for fact, value in facts.items()}
        browser.submit(path, {"seen": "1", **form}, to=f"{path}/answers")

    def undo(browser: Browser) -> str:
        return text_of(browser.submit(path, {}, to=f"{path}/answers/undo", follow=True))

    answer(dispatcher, injury="none")
    answer(colleague, violence_now="physical")
    assert "Taken back: Is anyone hurt? Nobody; now not asked." in undo(dispatcher)
    assert answers(world, call)["violence_now"] == "physical"

    answer(dispatcher, weapon="accessible")
    add(world, call, weapon="in_hand")
    told = undo(dispatcher)
    assert "test has answered after you, at" in told
    assert "weapon. That stands; if it is wrong, answer it anew." in told
    assert answers(world, call)["weapon"] == "in_hand"


def test_nobody_takes_back_another_persons_answer(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    assess(dispatcher, FORM, key)
    other = world.client("dispatcher", "another")
    assert other.submit("/intake", {}, to=f"/intake/{key}/undo").status_code == 404

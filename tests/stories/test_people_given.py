"""Who the person in crisis is, and who rings, is said again after somebody was sent."""

import re
from collections.abc import Sequence

from sqlalchemy import select

from tests.stories.test_call_page import act, clinician, look, words
from tests.typical_calls import CALM
from tests.world import World
from triage.domain.people_of_call import People, Subject
from triage.services import assessments, follow_ups
from triage.storage.calls import Call
from triage.storage.follow_ups import FollowUp

PERSON = {
    "subject_name": "Ana <b>",
    "subject_age": "teen_12_17",
    "subject_language": "es",
    "subject_interpreter": "yes",
    "subject_about": "Red coat",
}


def now_of(world: World, call: Call) -> tuple[Call, dict[str, object]]:
    with world.context.reading() as uow:
        found = uow.get(Call, call.id)
        assert found.callers
        assert found.subject is None or found.subject.version  # read while they can be
        return found, dict(assessments.answers_of(uow, found))


def write(world: World, call: Call, ending: str, sent: dict[str, object]) -> str:
    """As the form stands on the page now."""
    page = look(world.client("dispatcher"), call)
    form = page[page.index(f'{ending}"') :]
    found = re.search(r'name="version" value="(\d+)"', form)
    return act(world.client("dispatcher"), call, ending, {"version": found and found[1], **sent})


def test_the_person_is_completed_then_corrected_and_the_team_sees_it(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="12 Mill Lane", narrative="He paces.")
    phone.text(f"{call.code} 1")
    phone.expect("Go to: 12 Mill Lane.")
    assessed = world.audited("call.assessed")

    told = write(world, call, "/person", PERSON)

    assert "teams on their way are texted that the language" in told
    text = phone.expect("which language is spoken there, or whether an interpreter is needed")
    assert "Ana" not in text
    now, answers = now_of(world, call)
    assert (now.language, answers["age_band"]) == ("es", "teen_12_17")
    assert answers["language_barrier"] == "interpreter_needed"
    assert now.callers[0].said is None  # nothing stood there before
    assert world.audited("call.assessed") == assessed + 1

    renamed = {**PERSON, "subject_name": "Eva", "subject_about": "Blue coat"}
    assert "It is written down." in write(world, call, "/person", renamed)
    phone.expect_silence()  # a name decides nothing
    assert world.audited("call.assessed") == assessed + 1
    now, _ = now_of(world, call)
    assert now.callers[0].said == "The person in crisis, as it was said before: Ana <b>, Red coat"
    page = words(look(world.client("dispatcher"), call))
    assert "Eva , 12 to 17; Spanish, interpreter needed" in page
    assert "What is known of the person in crisis was corrected" in page
    theirs = words(look(clinician(world, phone), call))
    assert "Eva , 12 to 17; Spanish, interpreter needed Blue coat" in theirs
    assert "as it was said before: Ana &lt;b&gt;, Red coat" in theirs
    assert "All of this stands here already." in write(world, call, "/person", renamed)

    write(world, call, "/person", {"subject_name": "Eva"})
    now, answers = now_of(world, call)
    assert (now.language, answers["age_band"], answers["language_barrier"]) == (
        None,
        "unknown",
        "unknown",
    )
    phone.expect("whether an interpreter is needed")


def test_two_people_do_not_overwrite_each_other(world: World) -> None:
    world.ignores_texts("who is asked to come is not what this is about")
    call = world.call(CALM, people=People(subject=Subject(name="Ana")))
    colleague = world.client("dispatcher")
    key = now_of(world, call)[0].callers[0].id

    stale = {"version": "1", "subject_name": "Eva"}
    assert "It is written down." in act(colleague, call, "/person", stale)
    told = act(colleague, call, "/person", {"version": "1", "subject_name": "Ida"})
    assert "Nothing was changed: what is known of the person was written down meanwhile" in told

    path = f"/callers/{key}/person"
    version = str(now_of(world, call)[0].callers[0].version)
    act(colleague, call, path, {"version": version, "caller_name": "Bo"})
    told = act(colleague, call, path, {"version": version, "caller_name": "Cy"})
    assert "Nothing was changed: what is known of this caller was written down meanwhile" in told

    now, _ = now_of(world, call)
    assert now.subject is not None
    assert (now.subject.name, now.callers[0].name) == ("Eva", "Bo")
    refused = write(world, call, path, {"subject_language": "", "language": "klingon"})
    assert "Choose one from the list." in refused


def test_how_the_caller_may_be_reached_is_kept_to_by_what_is_planned(world: World) -> None:
    world.ignores_texts("who is asked to come is not what this is about")
    answers = CALM | {"safe_to_call": "yes"}
    call = world.call(answers, caller_name="Bo", people=People(call_back=("ring",)))
    with world.context.unit_of_work("test") as uow:
        follow_ups.promise(uow, uow.get(Call, call.id), "call_back", uow.now, "clinician")
    key = now_of(world, call)[0].callers[0].id

    both = {"caller_name": "Al", "call_back": ["ring", "never"]}
    assert "Either a way to call back is safe" in write(world, call, f"{key}/person", both)
    never = {"caller_name": "Al", "language": "ru", "interpreter": "yes", "call_back": ["never"]}
    write(world, call, f"{key}/person", never)

    now, answered = now_of(world, call)
    assert (now.language, answered["safe_to_call"]) == ("ru", "no")
    assert now.callers[0].former_phones == "Bo\nRing"
    with world.context.reading() as uow:
        planned: Sequence[FollowUp] = uow.session.scalars(
            select(FollowUp).where(FollowUp.call_id == call.id)
        ).all()
        assert planned
        assert {one.safe_to_call for one in planned} == {"no"}
    page = words(look(world.client("dispatcher"), call))
    assert "Do not contact" in page
    assert "What is known of a caller was corrected" in page


def test_further_words_of_a_caller_are_kept_and_looked_at(world: World) -> None:
    world.ignores_texts("who is asked to come is not what this is about")
    call = world.call(CALM | {"weapon": "unknown"}, narrative="He paces.")
    key = now_of(world, call)[0].callers[0].id
    assessed = world.audited("call.assessed")

    assert "Write what they say" in write(world, call, f"{key}/words", {"said": " "})
    told = write(world, call, f"{key}/words", {"said": "He has a knife now <b>"})

    assert "Their words are added to what they said." in told
    now, _ = now_of(world, call)
    assert re.fullmatch(r"\d\d:\d\d, .+: He has a knife now <b>", now.callers[0].said or "")
    assert now.narrative == "He paces."
    assert world.audited("call.assessed") == assessed + 1
    with world.context.reading() as uow:
        assert "knife" in assessments.told(uow, uow.get(Call, call.id))

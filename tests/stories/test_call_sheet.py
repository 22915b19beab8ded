"""A call on paper, for the hands of somebody without a screen."""

from tests.stories.test_call_page import PAIR, path, words
from tests.stories.test_calls import CALM
from tests.world import World
from triage.domain.people_of_call import People, Subject


def test_the_sheet_says_what_the_page_says_and_has_no_forms(world: World) -> None:
    dispatcher = world.client("dispatcher")
    (clinician,) = world.team("Mobile 9")
    call = world.call(
        CALM,
        location="Pier 3 <b>east</b>",
        narrative="He walks to and fro & cries.",
        people=People(subject=Subject(name="Ada Lovelace", language="es", interpreter=True)),
    )
    world.settle()
    clinician.text(f"{call.code} 1 ETA 10")
    world.ignores_texts("what they are told stands elsewhere")

    page = dispatcher.get(f"{path(call)}/sheet").text
    sheet = words(page[page.index("<article") : page.index("</article>")])

    for said in (call.code, call.reference, "Ada Lovelace", "interpreter needed", "Mobile 9"):
        assert said in sheet
    assert "Pier 3 &lt;b&gt;east&lt;/b&gt;" in sheet
    assert "He walks to and fro &amp; cries." in sheet
    assert "a gun, a knife or another weapon? Said to be none" in sheet
    assert "Mobile 9 accepted" in sheet  # of the timeline
    assert "Written by hand" in sheet
    assert "<form" not in page[page.index("<article") : page.index("</article>")]
    assert f"{path(call)}/sheet" in dispatcher.get(path(call)).text


def test_printing_is_looking_and_is_not_for_everybody(world: World) -> None:
    call = world.call(PAIR)
    world.ignores_texts("nobody is asked in this story")

    assert world.client("clinician").get(f"{path(call)}/sheet").status_code == 403
    assert world.audited("call.looked_at") == 0
    assert world.client("supervisor").get(f"{path(call)}/sheet").status_code == 200
    assert world.audited("call.looked_at") == 1

"""The caller says where it is again, after somebody was sent: more exactly, or somewhere else."""

from tests.stories.test_alarms import on_a_call
from tests.stories.test_call_page import act, look, path, words
from tests.stories.test_duress import WORD, knows
from tests.typical_calls import CALM
from tests.world import World
from triage.storage.calls import Call


def place_of(world: World, call: Call) -> Call:
    with world.context.reading() as uow:
        found = uow.get(Call, call.id)
        assert found.callers  # read while it can be
        return found


def write(world: World, call: Call, place: str, seen: str, zone: str = "") -> str:
    sent = {"location": place, "seen": seen, "zone": zone}
    return act(world.client("dispatcher"), call, "/place/said", sent)


def test_who_is_on_the_way_is_told_and_what_was_said_first_is_kept(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="12 Mill Lane", narrative="He paces.")
    phone.text(f"{call.code} 1")
    phone.expect("Go to: 12 Mill Lane.")

    told = write(world, call, "Fifth Street Bridge <b>", "12 Mill Lane")

    assert "teams on their way are texted" in told
    phone.expect("Go to: Fifth Street Bridge <b>.")
    now = place_of(world, call)
    assert (now.location, now.narrative) == ("Fifth Street Bridge <b>", "He paces.")
    assert now.callers[0].said == "The place, as it was said before: 12 Mill Lane"
    page = words(look(world.client("dispatcher"), call))
    assert "The place was corrected" in page


def test_zone_and_position_are_those_of_the_new_place(world: World) -> None:
    world.ignores_texts("where it is matters here")
    call = world.call(CALM, location="Fifth Street Bridge")
    before = place_of(world, call)
    assert (before.found, before.zone_source) == ("Fifth Street Bridge", "gazetteer")

    write(world, call, "Behind the mill, by the weir", "Fifth Street Bridge", "-")
    nowhere = place_of(world, call)
    assert (nowhere.found, nowhere.zone, nowhere.position) == (None, None, None)

    write(world, call, "Fifth Street Bridge, under it", "Behind the mill, by the weir")
    again = place_of(world, call)
    assert (again.found, again.zone, again.position) == (before.found, before.zone, before.position)


def test_the_zone_of_a_place_in_no_list_is_asked_and_can_be_set_alone(world: World) -> None:
    world.ignores_texts("where it is matters here")
    call = world.call(CALM, location="Fifth Street Bridge")
    zone = place_of(world, call).zone
    assert zone is not None

    asked = write(world, call, "By the weir, east side", "Fifth Street Bridge")
    assert f"choose the zone. Is it {zone} still?" in asked
    assert place_of(world, call).location == "Fifth Street Bridge"
    sent = {"location": "By the weir, east side", "seen": "Fifth Street Bridge"}
    page = world.client("dispatcher").submit(path(call), sent, to=f"{path(call)}/place/said")
    assert f'<option value="{zone}" selected>' in page.get_data(as_text=True)

    write(world, call, "By the weir, east side", "Fifth Street Bridge", zone)
    kept = place_of(world, call)
    assert (kept.location, kept.zone, kept.zone_source) == ("By the weir, east side", zone, "hand")

    assert "The zone is written down." in write(world, call, "", "By the weir, east side", "-")
    gone = place_of(world, call)
    assert (gone.location, gone.zone) == ("By the weir, east side", None)
    assert "Choose one of the zones" in write(world, call, "Pier 3", gone.location or "", "Mars")


def test_units_of_the_radio_are_named_and_two_do_not_overwrite_each_other(world: World) -> None:
    world.team("Mobile 9")
    world.ignores_texts("whom they reach is not what this is about")
    call = world.call(CALM, location="")
    act(world.client("dispatcher"), call, "/assign", {"unit": "Officer Park"})

    assert "Tell it by radio: Officer Park." in write(world, call, "Pier 3", "")
    assert "was written down meanwhile" in write(world, call, "Pier 4", "")
    assert "Write where it is" in write(world, call, " ", "Pier 3")
    assert place_of(world, call).location == "Pier 3"


def test_the_desk_is_told_who_is_told_of_it_by_nobody(world: World) -> None:
    phone, call = on_a_call(world)
    world.ignores_texts("what the desk reads matters here")
    knows(world, phone).text(f"{call.code} ok {WORD}")
    before = len(phone.inbox)

    told = write(world, call, "Pier 3, the north end", place_of(world, call).location or "")

    assert "Do not ring, text or radio CIT 1 (clinician): silent alarm." in told
    world.settle()
    assert len(phone.inbox) == before

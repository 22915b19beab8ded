"""What people text back, and what it does."""

import pytest
from sqlalchemy import select

from tests.stories.test_calls import CALM
from tests.world import World
from triage.domain.alarms import AlarmKind
from triage.domain.lifecycle import CallState
from triage.services import alarm_lists, call_codes, unread_replies
from triage.storage.calls import Call
from triage.storage.messages import UNREAD_TEXT, InboundMessage


def outcomes(world: World) -> list[str]:
    with world.context.reading() as uow:
        return list(
            uow.session.scalars(
                select(InboundMessage.outcome).order_by(
                    InboundMessage.created_at, InboundMessage.id
                )
            )
        )


def unread(world: World) -> list[str]:
    """What stands in the dispatchers' queue."""
    with world.context.reading() as uow:
        return [inbound.body or "" for inbound, _ in unread_replies.waiting(uow)]


def test_a_repeated_webhook_has_one_effect_and_one_answer(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")

    phone.text(f"{call.code} 1", times=8)

    assert world.audited("page.accepted") == 1
    phone.expect("it is yours")
    phone.expect_silence()


def test_somebody_elses_code_and_no_code_at_all_look_the_same(world: World) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo", responses=["homeless_outreach"], roles=["outreach_worker"])
    call = world.call(CALM)
    alpha.expect("Reply")

    bravo.text(f"{call.code} 1")
    other = bravo.expect("No page of yours has this code")
    bravo.text("ZZZ9 1")
    assert bravo.expect("No page of yours has this code") == other
    assert world.audited("page.accepted") == 0


def test_with_two_questions_open_the_code_is_needed(world: World) -> None:
    (phone,) = world.team("MCT 1", calls_at_once=2)
    one, two = world.call(CALM), world.call(CALM)
    phone.expect(one.code)
    phone.expect(two.code)

    phone.text("1")
    asked = phone.expect("Which one?")
    assert one.code in asked
    assert two.code in asked
    phone.text(f"{two.code} 1")
    phone.expect(f"{two.code} accepted")


def test_carrier_words_never_act_on_a_call(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")

    for word in ("YES", "INFO", f"YES {call.code}"):
        phone.text(word)
        phone.expect(f"{call.code} 1")
    assert world.audited("page.accepted") == 0
    phone.text("CANCEL")  # an opt-out for every carrier
    world.desk.expect("nobody is left to ask")
    assert world.audited("responder.opted_out") == 1
    assert world.audited("dispatch.cancelled") == 0


def test_stop_moves_open_pages_on_at_once(world: World) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    world.call(CALM)
    alpha.expect("Reply")

    alpha.text("STOP")

    bravo.expect("Reply")


def test_yes_is_start_to_carriers_and_so_to_us_after_stop(world: World) -> None:
    (phone,) = world.team("MCT 1")
    phone.text("STOP")

    phone.text("YES")

    phone.expect("on again")
    phone.expect("Reply READY")
    assert world.audited("responder.opted_in") == 1


def test_help_from_somebody_on_a_call_raises_the_alarm(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")
    phone.text("HELP")
    phone.expect(call.code)
    assert world.audited("alarm.raised") == 0  # not on the call yet

    phone.text(f"{call.code} 1")
    phone.expect("it is yours")
    phone.text("help")
    world.desk.expect_ring("Alarm. MCT 1")
    phone.expect("ALARM RAISED")
    phone.text(f"assist {call.code}")
    world.desk.expect_ring("Alarm. MCT 1")
    phone.expect("ALARM RAISED")
    with world.context.reading() as uow:
        (alarm,) = alarm_lists.untaken(uow)
        assert alarm.call_id == call.id


def test_an_unknown_number_is_answered_politely_and_not_for_ever(world: World) -> None:
    stranger = world.stranger()

    for _ in range(8):
        stranger.text("hello?")

    assert len(stranger.inbox) == 1
    assert "988" in stranger.inbox[0]
    assert outcomes(world) == ["unknown_number"] * 8
    world.wait(hours=25)
    stranger.text("hello?")
    assert len(stranger.inbox) == 2


def test_what_nobody_understands_changes_nothing_and_says_what_to_type(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")
    said = ("", "   ", "\U0001f44d", "maybe", "accept decline", "\x00", "x" * 1600, "</Response>")
    for body in said:
        phone.text(body)
    assert world.audited("page.accepted") == 0
    assert len(outcomes(world)) == len(said)
    assert call.code in phone.expect("Reply")
    for _ in range(4):  # a person reads it from then on, and the rest is not answered
        phone.expect("A dispatcher reads your text")


def test_a_note_is_kept_sealed(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")
    phone.text("1")
    phone.expect("accepted, it is yours")
    phone.text(f"{call.code} NOTE the dog is friendly")
    phone.expect("note is kept")
    with world.context.reading() as uow:
        bodies = [m.body for m in uow.session.scalars(select(InboundMessage))]
    assert f"{call.code} NOTE the dog is friendly" in bodies


def test_who_asks_whether_it_is_clear_keeps_the_call_and_is_read(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.expect("accepted")
    phone.text(f"{call.code} STAGED")
    phone.expect("near")

    phone.text("is it clear?")

    phone.expect(f"{call.code}")
    assert world.audited("slot.cleared") == 0
    assert world.dispatch(call, "mobile_crisis").slots[0].state.value == "staged"
    world.wait(minutes=3)
    board = world.client("dispatcher").get("/board").text
    assert "is it clear?" in board


def test_whoever_says_they_are_on_the_way_has_accepted(world: World) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    call = world.call(CALM)
    alpha.expect("Reply")
    alpha.text("omw")
    alpha.expect(f"{call.code} accepted, it is yours")
    assert standing(world, call)[0] == "en_route"
    bravo.text(f"{call.code} on the way")
    bravo.expect("No page of yours has this code")


def test_whoever_had_to_leave_and_texts_help_is_heard(world: World) -> None:
    (alpha,) = world.team("Alpha")
    call = world.call(CALM)
    alpha.expect("Reply")
    for said in ("1", "scene", "unsafe"):
        alpha.text(f"{call.code} {said}")
    world.ignores_texts("withdrawing is another story")
    alpha.text("HELP")
    assert "ALARM RAISED" in alpha.inbox[-1]
    with world.context.reading() as uow:
        assert {(one.kind, one.call_id) for one in alarm_lists.untaken(uow)} == {
            (AlarmKind.WITHDREW, call.id),
            (AlarmKind.HELP, call.id),
        }


def test_help_with_a_code_is_no_carriers_word(world: World) -> None:
    (alpha,) = world.team("Alpha")
    call = world.call(CALM)
    alpha.expect("Reply")
    alpha.text(f"help {call.code}")
    alpha.expect("ALARM RAISED")
    world.desk.expect_ring("Alarm. Alpha")


def test_somebody_who_has_not_accepted_cannot_report_from_the_scene(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")

    phone.text(f"{call.code} SCENE")

    phone.expect("You have not accepted")
    assert world.dispatch(call, "mobile_crisis").state.value == "seeking"


def test_an_eta_from_somebody_asked_is_a_yes(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")

    phone.text(f"{call.code} ETA 12")

    assert "Noted: ETA 12 min." in phone.expect("it is yours")
    assert world.dispatch(call, "mobile_crisis").state.value == "en_route"


def test_a_cry_for_help_with_a_wrong_code_still_raises_the_alarm(world: World) -> None:
    (phone,) = world.team("MCT 1", calls_at_once=2)
    one, two = world.call(CALM), world.call(CALM)
    phone.expect(one.code)
    phone.expect(two.code)
    phone.text(f"{one.code} 1")
    phone.expect("it is yours")

    phone.text("ZZZ9 ASSIST")
    world.desk.expect_ring("Alarm. MCT 1")
    phone.expect("ALARM RAISED")
    phone.text("assist")
    world.desk.expect_ring("Alarm. MCT 1")
    phone.expect("ALARM RAISED")

    assert world.audited("alarm.raised") >= 1


def test_a_cry_for_help_from_a_phone_on_no_call_is_put_before_dispatchers(world: World) -> None:
    (phone,) = world.team("MCT 1")

    phone.text("assist")
    world.desk.expect_ring("Alarm. MCT 1")

    phone.expect("dispatch sees this text")
    assert outcomes(world) == ["help_unplaced"]


def test_a_phone_that_answers_by_itself_is_not_answered_for_ever(world: World) -> None:
    (phone,) = world.team("MCT 1")
    world.call(CALM)
    phone.expect("Reply")

    for _ in range(12):
        phone.text("I am driving")

    assert len(phone.inbox) == 1 + world.centre.policy.polite_replies_per_hour
    assert phone.inbox[-1].endswith("The next such texts get no answer: a dispatcher reads them.")


def test_whoever_is_understood_in_between_is_answered_each_time(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")
    phone.text(f"{call.code} 1")
    phone.expect("it is yours")

    for _ in range(world.centre.policy.polite_replies_per_hour + 2):
        phone.text(f"{call.code} scene clear maybe")
        phone.expect("nothing was changed")
        phone.text(f"{call.code} ETA 10")
        phone.expect("you arrive in 10 min")


@pytest.mark.parametrize("said", ["YES", "{code} YES", "ZZZZ 1"])
def test_what_gets_no_answer_any_more_is_read_by_a_dispatcher(world: World, said: str) -> None:
    (phone,) = world.team("MCT 1")
    said = said.format(code=world.call(CALM).code)
    share = world.centre.policy.polite_replies_per_hour

    for _ in range(share + 2):
        phone.text(said)

    assert len(phone.inbox) == 1 + share
    assert outcomes(world)[share:] == [unread_replies.UNREAD] * 2


def test_who_was_never_told_is_not_told_to_stand_down(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    from triage.services import dispatches
    from triage.storage.dispatches import Dispatch

    dispatch = world.dispatch(call, "mobile_crisis")
    world.context.do(
        "test",
        lambda uow: dispatches.cancel(
            uow, world.centre, uow.get(Dispatch, dispatch.id), "caller_cancelled"
        ),
    )

    phone.expect_silence()


def test_a_late_bare_answer_is_told_who_has_it(world: World) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    call = world.call(CALM)
    alpha.expect("Reply")
    world.wait(minutes=6)
    bravo.expect("Reply")

    alpha.text("accept")
    alpha.expect(f"{call.code} 1")  # nobody has it yet: the code makes it count
    bravo.text("1")
    bravo.expect("it is yours")
    alpha.expect("Taken by Bravo")
    alpha.text("accept")
    alpha.expect("Taken by Bravo")


def test_a_bare_answer_goes_to_what_was_asked_and_not_to_what_is_in_hand(world: World) -> None:
    (phone,) = world.team("MCT 1", calls_at_once=2)
    one = world.call(CALM)
    phone.expect("Reply")
    phone.text("1")
    phone.expect(f"{one.code} accepted")
    two = world.call(CALM)
    phone.expect(two.code)

    phone.text("1")
    phone.expect(f"{two.code} accepted")
    phone.text("SCENE")
    assert one.code in phone.expect("Which one?")
    phone.text(f"{one.code} SCENE")
    phone.expect("you are on scene")
    phone.text(f"{one.code} CLEAR")
    phone.expect("1=right team")
    phone.text("1")  # a verdict on one, or a second yes to the other?
    phone.expect("Which one?")


def test_what_is_not_understood_is_asked_once_and_then_left_to_a_dispatcher(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")

    phone.text(f"{call.code} perhaps")
    phone.expect("Not understood, nothing was changed. Reply")
    assert unread(world) == []
    phone.text(f"{call.code} what do you mean")
    phone.expect("A dispatcher reads your text")

    assert unread(world) == [f"{call.code} what do you mean"]
    phone.text(f"{call.code} 1")
    phone.expect("it is yours")


def test_whoever_is_asked_back_and_keeps_silent_is_left_to_a_dispatcher_too(world: World) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    call, other = world.call(CALM), world.call(CALM)
    alpha.text("perhaps")
    alpha.expect("Not understood")
    alpha.expect("PROMPT, within 60 min")
    bravo.expect("PROMPT, within 60 min")
    bravo.text("which one")
    bravo.expect("Not understood")

    world.wait(minutes=1)
    assert unread(world) == []
    bravo.text(f"{other.code} 1")
    bravo.expect("accepted, it is yours")
    world.wait(minutes=2)

    assert call.code != other.code
    assert unread(world) == ["perhaps"]
    with world.context.reading() as uow:  # nor does what was typed again wait there for ever
        waiting = uow.session.scalars(select(InboundMessage).where(UNREAD_TEXT)).all()
        assert [text.body for text in waiting] == ["perhaps"]


def test_a_cry_for_help_without_a_code_names_every_call_it_was_raised_on(world: World) -> None:
    (phone,) = world.team("MCT 1", calls_at_once=2)
    one, two = world.call(CALM), world.call(CALM)
    phone.text(f"{one.code} 1")
    phone.expect("accepted, it is yours")
    phone.expect("PROMPT, within 60 min")
    phone.text(f"{two.code} 1")
    phone.expect(f"{two.code} accepted")

    phone.text("assist")
    world.desk.expect_ring("Alarm. MCT 1")
    world.desk.expect_ring("Alarm. MCT 1")

    told = phone.expect("ALARM RAISED")
    assert one.code in told
    assert two.code in told


def test_a_code_is_not_given_out_again_while_a_late_text_may_still_name_it(world: World) -> None:
    world.desk.ignores("that nobody dispatches in CAD")
    call = world.call(CALM)
    taken = call.code

    with world.context.reading() as uow:
        assert call_codes.is_resting(uow, taken)
    world.wait(days=31)
    with world.context.unit_of_work("test") as uow:
        uow.get(Call, call.id).state = CallState.CLOSED
    with world.context.reading() as uow:
        assert not call_codes.is_resting(uow, taken)


def test_strangers_together_are_answered_only_so_often(world: World) -> None:
    most = world.centre.policy.stranger_replies_per_hour
    strangers = [world.stranger() for _ in range(most + 3)]

    for number, stranger in enumerate(strangers):
        world.receive(f"IN{number:032}", stranger.number, "hello?")

    assert sum(len(stranger.inbox) for stranger in strangers) == most


def test_what_is_asked_back_is_what_was_said_with_a_code(world: World) -> None:
    (phone,) = world.team("MCT 1", calls_at_once=2)
    calls = [world.call(CALM), world.call(CALM)]
    for _ in calls:
        phone.expect("Reply")
    for call in calls:
        phone.text(f"{call.code} 1")
        phone.expect("it is yours")
    first = min(call.code for call in calls)
    for said, asked in (("done", "CLEAR"), ("eta 25", "ETA 25"), ("llegue", "SCENE"), ("1", "1")):
        phone.text(said)
        assert phone.expect("Which one?").endswith(f"like {first} {asked}")
        phone.text(f"{first} note heard")  # or a dispatcher is asked to read what comes next
        phone.expect("your note is kept")


def test_a_verdict_is_asked_for_until_it_is_given(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")
    for said in ("1", "scene", "clear"):
        phone.text(f"{call.code} {said}")
    for answer in ("it is yours", "you are on scene", "Was it the right team?"):
        phone.expect(answer)
    phone.text(f"{call.code} thx for all")
    phone.expect("Was it the right team?")
    phone.text(f"{call.code} 1")
    phone.expect("thank you, your answer is kept")
    phone.text(f"{call.code} thx for all")
    phone.expect("Thank you for your answer.")


def standing(world: World, call: Call) -> tuple[str, object]:
    (slot,) = world.dispatches(call)[0].slots
    return slot.state.value, slot.eta_at


def test_whoever_is_there_and_texts_what_leads_back_is_told_where_they_stand(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.text(f"{call.code} 1 ETA 10")
    phone.expect("it is yours")
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")
    with world.context.reading() as uow:
        at = f"{uow.now.astimezone(world.centre.policy.time_zone):%H:%M}"
    stood = standing(world, call)
    world.wait(minutes=4)

    for body in ("ETA 10", "on the way", "on the way 5 min", "accept", "accept ETA 10", "2"):
        phone.text(f"{call.code} {body}")
        phone.expect(f"{call.code}: you are on scene since {at}, nothing was changed.")
        assert standing(world, call) == stood, body
    assert unread(world) == []
    phone.text(f"{call.code} staged")  # stepping back to wait is no way back
    phone.expect("you wait near the scene")
    phone.text(f"{call.code} ETA 5")
    phone.expect("you arrive in 5 min")

    phone.text(f"{call.code} scene")
    phone.expect("you are on scene")
    phone.text(f"{call.code} transport")
    phone.expect("you are transporting")
    stood = standing(world, call)
    for body in ("ETA 10", "SCENE", "STAGED"):
        phone.text(f"{call.code} {body}")
        phone.expect("you are transporting since")
        assert standing(world, call) == stood, body

    phone.text(f"{call.code} clear")
    phone.expect("you are free")
    for body in ("ETA 10", "SCENE", "accept", "decline"):
        phone.text(f"{call.code} {body}")
        phone.expect(f"{call.code}: team has cleared, the call may go on. Nothing was changed.")


def test_an_eta_beside_a_yes_counts_though_the_call_is_theirs_already(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.expect("it is yours")
    phone.text(f"{call.code} accept ETA 10")
    phone.expect("you arrive in 10 min")
    assert standing(world, call)[0] == "en_route"


@pytest.mark.parametrize("word", ["scene", "clear", "withdraw"])
def test_nobody_is_told_that_they_are_where_another_is(world: World, word: str) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    call = world.call(CALM)
    world.ignores_texts("who is asked is another story")
    alpha.expect("Reply")
    world.wait(minutes=12)
    bravo.text(f"{call.code} 1")
    if word == "clear":
        bravo.text(f"{call.code} scene")
    bravo.text(f"{call.code} {word}")

    alpha.text(f"{call.code} {word}")
    said = alpha.inbox[-1]
    assert "you are" not in said.replace("ALARM RAISED, dispatch is told that you need help", "")
    assert "you are free" not in said


def test_yes_to_a_code_of_nobodys_is_told_so_at_once(world: World) -> None:
    (phone,) = world.team("MCT 1")
    phone.text("QQ7Q yes")
    phone.expect("No page of yours has this code")


def test_go_after_an_eta_asks_for_no_minutes_and_a_second_verdict_says_that_it_counts(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")
    for body, answer in (
        ("1", "it is yours"),
        ("ETA 10", "you arrive in 10 min"),
        ("GO", "you arrive in 10 min. On arrival reply"),
        ("CLEAR", "you are free"),
        ("1", "your answer is kept"),
        ("1", "your answer is kept"),
        ("3", "this answer counts instead of the one before"),
    ):
        phone.text(f"{call.code} {body}")
        phone.expect(answer)


def test_whoever_left_unsafe_is_told_one_story(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    world.ignores_texts("who is asked instead is another story")
    for body in ("1", "withdraw"):
        phone.text(f"{call.code} {body}")
    for body in ("PARTE", "CLEAR", "ETA 5"):
        phone.text(f"{call.code} {body}")
        assert phone.inbox[-1] == (
            f"{call.code}: you left because it was not safe. Nothing was changed."
        ), body


def test_a_cry_for_help_from_a_number_of_nobodys_is_read_first_and_answered_once(
    world: World,
) -> None:
    """It may be one of ours, on a telephone that is not theirs."""
    stranger = world.stranger()
    for body in ("K7QM need help", "need help"):
        stranger.text(body)
    for _ in range(unread_replies.MOST + 1):
        world.stranger().text("hello?")

    assert len(stranger.inbox) == 1
    assert "988" in stranger.inbox[0]
    with world.context.reading() as uow:
        first = [inbound.body for inbound, _ in unread_replies.waiting(uow)][:2]
    assert first == ["need help", "K7QM need help"]
    world.ignores_texts("what strangers are told is another story")

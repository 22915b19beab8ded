"""What is answered to texts that change nothing: what to type instead, and who reads them."""

from collections.abc import Sequence

from triage.domain.lifecycle import SlotState
from triage.domain.sms_replies import Reply, Verb
from triage.domain.texts import Text, gsm7, sms
from triage.domain.words import Spoken, listed


def unknown_code() -> Text:
    """The same for a code that never was and for somebody else's."""
    return sms("No page of yours has this code. Look at the page again. Nothing was changed.")


_SAID = {
    Verb.ACCEPT: "1",
    Verb.DECLINE: "2",
    Verb.EN_ROUTE: sms("ON THE WAY"),
    Verb.ON_SCENE: sms("SCENE"),
    Verb.STAGED: sms("STAGED"),
    Verb.TRANSPORT: sms("TRANSPORT"),
    Verb.REPLACE: sms("REPLACE"),
    Verb.WITHDRAW: sms("WITHDRAW"),
    Verb.CLEAR: sms("CLEAR"),
    Verb.ALL_CLEAR: sms("CLEAR"),
    Verb.NOTE: sms("NOTE ..."),
    Verb.ADDRESS: sms("ADDR"),
}


def nothing_changed() -> Text:
    return sms("Nothing was changed.")


def which_code(codes: Sequence[str], said: Reply) -> Text:
    """An answer without a code while several questions are open: the same again with one. Another
    word might do something else to the call whose code it names."""
    word = f"ETA {said.minutes or 10}" if said.verb is Verb.ETA else said.digit or 1
    return sms(
        "Which one? Open: %(codes)s. Reply with its code, like %(first)s %(word)s",
        codes=", ".join(codes),
        first=codes[0],
        word=_SAID.get(said.verb, word) if said.verb else word,
    )


def no_question() -> Text:
    return sms("No question is open for this phone. Nothing was changed.")


def need_code(code: str) -> Text:
    return sms("Nothing was changed. Reply %(code)s 1 to accept, %(code)s 2 to decline.", code=code)


def yes_is_not_an_answer(code: str) -> Text:
    """YES is a carrier's word for opting in and cannot accept a call."""
    return need_code(code)


def yours_already(code: str) -> Text:
    """YES from whoever has the call."""
    return sms(
        "%(code)s is yours already, nothing was changed. To answer a roster check"
        " reply %(code)s OK",
        code=code,
    )


def not_accepted(code: str) -> Text:
    return sms("You have not accepted %(code)s. Reply %(code)s 1 to accept.", code=code)


def is_there(code: str, state: SlotState, at: str) -> Text:
    """To whoever is on scene or further and texts what would lead back. at -- 14:02, local."""
    if state is SlotState.TRANSPORTING:
        return sms(
            "%(code)s: you are transporting since %(at)s, nothing was changed. When the person is "
            "handed over: %(code)s CLEAR. To be relieved: %(code)s REPLACE",
            code=code,
            at=at,
        )
    return sms(
        "%(code)s: you are on scene since %(at)s, nothing was changed. When done: %(code)s CLEAR. "
        "To be relieved: %(code)s REPLACE. Unsafe: %(code)s WITHDRAW",
        code=code,
        at=at,
    )


def answered_anew(code: str) -> Text:
    """A second answer to whether it was the right team."""
    return sms("%(code)s: thank you, this answer counts instead of the one before.", code=code)


def eta_noted(minutes: int) -> Text:
    """After what whoever accepts with a time is told."""
    return sms("Noted: ETA %(minutes)s min.", minutes=minutes)


def how_many_minutes(code: str) -> Text:
    return sms("How many minutes? Reply %(code)s ETA 10.", code=code)


def empty_note(code: str) -> Text:
    return sms("Write the note behind the word: %(code)s NOTE ...", code=code)


_DOING = sms(
    "GO, ETA 10, STAGED, SCENE, TRANSPORT, CLEAR, OK, ADDR, ASSIST, WITHDRAW, REPLACE, NOTE ..."
)
_ANY_CODE = sms("CODE")


def not_understood(asked: str | None = None, in_hand: str | None = None) -> Text:
    """With every word there is. asked -- the code of a page that waits for an answer;
    in_hand -- of the call that they have."""
    if asked and in_hand:
        return sms(
            "Not understood, nothing was changed. Reply %(asked)s 1=accept 2=decline, "
            "or %(code)s with %(words)s",
            asked=asked,
            code=in_hand,
            words=_DOING,
        )
    if in_hand:
        return sms(
            "Not understood, nothing was changed. Reply %(code)s with %(words)s",
            code=in_hand,
            words=_DOING,
        )
    return sms(
        "Not understood, nothing was changed. Reply %(code)s 1=accept 2=decline, %(words)s",
        code=asked or _ANY_CODE,
        words=_DOING,
    )


def left_to_a_person() -> Text:
    """The second text in a row that nothing could be made of."""
    return sms(
        "Not understood, nothing was changed. A dispatcher reads your text. Or phone dispatch."
    )


def help_once_more(desk_phone: str | None) -> Text:
    """To one HELP from somebody on no call: it may be a question to the carrier."""
    if desk_phone is None:
        return sms(
            "No alarm is raised yet. Send HELP again if you need help now, or ring dispatch."
        )
    return sms(
        "No alarm is raised yet. Send HELP again if you need help now, or ring %(phone)s.",
        phone=desk_phone,
    )


def desk_reads(answer: Spoken) -> Spoken:
    """To somebody on a call who wrote in words of their own. answer -- what they may type."""
    return listed(" ", [sms("The desk reads your text."), answer])


def last_answer(said: Spoken) -> Spoken:
    """As long as a phone texts what changes nothing, somebody has to read it."""
    return listed(" ", [said, sms("The next such texts get no answer: a dispatcher reads them.")])


def could_not_be_done() -> Text:
    """Acting on a text failed for a fault of ours."""
    return sms(
        "That could not be done, nothing was changed. A dispatcher reads it. Or phone dispatch."
    )


def refused(why: str) -> Text:
    """why -- a refusal's sentence, as screens say it too."""
    return Text("%(why)s", {"why": listed("", [why])})


def ambiguous(code: str | None = None) -> Text:
    return sms(
        "That says two things, nothing was changed. Send one, like %(code)s 1 or %(code)s 2",
        code=code or _ANY_CODE,
    )


def unknown_number(centre: str) -> Text:
    """To a phone that we cannot place: whoever it is may be in crisis."""
    return sms(
        "%(centre)s: nobody reads texts to this number. In danger call 911. "
        "To talk with somebody now call or text 988.",
        centre=gsm7(centre),
    )


def opted_in() -> Text:
    return sms("Texts to this phone are on again. You can be paged.")

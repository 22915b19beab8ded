"""Two versions of a sentence, compared for whoever has to approve the second."""

from triage.domain.rule_changes import changed_words


def said(before: str, after: str) -> str:
    signs = {"same": "", "removed": "-", "added": "+"}
    return "|".join(signs[one.kind] + one.text for one in changed_words(before, after))


def test_one_word_changes_in_its_sentence() -> None:
    assert said(
        "If a weapon is in hand: Police patrol.", "If a weapon is within reach: Police patrol."
    ) == ("If a weapon is|-in hand:|+within reach:|Police patrol.")


def test_words_that_only_come_or_only_go_strike_nothing_else_out() -> None:
    assert said("Send a team.", "Send a mobile team.") == "Send a|+mobile|team."
    assert said("Send a mobile team.", "Send a team.") == "Send a|-mobile|team."


def test_sentences_that_have_little_in_common_are_read_one_after_the_other() -> None:
    assert said("Nobody is sent.", "Two clinicians come at once.") == (
        "-Nobody is sent.|+Two clinicians come at once."
    )


def test_what_is_new_or_gone_is_so_as_a_whole() -> None:
    assert said("", "Send a team.") == "+Send a team."
    assert said("Send a team.", "") == "-Send a team."
    assert said("Send a team.", "Send a team.") == "Send a team."

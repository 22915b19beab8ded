"""What the command line understands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain import desk_commands as language
from triage.domain.errors import Refused
from triage.domain.words import Words, speak


def test_case_and_spaces_do_not_matter() -> None:
    read = language.read("  A k7qm  CIT 2 ")
    assert (read.verb.word, read.call, list(read.rest)) == ("a", "K7QM", ["CIT", "2"])
    assert language.meant("cit2", ["CIT 1", "CIT 2", "CIT 20"]) == ["CIT 2"]
    assert language.meant("cit", ["CIT 1", "CIT 2", "Mobile 1"]) == ["CIT 1", "CIT 2"]
    assert language.meant("", ["CIT 1"]) == []


def test_of_several_things_one_is_named_before_the_unit() -> None:
    names = [["Police patrol", "Patrulla"], ["Police negotiator"], ["Ambulance"]]

    def first(typed: str) -> tuple[int, list[str]] | None:
        return language.named_first(typed.split(), names)

    assert first("ambulance Medic 12") == (2, ["Medic", "12"])
    assert first("ambulance Ambulance 3") == (2, ["Ambulance", "3"])
    assert first("police patrol 4A12") == (0, ["4A12"])
    assert first("police neg Sam 1") == (1, ["Sam", "1"])
    assert first("patrulla 4A12") == (0, ["4A12"])
    assert first("police 4A12") is None
    assert first("Medic 12") is None


def test_a_code_alone_opens_its_call() -> None:
    assert language.read("k7qm").verb.word == "o"
    assert language.read("261126-VY2R7M").call == "261126-VY2R7M"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type a command"),
        ("assing k7qm cit2", "There is no command assing"),
        ("assign", "There is no command assign"),
        ("a", "Type: a CODE TEAM"),
        ("eta", "Type: eta CODE TEAM MINUTES"),
    ],
)
def test_what_cannot_be_read_says_what_to_type(typed: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        language.read(typed)


HOSPITAL = {
    "hospital_voluntary": Words.of(
        {"en": "Hospital, of their own will", "es": "Hospital, por voluntad propia"}
    ),
    "not_found": Words.of({"en": "Nobody found", "es": "No se encontró a nadie"}),
}


@pytest.mark.parametrize("typed", ["not", "nobody", "NOT FOUND", "no se enc", "no se encontro"])
def test_coded_reasons_go_by_their_first_letters_or_words(typed: str) -> None:
    assert language.one_code(typed.split(), HOSPITAL, "ending") == "not_found"


@pytest.mark.parametrize("typed", ["", "no one", "...", "n"])
def test_a_coded_reason_that_is_not_clear_is_asked_for_in_the_readers_words(typed: str) -> None:
    both = HOSPITAL | {"no_response": Words.of({"en": "No response", "es": "Nadie responde"})}
    with pytest.raises(Refused, match="Which ending") as refused:
        language.one_code(typed.split(), both, "ending")
    said = speak(str(refused.value), "es", lambda sentence: sentence)
    assert "not_found" in str(refused.value)
    assert "No se encontró a nadie" in said
    assert "not_found" not in said


@pytest.mark.parametrize(
    ("typed", "word"),
    [("sí k7qm", "yes"), ("Si k7qm", "yes"), ("ENVÍA k7qm", "send"), ("tablero", "board")],
)
def test_spanish_words_do_the_same(typed: str, word: str) -> None:
    assert language.read(typed).verb.word == word


def test_every_word_means_one_thing_in_both_languages() -> None:
    for verb in language.VERBS:
        assert language.verb_called(verb.word) is verb
        assert language.verb_called(verb.spanish) is verb


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(typed: str) -> None:
    try:
        read = language.read(typed)
    except Refused as refusal:
        said = str(refusal)
    else:
        said = read.verb.does + "."
    assert said.endswith(".")

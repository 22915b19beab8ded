"""What is pasted from ALI or a CAD goes into its fields; not a sign of it is lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triage.domain.pasted import FIELDS, read

ALI = """\
(202) 555-0142  14:05  11/27
WPH2
SMITH, ANA
      123
MILL LANE
APT 2B
RIVERBEND            PA
ESN 0417   PSAP RVB
LAT: +40.700112  LON: -75.300201
UNC=30 CF=90
"""
CAD = """\
Incident #: 26-004711   Priority: 3
Caller Name: Ana O'Neil | Phone: +1 202 555 0142
Address: 12 Mill Lane; City: Riverbend
Language: Spanish
Remarks: He walks to and fro & cries.
Unit A12 was there last week.
"""
EIDO = """\
{"$id": "urn:emergency:uid:incidentid:a56e556d871:bcf.state.pa.us",
 "callbackComponent": [{"callBackInformationUri": ["sip:8195551212@osp.com", "tel:8195551212"]}],
 "locationComponent": [{"locationByValue": "<ca:civicAddress> <A1>DE</A1> <A3>Wilmington</A3>
 <PRD>W</PRD> <RD>Main</RD> <STS>Street</STS> <HNO>42</HNO> <gml:pos>39.74 -75.55</gml:pos>"}],
 "personComponent": [{"nc:PersonFullName": "Ana O'Neil"}], "eidoVersion": "1.0"
"""


def found(text: str) -> dict[str, str]:
    return {one.field: one.value for one in read(text).found}


def test_the_lines_of_an_ali_screen() -> None:
    assert found(ALI) == {
        "caller_phone": "(202) 555-0142",
        "caller_name": "SMITH, ANA",
        "location": "123 MILL LANE, APT 2B, RIVERBEND PA",
        "position": "+40.700112, -75.300201",
        "service": "WPH2",
        "esn": "0417",
    }
    rest = read(ALI).rest
    assert "14:05  11/27" in rest
    assert "UNC=30 CF=90" in rest
    assert "MILL" not in rest
    assert read(ALI).words == "14:05  11/27\nPSAP RVB\nUNC=30 CF=90"


@pytest.mark.parametrize("service", ["WRLS", "WPH1", "WPH2"])
def test_the_address_of_a_cell_tower_is_doubted(service: str) -> None:
    doubted = [one for one in read(ALI.replace("WPH2", service)).found if one.doubt]
    assert [one.field for one in doubted] == ["location"]  # the position is the caller's
    assert "tower" in doubted[0].doubt
    assert not [one for one in read(ALI.replace("WPH2", "RESD")).found if one.doubt]


def test_a_cad_number_ends_where_something_else_begins() -> None:
    pasted = read("Event #: P26-0012345 | Priority 2\nLocation: 14 MILL LN")
    assert {one.field: one.value for one in pasted.found}["external_id"] == "P26-0012345"
    assert pasted.words == "| Priority 2"


def test_labels_with_their_values() -> None:
    assert found(CAD) == {
        "external_id": "26-004711",
        "caller_phone": "+1 202 555 0142",
        "caller_name": "Ana O'Neil",
        "location": "12 Mill Lane, Riverbend",
        "language": "es",
        "narrative": "He walks to and fro & cries.",
    }
    assert "Unit A12 was there last week." in read(CAD).rest
    assert "Priority: 3" in read(CAD).rest


def test_an_eido_even_a_broken_one() -> None:
    assert found(EIDO) == {
        "external_id": "a56e556d871",
        "caller_phone": "8195551212",
        "caller_name": "Ana O'Neil",
        "location": "42 W Main Street, Wilmington DE",
        "position": "39.74, -75.55",
    }
    assert read(EIDO).is_data
    assert '"eidoVersion": "1.0"' in read(EIDO).rest


@pytest.mark.parametrize("text", ["", " \n", "He cries.", "Call me at 5", "12 angry men\nhere"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert (found(text), read(text).rest) == ({}, text)


LINES = st.sampled_from(
    [
        "RP: Jane Doe 202-555-0178",
        "x 202-555-0142 ",
        "Caller: MARY O'NEIL Phone: 2025550111 ",
        "CBN 2025550142\n",
        *ALI.splitlines(True),
        *CAD.splitlines(True),
        *EIDO.splitlines(True),
        "{",
        "\r\n",
        "LAT: 99\n",
    ]
)


@given(st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=25).map("".join))
@example("x" * 20_010 + "Phone: 2025550142")
@example("LAT: \u0663.1  LON: 1")
def test_nothing_raises_and_no_sign_is_lost(text: str) -> None:
    pasted = read(text)
    assert "".join(piece for piece, _ in pasted.parts) == text
    left = sum(len(piece) for piece, taken in pasted.parts if taken) + len(pasted.rest)
    assert left == len(text)
    assert all(one.field in FIELDS and one.value.strip() for one in pasted.found)


NUMBERS = (
    # of the ALI, wherever on its line
    ("WPH2 (202) 555-0142 14:05 11/27", "(202) 555-0142"),
    ("SEQ 0417 14:05 202-555-0142 RESD\nSMITH, ANA", "202-555-0142"),
    ("RESD\nSMITH, ANA   202-555-0142\n123 MILL LANE", "202-555-0142"),
    ("RESD\n123 MILL LANE 202-555-0142\nRIVERBEND PA", "202-555-0142"),
    ("WPH2 +1 202-555-0142", "+1 202-555-0142"),
    ("(202) 511-0077 14:05\nWPH2 CBN (202)555-0142\n12 MILL LN", "(202)555-0142"),
    ("WPH2 CALLBK=2025550142 UNC=30", "2025550142"),
    ("WPH2 UNC=30 202-555-0142 CO=ATTMO 24X7 800-635-6840", "202-555-0142"),
    ("WPH2 202.555.0142 PSAP 202-555-0100 FAX 202-555-0101", "202.555.0142"),
    ("WPH2 202-555-0142 POLICE RVB 202-555-0100", "202-555-0142"),
    # of a CAD
    ("RP: Jane Doe 202-555-0142", "202-555-0142"),
    ("RP 4B: here\nCall back number: 2025550142", "2025550142"),
    ("Caller: 202-555-0142", "202-555-0142"),
    ("Incident: 26-004711 | Complainant: (202) 555-0142 Jane Doe", "(202) 555-0142"),
    # other numbers
    ("WPH2 26-004711 2026-11-29 14:05:31", None),
    ("WPH2 11/27/2026 11-27-2026 2026112914", None),
    ("WPH2 CAD 2026004711 INC 202-555-0142", None),
    ("WPH2 LAT 40.700112 LON -75.300201 P26-555-0142", None),
    ("RESD\n202 555 MILL LANE\nAPT 3333", None),
    ("RESD\n2025 5501 42ND STREET", None),
    ("WPH2 202-555-0142-03 1202-555-0142 C202-555-0142 202-555-01423", None),
    ("WPH2 SSN 123-45-6789 ID 202-555-0142 ESN 417", None),
    ("WPH2 800-635-6840 1-888-555-0142", None),
    ("WPH2 202.555.0142.1 10.202.555.0142", None),
)


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_the_number_to_call_back_and_no_other(text: str, number: str | None) -> None:
    assert found(text).get("caller_phone") == number
    assert not [one for one in read(text).found if one.doubt and one.field == "caller_phone"]


def test_a_name_or_a_street_before_a_number_is_found_as_well() -> None:
    ali = found("RESD\nSMITH, ANA   202-555-0142\n123 MILL LANE (202) 555-0100\nRIVERBEND PA")
    assert (ali["caller_name"], ali["location"]) == ("SMITH, ANA", "123 MILL LANE, RIVERBEND PA")
    assert found("RP: Jane Doe 202-555-0142")["caller_name"] == "Jane Doe"
    assert found("Caller: (202) 555-0142, Jane Doe")["caller_name"] == "Jane Doe"
    assert "caller_name" not in found("Caller: 202-555-0142 cell")
    both = "RP: Jane Doe 202-555-0178\nWPH2 CBN 202-555-0177"
    assert found(both)["caller_phone"] == "202-555-0177"
    assert found(both)["caller_name"] == "Jane Doe"
    assert "202-555-0178" in read(both).words


@pytest.mark.parametrize(
    "text",
    [
        "Her mother is at 202-555-0142, she cries.",
        "202-555-0142 and 202-555-0143 rang",
        "WPH2 202-555-0142 14:05 202-555-0143",
    ],
)
def test_a_number_of_which_nothing_says_whose_it_is_is_offered_in_doubt_and_stays(
    text: str,
) -> None:
    (number,) = [one for one in read(text).found if one.field == "caller_phone"]
    assert number.value == "202-555-0142"
    assert "caller's" in number.doubt
    assert "202-555-0142" in read(text).words


def test_short_labels_and_degrees_without_colons() -> None:
    text = "PH: 202-555-0142\nWPH2\n12 MILL LN\nLAT 40.69 LON -75.30 UNC 30\n"
    assert found(text) == {
        "caller_phone": "202-555-0142",
        "location": "12 MILL LN",
        "position": "40.69, -75.30",
        "service": "WPH2",
    }
    assert read(text).words == "UNC 30"
    assert found("LAT: 40.69 LON: -75.30")["position"] == "40.69, -75.30"
    assert "position" not in found("LAT 40.69 and nothing else")
    assert "position" not in found("LAT 140.69 LON -75.30")


def test_labels_on_one_line_with_one_space_between_them() -> None:
    who = {"caller_name": "MARY O'NEIL", "caller_phone": "2025550111"}
    for text in (
        "Caller: MARY O'NEIL Phone: 2025550111",
        "CALLER: MARY O'NEIL PHONE: 2025550111",
        "Phone: 2025550111 Caller: MARY O'NEIL",
    ):
        assert (found(text), read(text).words) == (who, "")
    line = "Name: Ana Phone: 2025550111 Address: 12 Mill Lane City: Riverbend Notes: He is loud"
    assert found(line) == {
        "caller_name": "Ana",
        "caller_phone": "2025550111",
        "location": "12 Mill Lane, Riverbend",
        "narrative": "He is loud",
    }


def test_what_people_tell_is_not_cut_at_a_word_that_looks_like_a_label() -> None:
    told = "Remarks: She says Name: Joe Phone: 202-555-0142"
    assert found(told)["narrative"] == told.removeprefix("Remarks: ")
    assert found("She says Caller: Ana Phone: 2025550111") == {}
    assert "location" not in found("Name: Ana Billing Address: 12 Mill Lane")


NEWCOMERS = """ALI 11/29/2026 15:31  ESN 412
SMITH, JOHN  call from (212) 555-0163 wireless  COS WPH2
12 Harbor Street APT 4
Riverbend  P# 212-511-0001
"""


def test_the_number_of_a_tower_is_nobodys_and_a_name_ends_before_calls_from() -> None:
    ali = found(NEWCOMERS)
    assert (ali["caller_phone"], ali["caller_name"]) == ("(212) 555-0163", "SMITH, JOHN")


@pytest.mark.parametrize(
    "text",
    [
        "ESN: 123\nAMBULANCE 303-555-0178\nSMITH",
        "ESN: 123\nPolice dept main line 202-555-0142",
        "do not call back 202-555-0142, he will hear it",
        "do not use callback 202-555-0142",
        "RP: anonymous. Subject Joe 202-555-0142",
        "Caller: worried about son 202-555-0142",
        "Caller: refused, fax 202-555-0142",
        "Caller: Ana Fax Phone: 202-555-0142",
        "Caller: Ana Patient's Phone: 202-555-0142",
    ],
)
def test_somebody_elses_number_is_never_ticked(text: str) -> None:
    phones = [one for one in read(text).found if one.field == "caller_phone"]
    assert all(one.doubt for one in phones)


def test_of_two_numbers_to_call_back_the_one_that_may_be_rung_counts() -> None:
    told = found("do not use callback 202-555-0142, he answers. Call back 303-555-0178")
    assert told["caller_phone"] == "303-555-0178"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Name: Ana Home Phone: 555-0142", "Ana"),
        ("Caller: MARY BROWN Cell Phone: 202-555-0142", "MARY BROWN"),
        ("Patient: JO BELL Work Number # 202-555-0142", "JO BELL"),
        ("Name: Ana Work\nfloor 2", "Ana Work"),
    ],
)
def test_a_label_that_is_not_known_is_no_part_of_a_name(text: str, name: str) -> None:
    kept = found(text)
    assert kept.get("caller_name") == name or kept.get("subject_name") == name

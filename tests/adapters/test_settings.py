"""Settings are checked as a whole."""

from pathlib import Path

import pytest

from triage.domain.keys import read_keys
from triage.settings import SettingsError, fresh_key, read_settings
from triage.storage.engine import open_engine

GOOD = {
    "TRIAGE_SECRET_KEY": "x" * 32,
    "TRIAGE_PUBLIC_URL": "https://triage.example.org",
    "TRIAGE_DATA_KEY": fresh_key("k1"),
    "TRIAGE_SMS": "simulator",
    "TRIAGE_DATABASE_URL": "sqlite:///x.sqlite",
}


def test_everything_that_is_missing_is_listed_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({"TRIAGE_SMS": "twilio", "PATH": "/bin"})

    for name in (
        "TRIAGE_SECRET_KEY",
        "TRIAGE_DATA_KEY",
        "TRIAGE_PUBLIC_URL",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_FROM",
    ):
        assert name in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("TRIAGE_SECRET_KEY", "short", "Shorter than minimum length 32"),
        ("TRIAGE_PUBLIC_URL", "triage.example.org", "Not a valid URL"),
        ("TRIAGE_DATA_KEY", "k1:AAAA", "has 3 bytes, 32 are needed"),
        ("TRIAGE_DATA_KEY", "k1", "write it as id:base64"),
        ("TRIAGE_SMS", "pigeon", "Must be one of"),
        ("TRIAGE_CONFIG", "/nonexistent.toml", "cannot be read"),
        ("TRIAGE_DATABASE_URL", "mysql://host/name", "write sqlite:///FILE"),
        ("TRIAGE_DATABASE_URL", "postgresql+psycopg://u@a:5432,b:5433/n", "for several hosts"),
        ("TRIAGE_STANDBY_URL", "sqlite:///y.sqlite", "on a standby of PostgreSQL"),
        ("TRIAGE_STANDBY_URL", "postgresql+psycopg://u@a/n", "which has to be PostgreSQL as well"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        read_settings(GOOD | {name: value})


TWILIO = {
    "TRIAGE_SMS": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM": "+15550100199",
}


@pytest.mark.parametrize(
    "sender",
    [
        {},
        {"TWILIO_FROM": "24273"},
        {"TWILIO_FROM": "", "TWILIO_MESSAGING_SERVICE_SID": "MG" + "0a" * 16},
    ],
)
def test_what_can_be_an_account_and_its_sender_is_taken(sender: dict[str, str]) -> None:
    assert read_settings(GOOD | TWILIO | sender).twilio is not None


def test_what_can_be_no_account_and_no_sender_is_refused_a_sentence_each() -> None:
    wrong = {
        "TWILIO_ACCOUNT_SID": "hello",
        "TWILIO_FROM": "555",
        "TWILIO_MESSAGING_SERVICE_SID": "AC" + "0" * 32,
        "TRIAGE_SECRET_KEY": "short",
    }
    with pytest.raises(SettingsError) as refusal:
        read_settings(GOOD | TWILIO | wrong)

    told = str(refusal.value)
    assert "TRIAGE_SECRET_KEY: " in told
    assert "TWILIO_ACCOUNT_SID: an account SID is AC and 32 hexadecimal digits" in told
    assert "TWILIO_MESSAGING_SERVICE_SID: a messaging service's SID is MG and 32" in told
    assert "TWILIO_FROM: write a number with its country, such as +15550100199" in told


@pytest.mark.parametrize("sender", ["15550100199", "+0155", "Harbor", "+1 555 010 0199", "1234567"])
def test_a_sender_that_nobody_can_answer_is_refused(sender: str) -> None:
    with pytest.raises(SettingsError, match="TWILIO_FROM: write a number"):
        read_settings(GOOD | TWILIO | {"TWILIO_FROM": sender})


def test_a_wrong_policy_value_names_its_place(tmp_path: Path) -> None:
    text = Path("config/settings.toml").read_text()
    file = tmp_path / "settings.toml"
    file.write_text(text.replace("lease_s = 15", "lease_s = 1").replace("America/New_York", "Moon"))

    with pytest.raises(SettingsError, match=r"settings.toml paging.lease_s"):
        read_settings(GOOD | {"TRIAGE_CONFIG": str(file)})


def test_several_hosts_are_written_as_the_refusal_says() -> None:
    url = "postgresql+psycopg://u@/n?host=a:5432&host=b:5433"
    settings = read_settings(GOOD | {"TRIAGE_DATABASE_URL": url})
    engine = open_engine(settings.database_url)

    _, arguments = engine.dialect.create_connect_args(engine.url)
    assert (arguments["host"], arguments["port"]) == ("a,b", "5432,5433")


def test_a_lease_lasts_for_all_that_is_asked_of_the_provider(tmp_path: Path) -> None:
    text = Path("config/settings.toml").read_text()
    file = tmp_path / "settings.toml"
    file.write_text(text.replace("provider_timeout_s = 5 ", "provider_timeout_s = 6 "))

    with pytest.raises(SettingsError, match="at least 3 times provider_timeout_s"):
        read_settings(GOOD | {"TRIAGE_CONFIG": str(file)})


def test_the_first_data_key_seals_and_all_open() -> None:
    settings = read_settings(GOOD | {"TRIAGE_DATA_KEY": f"{fresh_key('new')},{fresh_key('old')}"})

    assert settings.keys.sealing_key_id == "new"
    assert list(settings.keys.data_keys) == ["new", "old"]


def test_a_new_data_key_in_front_does_not_change_the_index() -> None:
    old = fresh_key("old")
    before = read_settings(GOOD | {"TRIAGE_DATA_KEY": old})
    after = read_settings(GOOD | {"TRIAGE_DATA_KEY": f"{fresh_key('new')},{old}"})

    assert before.keys.index_key == after.keys.index_key


def test_keys_do_not_show_themselves() -> None:
    key = fresh_key("k1")

    assert key.split(":")[1] not in repr(read_settings(GOOD | {"TRIAGE_DATA_KEY": key}).keys)


def test_the_same_key_id_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        read_keys(f"{fresh_key('a')},{fresh_key('a')}")

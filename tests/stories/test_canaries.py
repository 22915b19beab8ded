"""Words that stand nowhere else are planted in a call, and looked for wherever they must not be:
logs, texts before somebody has the call, addresses, what strangers read, rows in clear."""

import logging
import re
from uuid import uuid4

import pytest

from tests.stories.test_keys import stands_in_clear
from tests.typical_calls import UNARMED
from tests.world import Browser, Phone, World

CANARY = "Quetzalbird"
NUMBER = "2025550177"
TYPED = {
    "narrative": f"The {CANARY} took pills and sits and cries",
    "caller_name": f"{CANARY} Caller",
    "caller_phone": "202-555-0177",
    "location": f"9 {CANARY} Street",
    **{f"facts.{fact}": answer for fact, answer in UNARMED.items()},
}
OPEN_TO_STRANGERS = ("/livez", "/readyz", "/pagingz", "/metrics", "/sign-in", "/nothing-here")


def has_canary(text: str) -> bool:
    digits = re.sub(r"[^0-9a-f]", "", text.lower())
    return CANARY.lower() in text.lower() or NUMBER in digits


def takes_the_call(world: World, desk: Browser, addresses: list[str]) -> str:
    """Through the form; its reference."""
    form = {**TYPED, "form_key": str(uuid4()), "action": "send"}
    sent = desk.submit("/intake", form)
    assert sent.status_code == 303, sent.get_data(as_text=True)
    addresses.append(sent.headers["Location"])
    reference: str = sent.headers["Location"].split("/calls/")[1].split("?")[0]
    world.settle()
    return reference


def texts_and_rings(world: World, phones: list[Phone]) -> list[str]:
    rung = [ring.body for phone in phones for ring in phone.rings]
    return [text for phone in phones for text in phone.inbox] + rung


def test_no_planted_word_is_found_where_it_must_not_be(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    world.ignores_texts("all of them are read below")
    first, second = world.team("MCT 1"), world.team("MCT 2")
    desk, addresses = world.client("dispatcher"), list[str]()

    reference = takes_the_call(world, desk, addresses)
    world.wait(minutes=15)  # nobody answers, and others are asked
    asked = [phone for phone in first + second if phone.inbox]
    assert len(asked) == 2
    before = texts_and_rings(world, [*first, *second, world.desk])
    asked[0].text(f"{asked[0].code} 2 the {CANARY} is my neighbor")  # whoever says no tells why
    asked[-1].text(f"{asked[-1].code} 1")
    asked[-1].text(f"{asked[-1].code} NOTE {CANARY} is calm now")
    world.stranger().text(f"Is {CANARY} all right?")
    for path in (f"/calls/{reference}", "/board", "/past-calls", f"/calls/{reference}/sheet"):
        page = desk.get(path)
        addresses += re.findall(r'(?:href|src|action)="([^"]*)"', page.get_data(as_text=True))
    found = desk.submit("/past-calls", {"number": "202-555-0177", "place": TYPED["location"]})
    addresses.append(found.headers.get("Location", ""))

    assert has_canary(desk.get(f"/calls/{reference}").get_data(as_text=True))  # there it is wanted
    assert len(before) >= 2
    assert not [text for text in before if has_canary(text)]
    assert len(addresses) > 50
    assert not [one for one in addresses if has_canary(one) and not one.startswith("tel:")]
    stranger = world.client()
    for path in OPEN_TO_STRANGERS:
        assert not has_canary(stranger.get(path).get_data(as_text=True)), path
    assert not stands_in_clear(world, CANARY)
    logged = caplog.text + "".join(capsys.readouterr())
    assert CANARY not in logged
    assert NUMBER not in logged

"""Signing in and out, accounts, passwords and tokens, as people meet them."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.world import PASSWORD, Browser, World, settings_for
from triage.domain.errors import Refused
from triage.domain.policy import Policy
from triage.entrypoints.commands.people import users
from triage.services import api_tokens, passwords, people
from triage.storage.people import Account, SignIn

NEXT_PASSWORD = "seven quiet lanterns"


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return settings_for("sqlite://", tmp_path).policy


def sign_in(browser: Browser, username: str, password: str = PASSWORD) -> int:
    answer = browser.submit("/sign-in", {"username": username, "password": password})
    status: int = answer.status_code
    return status


def is_in(browser: Browser) -> bool:
    return bool(browser.get("/styleguide").status_code == 200)


def account_page(world: World, username: str) -> str:
    with world.context.reading() as uow:
        account = people.find_account(uow, username)
        assert account
        return f"/people/{account.id}"


def test_signing_in_and_out(world: World) -> None:
    browser = world.client()
    assert not is_in(browser)

    assert sign_in(browser, f"  {world.account('supervisor').upper()} ") == 302
    assert is_in(browser)
    assert "Test supervisor" in browser.get("/styleguide").text

    out = browser.submit("/styleguide", {}, to="/sign-out")
    assert out.headers["Clear-Site-Data"] == '"storage"'
    assert not is_in(browser)
    assert world.audited("sign_in.succeeded") == 1
    assert world.audited("sign_in.ended") == 1


def test_the_cookie_of_an_ended_session_opens_nothing_anywhere(
    world: World, another_world: Callable[[], World]
) -> None:
    browser, thief = world.client("dispatcher"), another_world().app.test_client()
    stolen = browser.client.get_cookie("triage")
    thief.set_cookie("triage", stolen.value)
    assert thief.get("/styleguide").status_code == 200

    browser.submit("/styleguide", {}, to="/sign-out")

    assert thief.get("/styleguide").status_code == 302


@pytest.mark.parametrize("ending", ["disable", "password"])
def test_an_administrator_ends_sessions_in_every_process(
    world: World, another_world: Callable[[], World], ending: str
) -> None:
    there = another_world().client("dispatcher")
    administrator = world.client("administrator")
    page = account_page(world, "test-dispatcher")
    assert is_in(there)

    administrator.submit(page, {"password": NEXT_PASSWORD}, to=f"{page}/{ending}")

    assert not is_in(there)
    assert sign_in(world.client(), "test-dispatcher") == 401


def test_a_session_ends_after_its_hours_however_busy(world: World) -> None:
    browser = world.client("dispatcher")
    for _ in range(11):
        world.wait(hours=1)
        assert is_in(browser)
    world.wait(minutes=61)
    assert not is_in(browser)


def test_being_there_is_written_once_a_minute(world: World) -> None:
    browser = world.client("dispatcher")

    def seen() -> object:
        with world.context.reading() as uow:
            return uow.session.scalar(select(SignIn.last_seen_at))

    first = seen()
    world.wait(seconds=30)
    is_in(browser)
    assert seen() == first
    world.wait(seconds=40)
    is_in(browser)
    assert seen() != first


def test_nobody_learns_why_a_sign_in_failed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown, wrong, closed and resting: one answer, and the same work behind it."""
    for name in ("open.one", "closed.one", "resting.one"):
        world.account("dispatcher", name)
    with world.context.unit_of_work("test") as uow:
        for name in ("closed.one", "resting.one"):
            account = people.find_account(uow, name)
            assert account
            if name == "closed.one":
                people.disable(uow, account)
            else:
                account.locked_until = uow.now + timedelta(minutes=5)
    hashed: list[str] = []
    verify = passwords._HASHER.verify
    monkeypatch.setattr(
        passwords, "_HASHER", SimpleNamespace(verify=lambda *a: hashed.append("") or verify(*a))
    )

    def answer(username: str, password: str) -> str:
        page = world.client().submit("/sign-in", {"username": username, "password": password})
        assert page.status_code == 401
        text = re.sub(r'value="[^"]*"|nonce="[^"]*"|content="[^"]*"', "", page.text)
        return text.replace(username, "")

    answers = {
        answer("nobody.here", PASSWORD),
        answer("open.one", "wrong password here"),
        answer("closed.one", PASSWORD),
        answer("resting.one", PASSWORD),
    }

    assert len(answers) == 1
    assert len(hashed) == 4
    assert world.audited("sign_in.failed") == 4


def test_nobodys_password_takes_as_long_as_anybodys() -> None:
    assert not passwords._HASHER.check_needs_rehash(passwords._NOBODYS)


def test_five_wrong_passwords_and_the_account_rests(
    world: World, another_world: Callable[[], World]
) -> None:
    """Counted in the database: two processes share the count. Who is in stays in."""
    working = world.client("dispatcher")
    doors = [world.client(), another_world().client()]
    for number in range(5):
        assert sign_in(doors[number % 2], "test-dispatcher", "not the password") == 401
    assert world.audited("account.locked") == 1

    assert sign_in(doors[0], "test-dispatcher") == 401
    assert is_in(working)
    world.wait(minutes=16)
    assert sign_in(doors[0], "test-dispatcher") == 302


def test_of_many_tries_at_once_each_is_counted(world: World) -> None:
    world.account("dispatcher")
    with world.context.reading() as uow:
        attempt = people.check_password(uow, "test-dispatcher", "not the password")

    def guess(_: int) -> str | None:
        return world.context.do("stranger", lambda uow: people.sign_in(uow, world.centre, attempt))

    with ThreadPoolExecutor(8) as crowd:
        assert set(crowd.map(guess, range(12))) == {None}

    assert world.audited("sign_in.failed") == 12
    assert world.audited("account.locked") == 1


def test_an_administrator_lets_a_resting_account_in(world: World) -> None:
    world.account("dispatcher")
    for _ in range(5):
        sign_in(world.client(), "test-dispatcher", "not the password")
    administrator = world.client("administrator")
    assert "Rests until" in administrator.get("/people").text
    page = account_page(world, "test-dispatcher")

    administrator.submit(page, {}, to=f"{page}/release")

    assert sign_in(world.client(), "test-dispatcher") == 302


@pytest.mark.parametrize(
    "username",
    ["admin\x00", "' or 1=1--", "%", "*", "a" * 10_000, "аdmin", "\ud800", "\u202eadmin"],
)
def test_odd_user_names_are_just_wrong(world: World, username: str) -> None:
    with world.context.reading() as uow:
        assert people.find_account(uow, username) is None
    assert sign_in(world.client(), username.encode("utf-8", "replace").decode()) == 401


def test_a_new_session_is_not_the_one_from_before(world: World) -> None:
    browser = world.client()
    browser.client.set_cookie("triage", "planted-by-somebody")
    sign_in(browser, world.account("dispatcher"))
    first = browser.client.get_cookie("triage").value
    other = {"username": world.account("supervisor"), "password": PASSWORD}
    browser.submit("/styleguide", other, to="/sign-in")

    assert len({first, browser.client.get_cookie("triage").value, "planted-by-somebody"}) == 3
    browser.client.set_cookie("triage", first)
    assert not is_in(browser)


def test_adding_an_account(world: World) -> None:
    administrator = world.client("administrator")
    form = {"name": "Jo Rivera", "username": "J.Rivera", "role": "clinician", "password": "short"}

    refused = administrator.submit("/people/new", form)
    assert refused.status_code == 422
    assert "Use at least 12 characters" in refused.text
    assert 'value="Jo Rivera"' in refused.text
    assert 'value="short"' not in refused.text

    administrator.submit("/people/new", {**form, "password": NEXT_PASSWORD})
    assert "j.rivera" in administrator.get("/people").text
    assert sign_in(world.client(), "j.rivera", NEXT_PASSWORD) == 302
    again = administrator.submit("/people/new", {**form, "password": NEXT_PASSWORD})
    assert "has this user name already" in again.text


def test_the_last_administrator_stays(world: World) -> None:
    administrator = world.client("administrator")
    page = account_page(world, "test-administrator")

    refused = administrator.submit(page, {}, to=f"{page}/disable")

    assert refused.status_code == 409
    assert "last administrator" in refused.text
    assert is_in(administrator)


def test_changing_ones_own_password(world: World) -> None:
    browser = world.client("clinician")
    wrong = {"password_now": "not the password", "password": NEXT_PASSWORD}
    assert "not your password" in browser.submit("/account/password", wrong).text

    browser.submit("/account/password", {"password_now": PASSWORD, "password": NEXT_PASSWORD})

    assert not is_in(browser)
    assert sign_in(browser, "test-clinician") == 401
    assert sign_in(browser, "test-clinician", NEXT_PASSWORD) == 302


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "eleven char",
        "x" * 129,
        "x" * 1_000_001,
        "111111111111",
        "121212121212",
        "123456789012",
        "password1234",
        "Password123!",
        "passwordpassword",
        "qwertyuiop123",
        "Welcome2026!!",
        "dispatcher911",
        "Riverbend2026!",
        "j.rivera.j.rivera",
    ],
)
def test_passwords_that_are_tried_first_are_refused(policy: Policy, password: str) -> None:
    with pytest.raises(Refused) as refusal:
        passwords.make_hash(policy, password, "j.rivera", "Jo Rivera")
    assert refusal.value.field == "password"
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("kept", "typed", "same"),
    [
        ("  spaces count  here ", "  spaces count  here ", True),
        ("  spaces count  here ", "spaces count  here", False),
        ("jalapen\u0303o mit Käse", "jalape\u00f1o mit Ka\u0308se", True),
        ("🐴🔋 staple and more", "🐴🔋 staple and more", True),
        ("with a \x00 inside it", "with a \x00 inside it", True),
        ("with a \x00 inside it", "with a ", False),
        ("Case Matters Here too", "case matters here too", False),
        ("correct horse battery staple", "correct horse battery staple", True),
        ("a surrogate \ud800 alone, odd", "a surrogate \ud800 alone, odd", True),
        ("x7" + "long enough " * 10, "x7" + "long enough " * 10, True),
    ],
)
def test_passwords_are_checked_exactly_as_set(
    policy: Policy, kept: str, typed: str, same: bool
) -> None:
    made = passwords.make_hash(policy, kept)

    assert "argon2id" in made
    assert passwords.matches(typed, made) is same


def test_a_password_changed_meanwhile_counts_no_more(world: World) -> None:
    world.account("dispatcher")
    with world.context.reading() as uow:
        attempt = people.check_password(uow, "test-dispatcher", PASSWORD)
    with world.context.unit_of_work("test") as uow:
        account = uow.session.scalars(select(Account)).one()
        people.set_password(uow, world.centre, account, NEXT_PASSWORD)

    with world.context.unit_of_work("stranger") as uow:
        assert people.sign_in(uow, world.centre, attempt) is None


def test_tokens_open_the_api_until_they_are_revoked(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        bearer = api_tokens.add(uow, "cad", ["calls:write"])
    with world.context.reading() as uow:
        tokens = api_tokens.in_use(uow)
        holder = api_tokens.holder(tokens, bearer)
        assert holder
        assert (holder.name, holder.scopes) == ("cad", {"calls:write"})
        assert bearer not in tokens
        for wrong in ("", bearer[:-1], bearer + "x", bearer.upper(), "ä\ud800"):
            assert api_tokens.holder(tokens, wrong) is None
        assert people.who_is(uow, world.centre, bearer) is None

    with world.context.unit_of_work("test") as uow:
        api_tokens.revoke(uow, "cad")
        assert api_tokens.holder(api_tokens.in_use(uow), bearer) is None


def test_a_session_is_no_token(world: World) -> None:
    cookie = world.client("dispatcher").client.get_cookie("triage").value
    with world.context.reading() as uow:
        assert api_tokens.holder(api_tokens.in_use(uow), cookie) is None
        assert uow.session.scalars(select(SignIn.token_hash)).one() != cookie


def test_the_operator_manages_accounts_by_command(world: World) -> None:
    tools = SimpleNamespace(context=lambda: world.context)

    def run(*arguments: str, typed: str = "") -> str:
        done = CliRunner().invoke(users, arguments, obj=tools, input=typed)
        assert done.exit_code == 0, done.output
        return done.output

    add = ("add", "J.Rivera", "--name", "Jo Rivera", "--role", "supervisor")
    run(*add, "--password-stdin", typed=f"{PASSWORD}\n")
    assert "j.rivera" in run("list")
    assert sign_in(world.client(), "j.rivera") == 302

    run("password", "j.rivera", typed=f"{NEXT_PASSWORD}\n{NEXT_PASSWORD}\n")
    assert sign_in(world.client(), "j.rivera", NEXT_PASSWORD) == 302

    bearer = run("tokens", "add", "cad", "--scope", "assess").strip()
    with world.context.reading() as uow:
        assert api_tokens.holder(api_tokens.in_use(uow), bearer)
    run("tokens", "revoke", "cad")

    run("disable", "j.rivera")
    assert "closed" in run("list")
    assert PASSWORD not in run("list")

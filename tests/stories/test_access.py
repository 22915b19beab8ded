"""Who gets in, what every answer carries, and that nothing typed is lost on the way."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.routing import Rule
from werkzeug.routing.converters import UUIDConverter

from tests.world import PASSWORD, World
from triage.context import attach
from triage.entrypoints import web
from triage.entrypoints.web import assets
from triage.entrypoints.web.access import csrf, roles_of, safe_next
from triage.services.people import ROLES
from triage.settings import SettingsError

OPEN = {
    "static",
    "sign_in.ask",
    "sign_in.sign_in",
    "sign_in.language",
    "sign_in.theme",
    "health.livez",
    "health.readyz",
    "health.pagingz",
    "health.metrics",
}
"""What strangers may ask for. Nothing gets in here by accident."""
CHECK_THEMSELVES = {"api", "sms", "voice", "simulator", "simulator_network", "page_link"}
"""Blueprints that ask for a bearer token, a provider's signature, this machine or the link of a
page's text instead."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"}
NEW_ACCOUNT = {"name": "Jo Rivera", "username": "j.rivera", "role": "dispatcher"}


def routes(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Every rule with an address that matches it and each of its methods."""
    for rule in app.url_map.iter_rules():
        values = {
            name: uuid4() if isinstance(kind, UUIDConverter) else 1
            for name, kind in rule._converters.items()
        }
        built = rule.build(values)
        assert built is not None
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield rule, method, built[1]


def blueprint(rule: Rule) -> str:
    return rule.endpoint.rpartition(".")[0]


def app_for(world: World, public_url: str) -> Flask:
    """The pages as they are served under another address."""
    app = Flask("triage", static_folder=None)
    settings = replace(world.context.settings, public_url=public_url)
    attach(app, replace(world.context, settings=settings))
    web.register(app)
    return app


def test_every_view_says_who_may_open_it(world: World) -> None:
    for rule, _, _ in routes(world.app):
        roles = roles_of(world.app, rule.endpoint)
        if rule.endpoint in OPEN or blueprint(rule) in CHECK_THEMSELVES:
            continue
        assert roles, f"{rule.endpoint} says nothing, so nobody may open it"
        assert roles <= set(ROLES), f"{rule.endpoint} is open to strangers and not listed"


def test_strangers_get_no_further_than_the_sign_in_page(world: World) -> None:
    stranger = world.app.test_client()
    for rule, method, path in routes(world.app):
        if rule.endpoint in OPEN or blueprint(rule) in CHECK_THEMSELVES:
            continue
        answer = stranger.open(path, method=method)
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/sign-in"), rule
        else:
            assert answer.status_code in {401, 403, 404}, (rule, method, answer.status_code)


def test_every_role_gets_only_what_is_open_to_it(world: World) -> None:
    browsers = {role: world.client(role).client for role in ROLES}
    for rule, method, path in routes(world.app):
        allowed = roles_of(world.app, rule.endpoint)
        if method != "GET" or not allowed <= set(ROLES):
            continue
        for role, browser in browsers.items():
            with browser.open(path) as answer:  # a stream that stays open keeps its place
                if role not in allowed:
                    assert answer.status_code == 403, (rule, role)
                    assert "Not open to you" in answer.text
                else:
                    assert answer.status_code != 403, (rule, role)


def test_a_view_that_says_nothing_is_closed(world: World) -> None:
    forgotten = app_for(world, "http://127.0.0.1:8000")
    forgotten.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    client = forgotten.test_client()
    world.account("supervisor")

    assert client.get("/forgotten").status_code == 302
    page = client.get("/sign-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    client.post(
        "/sign-in",
        data={
            "username": "test-supervisor",
            "password": PASSWORD,
            "csrf_token": token[1],
        },
    )
    assert client.get("/forgotten").status_code == 403


def test_no_form_counts_without_its_token(world: World) -> None:
    browsers = {role: world.client(role).client for role in ROLES}
    for rule, method, path in routes(world.app):
        allowed = roles_of(world.app, rule.endpoint) & set(ROLES)
        exempt = world.app.blueprints.get(blueprint(rule)) in csrf._exempt_blueprints
        if method == "GET" or exempt or (not allowed and rule.endpoint not in OPEN):
            continue
        browser = browsers[min(allowed)] if allowed else world.app.test_client()
        answer = browser.open(path, method=method)
        assert answer.status_code == 400, (rule, method)
        assert "has not been sent yet" in answer.text


def test_another_site_cannot_send_our_forms(world: World) -> None:
    browser = world.client("administrator")
    form = {**NEW_ACCOUNT, "password": "blue kettle walks north"}
    form["csrf_token"] = browser.csrf("/people/new")

    answer = browser.client.post("/people/new", data=form, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert "j.rivera" not in browser.get("/people").text


@pytest.mark.parametrize(
    ("sent_to", "page"),
    [
        ("/calls/261129-ABCDEF/dispatches/7/cancel", "/calls/261129-ABCDEF"),
        ("/calls/261129-ABCDEF/answers", "/calls/261129-ABCDEF"),
        ("/board/texts/01a226c4-e8f5-76c7-aa36-7e1f934236bb/noted", "/board"),
        ("/intake/assess", "/intake"),
    ],
)
def test_the_address_of_a_form_that_is_opened_again_leads_to_its_page(
    world: World, sent_to: str, page: str
) -> None:
    browser = world.client("dispatcher")
    sent_to = sent_to.replace("/7/", "/01a226c4-e8f5-76c7-aa36-7e1f934236bb/")

    answer = browser.get(sent_to)

    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert "This is the page of the form." in browser.get("/commands").text
    program = browser.get(sent_to, headers={"Accept": "application/json"})
    assert program.status_code == 405


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/people", 200),
        ("/styleguide", 200),
        ("/", 302),
        ("/nothing", 404),
        ("/sign-out", 200),
        ("triage.css", 200),
        ("/static/nothing.css", 404),
        ("/boom", 500),
    ],
)
def test_every_answer_carries_the_security_headers(
    world: World, path: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.client("administrator")
    if path == "/boom":
        path = "/people"
        monkeypatch.setattr("triage.services.people.accounts", lambda uow: 1 / 0)
    if path == "triage.css":
        with world.app.app_context():
            path = assets.asset(path)

    with browser.get(path) as answer:
        pass

    assert answer.status_code == status
    assert HEADERS.items() <= dict(answer.headers).items()
    assert set(answer.headers["Content-Security-Policy"].split("; ")) >= POLICY
    assert "camera=()" in answer.headers["Permissions-Policy"]
    if "/static/triage" not in path:
        assert answer.headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in answer.headers  # the test's address is http


def test_scripts_run_only_with_the_nonce_of_their_answer(world: World) -> None:
    browser = world.client("supervisor")
    seen = set()
    for path in ("/styleguide", "/teams"):
        answer = browser.get(path)
        nonce = re.search(r"script-src 'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
        assert nonce
        scripts = re.findall(r"<script[^>]*>", answer.text)
        assert scripts
        assert all(f'nonce="{nonce[1]}"' in script for script in scripts)
        seen.add(nonce[1])
    assert len(seen) == 2


def test_templates_leave_style_and_behaviour_to_files() -> None:
    folder = Path(web.__file__).parents[2] / "templates"
    inline = re.compile(r"<[a-z][^>]*\s(style|on[a-z]+)=|<(script|style)(?![^>]*nonce)")
    for file in folder.rglob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
        assert not inline.search(text), file.name


def test_over_https_cookies_and_headers_insist_on_it(world: World) -> None:
    world.account("dispatcher")
    client = app_for(world, "https://triage.example.org").test_client()
    home = "https://triage.example.org"
    page = client.get("/sign-in", base_url=home)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token

    answer = client.post(
        "/sign-in",
        base_url=home,
        data={
            "username": "test-dispatcher",
            "password": PASSWORD,
            "csrf_token": token[1],
        },
    )

    assert answer.status_code == 302
    for cookie in [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]:
        assert cookie.startswith("__Host-"), cookie
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; ")), cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/ok\r\nSet-Cookie: x=1",
        "evil",
        "",
        "/" + "a" * 5000,
    ],
)
def test_what_is_no_path_of_ours_leads_home(wanted: str) -> None:
    assert safe_next(wanted) == "/"


def test_signing_in_leads_nowhere_but_here(world: World) -> None:
    me = {"username": world.account("supervisor"), "password": PASSWORD}

    for wanted in ("//evil.example", "https://evil.example/", "/\\evil.example"):
        answer = world.client().submit("/sign-in", {**me, "next": wanted})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_signing_in_goes_on_to_where_one_was_going(world: World) -> None:
    world.account("supervisor")
    stranger = world.client()
    asked = stranger.get("/teams?zone=Harbor&when=now")
    assert asked.headers["Location"] == "/sign-in?next=/teams%3Fzone%3DHarbor%26when%3Dnow"

    page = stranger.get(asked.headers["Location"]).text

    assert 'name="next" value="/teams?zone=Harbor&amp;when=now"' in page


def test_a_script_is_told_in_json(world: World) -> None:
    stranger = world.app.test_client()
    for headers in ({"Sec-Fetch-Dest": "empty"}, {"Accept": "application/json"}):
        answer = stranger.get("/teams", headers=headers)
        assert answer.status_code == 401
        assert answer.content_type == "application/problem+json"
        assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_an_unknown_host_is_refused(world: World) -> None:
    answer = world.app.test_client().get("/sign-in", base_url="http://evil.example")

    assert answer.status_code == 400
    assert "evil.example" not in answer.text + str(answer.headers)


def test_too_much_at_once_is_refused_in_words(world: World) -> None:
    browser = world.client("administrator")

    answer = browser.client.post("/people/new", data={"name": "x" * 2_000_001})

    assert answer.status_code == 413
    assert "too long to take" in answer.text


def test_a_failure_shows_a_number_and_no_insides(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.client("administrator")
    monkeypatch.setattr("triage.services.people.accounts", lambda uow: 1 / 0)

    answer = browser.get("/people")

    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "ZeroDivision" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("asked", ["who_is", "accounts"])
def test_a_lost_database_is_told_in_plain_words(
    world: World, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.client("administrator")

    def lost(*_: object) -> None:
        raise OperationalError("SELECT secrets", {}, Exception("connection refused"))

    monkeypatch.setattr(f"triage.services.people.{asked}", lost)
    answer = browser.get("/people")

    assert answer.status_code == 503
    assert "Go on by telephone and radio" in answer.text
    assert "SELECT" not in answer.text


def test_what_was_typed_survives_a_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = world.client("supervisor")
    monkeypatch.setattr("triage.services.rosters.add_team", lambda *_: 1 / 0)

    answer = browser.submit("/teams/new", {"name": "CIT 7", "calls_at_once": "1"})

    assert answer.status_code == 500
    action, fields = form_of(answer.text)
    assert (action, fields["name"]) == ("/teams/new", "CIT 7")


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the page's own form goes, and the fields that stand hidden in it."""
    form = re.search(r'<main.*?<form action="([^"]+)"(.*?)</form>', page, re.DOTALL)
    assert form
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[2])
    return form[1], {name: unescape(value) for name, value in hidden}


def test_an_outdated_form_is_sent_with_one_more_click(world: World) -> None:
    browser = world.client("administrator")
    typed = {**NEW_ACCOUNT, "password": "blue kettle walks north", "csrf_token": "outdated"}

    refused = browser.client.post("/people/new", data=typed)

    assert refused.status_code == 400
    assert "blue kettle" not in refused.text  # a password is asked for again
    action, fields = form_of(refused.text)
    assert fields["username"] == "j.rivera"
    browser.client.post(action, data={**fields, "password": "blue kettle walks north"})
    assert "j.rivera" in browser.get("/people").text


def test_what_was_typed_survives_an_ended_sign_in(world: World) -> None:
    """Half an hour of typing, the sign-in ends meanwhile: one sign-in later it is all there."""
    browser = world.client("supervisor")
    typed = {"name": "CIT <9>", "responses": "mobile_crisis", "calls_at_once": "1"}
    typed["csrf_token"] = browser.csrf("/teams/new")
    world.wait(hours=13)

    interrupted = browser.client.post("/teams/new", data=typed)
    assert interrupted.status_code == 401
    action, fields = form_of(interrupted.text)
    assert action == "/sign-in"
    me = {"username": "test-supervisor", "password": "wrong"}
    again = browser.client.post(action, data={**fields, **me})
    action, fields = form_of(again.text)
    me["password"] = PASSWORD
    signed_in = browser.client.post(action, data={**fields, **me})

    assert (
        "Nothing you typed is lost. If it is yours and still true, send it now." in signed_in.text
    )
    action, fields = form_of(signed_in.text)
    assert action == "/teams/new"
    sent = browser.client.post(action, data=fields)
    assert sent.status_code == 302, sent.text
    assert "CIT &lt;9&gt;" in browser.get("/teams").text


def test_static_files_may_be_kept_because_their_name_changes_with_the_content(world: World) -> None:
    client = world.app.test_client()
    sheet = re.search(r'href="(/static/triage-\w+\.css)"', client.get("/sign-in").text)
    assert sheet

    with client.get(sheet[1]) as plain:
        words = plain.data
        assert "immutable" in plain.headers["Cache-Control"]
        assert "Content-Encoding" not in plain.headers
        assert plain.headers["Vary"] == "Accept-Encoding"
    with client.get(sheet[1], headers={"Accept-Encoding": "gzip, br"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.mimetype == "text/css"
        assert gzip.decompress(packed.data) == words
    with client.get("/static/manifest.json") as inner:
        assert inner.status_code == 404
        assert inner.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "site", "packed"),
    [
        ("/intake", "none", True),
        ("/intake", "same-origin", True),
        ("/intake?guess=token", "cross-site", False),
        ("/intake", "same-site", False),
        ("/intake", None, False),
        ("/board", "same-origin", False),
    ],
)
def test_a_page_is_compressed_only_where_no_other_site_asked_for_it(
    world: World, path: str, site: str | None, packed: bool
) -> None:
    headers = {"Accept-Encoding": "gzip"} | ({"Sec-Fetch-Site": site} if site else {})

    answer = world.client("dispatcher").get(path, headers=headers)

    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == ("gzip" if packed else None)
    page = gzip.decompress(answer.data) if packed else answer.data
    assert b"</html>" in page
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_without_built_assets_the_start_says_what_to_do(tmp_path: Path) -> None:
    app = Flask("triage", root_path=str(tmp_path), static_folder=None)

    with pytest.raises(SettingsError, match=r"are not built .* run `make assets`"):
        assets.register(app)


def test_the_colours_stay_as_chosen(world: World) -> None:
    browser = world.client()

    answer = browser.submit("/sign-in", {"theme": "dark", "next": "/sign-in"}, to="/theme")

    assert answer.headers["Location"] == "/sign-in"
    assert 'data-theme="dark"' in browser.get("/sign-in").text
    browser.submit("/sign-in", {"theme": "<script>"}, to="/theme")
    assert 'data-theme="dark"' in browser.get("/sign-in").text

"""Supervisors read the rules, change them, approve each other's changes, and go back."""

import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from tests.world import Browser, World
from triage.services import people, rule_sets
from triage.storage.audit import AuditEntry
from triage.storage.calls import AssessmentRecord, Call
from triage.storage.rule_sets import Publication, RuleDraft, RuleSetVersion

NAME = "county-default"
HERE = f"/rules/{NAME}"
NAMES = {"a.ames": "Ann Ames", "b.brown": "Bo Brown", "c.clark": "Cleo Clark"}
PANHANDLING = {
    "problem_type": "panhandling",
    "consciousness": "alert",
    "violence_now": "none",
    "weapon": "none_seen",
    "attempt_in_progress": "no",
}
"""A call that outreach workers take with 40 points, while 30 are enough."""


def live_text(world: World) -> str:
    with world.context.reading() as uow:
        return rule_sets.live_version(uow, NAME).yaml


def live_sha(world: World) -> str:
    with world.context.reading() as uow:
        return rule_sets.live_version(uow, NAME).sha256


def with_another_threshold(world: World, label: str = "changed-1", points: int = 45) -> str:
    """The live rules with outreach at 45 points, without the examples that say otherwise."""
    text = live_text(world)
    text = re.sub(r"^version: .*$", f'version: "{label}"', text, count=1, flags=re.MULTILINE)
    text = re.sub(r"\n  homeless_outreach: \d+", "", text)
    text = text.replace("\n  default: 30\n", f"\n  homeless_outreach: {points}\n  default: 30\n")
    wrong = {
        finding.line
        for finding in world.centre.reader.check_rule_set(text, world.centre.vocabulary)
        if "example" in finding.message
    }
    lines = text.split("\n")
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in wrong)


def supervisor(world: World, username: str = "a.ames") -> Browser:
    browser = world.client("supervisor", username)
    with world.context.unit_of_work("test") as uow:
        account = people.find_account(uow, username)
        assert account is not None
        account.name = NAMES[username]
    return browser


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found.group(1) if found else ""


def opened(browser: Browser, path: str = f"{HERE}/draft") -> str:
    return text_of(browser.get(path))


def press(browser: Browser, seen: str, to: str, **fields: Any) -> Any:
    """Send the form of a page as it was `seen`, with these fields filled in."""
    kept = {name: hidden(seen, name) for name in ("csrf_token", "version", "live")}
    return browser.client.post(to, data={**kept, **fields})


def send(
    browser: Browser, text: str, button: str = "", seen: str | None = None, **fields: Any
) -> Any:
    """Fill in the draft's page and press a button. `seen` -- the page as it was opened."""
    return press(browser, seen or opened(browser), f"{HERE}/draft{button}", yaml=text, **fields)


def approve(browser: Browser, seen: str | None = None) -> Any:
    return press(browser, seen or opened(browser, f"{HERE}/approve"), f"{HERE}/approve")


def publish(world: World, text: str) -> None:
    assert send(supervisor(world), text, "/ask").status_code == 302
    assert approve(supervisor(world, "b.brown")).status_code == 302


def draft(world: World) -> RuleDraft:
    with world.context.reading() as uow:
        return uow.session.scalars(select(RuleDraft)).one()


def nothing_is_drafted(world: World) -> bool:
    with world.context.reading() as uow:
        return uow.session.scalar(select(RuleDraft)) is None


def decided(world: World, call: Call) -> AssessmentRecord:
    with world.context.reading() as uow:
        record = uow.session.scalar(
            select(AssessmentRecord).where(AssessmentRecord.call_id == call.id)
        )
        assert record is not None
        return record


def text_of(answer: Any) -> str:
    text: str = answer.get_data(as_text=True)
    return text


# --- reading ----------------------------------------------------------------------------


def test_the_list_says_what_is_live_and_since_when(world: World) -> None:
    page = text_of(world.client("dispatcher").get("/rules"))

    assert NAME in page
    assert live_sha(world)[:12] in page
    assert "shipped with the service" in page
    assert "Decides calls" in page


def test_the_live_rules_stand_as_sentences_with_reason_and_source(world: World) -> None:
    page = text_of(world.client("dispatcher").get(HERE))

    with world.context.reading() as uow:
        rules = rule_sets.live(uow, world.centre, NAME)
    for rule in rules.rules:
        assert f'id="{rule.id}"' in page
    assert "must come." in page
    assert "As long as that cannot be said, the rule" in page
    assert "IMMEDIATE</strong>, within 10 min" in page
    assert "Points needed" in page
    assert all(f'id="source-{source.key}"' in page for source in rules.sources)
    assert "When no rule decides" in page
    assert "Change it" not in page  # a dispatcher reads
    assert "Change it" in text_of(supervisor(world).get(HERE))


def test_every_shipped_set_has_its_page(world: World) -> None:
    browser = world.client("dispatcher")
    with world.context.reading() as uow:
        names = rule_sets.names(uow)
    assert len(names) > 1
    for name in names:
        assert browser.get(f"/rules/{name}").status_code == 200


def test_the_list_tells_scope_sources_and_departures_of_every_set(world: World) -> None:
    page = text_of(world.client("dispatcher").get("/rules"))

    assert page.count("Illustration, ") == page.count('/try"') - 1
    assert page.count("Complete, ") == 1
    assert "#departures" in page
    assert f'href="{HERE}#sources"' in page
    assert "not medical advice" in page
    star = text_of(world.client("dispatcher").get("/rules/denver-star"))
    assert 'id="departures"' in star
    assert 'href="/rules/denver-star/try"' in star


def test_a_case_is_tried_under_an_illustration_beside_the_rules_that_decide(world: World) -> None:
    browser, path = world.client("dispatcher"), "/rules/denver-star/try"
    assert 'id="tried"' not in text_of(browser.get(path))

    answer = browser.submit(path, facts(PANHANDLING) | {"facts.weapon": "in_hand"})

    assert answer.status_code == 200
    tried = text_of(answer).split('id="tried"')[1]
    assert "By denver-star" in tried
    assert "By county-default" in tried
    assert "CIT co-responder" in tried
    assert 'value="in_hand" selected' in tried
    assert not all_of(world, Call)
    assert not all_of(world, RuleDraft)
    own = text_of(browser.submit(f"{HERE}/try", facts(PANHANDLING)))
    assert own.count("<h2>By county-default</h2>") == 1
    for fields in NO_CASES:
        assert "not a case yet" in text_of(browser.submit(path, fields)), fields


NOWHERE = [
    "/rules/nobody",
    "/rules/a%00b",
    "/rules/nobody/versions",
    f"{HERE}/versions/{'0' * 64}",
    f"{HERE}/versions/%00",
    f"{HERE}/versions/%00/yaml",
    "/rules/nobody/draft",
    "/rules/nobody/try",
    "/rules/%00/try",
    "/rules/%00/draft",
    "/rules/nobody/approve",
    f"{HERE}/approve",
]


def test_what_does_not_exist_is_not_found(world: World) -> None:
    browser = supervisor(world)
    for path in NOWHERE:
        assert browser.get(path).status_code == 404, path


def test_only_supervisors_change_rules(world: World) -> None:
    for role in ("dispatcher", "clinician", "administrator"):
        browser = world.client(role)
        assert browser.get(f"{HERE}/draft").status_code == 403
        assert browser.get(f"{HERE}/approve").status_code == 403
        token = browser.csrf("/account/password")
        for path in ("draft", "draft/ask", "draft/upload", "draft/try", "draft/discard", "approve"):
            answer = browser.client.post(f"{HERE}/{path}", data={"csrf_token": token, "yaml": "x"})
            assert answer.status_code == 403
    assert nothing_is_drafted(world)


# --- from a change to the next call -----------------------------------------------------


def test_a_threshold_changed_and_approved_decides_the_next_call(world: World) -> None:
    earlier = world.call(PANHANDLING)
    assert decided(world, earlier).response == "homeless_outreach"
    before = live_sha(world)

    answer = send(supervisor(world), with_another_threshold(world), "/ask")
    assert answer.headers["Location"] == f"{HERE}/approve"
    assert decided(world, world.call(PANHANDLING)).response == "homeless_outreach"

    second = supervisor(world, "b.brown")
    page = text_of(second.get(f"{HERE}/approve"))
    assert "homeless_outreach: 45" in page
    assert "Written by <strong>Ann Ames</strong>" in page
    answer = approve(second, page)
    assert answer.headers["Location"] == HERE

    later = world.call(PANHANDLING)
    assert decided(world, later).response != "homeless_outreach"
    assert decided(world, later).rule_set_sha256 == live_sha(world) != before
    assert decided(world, earlier).rule_set_sha256 == before
    assert nothing_is_drafted(world)
    page = text_of(second.get(f"{HERE}/versions"))
    assert page.index("changed-1") < page.index(before[:12])
    assert "approved by Bo Brown" in text_of(second.get("/rules"))
    for _ in range(2):
        world.desk.expect("nobody is left to ask")


def test_the_words_that_change_are_shown_within_their_sentence(world: World) -> None:
    text = with_another_threshold(world).replace("\n  homeless_outreach: 45", "")
    send(supervisor(world), text.replace("\n  default: 30\n", "\n  default: 31\n"), "/ask")
    page = text_of(supervisor(world, "b.brown").get(f"{HERE}/approve"))
    assert "Any other response needs <del>30</del> <ins>31</ins> points." in page


def test_publishing_a_set_that_decides_nothing_does_not_say_that_it_does(
    world: World, tmp_path: Any
) -> None:
    path = "/rules/denver-star"
    with world.context.reading() as uow:
        text = rule_sets.live_version(uow, "denver-star").yaml
    changed = re.sub(r"^version: .*$", 'version: "changed-1"', text, count=1, flags=re.MULTILINE)
    author, second = supervisor(world), supervisor(world, "b.brown")
    seen = opened(author, f"{path}/draft")
    assert "Below stands the current version" in seen
    assert press(author, seen, f"{path}/draft/ask", yaml=changed).status_code == 302

    page = opened(second, f"{path}/approve")
    assert "1 line new, 1 gone" in page
    assert "Calls are decided by county-default, as before." in page
    assert "every call from then on" not in page
    press(second, page, f"{path}/approve")

    page = opened(second, path)
    assert "It can be tried and compared. Calls are decided by county-default." in page
    assert "The next call is decided by it" not in page
    assert "Current" in page
    assert ">Live<" not in page
    assert "Live now" not in opened(second, f"{path}/versions")
    again = changed.replace("changed-1", "changed-2")
    result = run(world, tmp_path, again, "a.ames", "b.brown")
    assert "is published: it can be tried. Calls are decided by county-default." in result.output


def test_another_process_decides_by_it_too(world: World, another_world: Any) -> None:
    other: World = another_world()
    assert decided(other, other.call(PANHANDLING)).response == "homeless_outreach"

    publish(world, with_another_threshold(world))

    assert decided(other, other.call(PANHANDLING)).response != "homeless_outreach"
    world.desk.expect("nobody is left to ask")


def test_the_author_cannot_approve(world: World) -> None:
    author = supervisor(world)
    send(author, with_another_threshold(world), "/ask")
    page = text_of(author.get(f"{HERE}/approve"))
    assert "another supervisor must approve" in page
    assert "Approve and publish" not in page

    version = draft(world).version
    answer = press(author, page, f"{HERE}/approve", version=version)

    assert answer.status_code == 422
    assert "a second person must approve" in text_of(answer).lower()
    assert world.audited("rules.published") == count_of_seeds(world)


def test_a_reason_to_send_back_outlives_the_draft(world: World) -> None:
    author, reader = supervisor(world), supervisor(world, "b.brown")
    send(author, with_another_threshold(world), "/ask")
    seen = opened(reader, f"{HERE}/approve")
    press(author, opened(author), f"{HERE}/draft/discard")
    gone = press(reader, seen, f"{HERE}/send-back", reason="Too soon for the night shift")
    assert gone.status_code == 409
    assert "Not sent back." in text_of(gone)
    assert "Too soon for the night shift" in text_of(gone)


def test_the_other_supervisors_are_told_and_send_it_back_with_a_reason(world: World) -> None:
    author, reader = supervisor(world), supervisor(world, "b.brown")
    send(author, with_another_threshold(world), "/ask")
    waits = f"1 change of rules waits for you: {NAME}."

    for page in (HERE, "/rules", "/shifts", "/board"):
        assert waits in opened(reader, page)
        assert waits not in opened(author, page)
    assert waits not in opened(world.client("dispatcher"), "/rules")
    seen = opened(reader, f"{HERE}/approve")
    assert press(author, opened(author), f"{HERE}/send-back", reason="Mine").status_code == 422
    assert "Write why it goes back" in text_of(
        press(reader, seen, f"{HERE}/send-back", reason="  ")
    )
    why = "45 is <too> much\0 at night"  # what no database keeps is left out
    assert press(reader, seen, f"{HERE}/send-back", reason=why).status_code == 302

    assert waits not in opened(reader, "/board")
    told = f"Your change of the rules {NAME} was sent back."
    assert told in opened(author, "/board")
    assert told not in opened(reader, "/board")
    assert "45 is &lt;too&gt; much at night" in opened(author)
    assert approve(reader).status_code == 409  # nobody asks for it any more
    assert press(reader, seen, f"{HERE}/send-back", reason="Once more").status_code == 409
    with world.context.reading() as uow:
        (entry,) = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.event == "rules.sent_back")
        )
    assert "too" not in str(entry.details)

    send(author, with_another_threshold(world, points=40), "/ask")
    assert told not in opened(author, "/board")
    for page in (f"{HERE}/approve", f"{HERE}/draft", f"{HERE}/versions"):
        assert "Bo Brown sent back a change by Ann Ames" in opened(reader, page)
    assert "Asked for by Ann Ames" in opened(reader)
    assert approve(reader).status_code == 302
    assert "45 is &lt;too&gt; much at night" in opened(author, f"{HERE}/versions")


def count_of_seeds(world: World) -> int:
    with world.context.reading() as uow:
        return len(rule_sets.names(uow))


def test_editing_withdraws_approval(world: World) -> None:
    author, second = supervisor(world), supervisor(world, "b.brown")
    text = with_another_threshold(world)
    send(author, text, "/ask")
    read = text_of(second.get(f"{HERE}/approve"))
    send(author, text)  # saving what stands there already edits nothing
    assert draft(world).state == "awaiting_approval"

    send(author, text + "# one more thought\n")

    assert draft(world).state == "editing"
    answer = approve(second, read)
    assert answer.status_code == 409
    assert "changed this draft meanwhile" in text_of(answer)
    assert "nobody has asked for approval yet" in text_of(second.get(f"{HERE}/approve"))
    assert live_text(world) != text


def test_a_change_based_on_an_older_version_is_compared_first(world: World) -> None:
    first = live_sha(world)
    author, second = supervisor(world), supervisor(world, "b.brown")
    publish(world, with_another_threshold(world, "changed-1", 41))
    text = with_another_threshold(world, "changed-2", 44)
    send(author, text, "/ask")
    read = text_of(second.get(f"{HERE}/approve"))
    back = f"{HERE}/versions/{first}/go-back"
    assert press(second, opened(second, back), back).status_code == 302

    answer = approve(second, read)

    assert answer.status_code == 409
    assert "compare them first" in text_of(answer)
    page = text_of(author.get(f"{HERE}/draft"))
    assert "Another version was published" in page
    assert press(author, page, f"{HERE}/draft/catch-up").status_code == 302
    assert send(author, text, "/ask").status_code == 302
    assert approve(second).status_code == 302
    assert live_text(world) == text


def test_two_supervisors_editing_at_once_lose_nothing(world: World) -> None:
    first, second = supervisor(world), supervisor(world, "b.brown")
    send(first, with_another_threshold(world, "changed-1"))
    seen = text_of(second.get(f"{HERE}/draft"))
    send(first, with_another_threshold(world, "changed-2"))

    answer = send(second, with_another_threshold(world, "changed-3"), seen=seen)

    page = text_of(answer)
    assert answer.status_code == 409
    assert "ann ames saved this draft" in page.lower()
    assert page.count("changed-3") >= 2  # in the text, and among the differences
    assert "changed-2" in draft(world).yaml
    assert send(second, with_another_threshold(world, "changed-3"), seen=page).status_code == 302
    assert draft(world).edited_by == "b.brown"


def test_saving_what_was_not_changed_says_that_there_is_no_draft(world: World) -> None:
    browser = supervisor(world)
    assert send(browser, live_text(world)).status_code == 302
    page = opened(browser)
    assert "Nothing was changed, so there is no draft." in page
    assert "The draft is saved." not in page
    assert nothing_is_drafted(world)


def test_a_draft_begun_while_another_version_went_live_is_not_saved_over_it(world: World) -> None:
    late = supervisor(world, "c.clark")
    seen = text_of(late.get(f"{HERE}/draft"))
    publish(world, with_another_threshold(world))

    answer = send(late, live_text(world) + "# mine\n", seen=seen)

    assert answer.status_code == 409
    assert "another version was published" in text_of(answer).lower()
    assert nothing_is_drafted(world)


NOT_FIT: list[tuple[Callable[[str], str], str]] = [
    (lambda text: text, "There is no draft"),
    (lambda text: text + "# only a remark\n", "has been published already"),
    (lambda text: text.replace("rule_set: county-default", "rule_set: other"), "this draft is"),
    (lambda text: text.replace("scope: complete", "scope: illustration"), "not asked for"),
    (lambda text: text.replace("because:", "becuase:", 1), "mend the text first"),
]


def test_what_may_not_go_live_is_not_put_to_anybody(world: World) -> None:
    author = supervisor(world)
    text = live_text(world)
    for change, said in NOT_FIT:
        answer = send(author, change(text), "/ask")

        assert answer.status_code == 422, said
        assert said in text_of(answer)
        assert nothing_is_drafted(world) or draft(world).state == "editing"


def test_examples_that_fail_are_findings_with_their_line(world: World) -> None:
    text = live_text(world).replace(
        "\n  default: 30\n", "\n  homeless_outreach: 45\n  default: 30\n"
    )

    answer = send(supervisor(world), text, "/ask")

    page = text_of(answer)
    assert answer.status_code == 422
    assert "example “" in page
    assert "homeless_outreach" in page
    assert re.search(r'data-line="\d+"', page)


def test_the_draft_lists_its_rules_with_their_lines_also_where_it_does_not_load(
    world: World,
) -> None:
    browser = supervisor(world)
    lines = live_text(world).split("\n")
    number = lines.index("  - id: not-breathing-normally") + 1
    assert f'data-line="{number}" data-column="1">not-breathing-normally</a>' in opened(browser)

    broken = "\n".join(["nonsense: [", *lines])
    page = text_of(send(browser, broken, "/ask"))
    assert f'data-line="{number + 1}" data-column="1">not-breathing-normally</a>' in page
    assert "1. Life first: ambulance" in page


def test_a_finding_leads_to_the_other_rule_that_it_names(world: World) -> None:
    text = live_text(world)
    first = re.search(r"  - id: hurt\n(?:    .*\n)+", text)
    assert first
    twice = first[0].replace("id: hurt", "id: hurt-again")
    send(supervisor(world), text.replace(first[0], first[0] + twice))

    page = opened(supervisor(world))
    line = text.split("\n").index("  - id: hurt") + 1
    assert "hurt-again never matters: it repeats hurt" in page
    assert f'data-line="{line}" data-column="1">hurt, line {line}</a>' in page


def test_throwing_a_draft_away(world: World) -> None:
    author = supervisor(world)
    send(author, with_another_threshold(world))
    page = opened(author)

    answer = press(author, page, f"{HERE}/draft/discard")

    assert answer.status_code == 302
    assert nothing_is_drafted(world)
    answer = press(author, page, f"{HERE}/draft/discard")
    assert answer.status_code == 404


# --- going back ---------------------------------------------------------------------------


def test_going_back_needs_a_second_look_and_is_immediate(world: World) -> None:
    first, text = live_sha(world), live_text(world)
    publish(world, with_another_threshold(world))
    browser = supervisor(world, "c.clark")
    path = f"{HERE}/versions/{first}/go-back"
    page = text_of(browser.get(path))
    assert "becomes live at once" in page
    assert "homeless_outreach: 45" in page
    assert live_sha(world) != first

    answer = press(browser, page, path)

    assert answer.status_code == 302
    assert live_sha(world) == first
    assert live_text(world) == text
    assert decided(world, world.call(PANHANDLING)).response == "homeless_outreach"
    assert "Cleo Clark went back to it" in text_of(browser.get(f"{HERE}/versions"))
    again = press(browser, page, path)
    assert again.status_code == 422
    assert "is live now" in text_of(again)
    world.desk.expect("nobody is left to ask")


def test_going_back_from_a_version_that_is_not_live_any_more(world: World) -> None:
    first = live_sha(world)
    publish(world, with_another_threshold(world, "changed-1", 41))
    path = f"{HERE}/versions/{first}/go-back"
    browser = supervisor(world, "c.clark")
    seen = opened(browser, path)
    publish(world, with_another_threshold(world, "changed-2", 42))

    answer = press(browser, seen, path)

    assert answer.status_code == 409
    assert "another version was published meanwhile" in text_of(answer).lower()


def test_an_earlier_version_is_read_and_downloaded_byte_for_byte(world: World) -> None:
    first, text = live_sha(world), live_text(world)
    publish(world, with_another_threshold(world))
    browser = world.client("dispatcher")

    page = text_of(browser.get(f"{HERE}/versions/{first}"))
    assert "This version is not live" in page
    answer = browser.get(f"{HERE}/versions/{first}/yaml")
    assert answer.data.decode() == text
    assert rule_sets.sha256(answer.data.decode()) == first
    assert "attachment" in answer.headers["Content-Disposition"]


def test_what_an_earlier_release_let_through_is_still_shown_but_does_not_come_back(
    world: World,
) -> None:
    text = with_another_threshold(world, "older").replace(
        "\nexamples:\n",
        "\nexamples:\n  - name: It does not hold today\n    facts: {consciousness: unconscious}\n"
        "    expect: {response: crisis_line}\n",
    )
    sha = rule_sets.sha256(text)
    with world.context.unit_of_work("test") as uow:
        uow.add(
            RuleSetVersion(
                name=NAME,
                label="older",
                sha256=sha,
                vocabulary_sha256=world.centre.vocabulary.sha256,
                yaml=text,
                written_by="a.ames",
                approved_by="b.brown",
            )
        )
    browser, path = supervisor(world), f"{HERE}/versions/{sha}"

    assert "must come." in opened(browser, path)
    seen = opened(browser, f"{path}/go-back")
    assert "needs 45 points" in seen
    answer = press(browser, seen, f"{path}/go-back")
    assert answer.status_code == 422
    assert "It does not hold today" in text_of(answer)


# --- what people type and send ------------------------------------------------------------


def upload(browser: Browser, data: bytes, seen: str | None = None, **fields: str) -> Any:
    file = (io.BytesIO(data), "rules.yaml")
    return press(browser, seen or opened(browser), f"{HERE}/draft/upload", file=file, **fields)


def test_a_file_takes_the_place_of_the_draft(world: World) -> None:
    author = supervisor(world)
    text = with_another_threshold(world)

    answer = upload(author, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert answer.status_code == 302
    assert draft(world).yaml == text
    assert "It loads, and its examples hold" in opened(author)


NOT_RULE_SETS: list[tuple[bytes, int, str]] = [
    (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", 2, "not text in UTF-8"),
    ("rule_set: a\n".encode("utf-16"), 1, "UTF-16"),
    (b"rule_set: a\nversion: 1\n\xff", 3, "not text in UTF-8"),
    (b"rule_set: a\nrules:\n\t- id: x\n", 3, "a tab"),
    (b"rule_set: a\nrules: [1, 2\n", 3, "a comma is missing before this"),
    (b"rule_set: a\nrule_set: b\n", 2, "twice"),
    (b"a: &x [1]\nb: *x\n", 1, "an anchor"),
    (b"rule_set: a\nx: \0\n", 2, "cannot be shown"),
    (b"PK\x03\x04\x14\x00", 1, "cannot be shown"),
    (b"", 1, "empty"),
    (b"# nothing\n", 1, "empty"),
    (b"Dear all, please find attached", 1, "rule set"),
    (b"a: 1\n---\nb: 2\n", 2, "second document"),
    (b"x" * (1024 * 1024 + 1), 1, "at most 1,048,576"),
]
"""A file, the line where it stops being one, and the reason."""


def test_a_file_that_is_not_a_rule_set_is_refused_with_line_and_reason(world: World) -> None:
    author = supervisor(world)
    kept = with_another_threshold(world)
    send(author, kept)
    seen = opened(author)
    for data, line, said in NOT_RULE_SETS:
        answer = upload(author, data, seen, yaml=kept + "# typed meanwhile\n")

        page = text_of(answer)
        assert answer.status_code == 422, data[:40]
        assert "This file is not a rule set" in page
        assert f"Line {line}, column" in page, data[:40]
        assert said in page, data[:40]
        assert "# typed meanwhile" in page
    assert draft(world).yaml == kept


def test_no_file_chosen(world: World) -> None:
    author = supervisor(world)

    answer = send(author, live_text(world), "/upload")

    assert answer.status_code == 422
    assert "Choose a file first" in text_of(answer)
    assert send(author, "x" * 2_100_000).status_code == 413


WRONG = {
    "empty": "",
    "a comment": "# nothing",
    "not YAML": "a: [1, 2",
    "two documents": "a: 1\n---\nb: 2",
    "a tab": "a:\n\t- b",
    "a bomb": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
    "itself": "a: &a [*a]",
    "deep": "[" * 3000,
    "a tag": "!!python/object/apply:os.system ['true']",
    "a merge key": "<<: {a: b}",
    "NUL": "a: b\0c\n",
    "bells": "a: \x07\x1b[31m\n",
    "right to left": "a: \u202eabc\u2066\n",
    "emoji": "rule_set: 🚑🚑\n",
    "markup": "a: </textarea><script>alert(1)</script>\n",
    "template": "title: '{{ config }} {% raw %}'\n",
    "a list": "- 1\n- 2\n",
    "a word": "hello",
    "many lines": "a\n" * 30_000,
    "a long line": "a: " + "x" * 200_000,
    "too big": "# " + "x" * 300_000,
    "line ends": "a: 1\r\nb: 2\rc: 3\n",
    "odd line ends": "a: 1\u2028b: 2\u0085\n\n\n",
}


def test_a_wrong_text_is_kept_with_its_findings(world: World) -> None:
    author = supervisor(world)
    page = opened(author)
    for what, text in WRONG.items():
        assert send(author, text, seen=page).status_code == 302, what
        kept = draft(world)
        whole = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\u2400")
        assert kept.yaml == whole, what
        answer = author.get(f"{HERE}/draft")
        page = text_of(answer)
        assert answer.status_code == 200, what
        assert "To be mended: " in page, what
        assert re.search(r"Line \d+, column \d+", page), what
        assert "<script>alert" not in page
        assert send(author, text, "/ask", page).status_code == 422, what
        assert send(author, text, "/try", page).status_code == 200, what
        assert author.get(f"{HERE}/approve").status_code == 200, what
    assert decided(world, world.call(PANHANDLING)).response == "homeless_outreach"
    world.desk.expect("nobody is left to ask")


def test_findings_name_line_column_and_what_was_probably_meant(world: World) -> None:
    author = supervisor(world)
    text = live_text(world).replace("\n    if_unknown:", "\n    if_unkown:", 1)
    line = text[: text.index("if_unkown")].count("\n") + 1

    send(author, text)

    page = text_of(author.get(f"{HERE}/draft"))
    assert f'data-line="{line}" data-column="5"' in page
    assert "if_unknown" in page


# --- trying a case --------------------------------------------------------------------------


def tried(browser: Browser, text: str, seen: str | None = None, **fields: Any) -> tuple[str, str]:
    """What the draft and what the live version make of a case."""
    answer = send(browser, text, "/try", seen, **fields)
    assert answer.status_code == 200
    page = text_of(answer).split('id="tried"')[1].split("</section>\n  </section>")[0]
    parts = page.split('aria-label="Under the live version')
    return parts[0], parts[1].split("</section>")[0]


def facts(answers: Mapping[str, str]) -> dict[str, str]:
    return {f"facts.{name}": value for name, value in answers.items()}


def test_a_case_is_decided_under_draft_and_live_side_by_side(world: World) -> None:
    author = supervisor(world)
    calls = len(all_of(world, Call))

    under_draft, under_live = tried(author, with_another_threshold(world), **facts(PANHANDLING))

    label = world.centre.vocabulary.responses["homeless_outreach"].label()
    assert label in under_live
    assert f"<strong>{label}</strong>" not in under_draft
    assert "Asking for money is a need" in under_live
    assert f"{label}: 40 of 30 needed, enough" in under_live
    assert f"{label}: 40 of 45 needed, too few" in under_draft
    assert len(all_of(world, Call)) == calls


def all_of(world: World, kind: type[Any]) -> list[Any]:
    with world.context.reading() as uow:
        return list(uow.session.scalars(select(kind)))


def test_a_case_is_pasted_as_json(world: World) -> None:
    case = {
        "facts": {"weapon": "in_hand", "problem_type": "public_disturbance"},
        "narrative": "knife",
    }

    under_draft, under_live = tried(
        supervisor(world), live_text(world) + "# mine\n", case_json=json.dumps(case)
    )

    assert "Why" in under_draft
    assert under_draft.count("<li>") > 1
    assert "IMMEDIATE" in under_live


NO_CASES: list[dict[str, str]] = [
    {"case_json": "{"},
    {"case_json": "[1]"},
    {"case_json": "null"},
    {"case_json": "[" * 100_000},
    {"case_json": '{"facts": {"wepon": "in_hand"}}'},
    {"case_json": '{"facts": {"weapon": 1e999}}'},
    {"case_json": '{"situation": {"now": "yesterday"}}'},
    {"case_json": '{"facts": {"weapon": "in_hand", "weapon": "none_seen"}}'},
    {"case_now": "later"},
    {"facts.weapon": "bazooka"},
    {"facts.last_contact_hours": "many"},
    {"away": "nobody"},
    {"case_narrative": "x" * 30_000},
]


def test_what_is_no_case_is_said(world: World) -> None:
    author, text = supervisor(world), live_text(world)
    seen = opened(author)
    for fields in NO_CASES:
        under_draft, under_live = tried(author, text, seen, **fields)

        assert "not a case yet" in under_draft, fields
        assert "not a case yet" in under_live


def test_a_case_tells_of_teams_and_time(world: World) -> None:
    author = supervisor(world)
    night = {
        "case_now": "2026-11-24T03:00",
        "case_narrative": "🚑 مرحبا",
        "facts.problem_type": "welfare_check",
    }

    for away in ([], ["co_responder"]):
        under_draft, _ = tried(author, live_text(world), **night, away=away)
        assert "Why" in under_draft


def test_trying_saves_what_was_typed(world: World) -> None:
    author = supervisor(world)
    text = with_another_threshold(world)

    send(author, text, "/try", **facts(PANHANDLING))

    assert draft(world).yaml == text


# --- the command line -------------------------------------------------------------------------


def run(world: World, tmp_path: Any, text: str | bytes, written: str, approved: str) -> Any:
    from click.testing import CliRunner

    from triage.entrypoints.commands.publish import publish as command

    class Tools:
        def context(self) -> Any:
            return world.context

    file = tmp_path / "rules.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    arguments = [str(file), "--written-by", written, "--approved-by", approved]
    return CliRunner().invoke(command, arguments, obj=Tools())


def test_publishing_a_file_needs_two_supervisors(world: World, tmp_path: Any) -> None:
    world.account("supervisor", "a.ames")
    world.account("supervisor", "b.brown")
    world.account("dispatcher", "d.dunn")
    text = with_another_threshold(world)

    for written, approved in (("a.ames", "a.ames"), ("a.ames", "d.dunn"), ("nobody", "b.brown")):
        assert run(world, tmp_path, text, written, approved).exit_code != 0
    assert live_text(world) != text

    result = run(world, tmp_path, text, "a.ames", "b.brown")

    assert result.exit_code == 0
    assert "is live from now on" in result.output
    assert live_text(world) == text
    newest = max(all_of(world, Publication), key=lambda it: it.created_at)
    assert (newest.published_by, newest.why) == ("b.brown", "approved")


def test_publishing_a_wrong_file_says_where(world: World, tmp_path: Any) -> None:
    world.account("supervisor", "a.ames")
    world.account("supervisor", "b.brown")

    result = run(world, tmp_path, b"rule_set: a\nx: \xff", "a.ames", "b.brown")

    assert result.exit_code == 2
    assert "rules.yaml:2:4: error:" in result.output

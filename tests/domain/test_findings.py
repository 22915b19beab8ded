"""What every screen says of what was found."""

from triage.domain.findings import KINDS, told, told_in_the_field


def test_nothing_found_is_nothing_told() -> None:
    assert told([]) == []


def test_all_that_stops_paging_is_one_line_with_what_to_do_about_the_worst() -> None:
    (line,) = told(["timers_late", "no_worker"])

    assert line.stops_paging
    assert line.text.startswith("PAGING DOES NOT WORK: no worker is running. Ring the teams by")
    assert line.more.endswith("tell your supervisor. Found too: due steps are late.")


def test_what_does_not_stop_paging_is_told_apart_and_calmly() -> None:
    lines = told(["backup_old", "provider"])

    assert [line.stops_paging for line in lines] == [True, False]
    assert "PAGING" not in lines[1].text


def test_whoever_is_paged_is_told_what_stops_paging_and_what_they_do_themselves() -> None:
    (line,) = told_in_the_field(["backup_old", "no_watcher", "disk_full"])

    assert line.text == (
        "PAGING DOES NOT WORK: the database has no room for another call."
        " Keep telephone and radio on: dispatch rings you."
    )
    assert line.more.endswith("and that you need help.")
    assert told_in_the_field(["backup_old"]) == []


def test_every_finding_says_what_to_do_at_the_telephone_and_how_to_mend_it() -> None:
    for kind in KINDS.values():
        assert kind.to_do.endswith(".")
        assert kind.mend.endswith(".") or kind.mend.endswith("?")
        assert not kind.what.endswith(".")


def test_the_words_stay_the_same_while_the_same_is_wrong() -> None:
    assert told(["parked", "no_worker"]) == told(["no_worker", "parked", "parked"])

"""Whom a running sender must not message: what others find out meanwhile reaches it, whatever the clocks say."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN, OptOut, OptOutReason, Subject
from mensageria_pipeline.sending.suppression_cache import SuppressionCache
from mensageria_pipeline_tests.needs import missing_faketime, need

_BURY_AND_SUPPRESS = """
import sys
from pathlib import Path
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.suppressions import OptOut, OptOutReason, Subject
list = Ledger(Path(sys.argv[1])).suppressions
dead = {"address_key": "dead", "mode": "live", "channel": "push", "reason": "UNREGISTERED", "campaign": "b"}
list.add_dead_addresses([dead])
list.suppress([OptOut("left", Subject.ADDRESS, "push", "", OptOutReason.OPTED_OUT, "x")])
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def _dead(*names: str, mode: str = "live") -> list[dict[str, str]]:
    return [
        {"address_key": name, "mode": mode, "channel": "push", "reason": "UNREGISTERED", "campaign": "b"}
        for name in names
    ]


def _message(address_key: str) -> Message:
    values = dict.fromkeys(Message._fields, "")
    return Message(**values | {"address_key": address_key, "channel": "push"})  # type: ignore[arg-type]


@pytest.mark.parametrize("shift", ["-1h", "+1h"])
def test_a_clock_that_is_set_back_hides_nobody_from_a_running_sender(ledger: Ledger, shift: str) -> None:
    """The clock of the machine, or of another container, is corrected while campaigns run."""
    need(missing_faketime())
    now = 0.0
    forbidding = SuppressionCache(ledger, Mode.LIVE, "a", lambda: now)
    command = ["faketime", "-f", shift, sys.executable, "-c", _BURY_AND_SUPPRESS, str(ledger.folder)]
    subprocess.run(command, check=True)
    assert forbidding.code(_message("dead")) is None, "not looked at yet"
    now += 60
    forbidding.refresh()
    assert forbidding.code(_message("dead")) == "dead_address"
    assert forbidding.code(_message("left")) == "opted_out"


def test_what_was_seen_is_not_read_again(ledger: Ledger) -> None:
    """A list of a million dead addresses must not be read every two seconds."""
    found = ledger.suppressions.suppression_set(Mode.LIVE, "a")
    ledger.suppressions.add_dead_addresses(_dead("one"))
    first = ledger.suppressions.added(Mode.LIVE, "a", found.mark)
    ledger.suppressions.add_dead_addresses(_dead("one", "two"))
    second = ledger.suppressions.added(Mode.LIVE, "a", first.mark)
    assert [set(each.addresses) for each in (first, second)] == [{"one"}, {"two"}]
    assert not ledger.suppressions.added(Mode.LIVE, "a", second.mark)
    assert set(ledger.suppressions.suppression_set(Mode.LIVE, "a").addresses) == {"one", "two"}


def test_the_other_mode_moves_the_mark_and_is_not_seen(ledger: Ledger) -> None:
    """A simulated death says nothing about an address."""
    mark = ledger.suppressions.suppression_set(Mode.LIVE, "a").mark
    ledger.suppressions.add_dead_addresses(_dead("s", mode="simulated"))
    news = ledger.suppressions.added(Mode.LIVE, "a", mark)
    assert not news
    assert news.mark.dead == 1


def test_nobody_is_missed_while_many_are_written(ledger: Ledger) -> None:
    """A number is seen only once all before it are: writers wait for each other, the reader for none."""
    writers, each = 4, 25

    def write(writer: int) -> None:
        own = Ledger(ledger.folder).suppressions
        for number in range(each):
            own.add_dead_addresses(_dead(f"{writer}-{number}-x", f"{writer}-{number}-y"))
            own.suppress(
                [OptOut(f"{writer}-{number}", Subject.PERSON, "push", EVERY_CAMPAIGN, OptOutReason.LISTED, "x")]
            )

    found = ledger.suppressions.suppression_set(Mode.LIVE, "a")
    addresses, people = set(found.addresses), set(found.people)
    with ThreadPoolExecutor(writers) as pool:
        writing = [pool.submit(write, writer) for writer in range(writers)]
        while not all(each.done() for each in writing):
            found = ledger.suppressions.added(Mode.LIVE, "a", found.mark)
            addresses |= set(found.addresses)
            people |= set(found.people)
    found = ledger.suppressions.added(Mode.LIVE, "a", found.mark)
    assert all(each.result() is None for each in writing)
    assert (len(addresses | set(found.addresses)), len(people | set(found.people))) == (200, 100)


def test_dead_addresses_of_an_older_ledger_count_and_new_ones_come_after_them(ledger: Ledger) -> None:
    """The file gets its numbers when it is opened; a crash in between is repeated."""
    assert ledger.key
    ledger.suppressions.add_dead_addresses(_dead("old"))
    with sqlite3.connect(ledger.folder / "control.db") as file:
        file.execute("DROP INDEX ix_suppressions_seq")
        file.execute("ALTER TABLE suppressions DROP COLUMN seq")
        file.execute("UPDATE ledger_facts SET value = '4' WHERE name = 'schema_version'")
    file.close()
    opened = Ledger(ledger.folder).suppressions
    found = opened.suppression_set(Mode.LIVE, "a")
    assert set(found.addresses) == {"old"}
    opened.add_dead_addresses(_dead("old", "new"))
    assert set(opened.added(Mode.LIVE, "a", found.mark).addresses) == {"new"}

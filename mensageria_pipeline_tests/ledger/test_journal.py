"""The ledger: append-only lines, leases without clocks, fences, orders, and older files."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger import Ledger, journal
from mensageria_pipeline.ledger import ledger as ledger_module
from mensageria_pipeline.ledger.campaign_lease import lease_campaign, take_shard
from mensageria_pipeline.ledger.journal import Event, Journal, Line
from mensageria_pipeline.ledger.leases import CAMPAIGN, Keeper, Lease, LeaseState, Watch, new_owner
from mensageria_pipeline.ledger.ledger import OperatorCommand
from mensageria_pipeline.storage.times import LedgerTimes
from mensageria_pipeline_tests.waiting import wait_until


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def line(message_id: str, event: str, attempt: int = 1) -> Line:
    return Line(message_id, "live", attempt, event, 1)


def test_what_was_appended_is_there_for_another_process(tmp_path: Path) -> None:
    """The last line that settles decides; a mode never answers for the other."""
    shard = Journal(tmp_path).shard(0, token=1)
    shard.append([line("m", Event.ATTEMPTING.value), line("n", Event.ATTEMPTING.value)])
    shard.append([line("m", "accepted"), line("n", Event.THROTTLED.value)])
    shard.close()
    states = Journal(tmp_path).states(Mode.LIVE)
    assert [states.outcome(name) for name in "mno"] == ["accepted", "pending", None]
    assert Journal(tmp_path).states(Mode.SIMULATED).final == {}


@pytest.mark.parametrize("count", [1, 3, 31, 257, 1_000])
def test_no_line_is_lost_between_statements_of_many_and_of_few(tmp_path: Path, count: int) -> None:
    """Lines are written in blocks; every count fits."""
    shard = Journal(tmp_path).shard(0, token=1)
    shard.append([line(str(number), "accepted") for number in range(count)])
    shard.close()
    assert len(Journal(tmp_path).states(Mode.LIVE).final) == count


def test_lines_of_all_shards_are_ordered_by_token(tmp_path: Path) -> None:
    """A message may be written to another shard in the next run: the later lease decides, not the clock."""
    for number, token, event in ((1, 1, "expired"), (0, 2, Event.REOPENED.value), (1, 3, "accepted")):
        shard = Journal(tmp_path).shard(number, token)
        shard.append([line("m", event, attempt=0)])
        shard.close()
    assert Journal(tmp_path).states(Mode.LIVE).outcome("m") == "accepted"


def test_a_reopened_message_is_pending_and_keeps_its_attempts(tmp_path: Path) -> None:
    """Another attempt gets another number."""
    shard = Journal(tmp_path).shard(0, token=1)
    shard.append([line("m", Event.ATTEMPTING.value), line("m", "rejected"), line("m", Event.REOPENED.value, 0)])
    shard.close()
    states = Journal(tmp_path).states(Mode.LIVE)
    assert states.outcome("m") == "pending"
    assert states.unsettled["m"].attempts == 1


def test_a_fenced_shard_refuses_the_older_holder(tmp_path: Path) -> None:
    """Whoever was thought dead and wakes up writes nothing more."""
    old, new = Journal(tmp_path).shard(0, token=1), Journal(tmp_path).shard(0, token=2)
    old.append([line("a", Event.ATTEMPTING.value)])
    new.fence()
    with pytest.raises(LedgerError, match="assumiu"):
        old.append([line("b", Event.ATTEMPTING.value)])
    with pytest.raises(LedgerError, match="assumiu"):
        old.fence()
    new.append([line("c", Event.ATTEMPTING.value)])
    old.close()
    new.close()
    assert set(Journal(tmp_path).states(Mode.LIVE).unsettled) == {"a", "c"}


def test_a_lease_has_one_holder_and_a_token_that_only_grows(ledger: Ledger) -> None:
    """Given back, it is free at once; held, nobody else gets it."""
    book = ledger.leases
    first = book.claim("a", CAMPAIGN, "one")
    assert first is not None
    assert book.claim("a", CAMPAIGN, "two") is None
    book.release(first)
    second = book.claim("a", CAMPAIGN, "two")
    third = book.claim("a", 0, "two")
    assert second is not None
    assert third is not None
    assert first.token < second.token < third.token
    assert not book.renew(first)
    assert book.renew(second)


def test_a_shard_that_is_ahead_of_the_table_of_leases_is_taken_over(ledger: Ledger) -> None:
    """So it is in a backup that was made while sending."""
    ledger.journal("a").shard(0, token=70).fence()
    with lease_campaign(ledger, "a", new_owner()) as campaign_lease:
        assert take_shard(ledger, campaign_lease, 0).token > 70


def test_a_lease_runs_out_by_its_beat_alone(ledger: Ledger) -> None:
    """Watched on the watcher's own clock: a beat in between starts the count anew."""
    now = [0.0]
    watch = Watch(clock=lambda: now[0], lease_s=5)
    lease = ledger.leases.claim("a", 0, "one")
    assert lease is not None

    def has_run_out_at(moment: float) -> bool:
        now[0] = moment
        return watch.has_run_out("a", ledger.leases.states("a")[0])

    assert not has_run_out_at(0)
    assert not has_run_out_at(4)
    ledger.leases.renew(lease)
    assert not has_run_out_at(6)
    assert not has_run_out_at(10)
    assert has_run_out_at(11)


def test_a_locked_ledger_costs_no_living_run_its_lease(tmp_path: Path) -> None:
    """Nobody can beat while somebody else writes for long: a backup, an analyst, an import of a large list."""
    ledger, lock_s = Ledger(tmp_path / "ledger", LedgerTimes(lease_s=2.0, beat_s=0.2)), 2.2
    scopes, lost = [f"s{number}" for number in range(8)], list[str]()
    have_ended = threading.Event()

    def watch_for_it(scope: str) -> Lease | None:
        watch = ledger.leases.watch()
        while not have_ended.wait(0.05):
            state = ledger.leases.states(scope)[0]
            if watch.has_run_out(0, state) and (lease := ledger.leases.claim(scope, 0, "rival", state)):
                return lease
        return None

    with Keeper(ledger.leases) as keeper, ThreadPoolExecutor(len(scopes)) as rivals:
        for scope in scopes:
            lease = ledger.leases.claim(scope, 0, "living")
            assert lease
            keeper.keep(lease, lambda scope=scope: lost.append(scope))
        watching = [rivals.submit(watch_for_it, scope) for scope in scopes]
        with closing(sqlite3.connect(ledger.folder / "control.db", isolation_level=None)) as other:
            for _ in range(2):
                other.execute("BEGIN IMMEDIATE")
                time.sleep(lock_s)
                other.execute("COMMIT")
                time.sleep(0.5)
        time.sleep(1)
        have_ended.set()
        assert [each.result() for each in watching] == [None] * len(scopes)
    assert lost == []


def test_a_dead_holder_is_found_behind_a_locked_ledger_too(ledger: Ledger) -> None:
    """From the moment at which the ledger could be written to; a watch that cannot write finds nobody dead."""
    now, can_write = [0.0], [False]

    def touch() -> None:
        if not can_write[0]:
            raise LedgerError("ledger_unwritable", problem="OperationalError", path="ledger")

    watch = Watch(clock=lambda: now[0], lease_s=5, touch=touch)
    assert ledger.leases.claim("a", 0, "dead")

    def has_run_out_at(moment: float) -> bool:
        now[0] = moment
        return watch.has_run_out("a", ledger.leases.states("a")[0])

    assert [has_run_out_at(moment) for moment in (0, 2, 30, 60)] == [False] * 4
    can_write[0] = True
    assert not has_run_out_at(100), "just now it could be written to"
    assert not has_run_out_at(102)
    assert has_run_out_at(103)


def test_of_two_who_watched_a_lease_run_out_one_gets_it(ledger: Ledger) -> None:
    """And none, once its holder has beaten again."""
    lease = ledger.leases.claim("a", 0, "dead")
    assert lease is not None
    seen = ledger.leases.states("a")[0]
    assert ledger.leases.claim("a", 0, "one", seen) is not None
    assert ledger.leases.claim("a", 0, "two", seen) is None
    now = ledger.leases.states("a")[0]
    assert ledger.leases.claim("a", 0, "two", LeaseState(now.owner, now.token, now.beat - 1)) is None


def test_a_keeper_renews_and_tells_when_a_lease_is_lost(tmp_path: Path) -> None:
    """The heart of a holder; at its end the lease is free."""
    ledger = Ledger(tmp_path / "ledger", LedgerTimes(beat_s=0.02))
    lease = ledger.leases.claim("a", 0, new_owner())
    assert lease is not None
    lost: list[bool] = []
    with Keeper(ledger.leases) as keeper:
        keeper.keep(lease, lambda: lost.append(True))
        wait_until(lambda: ledger.leases.states("a")[0].beat > lease.token + 2)
        # It may beat between a look and the claim: then one looks again.
        wait_until(lambda: ledger.leases.claim("a", 0, "other", ledger.leases.states("a")[0]) is not None)
        wait_until(lambda: bool(lost))
    assert ledger.leases.states("a")[0].owner == "other", "a lost lease is not given back"


def test_orders_stand_until_they_are_taken_back(ledger: Ledger) -> None:
    """Pause, then cancel, then nothing."""
    for command in (OperatorCommand.PAUSE, OperatorCommand.CANCEL, None):
        ledger.set_command("a", command)
        assert ledger.command("a") is command


def test_files_of_the_first_version_are_brought_to_todays(tmp_path: Path) -> None:
    """Their lines count, and come before all others."""
    folder = tmp_path / "ledger" / "a"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "shard-000.db") as file:
        file.execute(
            "CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, mode TEXT NOT NULL,"
            " attempt INTEGER NOT NULL, event TEXT NOT NULL, at_us BIGINT NOT NULL, code TEXT,"
            " provider_message_id TEXT, latency_ms FLOAT, address_key TEXT, edition INTEGER)"
        )
        file.execute(
            "INSERT INTO journal (message_id, mode, attempt, event, at_us) VALUES ('m', 'live', 1, 'accepted', 1)"
        )
    file.close()
    with sqlite3.connect(tmp_path / "ledger" / "control.db") as file:
        file.execute("CREATE TABLE ledger_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        file.execute("INSERT INTO ledger_facts VALUES ('schema_version', '1'), ('hash_key', 'abcd')")
    file.close()
    ledger = Ledger(tmp_path / "ledger")
    assert ledger.key == bytes.fromhex("abcd")
    assert ledger.leases.claim("a", 0, "one") is not None
    shard = ledger.journal("a").shard(0, token=1)
    shard.append([line("m", Event.REOPENED.value, 0)])
    shard.close()
    assert ledger.journal("a").states(Mode.LIVE).outcome("m") == "pending"


def test_a_ledger_of_a_newer_program_is_left_alone(ledger: Ledger) -> None:
    """An older program must not write what it does not understand."""
    assert ledger.key
    with sqlite3.connect(ledger.folder / "control.db") as file:
        file.execute("UPDATE ledger_facts SET value = '99' WHERE name = 'schema_version'")
    file.close()
    with pytest.raises(LedgerError, match="99"):
        Ledger(ledger.folder).command("a")


@pytest.mark.parametrize("schema", [ledger_module.SCHEMA, journal.SCHEMA])
def test_postgresql_could_hold_the_schema(schema: object) -> None:
    """Nothing in it is SQLite's own."""
    for table in schema.tables.sorted_tables:  # type: ignore[attr-defined]
        assert str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_a_shard_that_is_being_written_is_not_read_by_another_sqlite(tmp_path: Path) -> None:
    """Two copies of SQLite in one process would drop each other's locks."""
    shard = Journal(tmp_path).shard(0, token=1)
    shard.append([line("m", "accepted")])
    with pytest.raises(LedgerError), Journal(tmp_path).open_reader(0, "message_id"):
        pass
    shard.close()
    with Journal(tmp_path).open_reader(0, "message_id") as lines:
        assert lines.read_all().num_rows == 1


def test_the_number_of_an_erased_last_line_is_not_given_out_again(tmp_path: Path) -> None:
    """An older copy of the file would seem to go as far as this one, and what it does not know would be sent again."""
    shard = Journal(tmp_path).shard(0, token=1)
    shard.append([line("m", Event.ATTEMPTING.value), line("n", Event.ATTEMPTING.value), line("n", "accepted")])
    assert shard.erase(["n"]) == 2
    assert Journal(tmp_path).extent() == {0: 3}
    shard.append([line("o", Event.ATTEMPTING.value)])
    shard.close()
    assert Journal(tmp_path).extent() == {0: 4}
    assert Journal(tmp_path).states(Mode.LIVE).outcome("n") is None
    assert set(Journal(tmp_path).states(Mode.LIVE).unsettled) == {"m", "o"}


def test_a_lease_is_sure_for_its_time_after_the_last_beat(ledger: Ledger) -> None:
    """Beyond it somebody may have taken it over, unless the next beat finds it ours."""
    now = [0.0]
    lease = ledger.leases.claim("a", 0, "one")
    assert lease is not None
    with Keeper(ledger.leases, lambda: now[0]) as keeper:
        assert not keeper.is_fresh(lease)
        keeper.keep(lease)
        assert keeper.is_fresh(lease)
        now[0] = ledger.leases.times.lease_s
        wait_until(lambda: keeper.is_fresh(lease))
        keeper.hand_over(lease)
        assert not keeper.is_fresh(lease)


def test_two_copies_of_sqlite_take_turns_on_a_shard(ledger: Ledger) -> None:
    """Closing one takes the other's locks away, and its next lines may go to a log that is deleted already."""
    took: list[str] = []
    shard = ledger.journal("a").shard(0, token=1)
    shard.append([line("m", "accepted")])

    def read() -> None:
        with ledger.journal("a").open_reader(0, "message_id") as lines:
            took.append("reader")
            assert lines.read_all().num_rows == 2

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        time.sleep(0.05)
        took.append("writer")
        shard.append([line("n", "accepted")])
        shard.close()
        reading.result()
    assert took == ["writer", "reader"]


def test_a_writer_waits_for_the_other_copy_to_leave(ledger: Ledger) -> None:
    shard = ledger.journal("a").shard(0, token=1)
    shard.append([line("m", "accepted")])
    shard.close()
    took: list[str] = []

    def write() -> None:
        late = ledger.journal("a").shard(0, token=1)
        late.append([line("n", "accepted")])
        took.append("writer")
        late.close()

    with ThreadPoolExecutor(1) as pool:
        with ledger.journal("a").open_reader(0, "message_id") as lines:
            writing = pool.submit(write)
            time.sleep(0.05)
            took.append("reader")
            assert lines.read_all().num_rows == 1
        writing.result()
    assert took == ["reader", "writer"]


def test_a_reader_beside_a_writer_that_stays_is_told_so(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mensageria_pipeline.ledger.journal.journal._OWN_WRITER_S", 0.05)
    shard = ledger.journal("a").shard(0, token=1)
    shard.append([line("m", "accepted")])
    with pytest.raises(LedgerError, match="shard-000"), ledger.journal("a").open_reader(0, "message_id"):
        pass
    shard.close()

"""Clocks that are set forward, set back or changed for the summer: each occurrence once, nothing outside its window."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.definition.window import SendWindow
from mensageria_pipeline.defs.common_specs import campaigns
from mensageria_pipeline.defs.schedule_sensor import start_due
from mensageria_pipeline.defs.tick import Tick
from mensageria_pipeline.sending.engine import CHUNK
from mensageria_pipeline.storage.dataset import rewrite_dataset
from mensageria_pipeline_tests.fakes.provider_server import Rates
from mensageria_pipeline_tests.faults.field import Field
from mensageria_pipeline_tests.needs import MACHINE
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

_REQUESTS = "SELECT at_us FROM journal WHERE event = 'attempting'"
FAKETIME = "libfaketime.so.1"
_MINUTE = timedelta(minutes=1)
_SET_FORWARD = timedelta(days=1)
_SET_BACK = timedelta(hours=3)
_SAO_PAULO = ZoneInfo("America/Sao_Paulo")


class Agenda:
    """The sensor's part that starts occurrences, tick by tick at any time, and what the daemon does with requests."""

    def __init__(self, bench: Workbench, instance: dg.DagsterInstance) -> None:
        self.bench, self.instance = bench, instance
        self.runs = Counter[str]()
        """Partition → runs that were started for it."""

    def define(self, cron: str, timezone: str, received_at: datetime) -> None:
        """A campaign whose list came in at some time."""
        self.bench.define("a", f"{SIMPLE_DEFINITION}cron: '{cron}'\nsend_window: {{timezone: {timezone}}}\n")
        self.bench.drop("a")
        self.bench.ingest("a")
        (intake,) = list_intakes(self.bench.layout, "a")
        rewrite_dataset(intake.path, lambda rows: rows, facts={"received_at": received_at.isoformat()})

    def tick(self, now: datetime, status: dg.DagsterRunStatus = dg.DagsterRunStatus.SUCCESS) -> None:
        tick = Tick(self.instance)
        start_due(tick, self.bench.project, "a", now)
        for request in tick.requests:
            partition, key = str(request.partition_key), str(request.run_key)
            tags = {"dagster/run_key": key, "dagster/partition": partition}
            if tick.run_of(key):
                continue  # the daemon starts one run of one key
            self.instance.add_dynamic_partitions(str(campaigns.name), [partition])
            self.instance.add_run(dg.DagsterRun(job_name="campaign", tags=tags, status=status))
            self.runs[partition] += 1


@pytest.fixture
def agenda(bench: Workbench) -> Iterator[Agenda]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Agenda(bench, instance)


def _minutes(start: datetime, end: datetime, step: timedelta = _MINUTE) -> Iterator[datetime]:
    while start < end:
        yield start
        start += step


def test_an_occurrence_whose_run_succeeded_is_not_started_again(agenda: Agenda) -> None:
    """It stays due for an hour after its time: that is for runs that failed, and for hours in which nothing ran."""
    start = datetime(2026, 6, 10, 11, 30, tzinfo=UTC)
    agenda.define("0 9 * * *", "America/Sao_Paulo", start)
    for now in _minutes(start, start + timedelta(hours=2), timedelta(minutes=5)):
        agenda.tick(now)
    assert agenda.runs == {"a--20260610t1200z": 1}


def test_an_occurrence_whose_runs_fail_is_started_a_few_times(agenda: Agenda) -> None:
    """What was due must not be lost to one bad moment, nor be tried for ever."""
    start = datetime(2026, 6, 10, 11, 59, tzinfo=UTC)
    agenda.define("0 9 * * *", "America/Sao_Paulo", start)
    for now in _minutes(start, start + timedelta(minutes=30)):
        agenda.tick(now, dg.DagsterRunStatus.FAILURE)
    assert agenda.runs == {"a--20260610t1200z": 3}


def test_a_clock_that_is_set_forward_and_back_starts_each_occurrence_once(agenda: Agenda) -> None:
    """A day ahead, back again, hours back: an occurrence that ran is not due again, and none is left out."""
    start = datetime(2026, 6, 10, 11, 45, tzinfo=UTC)
    agenda.define("0 * * * *", "America/Sao_Paulo", start)
    for now in _minutes(start, start + timedelta(hours=2), timedelta(minutes=5)):
        agenda.tick(now)
    for now in _minutes(start + _SET_FORWARD, start + _SET_FORWARD + timedelta(hours=1), timedelta(minutes=5)):
        agenda.tick(now)
    back = start + timedelta(hours=2) - _SET_BACK
    for now in _minutes(back, start + timedelta(days=1, hours=2), timedelta(minutes=10)):
        agenda.tick(now)
    hours = _minutes(datetime(2026, 6, 10, 12, tzinfo=UTC), datetime(2026, 6, 11, 14, tzinfo=UTC), timedelta(hours=1))
    assert agenda.runs == {Partition.of_occurrence("a", due).key: 1 for due in hours}


def test_a_schedule_that_was_first_seen_by_a_clock_ahead_runs_once_the_clock_is_right(agenda: Agenda) -> None:
    """A machine that woke up in the wrong year must not keep a campaign silent until that year."""
    now = datetime(2026, 6, 10, 11, 30, tzinfo=UTC)
    agenda.define("0 9 * * *", "America/Sao_Paulo", now)
    agenda.tick(now + timedelta(days=365))
    for minute in _minutes(now, now + timedelta(hours=1)):
        agenda.tick(minute)
    assert agenda.runs == {"a--20260610t1200z": 1}


@pytest.mark.parametrize(
    ("timezone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), (1, 2)),
        ("America/New_York", date(2026, 11, 1), (0, 1)),
        ("Europe/Lisbon", date(2026, 3, 29), (0, 1)),
        ("Europe/Lisbon", date(2026, 10, 25), (1, 2)),
        ("America/Santiago", date(2026, 4, 4), (22, 23)),
        ("America/Santiago", date(2026, 9, 6), (23, 0)),
    ],
)
@pytest.mark.parametrize("which", [0, 1])
def test_a_daily_occurrence_is_started_once_on_the_day_the_clocks_change(
    agenda: Agenda, timezone: str, day: date, hours: tuple[int, int], which: int
) -> None:
    """An hour that comes twice brings no second run, and one that is left out loses none."""
    zone = ZoneInfo(timezone)
    start = datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC) - timedelta(days=1)
    agenda.define(f"30 {hours[which]} * * *", timezone, start)
    for now in _minutes(start, start + timedelta(days=2), timedelta(minutes=20)):
        agenda.tick(now)
    assert set(agenda.runs.values()) == {1}
    dues = [due for key in agenda.runs if (due := Partition.parse(key).due_at)]
    assert len(dues) == 2, "one a day"
    assert 22 <= (max(dues) - min(dues)).total_seconds() / 3_600 <= 26


@pytest.mark.parametrize("hours", ["01:00-02:30", "02:15-02:45", "02:30-05:00", "23:30-00:30", "09:00-20:00"])
@pytest.mark.parametrize(("month", "day"), [(3, 8), (11, 1)])
def test_a_window_opens_when_it_says_it_will_also_where_the_clocks_change(hours: str, month: int, day: int) -> None:
    """What is due at a moment at which nothing may leave would start a run for nothing."""
    window = SendWindow(hours=hours, timezone="America/New_York")
    start = datetime(2026, month, day, tzinfo=window.zone).astimezone(UTC) - timedelta(hours=3)
    for now in _minutes(start, start + timedelta(hours=12), timedelta(minutes=5)):
        opening = window.next_opening(now)
        assert opening is not None
        assert opening >= now
        assert window.is_open(opening)
        assert (opening == now) == window.is_open(now)


class Clock:
    """The clock that processes under libfaketime see: the machine's, and so many seconds more or less."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = timedelta(0)

    def set_local(self, local: datetime) -> None:
        """Set the clock to a time, as a person or NTP would: at once."""
        self._ahead = local - datetime.now(UTC)
        whole = self._file.with_suffix(".new")
        whole.write_text(f"{self._ahead.total_seconds():+.0f}\n")
        whole.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """Only the clock on the wall: what measures time goes on as it is."""
        return {
            "LD_PRELOAD": str(next(Path("/usr/lib").glob(f"*/faketime/{FAKETIME}"))),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


@MACHINE
@pytest.mark.parametrize(
    "messages", [pytest.param(2_000, id="short"), pytest.param(4_000, id="long", marks=pytest.mark.long)]
)
def test_a_sending_whose_clock_jumps_sends_nothing_outside_its_window(
    field: Field, tmp_path: Path, messages: int
) -> None:
    """Forward past its end, back before its start, and on: what leaves, leaves between nine and eight, and once."""
    before_each_jump = messages // 20
    field.server.play(Rates(slow_s=0.02))
    field.prepare(
        messages, "rate_per_s: 500\non_unknown: hold\nsend_window: {hours: '09:00-20:00'}\n", SENDER_PROCESSES="1"
    )
    clock = Clock(tmp_path / "clock")
    clock.set_local(datetime(2027, 6, 9, 10, tzinfo=_SAO_PAULO))
    sending = field.start(**clock.environment)
    field.wait_for_requests(before_each_jump)
    clock.set_local(datetime(2027, 6, 9, 22, tzinfo=_SAO_PAULO))
    counts = sending.end()
    sent = len(field.server.accepted_ids())
    assert counts["wait"] == "wait_window"
    assert before_each_jump <= sent < messages
    clock.set_local(datetime(2027, 6, 9, 7, tzinfo=_SAO_PAULO))
    early = field.start(**clock.environment).end()
    assert (early["wait"], early["settled"], len(field.server.accepted_ids())) == ("wait_window", 0, sent)
    wait = field.project.ledger.wait("a")
    assert wait is not None
    assert wait.due_at == datetime(2027, 6, 9, 9, tzinfo=_SAO_PAULO), "this morning, not the next"
    clock.set_local(datetime(2027, 6, 9, 19, tzinfo=_SAO_PAULO))
    sending = field.start(**clock.environment)
    field.wait_for_requests(sent + before_each_jump)
    clock.set_local(datetime(2027, 6, 9, 11, tzinfo=_SAO_PAULO))
    counts = sending.end()
    assert (counts["outcomes"]["accepted"], counts["unknown"], counts["wait"]) == (messages, 0, None)
    assert max(Counter(field.server.accepted_ids()).values()) == 1
    begun = [datetime.fromtimestamp(at_us / 1e6, _SAO_PAULO) for at_us in _request_times(field)]
    assert len(begun) == messages
    assert {at.year for at in begun} == {2027}, "the clock was the false one"
    outside = [at for at in begun if not 9 <= at.hour < 20]
    assert len(outside) <= CHUNK, "no more than what had its last look when the clock was set"


def _request_times(field: Field) -> list[int]:
    """The clock's time, in microseconds, of each request that was begun, as the journal has it."""
    with contextlib.closing(sqlite3.connect(field.project.layout.ledger_dir / "a" / "shard-000.db")) as journal:
        return [at for (at,) in journal.execute(_REQUESTS)]

"""Numbers that processes share: nothing is lost, and a process that is stopped in the middle stops nobody else."""

import asyncio
import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from mensageria_pipeline.sending import numbers
from mensageria_pipeline.sending.numbers import Numbers, NumbersBusyError
from mensageria_pipeline.sending.pacing import Bucket, Pace

_ZERO = bytes(8)


def _count_up(shared: Numbers, by: int = 1) -> int:
    def add(value: bytes) -> tuple[bytes, int]:
        count = int.from_bytes(value, "big") + by
        return count.to_bytes(8, "big"), count

    while True:
        try:
            return shared.change(add)
        except NumbersBusyError:
            time.sleep(0.001)


def _value(path: Path) -> int:
    return int.from_bytes(path.read_bytes(), "big")


@contextmanager
def _stopped_in_the_middle(path: Path, code: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has stopped while it changes the numbers; it goes on when it is told to, and says what it got."""
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stdout.readline() == "stopping\n"
        while "T (stopped)" not in Path(f"/proc/{process.pid}/status").read_text():
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.communicate()


_STOP_ONCE = """
import os, signal, sys
from pathlib import Path
stops = iter([True])
def stop():
    if next(stops, False):
        print("stopping", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
"""
_ADD_TEN = (
    _STOP_ONCE
    + """
from mensageria_pipeline.sending.numbers import Numbers
def add(value):
    count = int.from_bytes(value, "big") + 10
    stop()
    return count.to_bytes(8, "big"), count
print(Numbers(Path(sys.argv[1]), bytes(8)).change(add), flush=True)
"""
)
_RESERVE = (
    _STOP_ONCE
    + """
from mensageria_pipeline.sending.pacing import Bucket, Pace
class Stopping(Bucket):
    def _rate(self, state, moment):
        stop()
        return super()._rate(state, moment)
print(Stopping(Pace(100), Path(sys.argv[1])).reserve(1), flush=True)
"""
)


def test_nothing_is_lost_however_many_change_them(tmp_path: Path) -> None:
    """Threads of one process, each with its own sight of the file."""

    def count_up(_number: int) -> None:
        own = Numbers(tmp_path / "n", _ZERO)
        for _ in range(200):
            _count_up(own)
        own.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(4)))
    assert _value(tmp_path / "n") == 800


def test_a_process_that_is_stopped_in_the_middle_stops_nobody_and_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others go on with a copy after a while; when it wakes up, it changes that, not the file it had."""
    monkeypatch.setattr(numbers, "STUCK_S", 0.3)
    path = tmp_path / "n"
    shared = [Numbers(path, _ZERO) for _ in range(3)]
    _count_up(shared[0])
    with _stopped_in_the_middle(path, _ADD_TEN) as process:
        with pytest.raises(NumbersBusyError):
            shared[0].change(lambda value: (value, None))
        for each in shared:
            _count_up(each)
        process.send_signal(signal.SIGCONT)
        assert process.stdout
        assert process.stdout.readline() == "14\n"
    assert [_count_up(each) for each in shared] == [15, 16, 17]
    assert _value(path) == 17


def test_a_busy_lock_is_waited_for_outside_of_the_loop(tmp_path: Path) -> None:
    """Answers come in, leases are kept, orders are obeyed: only messages of that credential wait."""
    bucket = Bucket(Pace(100), tmp_path / "b")
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.005)

    async def take() -> bool:
        ticking = asyncio.create_task(turn())
        deadline = time.monotonic() + 0.5
        went_on = await bucket.take(1, lambda: time.monotonic() < deadline)
        ticking.cancel()
        return went_on

    with (tmp_path / "b").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not asyncio.run(take())
        assert turns > 5
        bucket.throttled(3, 0.2)  # noted as soon as it can be
    assert bucket.reserve(1) >= time.monotonic() + 0.05


def test_the_rate_holds_over_a_process_that_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the wait nor the waking up is made up for."""
    monkeypatch.setattr(numbers, "STUCK_S", 0.3)
    path, moments = tmp_path / "b", list[float]()
    buckets = [Bucket(Pace(100), path) for _ in range(2)]

    async def send(bucket: Bucket, until: float) -> None:
        while time.monotonic() < until:
            assert await bucket.take(1)
            moments.append(time.monotonic())

    async def send_all() -> None:
        until = time.monotonic() + 2
        await asyncio.gather(*(send(bucket, until) for bucket in buckets))

    with _stopped_in_the_middle(path, _RESERVE) as process:
        began_at = time.monotonic()
        asyncio.run(send_all())
        assert 20 <= len(moments) <= 100 * (time.monotonic() - began_at) + 7
        last = buckets[0].reserve(1)
        process.send_signal(signal.SIGCONT)
        assert process.stdout
        assert float(process.stdout.readline()) > last, "it takes its place behind the others"


def test_a_folder_that_is_removed_while_it_is_used_is_made_again(tmp_path: Path) -> None:
    """Somebody tidied up data/state/pacing."""
    path = tmp_path / "pacing" / "n"
    one, other = Numbers(path, _ZERO), Numbers(path, _ZERO)
    _count_up(one)
    path.unlink()
    path.parent.rmdir()
    assert [_count_up(one), _count_up(other)] == [1, 2]


def test_numbers_of_another_version_begin_anew(tmp_path: Path) -> None:
    """A file of another length means something else."""
    (tmp_path / "n").write_bytes(b"old")
    assert _count_up(Numbers(tmp_path / "n", _ZERO)) == 1

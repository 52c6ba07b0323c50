"""A sender in a process of its own, free of Dagster: what `ProcessSender` starts, and how it is talked to.

It reads its job, one line of JSON, from its standard input, and sends until nothing is left, until it reads
`stop`, or until that pipe ends, because its parent is gone. On its standard output it says, one JSON object
a line, that it has begun, how many messages it has settled, and how its lanes ended.
"""

import contextlib
import gc
import io
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any

from mensageria_pipeline import logs, texts
from mensageria_pipeline.errors import LeaseLostError, LedgerError, MensageriaError, internal_error
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.leases import Keeper, Lease
from mensageria_pipeline.sending.lane_summary import LaneSummary
from mensageria_pipeline.sending.sender import SenderThread
from mensageria_pipeline.sending.sender_job import SenderJob
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.permissions import keep_private

_REPORT_EVERY_S = 0.5
_GC_OBJECTS = 50_000
_SWITCH_S = 0.0005
"""The writer thread gets its turns quickly: the loop beside it is always busy."""


class ProcessSender:
    """A sender process, seen from its parent. The same face as `SenderThread`."""

    def __init__(self, job: SenderJob) -> None:
        self.lease: Lease = job.lease
        self._partition = job.partition
        self.settled = 0
        self.has_begun = False
        self.reports: list[LaneSummary] | None = None
        self.error: BaseException | None = None
        command = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        self._ended = threading.Event()
        threading.Thread(target=self._listen, name="sender-listener", daemon=True).start()
        self._say(job.to_json())

    @property
    def is_running(self) -> bool:
        return not self._ended.is_set()

    @property
    def has_died(self) -> bool:
        """It is gone without having said how its lanes ended."""
        return not self.is_running and self.reports is None and self.error is None

    def stop(self) -> None:
        self._say(b"stop")

    def wait(self, timeout_s: float | None = None) -> None:
        self._ended.wait(timeout_s)

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        """End its pipe and reap it."""
        with contextlib.suppress(OSError):
            self._input.close()
        self._process.wait()

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        return self._process.stdin

    def _say(self, line: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # it is gone, or closed: the listener finds out
            self._input.write(line + b"\n")
            self._input.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        try:
            with self._process.stdout as output:
                for line in output:
                    self._hear(json.loads(line))
        finally:
            self._ended.set()

    def _hear(self, said: Mapping[str, Any]) -> None:
        self.has_begun = True
        self.settled = said.get("settled", self.settled)
        if "lanes" in said:
            self.reports = [LaneSummary.from_json(lane) for lane in said["lanes"]]
        if said.get("is_lost"):
            self.error = LeaseLostError(self._partition)
        elif "error" in said:
            kind = LedgerError if said["is_ledger"] else MensageriaError
            self.error = kind(said["error"], **said["values"])


def main() -> None:
    """The process itself."""
    keep_private()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the parent decides
    sys.setswitchinterval(_SWITCH_S)
    # What was imported lives for ever, and what a message leaves behind is not cyclic: looking for cycles
    # after every few hundred objects would cost time for nothing.
    gc.freeze()
    gc.set_threshold(_GC_OBJECTS, 20, 20)
    # Unbuffered: a thread that waits in a buffer's lock would be in the way of the interpreter's end.
    pipe = io.FileIO(0, closefd=False)
    job = SenderJob.from_json(pipe.readline())
    texts.use(job.settings.language)
    logs.begin(Layout(job.settings.data_dir).logs_dir, job.settings.log_level, "sender", terminal=False)
    logs.about(job.partition)
    ledger = Ledger(job.ledger_dir, job.settings.ledger_times)
    with Keeper(ledger.leases) as keeper:
        keeper.keep(job.lease)
        sender = SenderThread(job, ledger, keeper)
        keeper.keep(job.lease, sender.stop)
        signal.signal(signal.SIGTERM, lambda *_: sender.stop())
        threading.Thread(target=_wait_for_stop, args=(pipe, sender), daemon=True).start()
        while sender.is_running:
            _report(settled=sender.settled)
            sender.wait(_REPORT_EVERY_S)
        _report(settled=sender.settled)
        _report_end(sender)


def _wait_for_stop(pipe: io.FileIO, sender: SenderThread) -> None:
    """Until the parent says so, or is gone: either way the pipe gives a line or ends."""
    pipe.readline()
    sender.stop()


def _report_end(sender: SenderThread) -> None:
    error = sender.error
    if isinstance(error, LeaseLostError):
        _report(is_lost=True)
    elif isinstance(error, MensageriaError):
        _report(error=error.key, values=error.values, is_ledger=isinstance(error, LedgerError))
    elif isinstance(error, Exception):
        _report(error="as_said", values={"sentence": internal_error(error)}, is_ledger=False)
    else:
        _report(lanes=[lane.as_json() for lane in sender.reports or []])


def _report(**said: object) -> None:
    with contextlib.suppress(OSError):  # the parent is gone: what was sent is in the journal
        print(json.dumps(said, default=str), flush=True)  # noqa: T201 - the pipe to the parent


if __name__ == "__main__":
    main()

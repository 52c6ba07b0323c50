"""The sign by which a run is known to live: a lock that the kernel holds for its process, and a beat in the ledger.

The lock goes with the process, however it ends, and needs neither a processor nor the ledger: a run whose beat stands
still because the machine is loaded, the interpreter is busy or the ledger is locked still has it. The beat tells a run
that goes on from one that is stopped for good, and is all there is where a file system knows no locks.
"""

import contextlib
import fcntl
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.leases import CAMPAIGN, Lease, new_owner
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Layout

SCOPE = "run:"
_FIRST_BEAT_S = 2.0
"""So long the ledger is waited for at the beginning; the beat begins later where it is locked."""
_END_S = 5.0


def lock_file(layout: Layout, run_id: str) -> Path:
    return layout.locks_dir / f"run-{run_id}.lock"


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock. False where there is none."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


class RunSign:
    """Given by a run from the beginning of its work to the end. A context manager; it never stops a run."""

    def __init__(self, project: Project, run_id: str) -> None:
        self._project, self._run_id = project, run_id
        self._path = lock_file(project.layout, run_id)
        self._file: int | None = None
        self._lease: Lease | None = None
        self._has_tried, self._has_ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name="run-sign", daemon=True)

    def __enter__(self) -> Self:
        with contextlib.suppress(OSError):  # a full or read-only disk: the steps say so in a sentence
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)  # whoever looks holds it for a moment only
        self._thread.start()
        self._has_tried.wait(_FIRST_BEAT_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._has_ended.set()
        self._thread.join(_END_S)
        with contextlib.suppress(LedgerError):
            if self._lease and not self._thread.is_alive():
                self._project.ledger.leases.forget(self._lease.scope)
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._file)

    def _beat(self) -> None:
        while not self._has_ended.is_set():
            # Locked, full or lost: tried again, as long as the run lives. send_results says what is wrong.
            with contextlib.suppress(LedgerError):
                self._renew()
            self._has_tried.set()
            self._has_ended.wait(self._project.settings.ledger_times.beat_s)

    def _renew(self) -> None:
        leases = self._project.ledger.leases
        if self._lease is None or not leases.renew(self._lease):
            self._lease = leases.claim(f"{SCOPE}{self._run_id}", CAMPAIGN, new_owner(self._run_id))

"""Logs: one JSON object a line in data/logs, one file per process, rotated; sentences on the terminal.

What is logged holds ids, codes and counts, never a person's data; a test drives known data through every path.
"""

import logging
import os
import re
import sys
from contextvars import ContextVar
from logging.handlers import RotatingFileHandler
from pathlib import Path

from pythonjsonlogger.json import JsonFormatter

NAME = "mensageria_pipeline"
MAX_BYTES, KEPT = 10_000_000, 5
"""Of one process's file, and how many older ones are kept."""
KEPT_FILES = 200
"""Files of processes that ended; the oldest beyond go."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""All but line breaks and tabs."""
_campaign: ContextVar[str] = ContextVar("campaign", default="")
_run: ContextVar[str] = ContextVar("run", default="")


def about(campaign: str, run_id: str = "") -> None:
    """From here on, lines of this thread or task are about a campaign and a run."""
    _campaign.set(campaign)
    _run.set(run_id)


def begin(folder: Path, level: str, process: str, *, terminal: bool) -> None:
    """Log this process to a file of its own, and to the terminal where asked. Without a file it goes on."""
    logger = logging.getLogger(NAME)
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)
    logger.propagate = False
    if terminal:
        shown = logging.StreamHandler(sys.stderr)
        shown.setFormatter(_Sentences("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
        shown.setLevel(max(logging.WARNING, logging.getLevelName(level)) if level != "DEBUG" else logging.DEBUG)
        logger.addHandler(shown)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        path = folder / f"{process}-{os.getpid()}.jsonl"
        written: logging.Handler = _File(path, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8", delay=True)
    except OSError:
        return
    written.setFormatter(_Lines())
    written.addFilter(_stamped)
    logger.addHandler(written)


class _Sentences(logging.Formatter):
    """One line each, without what a terminal would obey: a message may hold what a provider or a file name said."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def printable(text: str) -> str:
    """The text with control characters, and those that turn its direction, as `\\x1b`; line breaks stay."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class _File(RotatingFileHandler):
    """A full disk costs log lines, and no traceback on the terminal, which would quote them."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """The line is lost."""


class _Lines(JsonFormatter):
    """`at`, `level`, `where`, `process`, `campaign`, `run`, `message`; an exception as its kind and place alone."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{process}{campaign}{run}{message}",
            style="{",
            json_ensure_ascii=False,
            rename_fields={"asctime": "at", "levelname": "level", "name": "where"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's name
        """Foreign exceptions quote values: only what they are, and where."""
        kind, _, trace = ei if isinstance(ei, tuple) else (None, None, None)
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
        return f"{getattr(kind, '__name__', '?')} ({where})"


def _stamped(record: logging.LogRecord) -> bool:
    record.campaign, record.run = _campaign.get(), _run.get()
    return True


def _sweep(folder: Path) -> None:
    """Delete the oldest files of processes that ended long ago."""
    files = sorted(folder.glob("*.jsonl*"), key=lambda path: path.stat().st_mtime)
    for path in files[:-KEPT_FILES]:
        path.unlink(missing_ok=True)

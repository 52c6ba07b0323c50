"""What a process has only one of, put back after something used it."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mensageria_pipeline import logs, texts

_SIGNALS = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGALRM,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCHLD,
)


@contextmanager
def process_kept() -> Iterator[None]:
    """Umask, working directory, environment, `__main__`, arguments, signal handlers, log handlers and language.

    Commands tighten the umask, log to a file of their own and point Dagster to a project; Streamlit's tests put
    themselves in the place of `__main__`. Whatever comes later would inherit it, and so would its processes.
    """
    mask = os.umask(0o022)
    os.umask(mask)
    main, arguments, folder, environment = sys.modules["__main__"], sys.argv, Path.cwd(), dict(os.environ)
    language = texts.current()
    is_main = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in _SIGNALS} if is_main else {}
    try:
        with _logging_kept():
            yield
    finally:
        os.umask(mask)
        os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        sys.modules["__main__"], sys.argv = main, arguments
        texts.use(language)
        for number, handler in handlers.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)


@contextmanager
def _logging_kept() -> Iterator[None]:
    logger = logging.getLogger(logs.NAME)
    before, level, propagates = list(logger.handlers), logger.level, logger.propagate
    logger.handlers[:] = []  # what begins to log closes the handlers that it finds
    try:
        yield
    finally:
        for handler in logger.handlers:
            handler.close()
        logger.handlers[:] = before
        logger.setLevel(level)
        logger.propagate = propagates

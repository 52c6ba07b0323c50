"""The processes of `mensageria dev`: a code server, the guarded interface and the daemon. They end together.

What `dagster dev` starts, with our interface in the place of Dagster's bare one.
"""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
import requests
import yaml
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.load_target import WorkspaceFileTarget

from mensageria_pipeline.settings import export_guarded_interface

_LOOK_S = 0.5
_END_S = 60


def run_services(
    workspace: Path, host: str, port: int, log_level: str, on_ready: Callable[[], None], *, read_only: bool
) -> int:
    """Until it is interrupted, or one of them ends by itself; the exit code. `on_ready` once the interface answers."""
    export_guarded_interface()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell script inherits it ignored
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        try:
            shared = stack.enter_context(_code_server(workspace))
            interface = ["--host", host, "--port", str(port), *(["--read-only"] if read_only else [])]
            children = [
                stack.enter_context(_child("mensageria_pipeline.web.interface", "--workspace", shared, *interface)),
                stack.enter_context(_child("dagster._daemon", "run", "--workspace", shared, "--log-level", log_level)),
            ]
            return _watch(children, f"http://{host}:{port}/server_info", on_ready)
        except KeyboardInterrupt:
            return 0


@contextmanager
def _code_server(workspace: Path) -> Iterator[str]:
    """Our definitions, loaded once for all; the workspace file that leads there."""
    with (
        dg.DagsterInstance.get() as instance,
        ProxyServerManager(instance, WorkspaceFileTarget([str(workspace)]), "WARNING") as servers,
        tempfile.TemporaryDirectory() as folder,
    ):
        shared = Path(folder) / "workspace.yaml"
        shared.write_text(yaml.safe_dump({"load_from": list(servers.get_code_server_specs())}), encoding="utf-8")
        yield str(shared)


@contextmanager
def _child(module: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """In a group of its own, so that Ctrl+C reaches it once: when its pipe ends."""
    command = [sys.executable, "-m", "mensageria_pipeline.web.child", module, *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0)  # noqa: S603
    try:
        yield process
    finally:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _watch(children: Sequence["subprocess.Popen[bytes]"], probe: str, on_ready: Callable[[], None]) -> int:
    is_ready = False
    while all(child.poll() is None for child in children):
        if not is_ready and _answers(probe):
            is_ready = True
            on_ready()
        time.sleep(_LOOK_S)
    return 1


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=_LOOK_S).ok
    except requests.RequestException:
        return False

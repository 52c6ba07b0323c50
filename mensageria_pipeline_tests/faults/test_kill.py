"""kill -9 in the middle of sending: every message ends once, and what is in doubt is listed."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from mensageria_pipeline.sending.policy import MAX_IN_FLIGHT
from mensageria_pipeline_tests.cli.conftest import Terminal
from mensageria_pipeline_tests.conftest import SIMPLE_DEFINITION
from mensageria_pipeline_tests.fakes.dagster_server import clean_environment, prepare_root
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, ProviderServer, Reset

KILLS = 3
MESSAGES = 1_500


def _run_and_kill(shell: Terminal, server: ProviderServer, delay_s: float) -> None:
    """Start the campaign, and kill it `delay_s` after its first request of this start."""
    seen = len(server.requests)
    command = [sys.executable, "-c", "from mensageria_pipeline.cli import main; main()", "run", "a"]
    process = subprocess.Popen(
        command, cwd=shell.root, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while len(server.requests) == seen and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(delay_s)
    process.kill()
    process.wait()


@pytest.mark.parametrize("on_unknown", ["hold", "resend"])
def test_a_killed_sender_loses_nothing_and_doubles_nothing(
    tmp_path: Path, provider_server: ProviderServer, on_unknown: str
) -> None:
    """Killed at random moments, against a provider that resets, throttles and fails; then run to its end."""
    draw = Random(11)
    troubles = [Reset(accepts=True), Answer(429), Answer(503)]

    def script(_request: Incoming) -> Answer | Reset:
        return draw.choice(troubles) if draw.random() < 0.05 else Answer()

    provider_server.script = script
    root = tmp_path / "projeto"
    prepare_root(
        root, API_PROVIDER_URL=provider_server.url, API_KEY="x", DEFAULT_BATCH_SIZE="1", INPUT_SETTLE_SECONDS="0"
    )
    shell = Terminal(root)
    shell.define("a", SIMPLE_DEFINITION + f"provider: http\non_unknown: {on_unknown}\nrate_per_s: 800\n")
    path = root / "data" / "input" / "a" / "lista.csv"
    path.parent.mkdir(parents=True)
    path.write_text("id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(MESSAGES)), encoding="utf-8")

    for _ in range(KILLS):
        _run_and_kill(shell, provider_server, draw.uniform(0.05, 0.5))
    assert 0 < len(set(provider_server.accepted_ids())) < MESSAGES, "killed in the middle"
    done = shell.run("run", "a", "--json")
    counts = done.last_json
    accepted = provider_server.accepted_ids()

    assert counts["messages"] == MESSAGES
    assert counts["outcomes"]["accepted"] + counts["unknown"] == MESSAGES, done.err
    assert len(set(accepted)) >= counts["outcomes"]["accepted"], "what counts as accepted was accepted"
    if on_unknown == "hold":
        assert len(accepted) == len(set(accepted)), "nobody is messaged twice"
        assert counts["unknown"] <= KILLS * MAX_IN_FLIGHT + MESSAGES * 0.05
        assert done.code == (3 if counts["unknown"] else 0)
    else:
        assert (counts["unknown"], done.code) == (0, 0)
        assert len(set(accepted)) == MESSAGES, "nothing is lost"

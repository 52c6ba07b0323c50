"""The adapter of the page and its samples run as printed."""

import re
import subprocess
import sys
from pathlib import Path

from mensageria_pipeline_tests.fakes.dagster_server import ROOT, clean_environment
from mensageria_pipeline_tests.waiting import PATIENCE_S

PAGE = (ROOT / "docs" / "adding-a-provider.md").read_text(encoding="utf-8")


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment() | {"PYTHONPATH": f"{folder}:{ROOT}"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def _write(folder: Path) -> Path:
    adapter, samples = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (folder / "acme_mensageria.py").write_text(adapter, encoding="utf-8")
    path = folder / "test_acme.py"
    path.write_text(samples, encoding="utf-8")
    return path


def test_the_page_runs_as_printed(tmp_path: Path) -> None:
    """Copied into two files: the whole contract suite passes, and nothing is skipped."""
    _write(tmp_path)
    done = _run(tmp_path, "test_acme.py")
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-1_000:]
    assert re.search(r"^\d\d+ passed in", done.stdout, re.MULTILINE), done.stdout


def test_a_failure_shows_values_and_what_the_contract_says(tmp_path: Path) -> None:
    """An adapter that takes a dead address for a passing trouble."""
    _write(tmp_path)
    source = (tmp_path / "acme_mensageria.py").read_text(encoding="utf-8")
    wrong = source.replace("Meaning(Verdict.INVALID_ADDRESS", "Meaning(Verdict.RETRY")
    (tmp_path / "acme_mensageria.py").write_text(wrong, encoding="utf-8")
    done = _run(tmp_path, "test_acme.py", "-k", "every_answer")
    assert done.returncode == 1
    for words in ("dead_address", "404", "UNKNOWN_DEVICE", "found retry", "expected invalid_address"):
        assert words in done.stdout, done.stdout[-3_000:]

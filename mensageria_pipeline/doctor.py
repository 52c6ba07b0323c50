"""`mensageria doctor`: is this installation fit to run, and if not, what is to be done?"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import duckdb
import requests

from mensageria_pipeline.analytics.warehouse import open_warehouse
from mensageria_pipeline.contracts.campaign import load_definition
from mensageria_pipeline.contracts.names import campaign_key
from mensageria_pipeline.dagster_home import instance_config, prepare
from mensageria_pipeline.errors import DefinitionError, MensageriaError
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.project import Project
from mensageria_pipeline.sending.providers.registry import check_providers
from mensageria_pipeline.texts import say

_LOW_DISK_GB = 2
_TIMEOUT_S = 5
_LOCATION_TIMEOUT_S = 120


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was found, and what to do (empty for nothing)."""

    level: Level
    check: str
    found: str
    todo: str = ""


def diagnose(project: Project) -> Iterator[Finding]:
    """Every check, in the order of a first start."""
    checks: tuple[Callable[[Project], Iterator[Finding]], ...] = (
        _settings, _folders, _disk, _ledger, _definitions, _input, _provider, _alerts, _warehouse, _instance, _location,
    )  # fmt: skip
    for check in checks:
        yield from check(project)


def _settings(project: Project) -> Iterator[Finding]:
    file = project.settings.root / ".env"
    yield Finding(Level.OK, say("check_settings"), str(file) if file.exists() else say("doctor_no_env"))


def _folders(project: Project) -> Iterator[Finding]:
    layout = project.layout
    for folder in (layout.input_dir, layout.campaigns_dir, layout.state_dir):
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        is_writable = os.access(existing, os.W_OK)
        todo = "" if is_writable else say("doctor_permissions", folder=existing)
        yield Finding(Level.OK if is_writable else Level.ERROR, say("check_folder"), str(folder), todo)


def _disk(project: Project) -> Iterator[Finding]:
    existing = next(parent for parent in (project.layout.data_dir, *project.layout.data_dir.parents) if parent.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    is_enough = free_gb >= _LOW_DISK_GB
    todo = "" if is_enough else say("doctor_disk", gb=_LOW_DISK_GB)
    yield Finding(Level.OK if is_enough else Level.WARNING, say("check_disk"), f"{free_gb:.1f} GB", todo)


def _ledger(project: Project) -> Iterator[Finding]:
    try:
        found = f"{len(project.ledger.key) * 8} bit"
    except MensageriaError as error:
        yield Finding(Level.ERROR, say("check_ledger"), error.key, error.text())
    else:
        yield Finding(Level.OK, say("check_ledger"), f"{project.layout.ledger_dir} ({found})")


def _definitions(project: Project) -> Iterator[Finding]:
    for path in sorted(project.layout.campaigns_dir.glob("*.y*ml")):
        try:
            if path.name != f"{campaign_key(path.stem)}.yaml":
                raise DefinitionError("definition_misnamed", file=path.name, wanted=f"{campaign_key(path.stem)}.yaml")
            check_providers(path.stem, load_definition(project.layout, path.stem))
        except MensageriaError as error:
            yield Finding(Level.ERROR, say("check_definition"), path.name, error.text())
        else:
            yield Finding(Level.OK, say("check_definition"), path.name)


def _input(project: Project) -> Iterator[Finding]:
    for path, error in discover(project.layout.input_dir, project.registry.name_owners()).refused:
        yield Finding(Level.WARNING, say("check_input"), path.name, error.text())


def _provider(project: Project) -> Iterator[Finding]:
    """Any answer, even an error, shows that the provider's address is right and reachable."""
    url = project.settings.api_provider_url
    if not url:
        yield Finding(Level.OK, say("check_provider"), say("doctor_no_provider"))
        return
    try:
        status = requests.head(url, timeout=_TIMEOUT_S, allow_redirects=False).status_code
    except requests.RequestException as error:
        yield Finding(Level.ERROR, say("check_provider"), type(error).__name__, say("doctor_provider"))
    else:
        yield Finding(Level.OK, say("check_provider"), f"HTTP {status}")


def _alerts(project: Project) -> Iterator[Finding]:
    is_set = bool(project.settings.alert_webhook_url)
    yield Finding(Level.OK, say("check_alerts"), say("doctor_alerts_on") if is_set else say("doctor_alerts_off"))


def _warehouse(project: Project) -> Iterator[Finding]:
    if not project.layout.warehouse.exists():
        yield Finding(Level.OK, say("check_warehouse"), say("doctor_no_warehouse"))
        return
    try:
        with open_warehouse(project.layout) as connection:
            count = connection.execute("SELECT count(*) FROM campaigns").fetchall()[0][0]
    except (duckdb.Error, OSError) as error:
        yield Finding(Level.ERROR, say("check_warehouse"), type(error).__name__, say("doctor_warehouse"))
    else:
        yield Finding(Level.OK, say("check_warehouse"), f"{project.layout.warehouse} ({count})")


def _instance(project: Project) -> Iterator[Finding]:
    home = project.layout.dagster_home
    file = home / "dagster.yaml"
    is_current = not file.exists() or file.read_text(encoding="utf-8") == instance_config(str(home))
    todo = "" if is_current else say("doctor_instance")
    yield Finding(Level.OK if is_current else Level.WARNING, say("check_instance"), str(home), todo)


def _location(project: Project) -> Iterator[Finding]:
    """Load the code location as Dagster does, in a process of its own."""
    prepare(project.layout)
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"]
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=project.settings.root, capture_output=True, timeout=_LOCATION_TIMEOUT_S, check=False
    )
    is_ok = done.returncode == 0
    yield Finding(
        Level.OK if is_ok else Level.ERROR, say("check_location"), "mensageria_pipeline",
        "" if is_ok else say("doctor_location"),
    )  # fmt: skip

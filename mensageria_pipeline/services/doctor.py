"""`mensageria doctor`: is this installation fit to run, and if not, what is to be done?"""

import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import duckdb

from mensageria_pipeline.analytics.warehouse import open_warehouse
from mensageria_pipeline.contracts.partition import campaign_key
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import DefinitionError, MensageriaError
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.providers.choice import check_providers
from mensageria_pipeline.providers.registry import adapter_of, known_providers
from mensageria_pipeline.services.credentials import Held, ask, campaigns_by_provider, configured_provider
from mensageria_pipeline.services.dagster_home import instance_config, prepare
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings.variables import Need, variables_of
from mensageria_pipeline.storage.permissions import homes, is_open
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import decimal

_LOW_DISK_GB = 2
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
        _settings,
        _folders,
        _readers,
        _disk,
        _ledger,
        _erasures,
        _definitions,
        _provider_settings,
        _input,
        _credentials,
        _alerts,
        _warehouse,
        _instance,
        _location,
    )
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


def _readers(project: Project) -> Iterator[Finding]:
    """What other users of this machine can read: lists, the key of the hashes, secrets."""
    layout, root = project.layout, project.settings.root
    folders = dict.fromkeys((*homes(layout), layout.state_dir))
    backups = [path for folder in dict.fromkeys((root, layout.data_dir.parent)) for path in _backups(folder)]
    files = [root / ".env", *dict.fromkeys(backups)]
    found = [(path, f"chmod -R go= {shlex.quote(str(path))}") for path in folders if is_open(path)]
    found += [(path, f"chmod 600 {shlex.quote(str(path))}") for path in files if path.is_file() and is_open(path)]
    for path, command in found:
        mode = f"{path} ({stat.S_IMODE(path.stat().st_mode):04o})"
        yield Finding(Level.WARNING, say("check_readers"), mode, say("doctor_readers", command=command))
    if not found:
        yield Finding(Level.OK, say("check_readers"), say("doctor_readers_none"))


def _backups(folder: Path) -> Iterator[Path]:
    for pattern in ("*.tar.gz", "*backup*/*.tar.gz"):
        yield from sorted(folder.glob(pattern))


def _disk(project: Project) -> Iterator[Finding]:
    existing = next(parent for parent in (project.layout.data_dir, *project.layout.data_dir.parents) if parent.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    is_enough = free_gb >= _LOW_DISK_GB
    todo = "" if is_enough else say("doctor_disk", gb=_LOW_DISK_GB)
    yield Finding(Level.OK if is_enough else Level.WARNING, say("check_disk"), f"{decimal(free_gb)} GB", todo)


def _ledger(project: Project) -> Iterator[Finding]:
    try:
        found = f"{len(project.ledger.key) * 8} bit"
    except MensageriaError as error:
        yield Finding(Level.ERROR, say("check_ledger"), error.key, error.text())
    else:
        yield Finding(Level.OK, say("check_ledger"), f"{project.layout.ledger_dir} ({found})")


def _erasures(project: Project) -> Iterator[Finding]:
    """Requests to forget that were begun and have not ended."""
    try:
        unfinished = project.ledger.erasures.unfinished()
    except MensageriaError:  # said by the check before
        return
    for each in unfinished:
        todo = say("erasure_unfinished", receipt=each.name, problem=each.problem or "—")
        yield Finding(Level.ERROR, say("check_erasures"), each.name, todo)


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


def _provider_settings(project: Project) -> Iterator[Finding]:
    """Variables that a provider, which some definition names, does not work without."""
    for name, campaigns in sorted(campaigns_by_provider(project).items()):
        if name not in known_providers():
            continue
        try:
            for group in getattr(adapter_of(name), "settings", ()):
                project.settings.read(group, name)
        except MensageriaError as error:
            todo = say("doctor_needed_by", problem=error.text(), campaigns=", ".join(campaigns))
            yield Finding(Level.WARNING, say("check_provider"), name, todo)


def _input(project: Project) -> Iterator[Finding]:
    for path, error in discover(project.layout.input_dir, project.registry.name_owners()).refused:
        yield Finding(Level.WARNING, say("check_input"), path.name, error.text())


def _credentials(project: Project) -> Iterator[Finding]:
    """Of every provider that is set up, whether its service takes them; nothing is sent."""
    used, is_any = campaigns_by_provider(project), False
    try:
        found = [provider for name in known_providers() if (provider := configured_provider(project, name))]
    except MensageriaError:  # of the ledger; said by its own check
        return
    for provider in found:
        is_needed = any(group for group in getattr(provider, "settings", ()) if _is_required(group))
        if not (is_needed or provider.name in used):
            continue  # it would work without any setting, and nobody asks it to
        answer, is_any = ask(provider), True
        words = f"{provider.name}: {say(f'credentials_{answer.held}')}"
        level = {Held.REFUSED: Level.ERROR, Held.UNREACHABLE: Level.ERROR}.get(answer.held, Level.OK)
        todo = "" if level is Level.OK else say("doctor_credentials", names=_variables(provider))
        if todo and (campaigns := used.get(provider.name)):
            todo = say("doctor_needed_by", problem=todo, campaigns=", ".join(campaigns))
        yield Finding(level, say("check_provider"), f"{words} {answer.detail}".rstrip(), todo)
    if not is_any:
        yield Finding(Level.OK, say("check_provider"), say("doctor_no_provider"))


def _variables(provider: object) -> str:
    """What a provider does not work without, by the names in .env."""
    groups = getattr(provider, "settings", ())
    return ", ".join(
        each.name for group in groups for each in variables_of(group).values() if each.need is not Need.OPTIONAL
    )


def _is_required(group: type) -> bool:
    return any(each.need is Need.REQUIRED for each in variables_of(group).values())


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
        Level.OK if is_ok else Level.ERROR,
        say("check_location"),
        "mensageria_pipeline",
        "" if is_ok else say("doctor_location"),
    )

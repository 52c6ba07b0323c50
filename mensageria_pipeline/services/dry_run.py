"""A campaign prepared in a folder of its own, as it would be now: to look at, and to test with."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import InputError, SettingsError
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.intake.ingest import ingest
from mensageria_pipeline.intake.registry import IntakeRegistry
from mensageria_pipeline.providers.choice import check_providers
from mensageria_pipeline.providers.contract import Provider, ProviderConfig, no_link
from mensageria_pipeline.providers.registry import create_provider
from mensageria_pipeline.recipients.validate import RecipientsSummary
from mensageria_pipeline.sending.provider_config import provider_config
from mensageria_pipeline.sending.remaining import find_remaining
from mensageria_pipeline.sending.results import Results
from mensageria_pipeline.sending.tally import Tally
from mensageria_pipeline.services.preparation import judge_recipients, opt_outs_waiting, plan_campaign
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.files import pinned
from mensageria_pipeline.storage.layout import Asset, Layout

ProgressSink = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What was prepared. Its files go when the block that made it ends."""

    partition: Partition
    definition: CampaignDefinition
    recipients: RecipientsSummary
    layout: Layout
    tally: Tally
    """Its messages against what was sent already."""
    to_send: pa.ChunkedArray = field(repr=False)
    """Rows of the plan whose messages nobody has received: new ones, corrected ones, those that are pending."""

    @property
    def plan(self) -> Path:
        return self.layout.table(Asset.MESSAGES, self.partition.key)


@contextlib.contextmanager
def dry_run(
    project: Project,
    partition: Partition,
    on_progress: ProgressSink = lambda _done, _total: None,
    added: Path | None = None,
    definition_yaml: str | None = None,
    *,
    is_alone: bool = False,
) -> Iterator[DryRun]:
    """Prepare a campaign from its lists and definition as they are. Raises what the real steps raise.

    As if the list `added` had come in, and with `definition_yaml` in the place of its own, where given. `is_alone`: as
    if no other list had ever come in.
    """
    with scratch_folder(project.layout) as folder:
        scratch = Layout(folder / "data")
        _share(project, scratch, partition, added, definition_yaml, is_alone=is_alone)
        definition = load_definition(scratch, partition.campaign)
        check_providers(partition.campaign, definition)
        settings = project.settings
        settle_s = settings.input_settle_s if added is None else 0.0
        ingest(
            scratch,
            IntakeRegistry(scratch.intake_db),
            partition,
            definition,
            settle_s,
            settings.limits,
            lambda rows: on_progress(rows, None),
        )
        waiting = opt_outs_waiting(project)
        summary = judge_recipients(scratch, project.ledger, partition, definition, on_progress, waiting)
        plan_campaign(scratch, project.ledger, partition, definition, on_progress)
        plan, journal = scratch.table(Asset.MESSAGES, partition.key), project.ledger.journal(partition.key)
        with Results(plan, journal) as results:
            tally = results.tally()
        to_send = find_remaining(plan, journal).pending_rows
        yield DryRun(partition, definition, summary, scratch, tally, to_send)


@contextlib.contextmanager
def scratch_folder(layout: Layout) -> Iterator[Path]:
    """A folder for the length of a block, for lists that are only looked at. Named by its process, so that another one
    deletes it where this one is killed."""
    sweep_dry_runs(layout)
    layout.dry_runs_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=layout.dry_runs_dir) as folder:
        yield Path(folder)


def sweep_dry_runs(layout: Layout) -> None:
    """Delete what killed processes left behind: it holds lists."""
    for folder in layout.dry_runs_dir.glob("[0-9]*-*"):
        if not _is_alive(int(folder.name.partition("-")[0])):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def shown_config(project: Project, partition: str, definition: CampaignDefinition) -> ProviderConfig:
    """What adapters are told whose messages are shown, or go to a tester: without links to leave by, which would not be
    their recipients' own any more."""
    real = provider_config(project.settings, project.ledger.key, partition, definition)
    return replace(real, leave_link=no_link)


def providers_of(
    project: Project, partition: str, definition: CampaignDefinition
) -> tuple[dict[str, Provider], list[SettingsError]]:
    """The adapters of a campaign, and why others cannot be made."""
    config = shown_config(project, partition, definition)
    made: dict[str, Provider] = {}
    missing = []
    for name in definition.providers:
        try:
            made[name] = create_provider(name, config)
        except SettingsError as error:
            missing.append(error)
    return made, missing


def _share(
    project: Project,
    scratch: Layout,
    partition: Partition,
    added: Path | None,
    definition_yaml: str | None,
    *,
    is_alone: bool,
) -> None:
    """Let the scratch folder see what the real one has, and what is to be tried beside it or alone."""
    real = project.layout
    scratch.data_dir.mkdir()
    for folder, copy in ((real.lookup_dir, scratch.lookup_dir), (real.templates_dir, scratch.templates_dir)):
        copy.symlink_to(folder)
    _share_lists(project, scratch, partition, added, is_alone=is_alone)
    if definition_yaml is None:
        scratch.campaigns_dir.symlink_to(real.campaigns_dir)
    else:
        scratch.campaigns_dir.mkdir()
        scratch.definition(partition.campaign).write_text(definition_yaml, encoding="utf-8")
        if real.campaign_dir(partition.campaign).is_dir():
            scratch.campaign_dir(partition.campaign).symlink_to(real.campaign_dir(partition.campaign))


def _share_lists(
    project: Project, scratch: Layout, partition: Partition, added: Path | None, *, is_alone: bool
) -> None:
    real, known = project.layout, scratch.partition_dir(Asset.RAW_BASE, partition.key)
    known.mkdir(parents=True)
    if added is None:
        scratch.input_dir.symlink_to(real.input_dir)
    else:
        folder = scratch.input_dir / partition.campaign
        folder.mkdir(parents=True)
        if not is_alone:
            _copy_lists(project, partition, folder)
        taken = folder / added.name
        shutil.copyfile(added, taken if not taken.exists() else folder / f"{added.stem}-novo{added.suffix}")
    if is_alone:
        return
    for path in real.partition_dir(Asset.RAW_BASE, partition.key).glob("*.parquet"):
        (known / path.name).symlink_to(path)


def _copy_lists(project: Project, partition: Partition, folder: Path) -> None:
    for file in discover(project.layout.input_dir, project.registry.name_owners()).of(partition.campaign):
        with contextlib.suppress(InputError), pinned(file.path) as opened:  # a link would be refused there as here
            shutil.copyfile(opened, folder / file.path.name)

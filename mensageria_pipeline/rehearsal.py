"""A campaign prepared in a folder of its own, as it would be now: to look at, and to test with."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mensageria_pipeline.contracts.campaign import CampaignDefinition, load_definition
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.intake.ingest import ingest
from mensageria_pipeline.intake.registry import IntakeRegistry
from mensageria_pipeline.messages.plan import plan_messages
from mensageria_pipeline.preparation import judge_recipients, take_in_lists
from mensageria_pipeline.project import Project
from mensageria_pipeline.recipients.validate import RecipientsReport
from mensageria_pipeline.sending.providers.contract import Provider, no_link
from mensageria_pipeline.sending.providers.registry import check_providers, create_provider
from mensageria_pipeline.sending.provision import provider_config
from mensageria_pipeline.sending.results import Results, Tally

ProgressSink = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was prepared. Its files go when the block that made it ends."""

    partition: Partition
    definition: CampaignDefinition
    recipients: RecipientsReport
    layout: Layout
    tally: Tally
    """Its messages against what was sent already."""

    @property
    def plan(self) -> Path:
        return self.layout.table(Asset.MESSAGES, self.partition.key)


@contextlib.contextmanager
def rehearse(
    project: Project,
    partition: Partition,
    on_progress: ProgressSink = lambda _done, _total: None,
    added: Path | None = None,
    definition: str | None = None,
) -> Iterator[Rehearsal]:
    """Prepare a campaign from its lists and definition as they are. Raises what the real steps raise.

    As if the list `added` had come in, and with `definition` (YAML) in the place of its own, where given.
    """
    with scratch_folder(project.layout) as folder:
        scratch = Layout(folder / "data")
        _share(project.layout, scratch, partition, added, definition)
        said = load_definition(scratch, partition.campaign)
        check_providers(partition.campaign, said)
        settings = project.settings
        settle_s = settings.input_settle_s if added is None else 0.0
        ingest(
            scratch, IntakeRegistry(scratch.intake_db), partition, said, settle_s, settings.limits,
            lambda rows: on_progress(rows, None),
        )  # fmt: skip
        take_in_lists(project)
        report = judge_recipients(scratch, project.ledger, partition, said, on_progress)
        plan_messages(scratch, partition, said, project.ledger.key, on_progress)
        with Results(scratch.table(Asset.MESSAGES, partition.key), project.ledger.journal(partition.key)) as results:
            tally = results.tally()
        yield Rehearsal(partition, said, report, scratch, tally)


@contextlib.contextmanager
def scratch_folder(layout: Layout) -> Iterator[Path]:
    """A folder for the length of a block, for lists that are only looked at. Named by its process, so that another one
    deletes it where this one is killed."""
    sweep_rehearsals(layout)
    layout.rehearsals_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=layout.rehearsals_dir) as folder:
        yield Path(folder)


def sweep_rehearsals(layout: Layout) -> None:
    """Delete what killed processes left behind: it holds lists."""
    for folder in layout.rehearsals_dir.glob("[0-9]*-*"):
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


def providers_of(project: Project, rehearsal: Rehearsal) -> tuple[dict[str, Provider], list[SettingsError]]:
    """The adapters of a campaign, and why others cannot be made."""
    # Without links to leave by: one that is shown, or goes to a tester, is not its recipient's own any more.
    real = provider_config(project.settings, project.ledger.key, rehearsal.partition.key, rehearsal.definition)
    config = replace(real, leave_link=no_link)
    made: dict[str, Provider] = {}
    missing = []
    for name in rehearsal.definition.providers:
        try:
            made[name] = create_provider(name, config)
        except SettingsError as error:
            missing.append(error)
    return made, missing


def _share(real: Layout, scratch: Layout, partition: Partition, added: Path | None, definition: str | None) -> None:
    """Let the scratch folder see what the real one has, and what is to be tried beside it."""
    scratch.data_dir.mkdir()
    for folder, copy in ((real.lookup_dir, scratch.lookup_dir), (real.templates_dir, scratch.templates_dir)):
        copy.symlink_to(folder)
    _share_input(real, scratch, partition, added)
    if definition is None:
        scratch.campaigns_dir.symlink_to(real.campaigns_dir)
    else:
        scratch.campaigns_dir.mkdir()
        scratch.definition(partition.campaign).write_text(definition, encoding="utf-8")
        if real.campaign_dir(partition.campaign).is_dir():
            scratch.campaign_dir(partition.campaign).symlink_to(real.campaign_dir(partition.campaign))
    known = scratch.partition_dir(Asset.RAW_BASE, partition.key)
    known.mkdir(parents=True)
    for path in real.partition_dir(Asset.RAW_BASE, partition.key).glob("*.parquet"):
        (known / path.name).symlink_to(path)


def _share_input(real: Layout, scratch: Layout, partition: Partition, added: Path | None) -> None:
    if added is None:
        scratch.input_dir.symlink_to(real.input_dir)
        return
    folder = scratch.input_dir / partition.campaign
    folder.mkdir(parents=True)
    for path in (real.input_dir / partition.campaign).glob("*"):
        if path.is_file():
            (folder / path.name).symlink_to(path)
    taken = folder / added.name
    shutil.copyfile(added, taken if not taken.exists() else folder / f"{added.stem}-novo{added.suffix}")

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
    project: Project, partition: Partition, on_progress: ProgressSink = lambda _done, _total: None
) -> Iterator[Rehearsal]:
    """Prepare a campaign from its lists and definition as they are. Raises what the real steps raise."""
    definition = load_definition(project.layout, partition.campaign)
    check_providers(partition.campaign, definition)
    sweep_rehearsals(project.layout)
    project.layout.rehearsals_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=project.layout.rehearsals_dir) as folder:
        scratch = Layout(Path(folder) / "data")
        _share(project.layout, scratch, partition)
        settings = project.settings
        ingest(
            scratch, IntakeRegistry(scratch.intake_db), partition, definition, settings.input_settle_s, settings.limits,
            lambda rows: on_progress(rows, None),
        )  # fmt: skip
        take_in_lists(project)
        report = judge_recipients(scratch, project.ledger, partition, definition, on_progress)
        plan_messages(scratch, partition, definition, project.ledger.key, on_progress)
        with Results(scratch.table(Asset.MESSAGES, partition.key), project.ledger.journal(partition.key)) as results:
            tally = results.tally()
        yield Rehearsal(partition, definition, report, scratch, tally)


def sweep_rehearsals(layout: Layout) -> None:
    """Delete what killed processes left behind: it holds lists."""
    for folder in layout.rehearsals_dir.glob("*-*"):
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


def _share(real: Layout, scratch: Layout, partition: Partition) -> None:
    """Let the scratch folder see the real one's input, and the lists that were taken in already."""
    scratch.data_dir.mkdir()
    for folder, copy in (
        (real.input_dir, scratch.input_dir),
        (real.campaigns_dir, scratch.campaigns_dir),
        (real.lookup_dir, scratch.lookup_dir),
    ):
        copy.symlink_to(folder)
    known = scratch.partition_dir(Asset.RAW_BASE, partition.key)
    known.mkdir(parents=True)
    for path in real.partition_dir(Asset.RAW_BASE, partition.key).glob("*.parquet"):
        (known / path.name).symlink_to(path)

"""The sensor on data/input: each new content gets its campaign a partition and one run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import intake_path
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.defs.common_specs import definition_of, describe
from mensageria_pipeline.defs.jobs import campaign_job
from mensageria_pipeline.defs.tick import Tick
from mensageria_pipeline.errors import MensageriaError, StorageError
from mensageria_pipeline.intake.files import InputFile, discover
from mensageria_pipeline.intake.ingest import definition_version
from mensageria_pipeline.services.disk_space import check_room
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.dataset import fingerprint_of, read_stamp
from mensageria_pipeline.storage.layout import PREPARATION, Asset
from mensageria_pipeline.texts import say

FILES_PER_TICK = 20
"""Files read for their hash in one tick, at most: Dagster gives a tick 60 s."""


@dg.sensor(
    job=campaign_job,
    name="input_files",
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=describe("description_input_files"),
)
def input_files(context: dg.SensorEvaluationContext, project: dg.ResourceParam[Project]) -> dg.SensorResult:
    tick = Tick(context.instance)
    try:
        check_room(project)
    except StorageError as error:  # a run would fail in Dagster's own records, and its content would count as tried
        return dg.SensorResult(skip_reason=dg.SkipReason(error.text()))
    discovery = discover(project.layout.input_dir, project.registry.name_owners())
    tick.news += [
        say("tick_refused", file=_in_folder(project, path), reason=error.text()) for path, error in discovery.refused
    ]
    hashes = _Hashes(project, FILES_PER_TICK)
    for campaign in sorted({file.campaign for file in discovery.files}):
        with tick.guarded(campaign):
            _look_at(tick, project, campaign, list(hashes.of(discovery.of(campaign), tick)))
    if hashes.left:
        tick.news.append(say("tick_capped", count=hashes.left))
    return tick.result(context, say("tick_nothing", folder=project.layout.input_dir.name))


def _in_folder(project: Project, path: Path) -> str:
    """A file by its folder and name: of two folders that give one key, each must be known."""
    folder = project.layout.input_dir
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name


@dataclass(slots=True)
class _Hashes:
    """Content hashes; so many files are read in one tick, the others wait for the next."""

    project: Project
    budget: int
    left: int = 0

    def of(self, files: Sequence[InputFile], tick: Tick) -> Iterator[tuple[InputFile, str]]:
        for file in files:
            try:
                if not file.has_settled(self.project.settings.input_settle_s):
                    tick.news.append(say("tick_growing", file=file.path.name))
                    continue
                content_hash = self._hash(file)
            except OSError:
                tick.news.append(say("file_gone", file=file.path.name))
                continue
            if content_hash:
                yield file, content_hash

    def _hash(self, file: InputFile) -> str | None:
        """The file's hash; None when this tick has read enough."""
        known = self.project.registry.known_hash(file.path)
        if known:
            return known
        if not self.budget:
            self.left += 1
            return None
        self.budget -= 1
        return self.project.registry.content_hash(file.path)


def _look_at(tick: Tick, project: Project, campaign: str, files: Sequence[tuple[InputFile, str]]) -> None:
    """One campaign: at most one run request, for all of its new contents together."""
    try:
        definition = definition_of(project, Partition(campaign))
        prepared = _prepared_contents(project, campaign)
    except MensageriaError as error:
        tick.news += [say("tick_refused", file=file.path.name, reason=error.text()) for file, _ in files[:1]]
        return
    new: dict[str, str] = {}
    for file, content_hash in files:
        refusal = project.registry.refusal(campaign, content_hash)
        if content_hash in prepared:
            tick.known += _already(project, campaign, file, content_hash)
        elif refusal and refusal.definition == definition_version(definition):
            tick.known.append(say("tick_refused", file=file.path.name, reason=refusal.reason))
        else:
            new.setdefault(content_hash, file.path.name)
    if new:
        _request(tick, campaign, definition, new)


def _prepared_contents(project: Project, campaign: str) -> frozenset[str]:
    """Contents whose rows have their fates and messages: a run went that far. Being in raw_base is not enough."""
    recipients = read_stamp(project.layout.table(Asset.VALIDATED_RECIPIENTS, campaign))
    messages = read_stamp(project.layout.table(Asset.MESSAGES, campaign))
    if recipients is None or messages is None:
        return frozenset()
    is_current = messages.inputs.get(Asset.VALIDATED_RECIPIENTS.value) == recipients.fingerprint
    return frozenset(recipients.facts["intakes"]) if is_current else frozenset()


def _request(tick: Tick, campaign: str, definition: CampaignDefinition, new: dict[str, str]) -> None:
    """Ask for a run, unless one of the same reason is under way, or failed and nothing changed since."""
    content = next(iter(new))[:16] if len(new) == 1 else fingerprint_of({"contents": sorted(new)})[:16]
    run = tick.unfinished_run(campaign)
    if run:
        tick.news.append(say("tick_running", campaign=campaign, run=run.run_id[:8], status=run.status.value))
        return
    run_key, last = None, None
    for attempt in ("1", definition.fingerprint()[:8]):
        run_key, last = tick.unseen_key(f"{campaign}:{content}:{attempt}")
        if run_key or (last and last.is_success):
            break
    if run_key is None:
        key = "tick_vanished" if last and last.is_success else "tick_failed_run"
        tick.news.append(say(key, campaign=campaign, run=last.run_id[:8] if last else ""))
        return
    only_prepare = definition.cron or definition.needs_release
    key = "tick_started_cron" if definition.cron else "tick_started_until_messages" if only_prepare else "tick_started"
    tick.news.append(say(key, campaign=campaign, files=", ".join(new.values()), cron=definition.cron))
    tick.ask(campaign, run_key, "file", PREPARATION if only_prepare else None)


def _already(project: Project, campaign: str, file: InputFile, content_hash: str) -> list[str]:
    """A line where the content came in under another name; the file itself needs none."""
    stamp = read_stamp(intake_path(project.layout, campaign, content_hash))
    facts = stamp.facts if stamp else {}
    if facts.get("file_name") == file.path.name:
        return []
    at = str(facts.get("received_at"))[:19]
    return [say("tick_already", campaign=campaign, file=file.path.name, first=facts.get("file_name", "?"), at=at)]

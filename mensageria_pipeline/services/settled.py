"""Whether a run of a campaign would change nothing: told from stamps and tallies, no list or journal is read."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.contracts.send_results import READDRESSABLE_OUTCOMES
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.intake.files import discover, is_ignored
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.campaign_lease import check_files
from mensageria_pipeline.ledger.tallies import StoredTally
from mensageria_pipeline.sending.plan_snapshot import verified_plan
from mensageria_pipeline.sending.tally import Tally
from mensageria_pipeline.sending.unrecorded import check_recorded
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.files import open_plain
from mensageria_pipeline.storage.layout import Asset, Layout

REPORTED = "reported"
"""The view of a tally that says: results, metrics and report of this plan are made, and nothing was written since."""
FAILED = "failed"
"""Of what rows were judged with: the messages that had failed by then."""
_WAITS_FOR_OUTCOMES = frozenset({ReasonCode.ID_CONFLICT, ReasonCode.ALREADY_CORRECTED, ReasonCode.ALREADY_MESSAGED})
"""Codes of rows that become messages once that of another row has failed."""


def judged_by(layout: Layout, ledger: Ledger, definition: CampaignDefinition) -> dict[str, object]:
    """What rows are judged by beside lists and definition: the opt-outs, and the contents of the lookup tables."""
    files = sorted({lookup.table.partition("/")[0] for lookup in definition.enrich})
    return {"opt_outs": ledger.suppressions.last_number(), "lookups": {n: _hash(layout.lookup_dir / n) for n in files}}


def _hash(path: Path) -> str:
    """Of a file's content; empty where there is no plain file: whoever reads it next says so."""
    try:
        with os.fdopen(open_plain(path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def note_reported(project: Project, partition: str, mark: int | None) -> None:
    """Remember that the report of what was counted at `mark` is made."""
    plan = read_stamp(project.layout.table(Asset.MESSAGES, partition))
    if plan is not None:
        project.ledger.tallies.keep(partition, REPORTED, StoredTally(plan.fingerprint, {}), mark)


def is_settled(project: Project, partition: str) -> bool:
    """Whether every list is in, nothing it is judged by has changed, every message has its outcome, and the report is
    made. Then a run would make the same files again, and send nothing.

    The tally is held against the results themselves: where they differ, the run looks at everything.
    """
    try:
        return all(_signs(project, partition))
    except MensageriaError:
        return False  # the run says what is wrong


def _signs(project: Project, partition: str) -> Iterator[bool]:
    """Cheap ones first."""
    layout, ledger, parsed = project.layout, project.ledger, Partition.parse(partition)
    definition = load_definition(layout, parsed.campaign)
    tally, reported = ledger.tallies.of(partition, ""), ledger.tallies.of(partition, REPORTED)
    yield tally is not None and Tally.from_json(tally.counts).is_complete
    plan = verified_plan(layout, partition, definition)
    yield reported is not None and tally is not None and tally.plan == reported.plan == plan.fingerprint
    yield ledger.command(partition) is None and not ledger.erasures.unfinished()
    check_files(ledger, partition)  # raises where the journal is gone, or an older copy: the run says so
    check_recorded(layout, ledger, partition)
    recipients = read_stamp(layout.table(Asset.VALIDATED_RECIPIENTS, partition))
    yield (
        recipients is not None
        and tally is not None
        and _is_judged_by_now(recipients.facts, judged_by(layout, ledger, definition), Tally.from_json(tally.counts))
    )
    yield _is_everything_in(project, parsed)
    yield tally is not None and _results_agree(layout, partition, plan.fingerprint, Tally.from_json(tally.counts))


def _is_judged_by_now(facts: Mapping[str, Any], now: Mapping[str, object], tally: Tally) -> bool:
    """Whether rows would be judged as they were: nothing changed, and no message has failed that a row waits for."""
    judged_with = dict(facts.get("judged_with") or {})
    failed_then = judged_with.pop(FAILED, None)
    failed_now = sum(tally.outcomes[outcome.value] for outcome in READDRESSABLE_OUTCOMES)
    is_waited_for = not _WAITS_FOR_OUTCOMES.isdisjoint(facts.get("codes", {}))
    return judged_with == now and (failed_then == failed_now or not is_waited_for)


def _is_everything_in(project: Project, partition: Partition) -> bool:
    """Whether every file in the campaign's folder, and every suppression list, was taken in."""
    layout, registry = project.layout, project.registry
    discovery = discover(layout.input_dir, registry.name_owners())
    known = {intake.content_hash for intake in list_intakes(layout, partition.key)}
    lists = {each.content_hash for each in project.ledger.suppressions.lists()}
    files = [path for path in layout.suppressions_dir.rglob("*") if path.is_file() and not is_ignored(path)]
    return (
        not discovery.refused
        and all(registry.content_hash(file.path) in known for file in discovery.of(partition.campaign))
        and all(registry.content_hash(path) in lists for path in files)
    )


def _results_agree(layout: Layout, partition: str, plan: str, tally: Tally) -> bool:
    """Whether the files of results that were made from this plan add up to the tally."""
    import pyarrow.compute as pc  # noqa: PLC0415 - not needed where a cheaper sign says no
    import pyarrow.parquet as pq  # noqa: PLC0415

    found: dict[str, Any] = {}
    for path in layout.partition_dir(Asset.SEND_RESULTS, partition).glob("[!.]*.parquet"):
        stamp = read_stamp(path)
        if stamp is None or stamp.inputs.get(Asset.MESSAGES.value) != plan:
            continue
        outcomes = pq.read_table(path, columns=["outcome"], read_dictionary=["outcome"], partitioning=None)["outcome"]
        for each in pc.value_counts(outcomes).to_pylist():
            found[each["values"]] = found.get(each["values"], 0) + each["counts"]
    return found == {name: count for name, count in tally.outcomes.items() if count}

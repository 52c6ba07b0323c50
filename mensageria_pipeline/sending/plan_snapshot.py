"""The plan of a campaign as sending takes it: verified, and held under a name of its own."""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import duckdb

from mensageria_pipeline.contracts.raw_base import list_intakes, raw_fingerprint
from mensageria_pipeline.definition.model import HOW_NOT_WHAT, CampaignDefinition
from mensageria_pipeline.errors import LeaseLostError, MensageriaError, StaleInputError
from mensageria_pipeline.sending.carried import CARRIED, carried
from mensageria_pipeline.storage.dataset import Stamp, read_stamp, share_file
from mensageria_pipeline.storage.layout import Asset, Layout


def verified_plan(layout: Layout, partition: str, definition: CampaignDefinition, plan: Path | None = None) -> Stamp:
    """The stamp of the messages to send, once each step is found to belong to the one before.

    `plan` is the messages file where it is held under another name. Raises StaleInputError naming the step to
    materialize again. Nothing is sent then.
    """
    messages = (read_stamp(plan) if plan else None) or _stamp(layout, Asset.MESSAGES, partition)
    if messages.facts.get("purged_at"):
        raise StaleInputError("campaign_purged", campaign=partition)
    recipients = _stamp(layout, Asset.VALIDATED_RECIPIENTS, partition)
    current = raw_fingerprint(list_intakes(layout, partition))
    expected = (
        (Asset.VALIDATED_RECIPIENTS, recipients.inputs.get(Asset.RAW_BASE.value), current, Asset.RAW_BASE.value),
        (
            Asset.VALIDATED_RECIPIENTS,
            recipients.inputs.get("definition"),
            definition.judging_version,
            f"{partition}.yaml",
        ),
        (
            Asset.MESSAGES,
            messages.inputs.get(Asset.VALIDATED_RECIPIENTS.value),
            recipients.fingerprint,
            Asset.VALIDATED_RECIPIENTS.value,
        ),
        (
            Asset.MESSAGES,
            messages.inputs.get("definition"),
            definition.fingerprint(without=HOW_NOT_WHAT),
            f"{partition}.yaml",
        ),
        (Asset.MESSAGES, messages.inputs.get(CARRIED, ""), carried(layout, partition, definition), "email"),
    )
    for asset, found, wanted, changed in expected:
        if found != wanted:
            raise StaleInputError("step_stale", asset=asset.value, campaign=partition, changed=changed)
    return messages


@contextlib.contextmanager
def plan_snapshot(layout: Layout, partition: str) -> Iterator[Path]:
    """The messages file under a name of our own: another run may put a newer one in its place meanwhile.

    The name is drawn by chance: process numbers repeat over containers that share the folder. Raises LeaseLostError
    where it is gone because another run has taken the campaign over.
    """
    source = layout.table(Asset.MESSAGES, partition)
    for leftover in source.parent.glob(".held-*.parquet"):  # of a killed run: only one holds the campaign
        leftover.unlink(missing_ok=True)
    held = source.with_name(f".held-{secrets.token_hex(8)}.parquet")
    try:
        share_file(source, held)
    except FileNotFoundError:
        raise StaleInputError("step_missing", asset=Asset.MESSAGES.value, campaign=partition) from None
    try:
        yield held
    except (duckdb.IOException, OSError):
        if not held.exists():  # whoever takes a campaign over deletes what the run before it held
            raise LeaseLostError(partition) from None
        raise
    finally:
        held.unlink(missing_ok=True)


def recorded_problem(layout: Layout, partition: str) -> MensageriaError | None:
    """Why the last sending of today's plan left work undone, as its results say; None where it did not."""
    plan = _stamp(layout, Asset.MESSAGES, partition)
    for path in layout.partition_dir(Asset.SEND_RESULTS, partition).glob("*.parquet"):
        stamp = read_stamp(path)
        if stamp and stamp.inputs.get(Asset.MESSAGES.value) == plan.fingerprint and stamp.facts.get("problem"):
            return MensageriaError(stamp.facts["problem"]["key"], **stamp.facts["problem"]["values"])
    return None


def _stamp(layout: Layout, asset: Asset, partition: str) -> Stamp:
    stamp = read_stamp(layout.table(asset, partition))
    if stamp is None:
        raise StaleInputError("step_missing", asset=asset.value, campaign=partition)
    return stamp

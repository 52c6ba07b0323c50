"""messages → send_results: verify the input, send what is left, record, and write down what became of it."""

import contextlib
import time
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.messages import READDRESSED, Mode
from mensageria_pipeline.definition.model import CampaignDefinition, OneMessagePer
from mensageria_pipeline.errors import LeaseLostError, LedgerError, StaleInputError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.campaign_lease import CampaignLease, check_leased
from mensageria_pipeline.ledger.ledger import Wait
from mensageria_pipeline.ledger.tallies import StoredTally
from mensageria_pipeline.providers.contract import Provider, ProviderConfig
from mensageria_pipeline.providers.registry import create_provider
from mensageria_pipeline.sending.deliveries import NONE, deliveries_of, ledger_fact, write_receipts
from mensageria_pipeline.sending.dispatch import Dispatch, ProgressSink
from mensageria_pipeline.sending.plan_snapshot import plan_snapshot, recorded_problem, verified_plan
from mensageria_pipeline.sending.provider_config import provider_config
from mensageria_pipeline.sending.results import Results
from mensageria_pipeline.sending.send_summary import (
    IN_DOUBT,
    SendSummary,
    explain,
    log_summary,
    read_command,
    read_lanes,
)
from mensageria_pipeline.sending.settle import cancel_overtaken, settle_reported
from mensageria_pipeline.sending.unrecorded import check_recorded
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.storage.dataset import Stamp, read_stamp
from mensageria_pipeline.storage.layout import Asset, Layout


def send_messages(
    layout: Layout,
    ledger: Ledger,
    settings: Settings,
    campaign_lease: CampaignLease,
    definition: CampaignDefinition,
    on_progress: ProgressSink = lambda _settled, _total: None,
    released_plan: str | None = None,
) -> SendSummary:
    """Send every message of the held campaign's plan that has no outcome yet, and write what became of all.

    With `released_plan` only the plan of that fingerprint is sent: another one may have taken its place.
    An interrupt (BaseException in this thread) lets requests in flight end, records them, and is raised
    again. Raises StaleInputError and SettingsError before the first message; LedgerError when what was sent
    cannot be recorded.
    """
    partition = campaign_lease.lease.scope
    with plan_snapshot(layout, partition) as path:
        plan = _verified(layout, ledger, partition, definition, path, released_plan)
        providers = _providers(path, provider_config(settings, ledger.key, partition, definition))
        known_wait = ledger.wait(partition)
        summary = SendSummary(plan, modes=sorted({p.capabilities.mode for p in providers}))
        names = tuple(provider.name for provider in providers)
        settle_reported(ledger, campaign_lease)  # whoever has their message is not to get it again
        if definition.one_message_per is OneMessagePer.PERSON and plan.facts.get(READDRESSED, True):
            cancel_overtaken(ledger, campaign_lease, path)
        dispatch = _dispatch(layout, ledger, settings, campaign_lease, definition, path, names)
        is_lost = False
        try:
            _conduct(dispatch, summary, on_progress)
        except LeaseLostError:
            is_lost = True  # the results are the other run's to write
            raise
        finally:
            if not is_lost and _is_still_ours(ledger, campaign_lease):
                _write_results(layout, ledger, partition, path, summary)
                _remember_wait(ledger, partition, summary, known_wait)
    log_summary(summary)
    return summary


def _verified(
    layout: Layout, ledger: Ledger, partition: str, definition: CampaignDefinition, path: Path, released: str | None
) -> Stamp:
    """The stamp of a plan that may be sent. Raises StaleInputError and LedgerError."""
    plan = verified_plan(layout, partition, definition, path)
    if released not in {None, plan.fingerprint}:
        raise StaleInputError("step_stale", asset=Asset.MESSAGES, campaign=partition, changed="messages")
    check_recorded(layout, ledger, partition)
    return plan


def _dispatch(
    layout: Layout,
    ledger: Ledger,
    settings: Settings,
    campaign_lease: CampaignLease,
    definition: CampaignDefinition,
    path: Path,
    names: tuple[str, ...],
) -> Dispatch:
    partition = campaign_lease.lease.scope
    scratch, pacing = layout.sending_dir(partition), layout.pacing_dir
    return Dispatch(campaign_lease, path, ledger, settings, definition, names, scratch, pacing)


def _conduct(dispatch: Dispatch, summary: SendSummary, on_progress: ProgressSink) -> None:
    """Send, and note how it went, however it ends. Raises LeaseLostError, and an interrupt again."""
    started = time.monotonic()
    try:
        read_lanes(summary, dispatch.run(on_progress))
        read_command(summary, dispatch.command)
    except LeaseLostError:
        raise
    except LedgerError as error:
        summary.problem = error
    finally:
        summary.sent_s, summary.settled = time.monotonic() - started, dispatch.settled_count
        summary.processes = dispatch.processes


def _is_still_ours(ledger: Ledger, campaign_lease: CampaignLease) -> bool:
    """Whether the results are this run's to write: one that slept after its last message may have been overtaken."""
    with contextlib.suppress(LedgerError):  # told by whoever writes next
        return ledger.leases.is_held(campaign_lease.lease)
    return True


def refresh_results(layout: Layout, ledger: Ledger, campaign_lease: CampaignLease, plan: Path) -> None:
    """Write send_results of a held plan anew, after a person's decision. Sends nothing.

    Raises LeaseLostError when another run has taken the campaign over: its results are newer.
    """
    partition = campaign_lease.lease.scope
    check_leased(ledger, campaign_lease)
    stamp = read_stamp(plan)
    assert stamp is not None  # noqa: S101 - it is held
    found = recorded_problem(layout, partition)
    problem = found if found and found.key != IN_DOUBT else None
    _write_results(layout, ledger, partition, plan, SendSummary(stamp, problem=problem))


def _providers(path: Path, config: ProviderConfig) -> list[Provider]:
    """The adapters that the plan needs; a missing setting is found here, before the first message."""
    names = pc.unique(pq.read_table(path, columns=["provider"])["provider"]).to_pylist()
    return [create_provider(name, config) for name in sorted(names)]


def _write_results(layout: Layout, ledger: Ledger, partition: str, path: Path, summary: SendSummary) -> None:
    """Whatever happened: write what is known and why it ended.

    Raises the reason for stopping, or LedgerError, when not even that can be written.
    """
    try:
        deliveries = NONE
        if ledger.receipts.has_any(partition):
            deliveries = deliveries_of(write_receipts(layout, ledger, partition))
        mark = ledger.tallies.mark(partition)
        with Results(path, ledger.journal(partition), deliveries=deliveries) as results:
            summary.tally = results.tally()
            explain(summary, partition)
            problem = {"key": summary.problem.key, "values": dict(summary.problem.values)} if summary.problem else None
            facts = {"problem": problem} | ledger_fact(ledger, results.extent)
            results.export(layout, partition, {Asset.MESSAGES.value: summary.plan.fingerprint}, facts)
            views = ["", Mode.LIVE.value] if results.modes() == [Mode.LIVE] else [""]
        for view in views:
            ledger.tallies.keep(partition, view, StoredTally(summary.plan.fingerprint, summary.tally.as_json()), mark)
    except OSError as error:
        problem_type = type(error).__name__
        unwritable = LedgerError("ledger_unwritable", problem=problem_type, path=layout.processed_dir.name)
        raise summary.problem or unwritable from None


def _remember_wait(ledger: Ledger, partition: str, summary: SendSummary, known: Wait | None) -> None:
    """Until when the campaign waits; where it does not, the wait that this sending began with is over.

    Another one that came meanwhile stays: somebody resumed a campaign that was just being paused.
    """
    if summary.wait and summary.wait.until:
        ledger.set_wait(partition, Wait(partition, summary.wait.until, summary.wait.reason))
    elif known:
        ledger.end_wait(known)

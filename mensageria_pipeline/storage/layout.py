"""Where everything lives below the data folder."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Asset(StrEnum):
    """The products of the stages, in the order of the flow; also their folders and Dagster names."""

    SUPPRESSIONS = "suppressions"
    RAW_BASE = "raw_base"
    VALIDATED_RECIPIENTS = "validated_recipients"
    REJECTED_RECIPIENTS = "rejected_recipients"
    MESSAGES = "messages"
    SEND_RESULTS = "send_results"
    ATTEMPTS = "attempts"
    RECEIPTS = "receipts"
    CAMPAIGN_METRICS = "campaign_metrics"
    CAMPAIGN_REPORT = "campaign_report"


PREPARATION = (Asset.RAW_BASE, Asset.VALIDATED_RECIPIENTS, Asset.REJECTED_RECIPIENTS, Asset.MESSAGES)
"""What is made before a release."""
SENDING = (Asset.SEND_RESULTS, Asset.CAMPAIGN_METRICS, Asset.CAMPAIGN_REPORT)


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders and files below one data folder. Pure: nothing is created by asking."""

    data_dir: Path
    ledger_home: Path | None = None
    """Where the ledger is, if not below `data_dir`."""

    @property
    def input_dir(self) -> Path:
        return self.data_dir / "input"

    @property
    def campaigns_dir(self) -> Path:
        return self.data_dir / "campaigns"

    @property
    def templates_dir(self) -> Path:
        return self.data_dir / "templates"

    @property
    def lookup_dir(self) -> Path:
        return self.data_dir / "lookup"

    @property
    def suppressions_dir(self) -> Path:
        return self.data_dir / "suppressions"

    @property
    def processed_dir(self) -> Path:
        return self.data_dir / "processed"

    @property
    def state_dir(self) -> Path:
        return self.data_dir / "state"

    @property
    def exports_dir(self) -> Path:
        return self.data_dir / "reports" / "exports"

    @property
    def warehouse(self) -> Path:
        return self.data_dir / "warehouse.duckdb"

    @property
    def ledger_dir(self) -> Path:
        return self.ledger_home or self.state_dir / "ledger"

    @property
    def pacing_dir(self) -> Path:
        """What the senders of this machine share of their pace; may be deleted while nobody sends."""
        return self.state_dir / "pacing"

    def preparing_dir(self, partition: str) -> Path:
        """Scratch of a preparation that is under way."""
        return self.state_dir / "preparing" / partition

    def sending_dir(self, partition: str) -> Path:
        """Scratch of a sending that is under way."""
        return self.state_dir / "sending" / partition

    @property
    def dry_runs_dir(self) -> Path:
        """Campaigns that are prepared only to be looked at; each goes when the look ends."""
        return self.data_dir / ".rehearsals"

    @property
    def intake_db(self) -> Path:
        return self.state_dir / "intake.db"

    @property
    def dagster_home(self) -> Path:
        return self.state_dir / "dagster"

    @property
    def locks_dir(self) -> Path:
        return self.state_dir / "locks"

    def partition_dir(self, asset: Asset, partition: str) -> Path:
        return self.processed_dir / asset / f"campaign={partition}"

    def table(self, asset: Asset, partition: str) -> Path:
        """The one file of an asset that has one per partition."""
        return self.partition_dir(asset, partition) / "part-0.parquet"

    def export_dir(self, partition: str) -> Path:
        return self.exports_dir / partition

    def campaign_dir(self, campaign: str) -> Path:
        """Pages, images and attachments of a campaign's e-mails."""
        return self.campaigns_dir / campaign

    def figs_dir(self, partition: str) -> Path:
        """Pictures of a partition's report."""
        return self.data_dir / "reports" / "figs" / partition

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def notes_db(self) -> Path:
        return self.state_dir / "notes.db"

    def definition(self, campaign: str) -> Path:
        return self.campaigns_dir / f"{campaign}.yaml"

"""The composition root: one installation's settings, folders and records."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.intake.registry import IntakeRegistry
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.providers.registry import declared_variables
from mensageria_pipeline.services.notes import Notes
from mensageria_pipeline.settings import Settings, load_settings
from mensageria_pipeline.storage.layout import Asset, Layout


@dataclass(frozen=True)
class Project:
    """What every entry point hands down."""

    settings: Settings

    @classmethod
    def load(cls, root: Path | None = None) -> "Project":
        return cls(load_settings(root, declared=declared_variables()))

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.settings.data_dir, self.settings.ledger_dir)

    @cached_property
    def registry(self) -> IntakeRegistry:
        return IntakeRegistry(self.layout.intake_db)

    @cached_property
    def notes(self) -> Notes:
        return Notes(self.layout.notes_db)

    @cached_property
    def ledger(self) -> Ledger:
        """The send ledger. Raises LedgerError when it is gone although something was sent: a new one would resend."""
        results = self.layout.processed_dir / Asset.SEND_RESULTS
        folder = self.layout.ledger_dir
        is_new = not (folder / "control.db").exists()
        if is_new and next(results.glob(f"campaign=*/*-{Mode.LIVE.value}.parquet"), None):
            raise LedgerError("ledger_lost", path=str(folder))
        return Ledger(folder, self.settings.ledger_times)

    def preparation_lock(self, partition: str) -> FileLock:
        """Held while a stage prepares a partition's files, so that two runs never mix their versions."""
        self.layout.locks_dir.mkdir(parents=True, exist_ok=True)
        return FileLock(self.layout.locks_dir / f"prepare-{partition}.lock")

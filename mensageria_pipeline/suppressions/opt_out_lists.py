"""Lists of people who must not be messaged: files in data/suppressions/, taken into the ledger once each.

A list holds any columns that a person is known by: e-mail, phone, token, id, CPF, CNPJ. `canal` and `campanha`, where a
list has them, narrow a row; a list in data/suppressions/<campaign>/ is that campaign's. A list of answers ("PARE",
"SAIR") has a column for the text, and only rows that ask to leave count. Nothing a list says, or no longer says,
makes anybody reachable again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from mensageria_pipeline.contracts.masking import looks_masked, shown_headers
from mensageria_pipeline.contracts.partition import campaign_key
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.files import is_ignored
from mensageria_pipeline.intake.grid import Reading
from mensageria_pipeline.intake.readers import ReadOptions, open_sheet
from mensageria_pipeline.intake.registry import IntakeRegistry
from mensageria_pipeline.intake.table import Sheet
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN, ListImport, OptOut, OptOutReason
from mensageria_pipeline.recipients.normalize import trimmed
from mensageria_pipeline.storage.files import pinned
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.limits import Limits
from mensageria_pipeline.suppressions.identity import Keys
from mensageria_pipeline.suppressions.list_columns import ListColumns
from mensageria_pipeline.suppressions.spread import has_strays

PATIENCE_S = 10.0
"""How long a list that is still being copied is waited for, before preparing or sending stops."""
_UNSURE = frozenset({"doubt_header_data", "doubt_unreadable_sheets"})
"""Doubts about who is on a list."""
_SHOWN_ROWS = 20
_ROWS_TOGETHER = 5_000
_Take = Callable[[Path, Path, str, str], None]
"""What to do with a list: its path, the same as it was opened, the campaign it is for, its hash."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One list, as it was just taken in."""

    counts: ListImport
    unreadable_rows: Sequence[int]
    """The first rows that hold nothing a person is known by, as a spreadsheet numbers them."""


@dataclass(slots=True)
class ImportSummary:
    new: list[Imported] = field(default_factory=list)
    known: int = 0
    """Lists that were taken in before."""


def import_lists(
    layout: Layout,
    ledger: Ledger,
    registry: IntakeRegistry,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    settle_s: float = 0.0,
) -> ImportSummary:
    """Take in every list that the ledger does not know yet.

    Raises InputError for a list that cannot be read or is still changing: whoever is on it would be messaged.
    """
    summary = ImportSummary()

    def take(path: Path, opened: Path, campaign: str, content_hash: str) -> None:
        summary.new.append(_import(path, opened, campaign, content_hash, ledger, limits))

    summary.known = _each_new(layout, ledger, registry, settle_s, take)
    return summary


def opt_outs_not_taken_in(
    layout: Layout,
    ledger: Ledger,
    registry: IntakeRegistry,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    settle_s: float = 0.0,
) -> list[OptOut]:
    """What import_lists would add, and the ledger as it is. Raises what that raises."""
    found: list[OptOut] = []

    def read(path: Path, opened: Path, campaign: str, _content_hash: str) -> None:
        _read(path, opened, _Taken(Keys(ledger.key), campaign, path.name, found.extend), limits)

    _each_new(layout, ledger, registry, settle_s, read)
    return found


def _each_new(layout: Layout, ledger: Ledger, registry: IntakeRegistry, settle_s: float, take: _Take) -> int:
    """Hand over each list that the ledger does not know; how many it does. Raises the first problem, at the end."""
    known = {(each.content_hash, each.campaign) for each in ledger.suppressions.lists()}
    known_count, problems = 0, list[InputError]()
    for path, folder in _files(layout):
        try:
            _check_depth(path, folder)
            campaign = campaign_key(folder) if folder else EVERY_CAMPAIGN
            _await_settled(path, settle_s)
            with _opened(path, layout.suppressions_dir) as opened:
                content_hash = _hash(registry, path, opened)
                if (content_hash, campaign) in known:
                    known_count += 1
                    continue
                take(path, opened, campaign, content_hash)
                known.add((content_hash, campaign))
        except InputError as error:
            problems.append(error)  # the lists behind it come in all the same
    if problems:
        raise problems[0]
    return known_count


def list_files(layout: Layout) -> list[tuple[Path, str]]:
    """Each list, and the campaign it is for; empty for all. Raises InputError for a folder that names none."""
    return [(path, campaign_key(folder) if folder else EVERY_CAMPAIGN) for path, folder in _files(layout)]


def _files(layout: Layout) -> list[tuple[Path, str]]:
    """Each list and the name of the folder it lies in, empty for data/suppressions/ itself."""
    found: list[tuple[Path, str]] = []
    for entry in sorted(layout.suppressions_dir.iterdir()) if layout.suppressions_dir.is_dir() else []:
        if is_ignored(entry):
            continue
        if entry.is_dir():
            inside = sorted(path for path in entry.rglob("*") if path.is_file() and not is_ignored(path))
            found += [(path, entry.name) for path in inside]
        elif entry.is_file():
            found.append((entry, ""))
    return found


def _check_depth(path: Path, folder: str) -> None:
    """Raises InputError for a list in a folder below a campaign's: nobody can tell whom it is meant for."""
    if folder and path.parent.name != folder:
        raise InputError("suppression_list_deep", file=path.name, folder=folder)


def _await_settled(path: Path, settle_s: float) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            if time.time() - path.stat().st_ctime >= settle_s:
                return
        except OSError:
            raise InputError("suppression_list_unreadable", file=path.name, reason="—") from None
        if time.monotonic() > deadline:
            raise InputError("suppression_list_growing", file=path.name)
        time.sleep(0.1)


@contextmanager
def _opened(path: Path, within: Path) -> Iterator[Path]:
    """The list as it is opened once; a link to elsewhere stops everything, as any list that cannot be read."""
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(pinned(path, within))
        except InputError as error:
            raise InputError("suppression_list_unreadable", file=path.name, reason=error.text()) from None
        yield opened


def _hash(registry: IntakeRegistry, path: Path, opened: Path) -> str:
    try:
        return registry.content_hash(path, opened)
    except OSError as error:
        raise InputError("suppression_list_unreadable", file=path.name, reason=type(error).__name__) from None


def _import(path: Path, opened: Path, campaign: str, content_hash: str, ledger: Ledger, limits: Limits) -> Imported:
    """Take one list in, some thousand rows at a time; what a killed import left out comes in with the next."""
    added = list[int]()
    taken = _Taken(
        Keys(ledger.key), campaign, path.name, lambda opt_outs: added.append(ledger.suppressions.suppress(opt_outs))
    )
    _read(path, opened, taken, limits)
    counts = ListImport(
        content_hash,
        path.name,
        campaign,
        taken.rows,
        sum(added),
        taken.subjects - sum(added),
        taken.ignored,
        taken.unreadable_count,
        datetime.now(UTC),
    )
    ledger.suppressions.remember_list(counts)
    return Imported(counts, taken.unreadable)


def _read(path: Path, opened: Path, taken: "_Taken", limits: Limits) -> None:
    """Hand a list's opt-outs on, some thousand rows at a time, of every sheet of a workbook.

    Sheets that name nobody are passed over beside one that does. Raises InputError for a list that cannot be read, or
    not wholly, and for one that suppresses nobody.
    """
    sheets: list[str | None] = [None]
    without_people: list[InputError] = []
    for name in sheets:
        shown = f"{path.name} [{name}]" if name else path.name
        try:
            with open_sheet(path, ReadOptions(sheet=name, limits=limits), opened) as sheet:
                sheets += (*sheet.reading.other_sheets, *sheet.reading.minor_sheets) if name is None else ()
                problem = _read_sheet(sheet, shown, taken)
                without_people += [problem] if problem else []
        except InputError as error:
            if name and error.key == "file_without_rows" and not any(map(looks_masked, error.values.values())):
                continue  # a header and no more
            if error.key.startswith("suppression_list"):
                raise
            raise InputError("suppression_list_unreadable", file=shown, reason=error.text()) from None
    if without_people and len(without_people) == len(sheets):
        raise without_people[0]
    if taken.is_about_nobody:
        raise InputError("suppression_list_nobody", file=path.name, count=taken.rows)


def _read_sheet(sheet: Sheet, shown: str, taken: "_Taken") -> InputError | None:
    """Take a sheet in, or say why there is nobody on it. Raises InputError where it names people and cannot be read."""
    columns = ListColumns.of(sheet.headers)
    if columns is None:
        found = ", ".join(shown_headers(sheet.headers)) or "—"
        problem = InputError("suppression_list_columns", file=shown, found=found)
        for batch in sheet.batches:
            if has_strays(batch[name] for name in sheet.headers):
                raise problem
        return problem
    _check(sheet.reading, shown)
    taken.is_sure = taken.is_sure and columns.is_sure_of_answers
    taken.reason = OptOutReason.OPTED_OUT if columns.answers else OptOutReason.LISTED
    for batch in sheet.batches:
        table = pa.Table.from_batches([batch])
        for start in range(0, table.num_rows, _ROWS_TOGETHER):
            taken.take(table.slice(start, _ROWS_TOGETHER), columns)
    return None


def _check(reading: Reading, file_name: str) -> None:
    """Raises InputError where somebody on the list may be missed: rows out of place, data in the header, sheets that
    cannot be read."""
    if rows := reading.faulty_rows:
        shown = ", ".join(map(str, rows[:_SHOWN_ROWS]))
        raise InputError("suppression_list_rows", file=file_name, rows=shown, count=len(rows))
    for doubt in reading.doubts:
        if doubt.key in _UNSURE:
            raise InputError("suppression_list_unreadable", file=file_name, reason=doubt.text())


@dataclass(slots=True)
class _Taken:
    """One list while it is read."""

    keys: Keys
    campaign: str
    source: str
    keep: Callable[[list[OptOut]], None]
    reason: OptOutReason = OptOutReason.LISTED
    rows: int = 0
    subjects: int = 0
    ignored: int = 0
    unreadable_count: int = 0
    unreadable: list[int] = field(default_factory=list)
    named: int = 0
    """Rows that name somebody who is to be left in peace, on whatever channel."""
    is_sure: bool = True
    """Whether rows that do not ask to leave are surely answers, on every sheet."""

    @property
    def is_about_nobody(self) -> bool:
        """True where every row was passed over, and not because all the answers ask for something else."""
        return not self.named and bool(self.unreadable_count or (self.ignored and not self.is_sure))

    def take(self, table: pa.Table, columns: ListColumns) -> None:
        cells = trimmed(table.select(columns.used).to_pandas())
        opt_outs: dict[tuple[str, str], OptOut] = {}
        rows = zip(columns.rows(cells), table["_row_number"].to_pylist(), columns.wishes(cells), strict=True)
        for row, number, wants in rows:
            self.rows += 1
            if not wants:
                self.ignored += 1
            elif not row.known.is_anybody:
                self.unreadable_count += 1
                self.unreadable += [number] if len(self.unreadable) < _SHOWN_ROWS else []
            else:
                self.named += 1
                scope = self.campaign or row.campaign
                for key, subject, channel in self.keys.of(row.known, row.channels):
                    opt_outs[key, scope] = OptOut(key, subject, channel.value, scope, self.reason, self.source)
        self.subjects += len(opt_outs)
        self.keep(list(opt_outs.values()))

"""Rows of unnamed cells → a table with headers: where the header is, what lies above it and below the last row."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.clean_text import trimmed_text
from mensageria_pipeline.contracts.columns import KNOWN_NAMES
from mensageria_pipeline.contracts.masking import looks_like_data, mask, shown_headers
from mensageria_pipeline.contracts.partition import header_key, plain
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, ROW_FIELDS
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.cells import Entrance
from mensageria_pipeline.intake.grid import ROW_NUMBER, ConcernedRow, Doubt, Grid, Reading, Shape, concerned
from mensageria_pipeline.intake.header_again import without_headers
from mensageria_pipeline.intake.shape import judge_shape
from mensageria_pipeline.intake.witness import witnessed, witnesses_of
from mensageria_pipeline.storage.limits import Limits

_SEARCHED_ROWS = 50
"""The header is looked for so far down."""
_MAX_TOTALS = 3
_DATA_DIGITS = 8
"""So many digits in a header are a phone or a document of the first person."""
_TOTALS = re.compile(r"(?:(?:sub)?tota(?:l|is)|soma|grand total)(?: geral| de \w+)?[\s:.\d]*")
_PERSONAL = re.compile(r"@|^\+?[\d\s().\-]{10,}$|^[\d.\-/]{11,18}$")
"""What no total has: an address, a phone, a CPF."""
_PERSON = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\+?\(?(?:\d[\s()\-]{0,2}){9,14}\d|\d{3}\.\d{3}\.\d{3}-\d{2}", re.ASCII)
"""A whole cell that is an e-mail, a phone or a CPF. The CNPJ of a title is that of a company."""
_LABEL = re.compile(
    r".*:.*|(?:e mail|email|contato|suporte|sac|atendimento|responsavel|telefone|fone|tel|celular|whatsapp|pedido"
    r"|protocolo|contrato|empresa|cliente|filial|loja|usuario|codigo|numero|conta|cpf|cnpj|periodo|data|total"
    r"|(?:enviado|gerado|exportado|emitido|criado) (?:por|em))(?: d[aeo] \w+)?"
)
"""What stands before a value of the file's own: who made it, for whom."""
_PERSONAL_CELL = r"@|\d{8}"
_FEW_NAMES = 2
_ADDRESS_WORDS = ("mail", "fone", "cel", "phone", "mobile", "whats", "zap", "contato", "endereco", "destin", "cpf")
"""Within the names of columns that may hold e-mails, phones and documents."""
_LABELLED = 2
"""A label and its value."""
_NAMED = {"parquet", "jsonl"}
"""Formats that name every column."""


@dataclass(slots=True)
class Sheet:
    """One table of a file: its headers, made unique, and its rows in batches.

    Each batch has one text column per header and the column `_row_number`. Rows without any value are left out;
    they are no rows to the person who looks at the sheet. `columns` is what the table has once all rows are read.
    """

    headers: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    reading: Reading
    unnamed: frozenset[str] = frozenset()
    """Headers that are ours, because the file has none above the column."""
    filled: set[str] = field(default_factory=set)
    """Those of `unnamed` that have any value so far."""
    personal: set[str] = field(default_factory=set)
    """Those of `unnamed` that have a value which may be an address or a document."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers without those of empty columns that had no name."""
        return tuple(header for header in self.headers if header not in self.unnamed or header in self.filled)


def table_of(grid: Grid, file_name: str, limits: Limits, wanted: Sequence[str] = ()) -> Sheet:
    """Find the header and give the rows below it their names.

    `wanted` are headers that the campaign's definition names. Raises InputError for a file without rows.
    """
    known = KNOWN_NAMES | {header_key(header) for header in wanted}
    head, rest = _head(grid)
    if not head:
        raise InputError("file_empty", file=file_name)
    above: list[ConcernedRow] = []
    if grid.headers is None:
        cells, head, position, above = _header(head, known, file_name)
        grid.reading.header_row, grid.reading.preamble_count = position
    else:
        cells = list(grid.headers)
    if len(cells) > limits.columns:
        raise InputError("file_too_wide", file=file_name, found=len(cells), limit=limits.columns)
    header_width = len(cells)
    if grid.shape:
        header_width = judge_shape(grid.shape, grid.reading, grid.reading.header_row, _named_until(cells), file_name)
    headers = unique_headers(cells)
    if grid.shape and grid.shape.usual < _named_until(cells):
        _check_not_shifted(headers, head, grid, file_name)
    _doubt_headers(cells, headers, above, grid.reading)
    rows = (batch for batch in itertools.chain(head, rest) if batch.num_rows)
    first = next(rows, None)
    if first is None:
        raise InputError("file_without_rows", file=file_name, found=", ".join(shown_headers(headers)))
    unnamed = frozenset(name for name, cell in zip(headers, cells, strict=True) if not _trimmed(cell))
    sheet = Sheet(headers, iter(()), grid.reading, unnamed)
    named = _checked(itertools.chain([first], rows), sheet, _named_until(cells), file_name, limits)
    if grid.shape and grid.shape.usual > header_width:
        named = _without_values_beyond(named, header_width, sheet, grid.shape, file_name)
    bare = without_headers(named, cells, grid.reading, file_name)
    sheet.batches = witnessed(_without_totals(bare, grid.reading), witnesses_of(grid), grid.reading.doubts)
    return sheet


def _head(grid: Grid) -> tuple[list[pa.RecordBatch], Iterator[pa.RecordBatch]]:
    """The first batches, as far as the header is looked for, and the others."""
    head: list[pa.RecordBatch] = []
    for batch in grid.batches:
        head.append(batch)
        if sum(each.num_rows for each in head) >= _SEARCHED_ROWS:
            break
    return head, grid.batches


def _header(
    head: list[pa.RecordBatch], known: frozenset[str], file_name: str
) -> tuple[list[str], list[pa.RecordBatch], tuple[int, int], list[ConcernedRow]]:
    """The header's cells, the rows below it, (its row number, filled lines above it), and the first of those."""
    table = pa.Table.from_batches(head)
    searched = table.slice(0, _SEARCHED_ROWS)
    columns = [searched[name].to_pylist() for name in searched.column_names[:-1]]
    rows = [[cell or "" for cell in row] for row in zip(*columns, strict=True)] if columns else []
    position = _header_position(rows, known)
    _check_above(rows[: position + 1], searched[ROW_NUMBER].to_pylist(), known, file_name)
    number = searched[ROW_NUMBER][position].as_py()
    return (
        rows[position],
        table.slice(position + 1).to_batches(),
        (number, position),
        concerned(table.slice(0, position)),
    )


def _header_position(rows: Sequence[Sequence[str]], known: frozenset[str]) -> int:
    """The row that names most columns we know, if every line above it is shorter; else the first.

    A line above that is as long may be a row of data: what cannot be told safely is not guessed.
    """
    scores = [_score(row, known) for row in rows]
    best = scores.index(max(scores))
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    return best if scores[best] and all(width < widths[best] for width in widths[:best]) else 0


def _score(row: Sequence[str], known: frozenset[str]) -> int:
    """How many columns a row names that we know."""
    return 0 if any(looks_like_data(cell) for cell in row) else sum(header_key(cell) in known for cell in row)


def _check_above(rows: Sequence[Sequence[str]], numbers: Sequence[int], known: frozenset[str], file_name: str) -> None:
    """The lines above the header, which is the last of `rows`, must be titles.

    Raises InputError where one holds a person's address or document, or is a header with rows of its own: people would
    be left out.
    """
    unlabelled = 0
    for place, row in enumerate(rows[:-1]):
        filled = [cell.strip() for cell in row if cell.strip()]
        named = _score(row, known)
        is_header = bool(named) and (named >= _FEW_NAMES or named == len(filled)) and place < len(rows) - 2
        is_labelled = len(filled) <= _LABELLED and bool(_LABEL.fullmatch(plain(filled[0]).replace("-", " ")))
        unlabelled += len(filled) > 1 and not is_labelled
        is_person = not is_labelled and any(_PERSON.fullmatch(cell) for cell in filled)
        if is_header or is_person or unlabelled > 1:
            raise InputError(
                "file_rows_above_header", file=file_name, line=numbers[place], header=numbers[len(rows) - 1]
            )


def unique_headers(cells: Sequence[str]) -> tuple[str, ...]:
    """Headers as written, trimmed; empty ones are numbered, repeated and reserved ones get a suffix."""
    taken = {name.casefold() for name in (*PROVENANCE_NAMES, ROW_FIELDS)}
    headers: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = _trimmed(cell) or f"coluna_{position}"
        candidate, copy = name, 2
        while candidate.casefold() in taken:
            candidate, copy = f"{name}_{copy}", copy + 1
        taken.add(candidate.casefold())
        headers.append(candidate)
    return tuple(headers)


def _trimmed(cell: str) -> str:
    return " ".join(trimmed_text(cell.replace("\ufeff", "").replace("\u200b", "")).split())


def _doubt_headers(
    cells: Sequence[str], headers: Sequence[str], above: Sequence[ConcernedRow], reading: Reading
) -> None:
    if reading.preamble_count:
        reading.doubts.append(Doubt.of("doubt_preamble", above, count=reading.preamble_count, row=reading.header_row))
    holding_data = [cell for cell in cells if "@" in cell or sum(sign.isdigit() for sign in cell) >= _DATA_DIGITS]
    if holding_data:
        shown = ", ".join(mask(cell) for cell in holding_data[:3])
        reading.doubts.append(Doubt.of("doubt_header_data", columns=shown, row=reading.header_row or 1))
    renamed = [name for name, cell in zip(headers, cells, strict=True) if _trimmed(cell) not in {name, ""}]
    if renamed:
        reading.doubts.append(Doubt.of("doubt_renamed", columns=", ".join(shown_headers(renamed))))


def _check_not_shifted(headers: Sequence[str], head: Sequence[pa.RecordBatch], grid: Grid, file_name: str) -> None:
    """A header with more names than the rows have cells may have its surplus name anywhere.

    Raises InputError where e-mails or phones stand under a name that promises none, as far as is read ahead.
    """
    for place, header in enumerate(headers):
        if header_key(header) in KNOWN_NAMES or any(word in header_key(header) for word in _ADDRESS_WORDS):
            continue
        cells = [cell for batch in head if place < batch.num_columns - 1 for cell in batch.column(place).to_pylist()]
        filled = [cell.strip() for cell in cells if cell and cell.strip()]
        if filled and all(_PERSON.fullmatch(cell) for cell in filled):
            usual, line = grid.shape.usual if grid.shape else 0, grid.reading.header_row
            raise InputError("file_header_cells", file=file_name, line=line, header=len(headers), cells=usual)


def _named_until(cells: Sequence[str]) -> int:
    """How many columns there are up to the last that has a name."""
    return max((position for position, cell in enumerate(cells, start=1) if _trimmed(cell)), default=0)


def _checked(
    batches: Iterator[pa.RecordBatch], sheet: Sheet, named_until: int, file_name: str, limits: Limits
) -> Iterator[pa.RecordBatch]:
    """The batches under their names, with cells within the limit; notes which unnamed columns have values."""
    entrance = Entrance(sheet.reading)
    for raw in batches:
        columns = [entrance.clean(name, raw.column(at), raw[ROW_NUMBER]) for at, name in enumerate(sheet.headers)]
        batch = pa.RecordBatch.from_arrays([*columns, raw[ROW_NUMBER]], names=[*sheet.headers, ROW_NUMBER])
        for position, header in enumerate(sheet.headers):
            column = batch.column(position)
            longest = pc.max(pc.binary_length(column)).as_py() or 0
            if longest > limits.cell_characters:
                place = pc.index(pc.greater(pc.binary_length(column), limits.cell_characters), value=True).as_py()
                row = batch[ROW_NUMBER][place].as_py()
                raise InputError("file_cell_too_long", file=file_name, line=row, limit=limits.cell_characters)
            if header in sheet.unnamed and pc.any(pc.match_substring_regex(column, _PERSONAL_CELL)).as_py():
                sheet.personal.add(header)
            if header in sheet.unnamed and header not in sheet.filled and column.null_count < len(column):
                sheet.filled.add(header)
                if position >= named_until and sheet.reading.format not in _NAMED:
                    sheet.reading.surplus = (*sheet.reading.surplus, header)
        yield batch
    sheet.reading.doubts += entrance.doubts()
    if sheet.reading.sheet is not None:
        _set_notes_apart(sheet, named_until)


def _set_notes_apart(sheet: Sheet, named_until: int) -> None:
    """Values beside the table, which an entirely empty column parts from it, are notes: they shift no row."""
    beyond = sheet.headers[named_until:]
    gap = next((place for place, header in enumerate(beyond) if header not in sheet.filled), len(beyond))
    notes = [header for header in beyond[gap:] if header in sheet.reading.surplus and header not in sheet.personal]
    if notes:
        sheet.reading.surplus = tuple(header for header in sheet.reading.surplus if header not in notes)
        sheet.reading.doubts.append(Doubt.of("doubt_notes_beside", columns=", ".join(notes)))


def _without_values_beyond(
    batches: Iterator[pa.RecordBatch], width: int, sheet: Sheet, shape: Shape, file_name: str
) -> Iterator[pa.RecordBatch]:
    """The rows of a file that all have more cells than the header, as long as those have no values.

    Raises InputError otherwise: a header that lacks a name, or has it in the wrong place, shifts all.
    """
    beyond = frozenset(sheet.headers[width : shape.usual])
    for batch in batches:
        if beyond & sheet.filled:
            line = sheet.reading.header_row
            raise InputError("file_header_cells", file=file_name, line=line, header=width, cells=shape.usual)
        yield batch


def _without_totals(batches: Iterator[pa.RecordBatch], reading: Reading) -> Iterator[pa.RecordBatch]:
    """All rows but lines of totals at the very end; the last rows are held back until the end is known."""
    held: pa.Table | None = None
    for batch in batches:
        table = pa.Table.from_batches([batch])
        joined = pa.concat_tables([held, table]) if held is not None else table
        split = max(0, joined.num_rows - _MAX_TOTALS)
        yield from joined.slice(0, split).combine_chunks().to_batches()
        held = joined.slice(split)
    if held is None:
        return
    count = _totals_at_end(held.drop_columns([ROW_NUMBER]).to_pylist())
    if count:
        reading.totals_count = count
        dropped = concerned(held.slice(held.num_rows - count))
        reading.doubts.append(Doubt.of("doubt_totals", dropped, count=count, row=held[ROW_NUMBER][-count].as_py()))
    yield from held.slice(0, held.num_rows - count).combine_chunks().to_batches()


def _totals_at_end(rows: Sequence[dict[str, str | None]]) -> int:
    count = 0
    for row in reversed(rows):
        cells = [cell.strip() for cell in row.values() if cell and cell.strip()]
        is_sparse = len(cells) < len(row) or len(row) == 1
        if not (cells and is_sparse and _TOTALS.fullmatch(plain(cells[0])) and not _has_words(cells[1:])):
            break
        count += 1
    return count


def _has_words(cells: Sequence[str]) -> bool:
    """A name or an address beside the word: a person called Total, not a total."""
    return any(_is_personal(cell) or sum(letter.isalpha() for letter in cell) > 3 for cell in cells)


def _is_personal(cell: str) -> bool:
    """An amount has a comma, or few digits; a phone or a CPF has ten or eleven and no comma."""
    return (bool(_PERSONAL.search(cell)) and sum(letter.isdigit() for letter in cell) >= 10) or "@" in cell

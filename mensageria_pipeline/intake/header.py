"""Where the header of a table is, what its columns are called, and whether people stand above it."""

import re
from collections.abc import Sequence

import pyarrow as pa

from mensageria_pipeline.contracts.clean_text import trimmed_text
from mensageria_pipeline.contracts.columns import KNOWN_NAMES
from mensageria_pipeline.contracts.masking import looks_like_data, mask, shown_headers
from mensageria_pipeline.contracts.partition import header_key, plain
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, ROW_FIELDS
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.grid import ROW_NUMBER, ConcernedRow, Doubt, Grid, Reading, concerned

SEARCHED_ROWS = 50
"""The header is looked for so far down."""
_DATA_DIGITS = 8
"""So many digits in a header are a phone or a document of the first person."""
_PERSON = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\+?\(?(?:\d[\s()\-]{0,2}){9,14}\d|\d{3}\.\d{3}\.\d{3}-\d{2}", re.ASCII)
"""A whole cell that is an e-mail, a phone or a CPF. The CNPJ of a title is that of a company."""
_LABEL = re.compile(
    r".*:.*|(?:e mail|email|contato|suporte|sac|atendimento|responsavel|telefone|fone|tel|celular|whatsapp|pedido"
    r"|protocolo|contrato|empresa|cliente|filial|loja|usuario|codigo|numero|conta|cpf|cnpj|periodo|data|total"
    r"|(?:enviado|gerado|exportado|emitido|criado) (?:por|em))(?: d[aeo] \w+)?"
)
"""What stands before a value of the file's own: who made it, for whom."""
_FEW_NAMES = 2
_ADDRESS_WORDS = ("mail", "fone", "cel", "phone", "mobile", "whats", "zap", "contato", "endereco", "destin", "cpf")
"""Within the names of columns that may hold e-mails, phones and documents."""
_LABELLED = 2
"""A label and its value."""


def find_header(
    head: list[pa.RecordBatch], known: frozenset[str], file_name: str
) -> tuple[list[str], list[pa.RecordBatch], tuple[int, int], list[ConcernedRow]]:
    """The header's cells, the rows below it, (its row number, filled lines above it), and the first of those."""
    table = pa.Table.from_batches(head)
    searched = table.slice(0, SEARCHED_ROWS)
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
        name = trimmed_header(cell) or f"coluna_{position}"
        candidate, copy = name, 2
        while candidate.casefold() in taken:
            candidate, copy = f"{name}_{copy}", copy + 1
        taken.add(candidate.casefold())
        headers.append(candidate)
    return tuple(headers)


def trimmed_header(cell: str) -> str:
    return " ".join(trimmed_text(cell.replace("\ufeff", "").replace("\u200b", "")).split())


def doubt_headers(
    cells: Sequence[str], headers: Sequence[str], above: Sequence[ConcernedRow], reading: Reading
) -> None:
    if reading.preamble_count:
        reading.doubts.append(Doubt.of("doubt_preamble", above, count=reading.preamble_count, row=reading.header_row))
    holding_data = [cell for cell in cells if "@" in cell or sum(sign.isdigit() for sign in cell) >= _DATA_DIGITS]
    if holding_data:
        shown = ", ".join(mask(cell) for cell in holding_data[:3])
        reading.doubts.append(Doubt.of("doubt_header_data", columns=shown, row=reading.header_row or 1))
    renamed = [name for name, cell in zip(headers, cells, strict=True) if trimmed_header(cell) not in {name, ""}]
    if renamed:
        reading.doubts.append(Doubt.of("doubt_renamed", columns=", ".join(shown_headers(renamed))))


def check_not_shifted(headers: Sequence[str], head: Sequence[pa.RecordBatch], grid: Grid, file_name: str) -> None:
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


def named_until(cells: Sequence[str]) -> int:
    """How many columns there are up to the last that has a name."""
    return max((position for position, cell in enumerate(cells, start=1) if trimmed_header(cell)), default=0)

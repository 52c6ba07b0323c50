"""Tables as public programs write them to text, and one thing done to each: what exports, editors and people do."""

import csv
import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.csv

Table = Sequence[Sequence[str]]
HEADERS = ("email", "nome", "codigo", "cidade")
_OTHER = {";": ",", ",": ";", "\t": ",", "|": ";"}


@dataclass(frozen=True)
class Writer:
    """A way to write a table; `quote` is the sign it wraps cells in, `escape` what stands before one within."""

    write: Callable[[Table], str]
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""


def _csv(delimiter: str, quoting: int = csv.QUOTE_MINIMAL, quote: str = '"', escape: str = "") -> Writer:
    def write(rows: Table) -> str:
        buffer = io.StringIO()
        form = csv.writer(
            buffer,
            delimiter=delimiter,
            quoting=quoting,
            quotechar=quote,
            lineterminator="\n",  # type: ignore[arg-type]
            doublequote=not escape,
            escapechar=escape or None,
        )
        form.writerows([HEADERS, *rows])
        return buffer.getvalue()

    return Writer(write, delimiter, quote, escape)


def _columns(rows: Table) -> dict[str, list[str]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(HEADERS)}


def _pandas(rows: Table) -> str:
    return str(pd.DataFrame(_columns(rows)).to_csv(sep=";", index=False, lineterminator="\n"))


def _pyarrow(rows: Table) -> str:
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(pa.table(_columns(rows)), buffer)
    return buffer.getvalue().decode()


def _duckdb(rows: Table) -> str:
    written = pa.table(_columns(rows))  # noqa: F841 - DuckDB reads it
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "a.csv"
        connection.execute(f"COPY (FROM written) TO '{path}' (HEADER, DELIMITER '|')")
        return path.read_bytes().decode()


WRITERS: Mapping[str, Writer] = {
    "csv ;": _csv(";"),
    "csv , all quoted": _csv(",", csv.QUOTE_ALL),
    "csv tab": _csv("\t"),
    "csv apostrophes": _csv(";", csv.QUOTE_ALL, "'"),
    "csv backslash": _csv(",", csv.QUOTE_ALL, escape="\\"),
    "pandas": Writer(_pandas, ";"),
    "pyarrow": Writer(_pyarrow),
    "duckdb": Writer(_duckdb, "|"),
}


def outside(text: str, writer: Writer) -> list[int]:
    """Places of `text` that lie in no quoted cell."""
    places, is_inside, place = [], False, 0
    while place < len(text):
        if writer.escape and text[place] == writer.escape:
            place += 2
            continue
        if text[place] == writer.quote:
            is_inside = not is_inside
        elif not is_inside:
            places.append(place)
        place += 1
    return places


Pollution = Callable[[str, Writer, float], str]


def _chosen(places: Sequence[int], share: float) -> int | None:
    return places[min(int(share * len(places)), len(places) - 1)] if places else None


def _insert(sign: Callable[[Writer], str], *, anywhere: bool = False) -> Pollution:
    def pollute(text: str, writer: Writer, share: float) -> str:
        place = _chosen(range(len(text)) if anywhere else outside(text, writer), share)
        return text if place is None else text[:place] + sign(writer) + text[place:]

    return pollute


def _lose(sign: Callable[[Writer], str], *, anywhere: bool = False) -> Pollution:
    def pollute(text: str, writer: Writer, share: float) -> str:
        places = range(len(text)) if anywhere else outside(text, writer)
        place = _chosen([each for each in places if text[each] == sign(writer)], share)
        return text if place is None else text[:place] + text[place + 1 :]

    return pollute


def _rows(text: str, writer: Writer) -> list[str]:
    """The rows of a text, each with its line break."""
    ends = [place + 1 for place in outside(text, writer) if text[place] == "\n"]
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _in_rows(change: Callable[[list[str], int, Writer], None]) -> Pollution:
    def pollute(text: str, writer: Writer, share: float) -> str:
        rows = _rows(text, writer)
        change(rows, min(1 + int(share * len(rows)), len(rows)), writer)
        return "".join(rows)

    return pollute


def _other_delimiter(rows: list[str], place: int, writer: Writer) -> None:
    row = rows[place - 1]
    found = {each for each in outside(row, writer) if row[each] == writer.delimiter}
    rows[place - 1] = "".join(_OTHER[writer.delimiter] if n in found else sign for n, sign in enumerate(row))


def _header(*names: str) -> Callable[[list[str], int, Writer], None]:
    return lambda rows, place, writer: rows.insert(place, writer.delimiter.join(names) + "\n")


def _second_table(*names: str) -> Callable[[list[str], int, Writer], None]:
    def change(rows: list[str], _place: int, writer: Writer) -> None:
        cells = ["z@x.com", "Zoe", "Z1", "Rio", "x"][: len(names)]
        rows += ["\n", writer.delimiter.join(names) + "\n", writer.delimiter.join(reversed(cells)) + "\n"]

    return change


def _set(*lines: str, at: int) -> Callable[[list[str], int, Writer], None]:
    def change(rows: list[str], _place: int, _writer: Writer) -> None:
        rows[at if at >= 0 else len(rows) :] = [*lines, *(rows[at:] if at >= 0 else [])]

    return change


def _without(part: slice) -> Callable[[list[str], int, Writer], None]:
    def change(rows: list[str], _place: int, _writer: Writer) -> None:
        del rows[part]

    return change


def _line_ends(sign: str) -> Pollution:
    return lambda text, writer, _share: sign.join(row.removesuffix("\n") for row in [*_rows(text, writer), ""])


POLLUTIONS: Mapping[str, Pollution] = {
    "nothing": lambda text, _writer, _share: text,
    "a quote too many": _insert(lambda writer: writer.quote, anywhere=True),
    "a quote too few": _lose(lambda writer: writer.quote, anywhere=True),
    "a delimiter too many": _insert(lambda writer: writer.delimiter),
    "a delimiter too few": _lose(lambda writer: writer.delimiter),
    "a line break too many": _insert(lambda _writer: "\n"),
    "a line break too few": _lose(lambda _writer: "\n"),
    "a row with another delimiter": _in_rows(_other_delimiter),
    "the header again": _in_rows(_header(*HEADERS)),
    "another header": _in_rows(_header(*reversed(HEADERS))),
    "a header of two rows": _in_rows(_set("(texto)\n", at=1)),
    "no header": _in_rows(_without(slice(0, 1))),
    "only a header": _in_rows(_without(slice(1, None))),
    "a preamble": _in_rows(_set("Clientes\n", "Gerado em 23/11/2026\n", "\n", at=0)),
    "a footer": _in_rows(_set("\n", "Fonte: CRM\n", at=-1)),
    "blank lines": _in_rows(lambda rows, place, _writer: rows.insert(place, "\n\n")),
    "a second table of the same width": _in_rows(_second_table("email", "nome", "produto", "loja")),
    "a second table that is narrower": _in_rows(_second_table("nome", "email")),
    "a second table that is wider": _in_rows(_second_table("nome", "email", "codigo", "cidade", "uf")),
    "no line break at the end": lambda text, _writer, _share: text.removesuffix("\n"),
    "two line breaks at the end": lambda text, _writer, _share: text + "\n",
    "line ends of Windows": _line_ends("\r\n"),
    "line ends of old Macs": _line_ends("\r"),
    "a hint of the delimiter": lambda text, writer, _share: f"sep={writer.delimiter}\n{text}",
    "blanks before cells": lambda text, writer, _share: "".join(
        sign + " " * (place in set(outside(text, writer)) and sign == writer.delimiter)
        for place, sign in enumerate(text)
    ),
}
"""The kinds that the Pollock benchmark tells apart, and those that operators' files showed beside them."""

"""Small files, each for one reason, with what becomes of it: the proof behind the table in docs/intake.md."""

import gzip
import io
import json
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.ingest import ingest
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.storage.limits import Limits
from mensageria_pipeline_tests.fakes.workbooks import PASSWORD_PROTECTED, ods, workbook, xls, xlsb, zipped
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import Workbench

LIMITS = Limits(size_mib=8, columns=50, cell_characters=1000, memory_mib=2048, timeout_s=PATIENCE_S)
_PEOPLE = [["id", "nome", "token"], ["1", "Ana", "tok-ana"], ["02", "José", "tok-jose"]]
_CSV = "id;nome;token\n1;Ana;tok-ana\n02;José;tok-jose\n"
_ROWS = ("Ana", "José")


@dataclass(frozen=True)
class Specimen:
    """One file. Either `refused` names the sentence that refuses it, or its rows came in."""

    file: str
    what: str
    """The one reason for it."""
    content: bytes
    rows: tuple[str | None, ...] = _ROWS
    """The column `nome` of the rows that came in, in order."""
    refused: str = ""
    doubt: str = ""
    """Key of a doubt that is reported."""
    numbers: tuple[int, ...] = ()
    """Row numbers, where they are the point."""
    codes: Mapping[str, int] = field(default_factory=dict)
    """Reason codes of rows that are not messaged."""
    columns: tuple[str, ...] = ()
    addresses: tuple[str, ...] | None = None
    """Of the rows that would be messaged, where they are the point."""
    people: tuple[str, ...] | None = None
    """By what those are known, where that is the point."""
    definition: str = ""
    reading: Mapping[str, Any] = field(default_factory=dict)
    shows_names: bool = False
    """What the column `nome` was read as is the point."""


@dataclass(frozen=True)
class Found:
    """What really became of it."""

    refusal: InputError | None
    names: tuple[str | None, ...] = ()
    numbers: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    """Of the rows that would be messaged."""
    people: tuple[str, ...] = ()


def take_in(specimen: Specimen, folder: Path) -> Found:
    """Drop the file into a project of its own, and judge its rows."""
    bench = Workbench(Project(Settings(root=folder, data_dir=folder / "data", input_settle_s=0)))
    bench.define("a", specimen.definition or "channel: push\n")
    bench.drop("a", specimen.content, specimen.file)
    definition = bench.definition("a")
    try:
        (intake,) = ingest(bench.layout, bench.project.registry, Partition("a"), definition, 0, LIMITS).intakes
    except InputError as error:
        content_hash = bench.project.registry.content_hash(bench.layout.input_dir / "a" / specimen.file)
        refusal = bench.project.registry.refusal("a", content_hash)
        return Found(InputError("as_said", sentence=refusal.reason if refusal else error.text()))
    table = pq.ParquetFile(intake.path).read()
    names = tuple(table["nome"].to_pylist()) if "nome" in intake.columns else ()
    stamp = pq.read_metadata(intake.path)
    facts = json.loads(stamp.metadata[b"mensageria"])["facts"]
    report = bench.validate("a")
    rejected = pq.ParquetFile(bench.layout.table(Asset.REJECTED_RECIPIENTS, "a")).read().to_pylist()
    planned = bench.rows(Asset.VALIDATED_RECIPIENTS, "a")
    assert not set(intake.columns) & set(PROVENANCE_NAMES)
    return Found(
        None,
        names,
        tuple(table["_row_number"].to_pylist()),
        intake.columns,
        facts["reading"],
        dict(report.codes),
        tuple(row["reason_en"] for row in rejected),
        tuple(row["address"] for row in planned),
        tuple(row["person"] for row in planned),
    )


def happens(specimen: Specimen) -> str:
    """In a few words, from a real reading, in the language of this process."""
    with tempfile.TemporaryDirectory() as folder:
        found = take_in(specimen, Path(folder))
    if found.refusal:
        return f"Refused: {found.refusal.text().replace(specimen.file, '…')}"
    reading = found.reading
    shown = {"encoding": "", "delimiter": "split at ", "sheet": "sheet "}
    how = [f"{word}`{reading[key]}`".replace("\t", "TAB") for key, word in shown.items() if reading.get(key)]
    parts = [", ".join([f"{len(found.numbers)} row{'s' * (len(found.numbers) > 1)}", *how]) + "."]
    parts += reading["doubts"]
    parts += [f"`{code}`: {text}" for code, text in zip(sorted(found.codes), found.reasons, strict=False)]
    if specimen in (*ADDRESSES, *VALUES) and found.addresses:
        parts.append(f"Address: `{found.addresses[0]}`.")
    if specimen.people and found.people:
        parts.append(f"Known as {', '.join(f'`{person}`' for person in found.people)}.")
    if specimen.shows_names:
        parts.append(f"Read as {', '.join(f'`{name}`' for name in found.names if name)}.")
    return " ".join(parts)


def _parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def _one(value: str, header: str = "token", name: str = "Ana") -> bytes:
    return f'id;nome;{header}\n1;{name};"{value}"\n'.encode()


_JSONL = '{"id": 1, "nome": "Ana", "token": "tok-ana"}\n{"id": "02", "nome": "José", "token": "tok-jose"}\n'
_WIDE = ";".join(f"c{n}" for n in range(60))
_BOMB = workbook([["id", "nome", "token"], ["1", "Ana", "x" * 9_000]])
_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&c;</t>'
    "</is></c></row></sheetData></worksheet>"
)

FORMATS = (
    Specimen("lista.csv", "semicolons, as Excel in Brazil writes", _CSV.encode(), reading={"delimiter": ";"}),
    Specimen("virgula.csv", "commas", _CSV.replace(";", ",").encode(), reading={"delimiter": ","}),
    Specimen("barra.txt", "pipes, in a .txt", _CSV.replace(";", "|").encode(), reading={"delimiter": "|"}),
    Specimen("lista.tsv", "tabs", _CSV.replace(";", "\t").encode(), reading={"delimiter": "\t"}),
    Specimen("lista.xlsx", "a workbook", workbook(_PEOPLE), reading={"sheet": "Sheet"}),
    Specimen("macros.xlsm", "a workbook with macros", workbook(_PEOPLE)),
    Specimen("antiga.xls", "a workbook of Excel 97", xls(_PEOPLE), reading={"sheet": "Plan1"}),
    Specimen("binaria.xlsb", "a binary workbook", xlsb(_PEOPLE), reading={"sheet": "Plan1"}),
    Specimen("livre.ods", "a spreadsheet of LibreOffice", ods(_PEOPLE), reading={"sheet": "Planilha1"}),
    Specimen("tabela.parquet", "Parquet", _parquet(id=["1", "02"], nome=["Ana", "José"], token=["a", "b"])),
    Specimen(
        "tipos.parquet",
        "Parquet with numbers and lists: they become text",
        _parquet(id=[1, 2], nome=["Ana", "José"], token=["a", "b"], tags=[["x"], []]),
    ),
    Specimen("objetos.jsonl", "one JSON object per line", _JSONL.encode()),
    Specimen("lista.csv.gz", "gzip", gzip.compress(_CSV.encode()), reading={"packed": "gz"}),
    Specimen("lista.zip", "a zip with one list", zipped({"lista.csv": _CSV}), reading={"packed": "zip"}),
    Specimen("planilha.xlsx.gz", "a workbook in gzip", gzip.compress(workbook(_PEOPLE)), reading={"sheet": "Sheet"}),
    Specimen(
        "mac.zip",
        "a zip made on a Mac, with its hidden twin",
        zipped({"lista.csv": _CSV, "__MACOSX/._lista.csv": b"\x00"}),
    ),
)

POLLUTIONS = (
    Specimen("bom.csv", "UTF-8 with a byte-order mark", _CSV.encode("utf-8-sig"), reading={"encoding": "utf-8"}),
    Specimen("cp1252.csv", "Windows-1252", _CSV.encode("cp1252"), reading={"encoding": "cp1252"}),
    Specimen("utf16.csv", "UTF-16 with its mark", _CSV.encode("utf-16"), reading={"encoding": "utf-16"}),
    Specimen("utf16-sem-marca.csv", "UTF-16 without its mark", _CSV.encode("utf-16-le")),
    Specimen("crlf.csv", "Windows line ends", _CSV.replace("\n", "\r\n").encode()),
    Specimen("cr.csv", "line ends of old Macs", _CSV.replace("\n", "\r").encode()),
    Specimen("sep.csv", "Excel's own hint sep=;", ("sep=;\n" + _CSV).encode(), numbers=(3, 4)),
    Specimen(
        "decimal.csv", "decimal commas are no delimiters", "id;nome;token;valor\n1;Ana;a;1,50\n2;José;b;2,75\n".encode()
    ),
    Specimen("aspas.csv", "every cell quoted", '"id";"nome";"token"\n"1";"Ana";"a"\n"2";"José";"b"\n'.encode()),
    Specimen(
        "apostrofos.csv", "cells in single quotes", "'id','nome','token'\n'1','Ana','a,b'\n'2','José','b'\n".encode()
    ),
    Specimen(
        "celula-longa.csv",
        "a line break within a quoted cell",
        b'id;nome;token\n1;"Ana\nMaria";a\n2;Bia;b\n',
        rows=("Ana\nMaria", "Bia"),
        numbers=(2, 3),
    ),
    Specimen(
        "polegadas.csv",
        "a quote within a cell",
        b'id;nome;token;tela\n1;Ana;a;LED 15"\n2;Bia;b;x\n',
        rows=("Ana", "Bia"),
    ),
    Specimen(
        "preambulo.csv",
        "titles above the header",
        f"Relatório de clientes\nGerado em 23/11/2026\n\n{_CSV}".encode(),
        doubt="doubt_preamble",
        numbers=(5, 6),
    ),
    Specimen(
        "preambulo.xlsx",
        "titles above the header of a workbook",
        workbook([["Clientes"], [], *_PEOPLE]),
        doubt="doubt_preamble",
        numbers=(4, 5),
    ),
    Specimen("totais.csv", "a line of totals at the end", (_CSV + "Total;2;\n").encode(), doubt="doubt_totals"),
    Specimen(
        "empresa-total.csv",
        "a company that is called like a total, with its phone, is no total",
        "nome;token\nAna;a\nTotal Combustíveis;b\n".encode(),
        rows=("Ana", "Total Combustíveis"),
    ),
    Specimen(
        "total-email.csv",
        "an address that begins like a total",
        b"email\na@b.com\ntotal@empresa.com.br\n",
        rows=(),
        numbers=(2, 3),
        definition="channel: email\n",
    ),
    Specimen("oculta.xlsx", "a hidden first sheet", workbook(_PEOPLE, hidden_first=True), reading={"sheet": "Dados"}),
    Specimen(
        "abas.xlsx",
        "two sheets with people: the first counts, the other is named",
        workbook(_PEOPLE, twin=True),
        doubt="doubt_other_sheets",
    ),
    Specimen(
        "decimais.xlsx",
        "numbers of three decimals and times",
        workbook([["nome", "token", "valor", "hora"], ["Ana", "a", 12.345, time(9, 30)]]),
        rows=("Ana",),
        definition="channel: push\ntemplate: {body: '{{ valor | moeda }} {{ hora }}'}\n",
    ),
    Specimen(
        "pessoa-total.csv",
        "a person called Total is no total",
        (_CSV + "3;Total;tok-3\n").encode(),
        rows=(*_ROWS, "Total"),
    ),
    Specimen(
        "vazias.csv",
        "blank lines count as rows and are none",
        b"id;nome;token\n\n1;Ana;a\n;;\n2;Bia;b\n",
        rows=("Ana", "Bia"),
        numbers=(3, 5),
    ),
    Specimen(
        "colunas-vazias.csv",
        "empty columns",
        b"id;nome;;token;;\n1;Ana;;a;;\n2;Bia;;b;;\n",
        rows=("Ana", "Bia"),
        columns=("id", "nome", "token"),
    ),
    Specimen(
        "repetidos.csv",
        "repeated headers",
        b"id;nome;nome;token\n1;Ana;Maria;a\n",
        rows=("Ana",),
        doubt="doubt_renamed",
        columns=("id", "nome", "nome_2", "token"),
    ),
    Specimen(
        "sem-nome.csv",
        "a column without a name",
        b"id;nome;;token\n1;Ana;x;a\n",
        rows=("Ana",),
        columns=("id", "nome", "coluna_3", "token"),
    ),
    Specimen(
        "curtas.csv",
        "rows that end early: which cell is missing cannot be told",
        b"id;nome;token;obs\n1;Ana;a\n2;Bia;b;x\n",
        rows=("Ana", "Bia"),
        doubt="doubt_short",
        codes={"missing_cells": 1},
    ),
    Specimen(
        "sobrando.csv",
        "a delimiter within a value: cells out of place",
        b"id;nome;token\n1;Silva; Ana;a\n2;Bia;b\n",
        rows=("Silva", "Bia"),
        doubt="doubt_surplus",
        codes={"extra_cells": 1},
    ),
    Specimen(
        "aba-vazia.xlsx", "an empty first sheet", workbook(_PEOPLE, first_sheet_empty=True), reading={"sheet": "Dados"}
    ),
    Specimen(
        "aba.xlsx",
        "the sheet that the definition names",
        workbook(_PEOPLE, first_sheet_empty=True),
        definition="channel: push\nsheet: Dados\n",
    ),
    Specimen(
        "numeros.xlsx",
        "numbers keep their stored value",
        workbook([["id", "nome", "token"], [7, "Ana", 5511999998888]]),
        rows=("Ana",),
    ),
    Specimen(
        "mojibake.csv",
        "accents broken before it came",
        "id;nome;token\n1;JosÃ©;a\n".encode(),
        rows=("JosÃ©",),
        doubt="doubt_mojibake",
    ),
    Specimen(
        "espacos.csv",
        "white space and no-break spaces around values",
        "id;nome;token\n 1 ;Ana;\u00a0tok-ana \n".encode(),
        rows=("Ana",),
    ),
    Specimen(
        "cabecalho.csv",
        "headers in capitals, with accents and spaces",
        "ID;NOME;Endereço de E-mail\n1;Ana;a@b.com\n".encode(),
        rows=(),
        columns=("ID", "NOME", "Endereço de E-mail"),
        definition="channel: email\n",
    ),
    Specimen("uma-coluna.csv", "a single column", b"token\na\n\nb\n", rows=(), numbers=(2, 4)),
    Specimen(
        "grau.csv",
        "degree signs and inches in Windows-1252",
        "id;nome;token\n1;1º andar – 15”;a\n".encode("cp1252"),
        rows=("1º andar – 15”",),
    ),
)

_MAIL = "channel: email\n"
_CITIES = "email;nome;cidade;obs;obs2\na@x.com;Ana;{0}t Harde;;\nb@x.com;{0}Bia{0};Rio;;\nc@x.com;Caio;BH;;\n"
_TWICE = "id;nome;token\n1;Ana;a\n{}\n2;Bia;b\n"

QUOTES = (
    Specimen(
        "aspa-solta.csv",
        "stray quotes that would swallow rows",
        b'id;nome;token\n1;"Ana;a\n2;Bia;b\n3;C"aio;c\n',
        rows=('"Ana', "Bia", 'C"aio'),
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "t-harde.csv",
        "an apostrophe that opens a name, and a name in apostrophes",
        _CITIES.format("'").encode(),
        rows=("Ana", "'Bia'", "Caio"),
        definition=_MAIL,
    ),
    Specimen(
        "t-harde-aspas.csv",
        "a quote that opens a name, and a name in quotes",
        _CITIES.format('"').encode(),
        rows=("Ana", "Bia", "Caio"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 1},
    ),
    Specimen(
        "mesma-coluna.csv",
        "stray quotes in one column of two rows, which make one row of the right length",
        b'id;nome;token\n1;"TV 20;a\n2;LED 15";b\n3;Caio;c\n',
        rows=('"TV 20', 'LED 15"', "Caio"),
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "digitos.csv",
        "stray quotes around digits, in two rows that make one",
        b'email;telefone;codigo;nome\nana@x.com;"11988887777;1;Ana\nbia@x.com;11977776666";2;Bia\n'
        b"caio@x.com;11966665555;3;Caio\nduda@x.com;11955554444;4;Duda\n",
        rows=("Ana", "Bia", "Caio", "Duda"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "duas-celulas.csv",
        "stray quotes in two columns of three rows that make one, with two cells of two lines",
        b'email;obs;nome;cidade\nana@x.com;"um;Ana;SP\nbia@x.com;dois";"Bia;RJ\ncaio@x.com;tres;Caio";BH\n'
        b"duda@x.com;quatro;Duda;POA\neva@x.com;cinco;Eva;SP\n",
        rows=("Ana", '"Bia', 'Caio"', "Duda", "Eva"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 3},
    ),
    Specimen(
        "aspas-de-idem.csv",
        "quotes as ditto marks in two rows, one of which has another kind of number than the others",
        b'nome;obs;email;cod\nAna;";ana@x.com;1\nBia;";bia@x.com;A2\nCaio;x;caio@x.com;3\nDani;y;dani@x.com;4\n',
        rows=("Ana", "Bia", "Caio", "Dani"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "aspas-sem-email.csv",
        "the same where the columns have no address, and an amount has its currency",
        b'nome;obs;telefone;valor\nAna;";11988887777;10,00\nBia;";11977776666;R$ 12,00\nCaio;x;11966665555;20,00\n'
        b"Dani;y;11955554444;30,00\n",
        rows=("Ana", "Bia", "Caio", "Dani"),
        definition="channel: sms\n",
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "aspas-e-blanco.csv",
        "the same with a blank before a cell",
        b'nome;email;obs\nAna;ana@x.com;"\nBia; bia@x.com;"\nCaio;caio@x.com;x\nDani;dani@x.com;y\n',
        rows=("Ana", "Bia", "Caio", "Dani"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "aspas-tres-linhas.csv",
        "the same over three rows",
        b'nome;obs;email;valor\nAna;";ana@x.com;10,00\nBia;x;bia@x.com;R$ 12,00\nEva;";eva@x.com;R$ 13\n'
        b"Caio;x;caio@x.com;20,00\nDani;y;dani@x.com;30,00\n",
        rows=("Ana", "Bia", "Eva", "Caio", "Dani"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 3},
    ),
    Specimen(
        "aspa-sozinha.csv",
        "a closing quote on a line of its own, and an address that is none",
        b'nome;email;obs\nAna;ana@x.com;"vip\nBia;bia@x.com;x\n"\nCaio;sem email;y\nDani;dani@x.com;z\n',
        rows=("Ana", "Bia", '"', "Caio", "Dani"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 3, "invalid_email": 1},
    ),
    Specimen(
        "aspas-sem-endereco.csv",
        "the same, of which the swallowed row has no address",
        b'nome;obs;email;cod\nAna;";ana@x.com;1\nBia;";sem email;2\nCaio;x;caio@x.com;3\nDani;y;dani@x.com;4\n',
        rows=("Ana", "Bia", "Caio", "Dani"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "primeira-coluna.csv",
        "line breaks in the first column, as Excel writes them",
        b'endereco de entrega;nome;email\n"Rua 1\nApto 1";Ana;ana@x.com\n"Rua 2\nApto 2";Bia;bia@x.com\nRua 3;Caio;c@x.com\n',
        rows=("Ana", "Bia", "Caio"),
        definition=_MAIL,
    ),
    Specimen(
        "prosa.csv",
        "texts whose lines have as many commas as a row",
        b'nome,msg,email\nAna,"Oi, Ana\nTudo bem, querida?",ana@x.com\nBia,"Oi, Bia\nTudo bem, querida?",bia@x.com\n',
        rows=("Ana", "Bia"),
        definition=_MAIL,
    ),
    Specimen(
        "aspas-e-virgulas.csv",
        "stray quotes around an amount with a comma, so that the swallowed row has one cell more",
        b'nome,email,valor\nAna,ana@x.com,"R$ 3\nBia,bia@x.com,11,50"\nCaio,caio@x.com,R$ 3\nDani,dani@x.com,-\n',
        rows=("Ana", "Bia", "Caio", "Dani"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "aspas-e-uma-margem.csv",
        "stray quotes around tokens, in a file that has a blank after a delimiter",
        b'nome;obs;token\nAna;";tok-ana\nBia;";tok-bia\nCaio; x;tok-c\nDani;y;tok-d\n',
        rows=("Ana", "Bia", "Caio", "Dani"),
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "linha-inteira.csv",
        "a whole row between two stray quotes, in a file without addresses to tell it by",
        b'nome;token;obs\nAna;a;"vip\nBia;b;x\n"\nCaio;c;x\nDani;d;z\n',
        rows=("Ana", "Bia", '"', "Caio", "Dani"),
        doubt="doubt_quotes",
        codes={"broken_quotes": 3},
    ),
    Specimen(
        "primeiro-email.csv",
        "the same where the address comes first, and the swallowed row has a cell more",
        b'email,nome,valor\nana@x.com,Ana,"R$ 3\nbia@x.com,Bia,11,50"\ncaio@x.com,Caio,R$ 3\ndani@x.com,Dani,-\n',
        rows=("Ana", "Bia", "Caio", "Dani"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "numero-da-casa.csv",
        "addresses of two lines, whose house number stands where the next column has numbers",
        b'nome,endereco de entrega,cod,email\nAna,"Rua 1, 11\nSao Paulo, SP",101,ana@x.com\n'
        b'Bia,"Rua 2, 12\nSao Paulo, SP",102,bia@x.com\nCaio,Rua 3,103,c@x.com\nDani,Rua 4,104,d@x.com\n',
        rows=("Ana", "Bia", "Caio", "Dani"),
        definition=_MAIL,
    ),
    Specimen(
        "aspas-dobradas.csv",
        "a doubled quote out of place, and a stray one in the next row",
        b'nome;obs;email\nAna;;ana@x.com\nEva;"a; b"";eva@x.com\nFabio;";fabio@x.com\nCaio;;caio@x.com\n',
        rows=("Ana", "Eva", "Fabio", "Caio"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "aspas-e-decimais.csv",
        "doubled quotes out of place around amounts with a comma, in rows that make one",
        b'nome,valor,telefone\nAna,-,11987654320\nBia,"11,50"",11987654321\nCaio,""21,50",11987654322\n',
        rows=("Ana", "Bia", "Caio"),
        definition="channel: sms\n",
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
    Specimen(
        "duas-de-linhas.csv",
        "two cells with line breaks that are meant",
        b'email;nome;obs;endereco de entrega\nana@x.com;Ana;"liga\nde tarde";"Rua A, 1\nSP"\nbia@x.com;Bia;;Rua B\n',
        rows=("Ana", "Bia"),
        numbers=(2, 3),
        definition=_MAIL,
    ),
    Specimen(
        "cabecalho-aspa.csv",
        "a stray quote in the header",
        b'email;nome;cidade;"obs\nana@x.com;"Ana";SP;x\nbia@x.com;Bia;RJ;y\n',
        refused="file_header_quotes",
        definition=_MAIL,
    ),
    Specimen(
        "cabecalho-aspas-2.csv",
        "stray quotes that make a header of two rows",
        b'email;nome;cidade;"obs\nana@x.com;Ana;SP;x"\nbia@x.com;Bia;RJ;y\n',
        refused="file_header_quotes",
        definition=_MAIL,
    ),
    Specimen(
        "cabecalho-linhas.csv",
        "a header with a line break in a cell",
        b'id;nome;"token\ndo app"\n1;Ana;a\n2;Bia;b\n',
        rows=("Ana", "Bia"),
        definition="channel: push\ncolumns: {token: token do app}\n",
    ),
    Specimen(
        "colada.csv",
        "a quote that is missing between two cells",
        'email;nome;codigo;cidade\na@x.com;"Ana;A10;"São Paulo"\nb@x.com;"Bia";B20;"Rio"\n'.encode(),
        rows=('"Ana', "Bia"),
        definition=_MAIL,
        doubt="doubt_quotes",
        codes={"broken_quotes": 1},
    ),
    Specimen(
        "barra-invertida.csv",
        "quotes escaped by backslashes, as MySQL and Hive write",
        b'id,nome,token\n1,"Ana \\"Nana\\" Souza",a\n2,"Bia, \\\\ Lima",b\n3,\\N,c\n',
        rows=('Ana "Nana" Souza', "Bia, \\ Lima", "\\N"),
    ),
    Specimen(
        "barra-no-fim.csv",
        "a value that ends in a backslash",
        b'id,nome,token\n1,"Ana\\","x"\n2,"Bia","y"\n',
        rows=("Ana\\", "Bia"),
    ),
    Specimen(
        "barras-mistas.csv",
        "backslashes that escape in one row and do not in another",
        b'id,nome,token\n1,"Ana\\","x"\n2,"Bia \\"Bi\\" Lima","y"\n',
        rows=("Ana\\", '"Bia \\"Bi\\" Lima"'),
        doubt="doubt_quotes",
        codes={"broken_quotes": 1},
    ),
    Specimen(
        "espaco-antes.csv",
        "a blank before quotes",
        b'email, nome, valor\na@x.com, "Ana\nLima", Val 1\nb@x.com, "Bia", 2\n',
        rows=("Ana\nLima", "Bia"),
        numbers=(2, 3),
        definition=_MAIL,
    ),
    Specimen(
        "linhas-e-virgulas.csv",
        "a line break in a cell whose second line has as many commas as a row",
        'email,endereco de entrega,nome\na@x.com,"Rua A, 12\nSão Paulo, SP",Ana\nb@x.com,Rua B,Bia\n'.encode(),
        rows=("Ana", "Bia"),
        numbers=(2, 3),
        definition=_MAIL,
    ),
    Specimen(
        "apostrofo.csv",
        "plain apostrophes",
        b"id;nome;cidade;token\n1;Ana;'s-Gravenhage;a\n2;D'Avila;'0012;b\n",
        rows=("Ana", "D'Avila"),
    ),
    Specimen(
        "apostrofos-so.csv",
        "apostrophes around the cells that need them",
        b"id,nome,token\n1,'Silva, Ana',a\n2,Bia,b\n",
        rows=("Silva, Ana", "Bia"),
    ),
    Specimen(
        "barras-duplas.csv",
        "doubled backslashes, and nothing that says whether they escape",
        b'id,nome,token\n1,"Ana\\\\",a\n2,Bia,b\n',
        rows=("Ana\\\\", "Bia"),
        doubt="doubt_backslash",
    ),
    Specimen(
        "aspa-no-nome.csv",
        "a quote at the end of a name",
        b'id;nome;token\n1;Ana";a\n2;Bia;b\n',
        rows=('Ana"', "Bia"),
        doubt="doubt_quote_within",
    ),
    Specimen(
        "sem-dobrar.csv",
        "quotes within quotes that are not doubled, and a line break: what follows is no row",
        b'id;nome;token\n1;"Rua "A", 2\nB; c";a\n2;Bia;b\n',
        rows=('"Rua "A", 2', ' c"', "Bia"),
        doubt="doubt_quotes",
        codes={"broken_quotes": 2},
    ),
)

CELLS = (
    Specimen(
        "vazia-no-fim.csv",
        "a delimiter too many, before an empty cell",
        b"email;nome;uf;obs\nana@x.com;Silva; Ana;SP;\nbia@x.com;Bia;RJ;\n",
        rows=("Silva", "Bia"),
        definition=_MAIL,
        doubt="doubt_surplus",
        codes={"extra_cells": 1},
    ),
    Specimen(
        "sempre-no-fim.csv",
        "a delimiter too many at the end of every row but the header",
        b"id;nome;token\n1;Ana;a;\n2;Bia;b;\n",
        rows=("Ana", "Bia"),
        doubt="doubt_trailing",
    ),
    Specimen(
        "sem-nome-no-cabecalho.csv",
        "a header that lacks a name",
        b"nome;token\n1;Ana;a\n2;Bia;b\n",
        refused="file_header_cells",
    ),
    Specimen(
        "falta-uma.csv",
        "a delimiter too few",
        b"email;nome;codigo;valor\nana@x.com;AnaA10;50\nbia@x.com;Bia;B20;60\n",
        rows=("AnaA10", "Bia"),
        definition=_MAIL,
        doubt="doubt_short",
        codes={"missing_cells": 1},
    ),
    Specimen(
        "cabecalho-maior.csv",
        "a header with a name more than every row has cells",
        b"id;nome;token;obs\n1;Ana;a\n2;Bia;b\n",
        rows=("Ana", "Bia"),
        doubt="doubt_header_longer",
    ),
    Specimen(
        "outro-separador.csv",
        "a row with another delimiter",
        b"id;nome;token\n1,Ana,a\n\n2;Bia;b\n",
        rows=(None, "Bia"),
        doubt="doubt_short",
        codes={"missing_cells": 1},
    ),
    Specimen(
        "quebra-sem-aspas.csv",
        "a line break in a cell without quotes",
        b"id;nome;token\n1;Ana\nMaria;a\n2;Bia;b\n",
        rows=("Ana", "a", "Bia"),
        doubt="doubt_short",
        codes={"missing_cells": 2},
    ),
    Specimen(
        "cortada.csv",
        "a line break within the last cell: the row above it may be cut",
        b"id;nome;token\n1;Ana;tok-a\nna\n2;Bia;b\n3;Caio;c\n",
        rows=("Ana", None, "Bia", "Caio"),
        doubt="doubt_cut",
        codes={"cut_row": 2, "missing_cells": 1},
    ),
    Specimen(
        "cabecalho-colado.csv",
        "the first person in the header's line",
        b"id;nome;token1;Ana;ana@x.com\n2;Bia;b\n3;Caio;c\n",
        rows=("Bia", "Caio"),
        doubt="doubt_header_data",
        columns=("id", "nome", "token1", "Ana", "ana@x.com"),
        definition="channel: push\ncolumns: {token: token1}\n",
    ),
    Specimen(
        "juntas.csv",
        "the header again between two exports",
        _TWICE.format("id;nome;token").encode(),
        rows=("Ana", "Bia"),
        numbers=(2, 4),
        doubt="doubt_header_again",
    ),
    Specimen(
        "juntas.xlsx",
        "the header again in a workbook, in other letters",
        workbook([*_PEOPLE, ["ID", "Nome", "TOKEN"], ["3", "Bia", "b"]]),
        rows=(*_ROWS, "Bia"),
        numbers=(2, 3, 5),
        doubt="doubt_header_again",
    ),
    Specimen(
        "juntas-trocadas.csv",
        "another header, its columns in another order",
        _TWICE.format("nome;id;token").encode(),
        refused="file_headers_differ",
    ),
    Specimen(
        "juntas-outras.csv",
        "another header, with fewer columns",
        _TWICE.format("E-mail;Nome").encode(),
        refused="file_headers_differ",
    ),
)

ENCODINGS = (
    Specimen("ms-dos.csv", "Excel's CSV (MS-DOS): cp850", _CSV.encode("cp850"), reading={"encoding": "cp850"}),
    Specimen(
        "macintosh.csv",
        "Excel's CSV (Macintosh): Mac Roman",
        _CSV.replace("\n", "\r").encode("mac_roman"),
        reading={"encoding": "mac_roman"},
    ),
    Specimen(
        "joao.csv",
        "a word that two code pages read, each in its way",
        "id;nome;token\n1;JOÃO;a\n".encode("cp850"),
        rows=("JOÇO",),
        doubt="doubt_encoding",
        reading={"encoding": "cp1252"},
    ),
    Specimen(
        "dos-de-portugal.csv",
        "a code page that is none of Excel's",
        "id;nome;token\n1;João;a\n".encode("cp860"),
        rows=("Jo„o",),
        doubt="doubt_encoding",
    ),
    Specimen(
        "controles.csv",
        "control characters where a Windows apostrophe was",
        "id;nome;token\n1;D\u0092Ávila;a\n".encode(),
        rows=("D\u0092Ávila",),
        doubt="doubt_mojibake",
    ),
    Specimen(
        "mojibake-no-fim.csv",
        "accents broken far down in the file",
        ("id;nome;token\n" + "".join(f"{n};Ana;tok-{n}\n" for n in range(20_000)) + "x;JosÃ©;b\n").encode(),
        rows=(*["Ana"] * 20_000, "JosÃ©"),
        doubt="doubt_mojibake",
    ),
)

ADDRESSES = (
    Specimen(
        "notacao.csv",
        "a phone in scientific notation",
        _one("5,51199E+12", "telefone"),
        rows=("Ana",),
        definition="channel: sms\n",
        codes={"phone_lost_digits": 1},
    ),
    Specimen(
        "id-notacao.csv",
        "an id in scientific notation",
        b"id;nome;token\n1,23E+10;Ana;a\n",
        rows=("Ana",),
        codes={"id_lost_digits": 1},
    ),
    Specimen(
        "token-notacao.csv",
        "a token in scientific notation",
        _one("9.1E+15"),
        rows=("Ana",),
        codes={"token_lost_digits": 1},
    ),
    Specimen(
        "sem-ddd.csv",
        "a phone without area code",
        _one("99999-8888", "telefone"),
        rows=("Ana",),
        definition="channel: sms\n",
        codes={"phone_without_area": 1},
    ),
    Specimen(
        "nono-digito.csv",
        "a mobile number of before 2016 gets its ninth digit",
        _one("(11) 8888-7777", "telefone"),
        rows=("Ana",),
        definition="channel: sms\n",
    ),
    Specimen(
        "operadora.csv",
        "zero and operator before the area code",
        _one("0 15 11 98888-7777", "telefone"),
        rows=("Ana",),
        definition="channel: sms\n",
    ),
    Specimen(
        "0800.csv",
        "a service number",
        _one("0800 777 1234", "telefone"),
        rows=("Ana",),
        definition="channel: sms\n",
        codes={"phone_service_number": 1},
    ),
    Specimen(
        "fixo.csv",
        "a landline for SMS",
        _one("(11) 3333-4444", "telefone"),
        rows=("Ana",),
        definition="channel: sms\n",
        codes={"phone_landline": 1},
    ),
    Specimen(
        "ddd-inexistente.csv",
        "an area code that does not exist",
        _one("(20) 98888-7777", "telefone"),
        rows=("Ana",),
        definition="channel: sms\n",
        codes={"invalid_phone": 1},
    ),
    Specimen(
        "exterior.csv",
        "a foreign number with its plus",
        _one("+351 912 345 678", "telefone"),
        rows=("Ana",),
        definition="channel: sms\n",
    ),
    Specimen(
        "dominio.csv",
        "an obvious typo in a domain is suggested, not corrected",
        _one("ana@gmial.com", "email"),
        rows=("Ana",),
        definition="channel: email\n",
        codes={"email_typo": 1},
    ),
    Specimen(
        "idn.csv",
        "a domain with accents goes in its ASCII form",
        _one("ana@açaí.com.br", "email"),
        rows=("Ana",),
        definition="channel: email\n",
    ),
    Specimen(
        "email.csv",
        "no e-mail address",
        _one("ana@@b.com", "email"),
        rows=("Ana",),
        definition="channel: email\n",
        codes={"invalid_email": 1},
    ),
    Specimen(
        "cpf.csv",
        "a CPF whose check digits are wrong, as the identity",
        b"cpf;nome;token\n111.444.777-36;Ana;a\n",
        rows=("Ana",),
        codes={"invalid_cpf": 1},
    ),
    Specimen(
        "cpf-sem-zeros.csv",
        "a CPF that lost its leading zeros is restored",
        b"cpf;nome;token\n191;Ana;a\n",
        rows=("Ana",),
    ),
    Specimen(
        "webpush.jsonl",
        "a Web Push subscription that is incomplete",
        b'{"id": 1, "nome": "Ana", "token": {"endpoint": "https://x.example/1"}}\n',
        rows=("Ana",),
        codes={"invalid_token": 1},
    ),
    Specimen(
        "expo-no-fcm.csv",
        "a token of another push service than the campaign's",
        _one("ExponentPushToken[abc]"),
        rows=("Ana",),
        definition="channel: push\nprovider: fcm\ntemplate: {body: oi}\n",
        codes={"token_of_other_provider": 1},
    ),
)

REFUSED = (
    Specimen("vazio.csv", "nothing in it", b"", refused="file_empty"),
    Specimen("so-cabecalho.csv", "a header and no rows", b"id;token\n", refused="file_without_rows"),
    Specimen("sem-endereco.csv", "no address column", b"id;nome\n1;Ana\n", refused="no_address_column"),
    Specimen(
        "dois-enderecos.csv",
        "two candidate address columns",
        b"id;email;mail\n1;a@b.com;c@d.com\n",
        refused="ambiguous_column",
    ),
    Specimen(
        "sem-cabecalho.csv",
        "data in the first line",
        b"1;Ana;ana@b.com\n2;Bia;bia@b.com\n",
        refused="no_address_column",
    ),
    Specimen(
        "misturado.csv",
        "two encodings in one file",
        "id;nome;token\n1;José;a\n".encode() + "2;Inês;b\n".encode("cp1252"),
        refused="file_mixed_encodings",
    ),
    Specimen("nulos.csv", "NUL bytes", b"id;nome;token\n1;A\x00na;a\n", refused="file_has_nul"),
    Specimen(
        "aspa-aberta.csv", "a quote that never closes", b'id;nome;token\n1;"Ana;a\n2;Bia;b\n', refused="file_open_quote"
    ),
    Specimen("senha.xlsx", "a workbook with a password", PASSWORD_PROTECTED, refused="file_encrypted"),
    Specimen("texto.xlsx", "a CSV named as a workbook", _CSV.encode(), refused="file_text_as_excel"),
    Specimen("planilha.csv", "a workbook named as CSV", workbook(_PEOPLE), refused="file_excel_as_text"),
    Specimen(
        "pagina.xls",
        "an HTML page named as a workbook",
        b"<html><table><tr><td>id</td></tr></table></html>",
        refused="file_markup_as_excel",
    ),
    Specimen("danificada.xlsx", "a damaged workbook", b"PK\x03\x04 broken", refused="file_damaged"),
    Specimen("quebrado.parquet", "a damaged Parquet file", b"PAR1 broken PAR1", refused="file_parquet_damaged"),
    Specimen("quebrado.jsonl", "a line that is no JSON object", b'{"id": 1}\n[1, 2]\n', refused="file_not_jsonl"),
    Specimen("quebrado.csv.gz", "a damaged archive", gzip.compress(_CSV.encode())[:-9], refused="file_archive_damaged"),
    Specimen(
        "varios.zip",
        "an archive of several files",
        zipped({"a.csv": _CSV, "b.csv": _CSV}),
        refused="file_archive_count",
    ),
    Specimen("pdf.zip", "an archive of something else", zipped({"a.pdf": b"%PDF"}), refused="file_type_unknown"),
    Specimen(
        "fuga.zip",
        "an archive whose file wants to leave the folder: its name is not used",
        zipped({"../../fuga.csv": _CSV}),
    ),
    Specimen("bomba.csv.gz", "9 MiB of zeros in a few kB", gzip.compress(b"0" * (9 << 20)), refused="file_too_large"),
    Specimen(
        "bomba.xlsx",
        "a workbook that unpacks to more than the limit",
        zipped({"xl/a.xml": b"0" * (9 << 20)}),
        refused="file_too_large",
    ),
    Specimen("celula.xlsx", "a cell beyond the limit", _BOMB, refused="file_cell_too_long"),
    Specimen("celula.csv", "a cell beyond the limit in a CSV", _one("x" * 2_000), refused="file_cell_too_long"),
    Specimen(
        "linha.csv", "a file that is one long line", b"id;nome;token;" + b"x" * 200_000, refused="file_line_too_long"
    ),
    Specimen("larga.csv", "too many columns", f"{_WIDE}\n{_WIDE}\n".encode(), refused="file_too_wide"),
    Specimen(
        "gente-acima.csv",
        "rows above a header that is wider",
        b"Ana;ana@x.com\nBia;bia@x.com\nnome;email;cpf\nCaio;caio@x.com;\n",
        refused="file_rows_above_header",
        definition="channel: email\n",
    ),
    Specimen(
        "dois-cabecalhos.csv",
        "two exports joined, of which the second has more columns",
        b"nome;token\nAna;tok-ana\nnome;token;cpf\nBia;tok-bia;\n",
        refused="file_rows_above_header",
    ),
    Specimen(
        "empresa-acima.csv",
        "titles with the documents of a company above the header",
        b"Empresa;ACME;\nCNPJ;11.222.333/0001-81;\nEmitido em;01/11/2026 10:00;\nid;nome;token\n1;Ana;tok-ana\n",
        rows=("Ana",),
        doubt="doubt_preamble",
    ),
    Specimen(
        "datas-acima.csv",
        "dates, orders and contacts above the header",
        b"Clientes;;\nEmitido em;2026-11-01;\nPedido;1234567890;\nResponsavel:;maria@empresa.com;\nnome;email;cidade\n"
        b"Ana;ana@x.com;SP\nBia;bia@x.com;RJ\n",
        rows=("Ana", "Bia"),
        doubt="doubt_preamble",
        definition="channel: email\n",
    ),
    Specimen(
        "nome-a-mais.csv",
        "a header with a name too many in the middle, which shifts every row",
        b"nome;apelido;email;email_mae\nAna;ana@x.com;mae1@x.com\nBia;bia@x.com;mae2@x.com\n",
        refused="file_header_cells",
        definition="channel: email\n",
    ),
    Specimen(
        "anotacoes.xlsx",
        "a note beside the table, apart by an empty column",
        workbook([["id", "nome", "token"], ["1", "Ana", "tok-ana", None, "ligar antes"], ["2", "José", "tok-jose"]]),
        doubt="doubt_notes_beside",
        addresses=("tok-ana", "tok-jose"),
    ),
    Specimen(
        "formula-noutra-aba.xlsx",
        "a formula that nobody has worked out, on another sheet than the list",
        workbook([["id", "nome", "token"], ["1", "Ana", "a"], ["02", "José", "b"]], sheets={"Resumo": [["=1+1"]]}),
    ),
    Specimen(
        "empresas-acima.csv",
        "rows of companies above a header that is wider",
        b"Empresa Alfa;alfa@x.com;\nEmpresa Beta;beta@x.com;\nnome;email;cidade\nGama;gama@x.com;SP\n",
        refused="file_rows_above_header",
        definition="channel: email\n",
    ),
    Specimen(
        "tokens-acima.csv",
        "rows without addresses to tell them by above a header that is wider",
        b"Ana;tok-ana;\nBia;tok-bia;\nnome;token;cidade\nCaio;tok-caio;SP\n",
        refused="file_rows_above_header",
    ),
    Specimen(
        "tabela-ao-lado.xlsx",
        "another table beside the list, with addresses",
        workbook(
            [["id", "nome", "token"], ["1", "Ana", "tok-ana", None, "Zeca", "zeca@x.com"], ["2", "José", "tok-jose"]]
        ),
        codes={"extra_cells": 1},
        doubt="doubt_notes_beside",
    ),
    Specimen(
        "maiuscula.csv",
        "two columns for the address, one of them in capitals",
        b"email;nome;Email\nana@x.com;Ana;ana@y.com\n",
        refused="ambiguous_column",
        definition="channel: email\n",
    ),
    Specimen(
        "alem.xlsx",
        "a row of a workbook that goes on beyond the header",
        workbook([["id", "nome", "token"], ["1", "Ana", "tok-ana"], ["2", "Lima", "José", "tok-jose"]]),
        rows=("Ana", "Lima"),
        codes={"extra_cells": 1},
    ),
    Specimen(
        "formulas.xlsx",
        "formulas that no program has worked out",
        workbook([["id", "nome", "token"], ["1", "Ana", "tok-ana"], ["=A2+1", '="José"', '=CONCATENATE("tok","b")']]),
        refused="file_formulas_unsaved",
    ),
    Specimen(
        "cabecalho-outra-vez.csv",
        "a header among the rows, whose first name is another",
        b"cliente;token\nAna;tok-ana\nNome social;Token\nBia;tok-bia\n",
        rows=(),
        codes={"invalid_token": 1},
        definition="channel: push\ntemplate: {body: 'Oi'}\n",
        addresses=("tok-ana", "tok-bia"),
    ),
    Specimen(
        "tracos.csv",
        "a line of dashes below the header, as sqlcmd writes it",
        b"nome;token\n----;-----\nAna;tok-ana\n",
        rows=("----", "Ana"),
        codes={"invalid_token": 1},
    ),
    Specimen(
        "fim-do-dos.csv",
        "the sign with which DOS ends a text",
        b"id;nome;token\r\n1;Ana;tok-ana\r\n2;Jos\xc3\xa9;tok-jose\r\n\x1a",
    ),
    Specimen(
        "chave-repetida.jsonl",
        "a key twice in one object",
        b'{"nome": "Ana", "token": "a", "token": "b"}\n',
        refused="file_not_jsonl",
    ),
    Specimen(
        "larga.xlsx",
        "too many columns in a workbook",
        workbook([[f"c{n}" for n in range(60)]] * 2),
        refused="file_too_wide",
    ),
    Specimen(
        "gargalhada.xlsx",
        "a billion laughs in its XML: entities are not expanded",
        zipped(
            {
                "xl/workbook.xml": '<workbook><sheets><sheet name="../../a" sheetId="1" r:id="rId1" '
                'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/></sheets></workbook>',
                "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId1" Type="t/worksheet" '
                'Target="worksheets/sheet1.xml"/></Relationships>',
                "xl/worksheets/sheet1.xml": _LAUGHS,
            }
        ),
        refused="file_damaged",
    ),
    Specimen(
        "outra-aba.xlsx",
        "a sheet that is not there",
        workbook(_PEOPLE),
        definition="channel: push\nsheet: Maio\n",
        refused="sheet_missing",
    ),
)

_EMAIL, _SMS, _HELLO = "channel: email\n", "channel: sms\n", "channel: push\ntemplate: {body: 'Oi {{ nome }}'}\n"
_LONG_IDS = [["id", "nome", "token"], [1234567890123456, "Ana", "tok-ana"], [1234567890123457, "José", "tok-jose"]]
_CLOCKS = [["nome", "token"], [timedelta(hours=30, minutes=15), "a"], [time(9, 30), "b"], [timedelta(hours=5), "c"]]
_NO_NAME = {"error_value": 1}

VALUES = (
    Specimen(
        "pais-entre-parenteses.csv",
        "a foreign country in brackets",
        b"nome;telefone\nAna;(+51) 912 345 678\nBia;(0051) 912345679\nCaio;(+55) 11 98765-4321\n",
        rows=("Ana", "Bia", "Caio"),
        definition=_SMS,
        addresses=("+51912345678", "+51912345679", "+5511987654321"),
    ),
    Specimen(
        "cpf-no-telefone.csv",
        "a CPF in the column of phones",
        b"nome;telefone\nAna;119.876.543-21\n",
        rows=("Ana",),
        definition=_SMS,
        codes={"invalid_phone": 1},
    ),
    Specimen(
        "hexadecimais.csv",
        "ids that look like numbers in scientific notation, and are none",
        b"id;nome;token\n1234e567;Ana;a\n12E45;Jos\xc3\xa9;b\n",
        people=("1234e567", "12E45"),
    ),
    Specimen(
        "dois-telefones.csv",
        "two numbers in one cell, the second by its end",
        b"nome;telefone\nAna;(55) 3222-1234/35\nBia;55 99911-2233\n",
        rows=("Ana", "Bia"),
        definition=_SMS,
        codes={"invalid_phone": 1},
        addresses=("+5555999112233",),
    ),
    Specimen(
        "binario.parquet",
        "texts as binary data",
        _parquet(nome=pa.array([b"Ana", "José".encode()]), token=pa.array([b"tok-ana", b"tok-jose"])),
        addresses=("tok-ana", "tok-jose"),
        shows_names=True,
    ),
    Specimen(
        "binario-mesmo.parquet",
        "binary data that is no text",
        _parquet(nome=pa.array([b"\xff\xfe"]), token=pa.array([b"tok-ana"])),
        refused="file_parquet_binary",
    ),
    Specimen(
        "vazios.csv",
        "words for nothing of pandas, of databases and of people",
        b"nome;token\n<NA>;a\n(em branco);b\n[NULL];c\n(vazio);d\nAna;<NA>\n",
        rows=("<NA>", "(em branco)", "[NULL]", "(vazio)", "Ana"),
        codes={"missing_field": 4, "missing_address": 1},
        definition=_HELLO,
        shows_names=True,
    ),
    Specimen(
        "ou-mil.csv",
        "an amount with three decimals after a comma: a thousand to whoever writes dots for decimals",
        b"nome;token;valor\nAna;a;1,234\nBia;b;12,50\n",
        rows=("Ana", "Bia"),
        codes={"unrenderable": 1},
        definition="channel: push\ntemplate: {body: '{{ valor | moeda }}'}\n",
    ),
    Specimen(
        "periodo.csv",
        "a range of dates where one is wanted",
        b"nome;token;dia\nAna;a;01/03/2026 a 05/03/2026\nBia;b;01/03/2026 10:20\n",
        rows=("Ana", "Bia"),
        codes={"unrenderable": 1},
        definition="channel: push\ntemplate: {body: '{{ dia | data }}'}\n",
    ),
    Specimen(
        "duracao.xlsx",
        "durations of more than a day, and times",
        workbook(_CLOCKS),
        rows=("30:15", "09:30", "05:00"),
        shows_names=True,
    ),
    Specimen(
        "duracao-1904.xlsx",
        "durations and times where days count from 1904",
        workbook(_CLOCKS, since_1904=True),
        rows=("30:15", "09:30", "05:00"),
        shows_names=True,
    ),
    Specimen(
        "duracao.ods",
        "durations of LibreOffice",
        ods(
            [
                ["nome", "token"],
                [timedelta(hours=30, minutes=15), "a"],
                [timedelta(hours=9, minutes=30, seconds=5), "b"],
            ]
        ),
        rows=("30:15", "09:30:05"),
        shows_names=True,
    ),
    Specimen(
        "ids-longos.xlsx",
        "numbers of 16 digits as ids: a spreadsheet keeps 15, so that two people may be one",
        workbook(_LONG_IDS),
        codes={"id_lost_digits": 2},
    ),
    Specimen(
        "ids-longos-texto.xlsx",
        "the same ids as text",
        workbook([[str(cell) for cell in row] for row in _LONG_IDS]),
        people=("1234567890123456", "1234567890123457"),
    ),
    Specimen("ids-longos.xls", "ids of 16 digits as numbers in Excel 97", xls(_LONG_IDS), codes={"id_lost_digits": 2}),
    Specimen(
        "ids-longos.xlsb",
        "ids of 16 digits as numbers in a binary workbook",
        xlsb(_LONG_IDS),
        codes={"id_lost_digits": 2},
    ),
    Specimen(
        "ids-longos.ods", "ids of 16 digits as numbers in LibreOffice", ods(_LONG_IDS), codes={"id_lost_digits": 2}
    ),
    Specimen(
        "id-fracao.csv",
        "an id of 17 digits that a program held as a fraction",
        b"id;nome;token\n12345678901234567.0;Ana;a\n",
        rows=("Ana",),
        codes={"id_lost_digits": 1},
    ),
    Specimen(
        "ids-zeros.csv",
        "ids of 16 digits that all end in zeros: a spreadsheet may have rounded them",
        b"id;nome;token\n1234567890123450;Ana;a\n9876543210987650;Jos\xc3\xa9;b\n",
        doubt="doubt_rounded",
    ),
    Specimen(
        "ids-inteiros.csv",
        "ids of 16 digits, some of which end in zeros",
        b"id;nome;token\n1234567890123450;Ana;a\n9876543210987654;Jos\xc3\xa9;b\n",
    ),
    Specimen(
        "protocolo.csv",
        "a rounded number that the text would show",
        b"id;nome;token;protocolo\n1;Ana;a;5,51E+12\n",
        rows=("Ana",),
        codes={"value_lost_digits": 1},
        definition="channel: push\ntemplate: {body: 'Protocolo {{ protocolo }}'}\n",
    ),
    Specimen(
        "float32.parquet",
        "phones as fractions of four bytes: another number than was meant",
        _parquet(nome=["Ana"], telefone=pa.array([5511987654321.0], pa.float32())),
        rows=("Ana",),
        definition=_SMS,
        codes={"phone_lost_digits": 1},
    ),
    Specimen(
        "float16.parquet",
        "ids as fractions of two bytes",
        _parquet(id=pa.array(np.array([2049, 2047], np.float16)), nome=["Ana", "José"], token=["a", "b"]),
        codes={"id_lost_digits": 1},
        people=("2047",),
    ),
    Specimen(
        "float64.parquet",
        "phones and ids as fractions of eight bytes, up to 2^53 and beyond",
        _parquet(id=[1234567890123456.0, 9007199254740993.0], nome=["Ana", "José"], telefone=[5511987654321.0] * 2),
        definition=_SMS,
        codes={"id_lost_digits": 1},
        addresses=("+5511987654321",),
        people=("1234567890123456",),
    ),
    Specimen(
        "notacao.jsonl",
        "a phone in scientific notation in JSON",
        b'{"nome": "Ana", "telefone": 5.51199E+12}\n',
        rows=("Ana",),
        definition=_SMS,
        codes={"phone_lost_digits": 1},
    ),
    Specimen(
        "erros.csv",
        "errors of a spreadsheet where the text needs a value, in three languages",
        b"id;nome;token\n1;#REF!;a\n2;#VALOR!;b\n3;#NAME?;c\n4;Err:502;d\n5;########;e\n6;#DESPEJAR!;f\n7;Ana;g\n",
        rows=("#REF!", "#VALOR!", "#NAME?", "Err:502", "########", "#DESPEJAR!", "Ana"),
        definition=_HELLO,
        codes={"error_value": 6},
    ),
    Specimen(
        "erro-sem-uso.csv",
        "an error of a spreadsheet in a column that nobody uses",
        b"id;nome;token;obs\n1;Ana;a;#REF!\n",
        rows=("Ana",),
        definition=_HELLO,
        addresses=("a",),
    ),
    Specimen(
        "erro-id.csv",
        "an error of a spreadsheet as an id and as an address",
        b"id;nome;token\n#VALOR!;Ana;a\n2;Jos\xc3\xa9;#REF!\n",
        codes={"error_key": 2},
    ),
    Specimen(
        "erro.xlsx",
        "an error in a cell of a workbook",
        workbook([["id", "nome", "token"], [1, "#REF!", "a"]]),
        rows=("#REF!",),
        definition=_HELLO,
        codes=_NO_NAME,
    ),
    Specimen(
        "nao-achado.csv",
        "what a lookup did not find is nothing: #N/A, #N/D, and \\N of MySQL",
        b"id;nome;token\n1;#N/A;a\n2;#N/D;b\n3;\\N;c\n\\N;Ana;d\n",
        rows=("#N/A", "#N/D", "\\N", "Ana"),
        definition=_HELLO,
        codes={"missing_field": 3},
        people=("d",),
    ),
    Specimen(
        "nul.xls",
        "NUL and other control characters in a workbook",
        xls([["id", "nome", "token"], ["1\0", "Ana\0\0", "tok\x07-ana"]]),
        rows=("Ana",),
        doubt="doubt_controls",
        addresses=("tok-ana",),
        people=("1",),
    ),
    Specimen(
        "grafico.xlsb",
        "a sheet that is a chart, after the list",
        xlsb(_PEOPLE, chart="after"),
        doubt="doubt_unreadable_sheets",
    ),
    Specimen(
        "grafico-antes.xlsb",
        "a sheet that is a chart, before the list",
        xlsb(_PEOPLE, chart="before"),
        doubt="doubt_unreadable_sheets",
    ),
    Specimen(
        "nfd.csv",
        "accents apart from their letters (macOS): they become one",
        unicodedata.normalize("NFD", "id;nome;token\nJosé;São Paulo;a\n").encode(),
        rows=("São Paulo",),
        people=("José",),
    ),
    Specimen(
        "invisiveis.csv",
        "unseen characters as chats and web pages paste them: two ids that look alike are one",
        "id;nome;token\n123;Ana;tok-a\n123\u200b;Ana;tok-b\n\u202a45\u202c;José;tok\u200d-c\n\ufeff6;Bia;\u2060tok-d\n".encode(),
        rows=("Ana", "Ana", "José", "Bia"),
        codes={"duplicate_person": 1},
        people=("123", "45", "6"),
        addresses=("tok-a", "tok-c", "tok-d"),
    ),
    Specimen(
        "emoji.csv",
        "the joiner within an emoji stays: it is no free text's fault",
        "id;nome;token\n1;Ana 👩\u200d👧 ❤\ufe0f;a\n".encode(),
        rows=("Ana 👩\u200d👧 ❤\ufe0f",),
    ),
    Specimen(
        "so-invisivel.csv",
        "a name of unseen characters only is none",
        "id;nome;token\n1;\u200b\u00a0;a\n".encode(),
        rows=("\u200b\u00a0",),
        definition=_HELLO,
        codes={"missing_field": 1},
    ),
    Specimen(
        "marcas.csv",
        "Excel's marks of text",
        b'id;nome;telefone\n"=""0012""";"=""Ana""";\'11988887777\n',
        rows=('="Ana"',),
        definition=_SMS,
        people=("0012",),
        addresses=("+5511988887777",),
    ),
    Specimen(
        "links.csv",
        "addresses copied from links",
        b"id;nome;endereco\n1;Ana;mailto:ana@x.com\n2;Jos\xc3\xa9;tel:+55-11-98888-7777\n",
        definition="name: links\n",
        addresses=("ana@x.com", "+5511988887777"),
    ),
    Specimen(
        "com-nome.csv",
        "an e-mail address with its name",
        _one("Ana Lima <ana@x.com>", "email"),
        rows=("Ana",),
        definition=_EMAIL,
        addresses=("ana@x.com",),
    ),
    Specimen(
        "dois-num.csv",
        "a name that is another address is not read",
        _one("bia@x.com <ana@x.com>", "email"),
        rows=("Ana",),
        definition=_EMAIL,
        codes={"invalid_email": 1},
    ),
    Specimen(
        "mexico.csv",
        "a Mexican number as WhatsApp shows it",
        _one("+52 1 55 1234 5678", "telefone"),
        rows=("Ana",),
        definition="channel: whatsapp\n",
        addresses=("+525512345678",),
    ),
    Specimen(
        "0800-pais.csv",
        "a service number with its country",
        _one("+55 800 777 1234", "telefone"),
        rows=("Ana",),
        definition=_SMS,
        codes={"phone_service_number": 1},
    ),
    Specimen(
        "0800-fora.csv",
        "a service number of another country",
        _one("+1 800 555 0199", "telefone"),
        rows=("Ana",),
        definition=_SMS,
        codes={"phone_service_number": 1},
    ),
    Specimen(
        "email-longo.csv",
        "more than 64 characters before the @",
        _one(f"{'a' * 65}@loja.com.br", "email"),
        rows=("Ana",),
        definition=_EMAIL,
        codes={"invalid_email": 1},
    ),
)

GROUPS: Mapping[str, tuple[Specimen, ...]] = {
    "Formats": FORMATS,
    "Pollutions": POLLUTIONS,
    "Quotes": QUOTES,
    "Cells": CELLS,
    "Encodings": ENCODINGS,
    "Addresses and identities": ADDRESSES,
    "Values": VALUES,
    "Refused": REFUSED,
}

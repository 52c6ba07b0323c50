"""Small files, each for one reason, with what becomes of it: the proof behind the table in docs/intake.md."""

import gzip
import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.limits import Limits
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.ingest import ingest
from mensageria_pipeline.project import Project
from mensageria_pipeline.settings import Settings
from mensageria_pipeline_tests.conftest import Workbench
from mensageria_pipeline_tests.fakes.workbooks import PASSWORD_PROTECTED, ods, workbook, xls, xlsb, zipped

LIMITS = Limits(size_mib=8, columns=50, cell_characters=1000, memory_mib=2048, timeout_s=60)
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
    definition: str = ""
    reading: Mapping[str, Any] = field(default_factory=dict)


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
    assert not set(intake.columns) & set(PROVENANCE_NAMES)
    return Found(
        None, names, tuple(table["_row_number"].to_pylist()), intake.columns, facts["reading"], dict(report.codes),
        tuple(row["reason_en"] for row in rejected),
        tuple(row["address"] for row in bench.rows(Asset.VALIDATED_RECIPIENTS, "a")),
    )  # fmt: skip


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
    if specimen in ADDRESSES and found.addresses:
        parts.append(f"Address: `{found.addresses[0]}`.")
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
        "tipos.parquet", "Parquet with numbers and lists: they become text",
        _parquet(id=[1, 2], nome=["Ana", "José"], token=["a", "b"], tags=[["x"], []]),
    ),
    Specimen("objetos.jsonl", "one JSON object per line", _JSONL.encode()),
    Specimen("lista.csv.gz", "gzip", gzip.compress(_CSV.encode()), reading={"packed": "gz"}),
    Specimen("lista.zip", "a zip with one list", zipped({"lista.csv": _CSV}), reading={"packed": "zip"}),
    Specimen("planilha.xlsx.gz", "a workbook in gzip", gzip.compress(workbook(_PEOPLE)), reading={"sheet": "Sheet"}),
    Specimen(
        "mac.zip", "a zip made on a Mac, with its hidden twin",
        zipped({"lista.csv": _CSV, "__MACOSX/._lista.csv": b"\x00"}),
    ),
)  # fmt: skip

POLLUTIONS = (
    Specimen("bom.csv", "UTF-8 with a byte-order mark", _CSV.encode("utf-8-sig"), reading={"encoding": "utf-8"}),
    Specimen("cp1252.csv", "Windows-1252", _CSV.encode("cp1252"), reading={"encoding": "cp1252"}),
    Specimen("utf16.csv", "UTF-16 with its mark", _CSV.encode("utf-16"), reading={"encoding": "utf-16"}),
    Specimen("utf16-sem-marca.csv", "UTF-16 without its mark", _CSV.encode("utf-16-le")),
    Specimen("crlf.csv", "Windows line ends", _CSV.replace("\n", "\r\n").encode()),
    Specimen("cr.csv", "line ends of old Macs", _CSV.replace("\n", "\r").encode()),
    Specimen("sep.csv", "Excel's own hint sep=;", ("sep=;\n" + _CSV).encode(), numbers=(3, 4)),
    Specimen("decimal.csv", "decimal commas are no delimiters", "id;nome;token;valor\n1;Ana;a;1,50\n2;José;b;2,75\n".encode()),
    Specimen("aspas.csv", "every cell quoted", '"id";"nome";"token"\n"1";"Ana";"a"\n"2";"José";"b"\n'.encode()),
    Specimen("apostrofos.csv", "cells in single quotes", "'id','nome','token'\n'1','Ana','a,b'\n'2','José','b'\n".encode()),
    Specimen("celula-longa.csv", "a line break within a quoted cell", b'id;nome;token\n1;"Ana\nMaria";a\n2;Bia;b\n',
             rows=("Ana\nMaria", "Bia"), numbers=(2, 3)),
    Specimen("polegadas.csv", "a quote within a cell", b'id;nome;token;tela\n1;Ana;a;LED 15"\n2;Bia;b;x\n', rows=("Ana", "Bia")),
    Specimen("preambulo.csv", "titles above the header", f"Relatório de clientes\nGerado em 23/11/2026\n\n{_CSV}".encode(),
             doubt="doubt_preamble", numbers=(5, 6)),
    Specimen("preambulo.xlsx", "titles above the header of a workbook", workbook([["Clientes"], [], *_PEOPLE]),
             doubt="doubt_preamble", numbers=(4, 5)),
    Specimen("totais.csv", "a line of totals at the end", (_CSV + "Total;2;\n").encode(), doubt="doubt_totals"),
    Specimen("empresa-total.csv", "a company that is called like a total, with its phone, is no total",
             "nome;token\nAna;a\nTotal Combustíveis;b\n".encode(), rows=("Ana", "Total Combustíveis")),
    Specimen("total-email.csv", "an address that begins like a total", b"email\na@b.com\ntotal@empresa.com.br\n", rows=(),
             numbers=(2, 3), definition="channel: email\n"),
    Specimen("oculta.xlsx", "a hidden first sheet", workbook(_PEOPLE, hidden_first=True), reading={"sheet": "Dados"}),
    Specimen("abas.xlsx", "two sheets with people: the first counts, the other is named", workbook(_PEOPLE, twin=True),
             doubt="doubt_other_sheets"),
    Specimen("decimais.xlsx", "numbers of three decimals and times",
             workbook([["nome", "token", "valor", "hora"], ["Ana", "a", 12.345, time(9, 30)]]), rows=("Ana",),
             definition="channel: push\ntemplate: {body: '{{ valor | moeda }} {{ hora }}'}\n"),
    Specimen("pessoa-total.csv", "a person called Total is no total", (_CSV + "3;Total;tok-3\n").encode(),
             rows=(*_ROWS, "Total")),
    Specimen("vazias.csv", "blank lines count as rows and are none", b"id;nome;token\n\n1;Ana;a\n;;\n2;Bia;b\n",
             rows=("Ana", "Bia"), numbers=(3, 5)),
    Specimen("colunas-vazias.csv", "empty columns", b"id;nome;;token;;\n1;Ana;;a;;\n2;Bia;;b;;\n", rows=("Ana", "Bia"),
             columns=("id", "nome", "token")),
    Specimen("repetidos.csv", "repeated headers", b"id;nome;nome;token\n1;Ana;Maria;a\n", rows=("Ana",), doubt="doubt_renamed",
             columns=("id", "nome", "nome_2", "token")),
    Specimen("sem-nome.csv", "a column without a name", b"id;nome;;token\n1;Ana;x;a\n", rows=("Ana",),
             columns=("id", "nome", "coluna_3", "token")),
    Specimen("curtas.csv", "rows that end early", b"id;nome;token;obs\n1;Ana;a\n2;Bia;b;x\n", rows=("Ana", "Bia")),
    Specimen("sobrando.csv", "a delimiter within a value: cells out of place", b"id;nome;token\n1;Silva; Ana;a\n2;Bia;b\n",
             rows=("Silva", "Bia"), doubt="doubt_surplus", codes={"extra_cells": 1}),
    Specimen("aba-vazia.xlsx", "an empty first sheet", workbook(_PEOPLE, first_sheet_empty=True), reading={"sheet": "Dados"}),
    Specimen("aba.xlsx", "the sheet that the definition names", workbook(_PEOPLE, first_sheet_empty=True),
             definition="channel: push\nsheet: Dados\n"),
    Specimen("numeros.xlsx", "numbers keep their stored value", workbook([["id", "nome", "token"], [7, "Ana", 5511999998888]]),
             rows=("Ana",)),
    Specimen("mojibake.csv", "accents broken before it came", "id;nome;token\n1;JosÃ©;a\n".encode(), rows=("JosÃ©",),
             doubt="doubt_mojibake"),
    Specimen("espacos.csv", "white space and no-break spaces around values",
             "id;nome;token\n 1 ;Ana;\u00a0tok-ana \n".encode(), rows=("Ana",)),
    Specimen("cabecalho.csv", "headers in capitals, with accents and spaces", "ID;NOME;Endereço de E-mail\n1;Ana;a@b.com\n".encode(),
             rows=(), columns=("ID", "NOME", "Endereço de E-mail"), definition="channel: email\n"),
    Specimen("uma-coluna.csv", "a single column", b"token\na\n\nb\n", rows=(), numbers=(2, 4)),
    Specimen("grau.csv", "degree signs and inches in Windows-1252", "id;nome;token\n1;1º andar – 15”;a\n".encode("cp1252"),
             rows=("1º andar – 15”",)),
)  # fmt: skip

ADDRESSES = (
    Specimen("notacao.csv", "a phone in scientific notation", _one("5,51199E+12", "telefone"), rows=("Ana",),
             definition="channel: sms\n", codes={"phone_lost_digits": 1}),
    Specimen("id-notacao.csv", "an id in scientific notation", b"id;nome;token\n1,23E+10;Ana;a\n", rows=("Ana",),
             codes={"id_lost_digits": 1}),
    Specimen("token-notacao.csv", "a token in scientific notation", _one("9.1E+15"), rows=("Ana",),
             codes={"token_lost_digits": 1}),
    Specimen("sem-ddd.csv", "a phone without area code", _one("99999-8888", "telefone"), rows=("Ana",),
             definition="channel: sms\n", codes={"phone_without_area": 1}),
    Specimen("nono-digito.csv", "a mobile number of before 2016 gets its ninth digit", _one("(11) 8888-7777", "telefone"),
             rows=("Ana",), definition="channel: sms\n"),
    Specimen("operadora.csv", "zero and operator before the area code", _one("0 15 11 98888-7777", "telefone"), rows=("Ana",),
             definition="channel: sms\n"),
    Specimen("0800.csv", "a service number", _one("0800 777 1234", "telefone"), rows=("Ana",), definition="channel: sms\n",
             codes={"phone_service_number": 1}),
    Specimen("fixo.csv", "a landline for SMS", _one("(11) 3333-4444", "telefone"), rows=("Ana",), definition="channel: sms\n",
             codes={"phone_landline": 1}),
    Specimen("ddd-inexistente.csv", "an area code that does not exist", _one("(20) 98888-7777", "telefone"), rows=("Ana",),
             definition="channel: sms\n", codes={"invalid_phone": 1}),
    Specimen("exterior.csv", "a foreign number with its plus", _one("+351 912 345 678", "telefone"), rows=("Ana",),
             definition="channel: sms\n"),
    Specimen("dominio.csv", "an obvious typo in a domain is suggested, not corrected", _one("ana@gmial.com", "email"),
             rows=("Ana",), definition="channel: email\n", codes={"email_typo": 1}),
    Specimen("idn.csv", "a domain with accents goes in its ASCII form", _one("ana@açaí.com.br", "email"), rows=("Ana",),
             definition="channel: email\n"),
    Specimen("email.csv", "no e-mail address", _one("ana@@b.com", "email"), rows=("Ana",), definition="channel: email\n",
             codes={"invalid_email": 1}),
    Specimen("cpf.csv", "a CPF whose check digits are wrong, as the identity", b"cpf;nome;token\n111.444.777-36;Ana;a\n",
             rows=("Ana",), codes={"invalid_cpf": 1}),
    Specimen("cpf-sem-zeros.csv", "a CPF that lost its leading zeros is restored", b"cpf;nome;token\n191;Ana;a\n", rows=("Ana",)),
    Specimen("webpush.jsonl", "a Web Push subscription that is incomplete",
             b'{"id": 1, "nome": "Ana", "token": {"endpoint": "https://x.example/1"}}\n', rows=("Ana",),
             codes={"invalid_token": 1}),
    Specimen("expo-no-fcm.csv", "a token of another push service than the campaign's", _one("ExponentPushToken[abc]"),
             rows=("Ana",), definition="channel: push\nprovider: fcm\ntemplate: {body: oi}\n",
             codes={"token_of_other_provider": 1}),
)  # fmt: skip

REFUSED = (
    Specimen("vazio.csv", "nothing in it", b"", refused="file_empty"),
    Specimen("so-cabecalho.csv", "a header and no rows", b"id;token\n", refused="file_without_rows"),
    Specimen("sem-endereco.csv", "no address column", b"id;nome\n1;Ana\n", refused="no_address_column"),
    Specimen("dois-enderecos.csv", "two candidate address columns", b"id;email;mail\n1;a@b.com;c@d.com\n",
             refused="ambiguous_column"),
    Specimen("sem-cabecalho.csv", "data in the first line", b"1;Ana;ana@b.com\n2;Bia;bia@b.com\n", refused="no_address_column"),
    Specimen("misturado.csv", "two encodings in one file", "id;nome;token\n1;José;a\n".encode() + "2;Inês;b\n".encode("cp1252"),
             refused="file_mixed_encodings"),
    Specimen("nulos.csv", "NUL bytes", b"id;nome;token\n1;A\x00na;a\n", refused="file_has_nul"),
    Specimen("aspa-aberta.csv", "a quote that never closes", b'id;nome;token\n1;"Ana;a\n2;Bia;b\n', refused="file_open_quote"),
    Specimen("aspa-solta.csv", "stray quotes that swallow rows", b'id;nome;token\n1;"Ana;a\n2;Bia;b\n3;C"aio;c\n',
             refused="file_stray_quote"),
    Specimen("senha.xlsx", "a workbook with a password", PASSWORD_PROTECTED, refused="file_encrypted"),
    Specimen("texto.xlsx", "a CSV named as a workbook", _CSV.encode(), refused="file_text_as_excel"),
    Specimen("planilha.csv", "a workbook named as CSV", workbook(_PEOPLE), refused="file_excel_as_text"),
    Specimen("pagina.xls", "an HTML page named as a workbook", b"<html><table><tr><td>id</td></tr></table></html>",
             refused="file_markup_as_excel"),
    Specimen("danificada.xlsx", "a damaged workbook", b"PK\x03\x04 broken", refused="file_damaged"),
    Specimen("quebrado.parquet", "a damaged Parquet file", b"PAR1 broken PAR1", refused="file_parquet_damaged"),
    Specimen("quebrado.jsonl", "a line that is no JSON object", b'{"id": 1}\n[1, 2]\n', refused="file_not_jsonl"),
    Specimen("quebrado.csv.gz", "a damaged archive", gzip.compress(_CSV.encode())[:-9], refused="file_archive_damaged"),
    Specimen("varios.zip", "an archive of several files", zipped({"a.csv": _CSV, "b.csv": _CSV}), refused="file_archive_count"),
    Specimen("pdf.zip", "an archive of something else", zipped({"a.pdf": b"%PDF"}), refused="file_type_unknown"),
    Specimen("fuga.zip", "an archive whose file wants to leave the folder: its name is not used", zipped({"../../fuga.csv": _CSV})),
    Specimen("bomba.csv.gz", "9 MiB of zeros in a few kB", gzip.compress(b"0" * (9 << 20)), refused="file_too_large"),
    Specimen("bomba.xlsx", "a workbook that unpacks to more than the limit", zipped({"xl/a.xml": b"0" * (9 << 20)}),
             refused="file_too_large"),
    Specimen("celula.xlsx", "a cell beyond the limit", _BOMB, refused="file_cell_too_long"),
    Specimen("celula.csv", "a cell beyond the limit in a CSV", _one("x" * 2_000), refused="file_cell_too_long"),
    Specimen("linha.csv", "a file that is one long line", b"id;nome;token;" + b"x" * 200_000, refused="file_line_too_long"),
    Specimen("larga.csv", "too many columns", f"{_WIDE}\n{_WIDE}\n".encode(), refused="file_too_wide"),
    Specimen("larga.xlsx", "too many columns in a workbook", workbook([[f"c{n}" for n in range(60)]] * 2), refused="file_too_wide"),
    Specimen("gargalhada.xlsx", "a billion laughs in its XML: entities are not expanded", zipped(
        {"xl/workbook.xml": '<workbook><sheets><sheet name="../../a" sheetId="1" r:id="rId1" '
           'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/></sheets></workbook>',
           "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId1" Type="t/worksheet" '
           'Target="worksheets/sheet1.xml"/></Relationships>', "xl/worksheets/sheet1.xml": _LAUGHS}),
        refused="file_damaged"),
    Specimen("outra-aba.xlsx", "a sheet that is not there", workbook(_PEOPLE), definition="channel: push\nsheet: Maio\n",
             refused="sheet_missing"),
)  # fmt: skip

GROUPS: Mapping[str, tuple[Specimen, ...]] = {
    "Formats": FORMATS, "Pollutions": POLLUTIONS, "Addresses and identities": ADDRESSES, "Refused": REFUSED,
}  # fmt: skip

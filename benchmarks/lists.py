"""From a list to messages: a million rows beside DuckDB alone, ten million within memory, Excel beside pandas.

python -m benchmarks lists
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl

from mensageria_pipeline_tests.fakes.dagster_server import ROOT, clean_environment, prepare_root

ROWS = 1_000_000
MANY_ROWS = 10_000_000
EXCEL_ROWS = 100_000
_REPEATS = 5
_TEMPLATE = "template: {title: Aviso, body: 'Olá, {{ nome }}! O valor é {{ valor }}.'}\n"
_HEADERS = ("id", "nome", "email", "valor", "cidade")
_NAMES = ("Ana", "Bia", "Caio", "João da Silva", "Maria Aparecida")


def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mensageria-bench-") as name:
        folder = Path(name)
        million, many, excel = (_project(folder / each) for each in ("million", "many", "excel"))
        _write_csv(million / "lista.csv", ROWS)
        _write_csv(many / "lista.csv", MANY_ROWS)
        _write_excel(excel / "lista.xlsx", EXCEL_ROWS)
        turns = [  # in turns: what disturbs the machine disturbs both
            (_drive(million), _peer("duckdb_alone", million / "lista.csv", folder / "out.parquet"))
            for _ in range(_REPEATS)
        ]
        ours, alone = [each for each, _ in turns], [each for _, each in turns]
        sheets = [_drive(excel, "raw") for _ in range(3)]
        pandas = _peer("pandas_openpyxl", excel / "lista.xlsx", folder / "out.parquet")
        large = _drive(many)
    seconds, reference = _median(ours, "seconds"), _median(alone, "seconds")
    peak = _median(ours, "peak_mib")
    return {
        "rows": ROWS,
        "seconds": round(seconds, 2),
        "stages_s": {
            name: round(statistics.median(each["stages"][name] for each in ours), 2) for name in ours[0]["stages"]
        },
        "duckdb_s": round(reference, 2),
        "times_duckdb": round(seconds / reference, 2),
        "peak_mib": {ROWS: round(peak), MANY_ROWS: round(large["peak_mib"])},
        "peak_growth": round(large["peak_mib"] / peak, 2),
        "many_rows_s": round(large["seconds"], 1),
        "excel_rows": EXCEL_ROWS,
        "excel_s": round(_median(sheets, "seconds"), 2),
        "pandas_openpyxl_s": round(pandas["seconds"], 2),
        "excel_times_faster": round(pandas["seconds"] / _median(sheets, "seconds"), 1),
    }


def _median(found: list[dict[str, Any]], name: str) -> float:
    return float(statistics.median(each[name] for each in found))


def _project(root: Path) -> Path:
    """A project with the campaign `a`; the folder of its lists."""
    prepare_root(root, INPUT_SETTLE_SECONDS="0")
    definition = root / "data" / "campaigns" / "a.yaml"
    definition.parent.mkdir(parents=True, exist_ok=True)
    definition.write_text(_TEMPLATE, encoding="utf-8")
    folder = root / "data" / "input" / "a"
    folder.mkdir(parents=True)
    return folder


def _rows(count: int) -> Iterator[tuple[str, ...]]:
    """A customer base: 2 % of the people come twice, 2 % of the addresses are none."""
    draw = random.Random(1)
    for number in range(count):
        person = number if draw.random() > 0.02 else draw.randrange(number + 1)
        email = f"cliente{person}{'@' if draw.random() > 0.02 else ''}exemplo{person % 50}.com.br"
        yield str(person), _NAMES[number % 5], email, f"{number % 1000},{number % 100:02d}", "São Paulo"


def _write_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(";".join(_HEADERS) + "\n")
        file.writelines(";".join(row) + "\n" for row in _rows(count))


def _write_excel(path: Path, count: int) -> None:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Base")
    sheet.append((*_HEADERS, "cpf"))
    for number, row in enumerate(_rows(count)):
        sheet.append((int(row[0]), *row[1:], f"{number:011}"))
    workbook.save(path)


def _drive(folder: Path, *arguments: str) -> dict[str, Any]:
    """The driver over a project from which everything that was made is gone."""
    root = folder.parents[2]
    for made in ("processed", "state"):
        subprocess.run(["rm", "-rf", str(root / "data" / made)], check=True)
    return _measured("benchmarks.list_driver", str(root), *arguments)


def _peer(name: str, source: Path, target: Path) -> dict[str, Any]:
    return _measured(f"benchmarks.peers.{name}", str(source), str(target))


def _measured(module: str, *arguments: str) -> dict[str, Any]:
    found = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=clean_environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(found.stdout.splitlines()[-1]))

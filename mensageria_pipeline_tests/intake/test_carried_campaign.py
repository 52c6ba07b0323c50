"""A corrected workbook of rejected rows finds its campaign, whoever saved it and wherever it is dropped."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.intake.carried_campaign import carried_campaign
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.reports.rejects import write_rejects
from mensageria_pipeline_tests.needs import need
from mensageria_pipeline_tests.workbench import Workbench

LIST = "id;nome;email\n1;Ana;ana@exemplo.com\n2;Bia;sem-arroba\n"
CORRECTED = "id;nome;email\n2;Bia;bia@exemplo.com\n"


@pytest.fixture
def rejects(bench: Workbench) -> Path:
    bench.define("natal_2026-sul")
    bench.drop("natal_2026-sul", LIST)
    bench.prepare("natal_2026-sul")
    (path,) = write_rejects(bench.layout, "natal_2026-sul").paths
    return path


def test_the_workbook_carries_its_campaign(rejects: Path) -> None:
    assert carried_campaign(rejects) == "natal_2026-sul"


@pytest.mark.parametrize("extension", ["xlsx", "ods"])
def test_libreoffice_keeps_it(rejects: Path, tmp_path: Path, extension: str) -> None:
    """Opened and saved, as an operator does."""
    need("" if shutil.which("soffice") else "LibreOffice is not installed: apt-get install libreoffice-calc")
    profile, saved = f"-env:UserInstallation=file://{tmp_path}/office", str(tmp_path / "saved")
    command = ["soffice", profile, "--headless", "--convert-to", extension, "--outdir", saved, str(rejects)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    assert carried_campaign(tmp_path / "saved" / f"rejeitados.{extension}") == "natal_2026-sul"


def test_dropped_beside_the_folders_it_joins_its_campaign(bench: Workbench, rejects: Path) -> None:
    """Not a campaign called `rejeitados`: the row that was corrected becomes a message of its campaign."""
    shutil.copy(rejects, bench.layout.input_dir / "rejeitados.xlsx")
    found = {file.path.name: file.campaign for file in discover(bench.layout.input_dir, {}).files}
    assert found == {"lista.csv": "natal_2026-sul", "rejeitados.xlsx": "natal_2026-sul"}
    bench.ingest("natal_2026-sul")
    assert bench.validate("natal_2026-sul").fates[Fate.PLANNED] == 1


def test_it_never_takes_the_name_of_its_campaigns_folder(bench: Workbench) -> None:
    """The folder is called otherwise than the key: it stays the campaign's."""
    bench.drop("Promoção", LIST)
    bench.prepare("promocao")
    (path,) = write_rejects(bench.layout, "promocao").paths
    shutil.copy(path, bench.layout.input_dir / "rejeitados.xlsx")
    found = discover(bench.layout.input_dir, {})
    assert found.refused == []
    assert {file.campaign for file in found.files} == {"promocao"}
    assert {file.original_name for file in found.files} == {"Promoção"}


def test_a_folder_says_more_than_the_workbook(bench: Workbench, rejects: Path) -> None:
    """Who drops it into another campaign's folder means that one."""
    bench.drop("outra", rejects.read_bytes(), "rejeitados.xlsx")
    found = {file.path.name: file.campaign for file in discover(bench.layout.input_dir, {}).files}
    assert found["rejeitados.xlsx"] == "outra"


@pytest.mark.parametrize("value", ["../x", "A B", "a--b", "", "x" * 200])
def test_what_is_no_campaign_is_not_believed(tmp_path: Path, value: str) -> None:
    path = tmp_path / "rejeitados.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        text = f'<property name="mensageria_campanha"><vt:lpwstr>{value}</vt:lpwstr></property>'
        archive.writestr("docProps/custom.xml", text)
    assert carried_campaign(path) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"id;nome\n1;Ana\n"])
def test_what_cannot_be_read_carries_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lista.xlsx"
    path.write_bytes(content)
    assert carried_campaign(path) is None


def test_a_workbook_from_before_1970_is_no_trouble(bench: Workbench, rejects: Path) -> None:
    """Copies keep what their source said of its time, however wrong."""
    dropped = bench.layout.input_dir / "rejeitados.xlsx"
    shutil.copy(rejects, dropped)
    os.utime(dropped, (-86_400, -86_400))
    assert carried_campaign(dropped) == "natal_2026-sul"

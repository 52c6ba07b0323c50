"""Names that somebody swaps, links, pipes and devices: nothing outside is read, and nothing waits for an end."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import DefinitionError, InputError
from mensageria_pipeline.intake import ingest as ingest_module
from mensageria_pipeline.intake.inspection import inspect_file
from mensageria_pipeline.services.preparation import take_in_lists
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.storage.files import open_plain, pinned, read_plain
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.storage.limits import MEBIBYTE
from mensageria_pipeline_tests.providers.test_smtp import PIXEL, message, writer
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import SIMPLE_LIST, Workbench

SECRET = "nome;token\nSegredo;tok-segredo\n"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What this user can read, and nobody meant to hand over."""
    path = tmp_path / "outside.csv"
    path.write_text(SECRET)
    return path


def link(outside: Path, path: Path) -> None:
    path.symlink_to(outside)


def pipe(_outside: Path, path: Path) -> None:
    os.mkfifo(path)


def test_a_file_that_is_swapped_while_it_is_opened_stays_what_it_was(tmp_path: Path, outside: Path) -> None:
    """Hash and rows are of one file, whatever has its name by then."""
    path = tmp_path / "lista.csv"
    path.write_text(SIMPLE_LIST)
    with pinned(path, tmp_path) as opened:
        path.unlink()
        path.symlink_to(outside)
        assert opened.read_text() == SIMPLE_LIST
    with pytest.raises(InputError) as caught, pinned(path, tmp_path):
        pass
    assert caught.value.key == "file_not_plain"


def test_a_folder_that_is_swapped_leads_nowhere_else(tmp_path: Path, outside: Path) -> None:
    """The link may be anywhere in the path: what counts is where the opened file lies."""
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "camp").symlink_to(outside.parent)
    with pytest.raises(InputError) as caught, pinned(tmp_path / "input" / "camp" / outside.name, tmp_path / "input"):
        pass
    assert caught.value.key == "file_outside"


def test_a_list_that_is_swapped_for_a_link_while_it_settles_is_not_read(
    bench: Workbench, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name was looked at long before it is read."""
    bench.define("a")
    path = bench.drop("a")
    real: Callable[..., bool] = ingest_module._becomes_settled

    def swapped(*arguments: object) -> bool:
        is_settled = real(*arguments)
        path.unlink()
        path.symlink_to(outside)
        return is_settled

    monkeypatch.setattr(ingest_module, "_becomes_settled", swapped)
    with pytest.raises(InputError) as caught:
        bench.ingest("a")
    assert "atalho" in caught.value.text()
    assert not any(bench.layout.partition_dir(Asset.RAW_BASE, "a").glob("*.parquet"))


@pytest.mark.parametrize("put", [link, pipe])
def test_a_suppression_list_that_is_no_file_stops_everything(
    bench: Workbench, outside: Path, put: Callable[[Path, Path], None]
) -> None:
    """A link is not followed; a pipe is no list, and holds nobody up."""
    bench.layout.suppressions_dir.mkdir(parents=True)
    put(outside, bench.layout.suppressions_dir / "lista.csv")
    if put is link:
        with pytest.raises(InputError, match="atalho"):
            take_in_lists(bench.project)
    else:
        assert take_in_lists(bench.project).new == []


@pytest.mark.parametrize("put", [link, pipe])
def test_templates_pages_images_and_lookups_are_plain_files(
    bench: Workbench, outside: Path, put: Callable[[Path, Path], None]
) -> None:
    """`logo.png → .env` was e-mailed."""
    layout = bench.layout
    for folder in (layout.campaign_dir("a"), layout.templates_dir, layout.lookup_dir):
        folder.mkdir(parents=True)
    put(outside, layout.campaign_dir("a") / "pagina.html")
    with pytest.raises(DefinitionError):
        bench.define("a", "template: {html: pagina.html, title: Oi}\n")
    put(outside, layout.templates_dir / "texto.yaml")
    with pytest.raises(DefinitionError):
        bench.define("a", "template: texto\n")
    put(outside, layout.lookup_dir / "tabela.csv")
    bench.define("a", "enrich: [{table: tabela.csv, key: nome, columns: [cidade]}]\ntemplate: {body: Oi}\n")
    bench.drop("a")
    with pytest.raises(InputError):
        bench.prepare("a")
    put(outside, layout.definition("b"))
    with pytest.raises(DefinitionError):
        load_definition(layout, "b")


@pytest.mark.parametrize(
    ("name", "content", "is_shown"),
    [
        ("logo.png", PIXEL, True),
        ("precos.csv", b"a;b", False),
        ("pagina.html", b"<html>", False),
        ("falso.png", b"API_KEY=segredo", False),
        ("falso.jpg", b"", False),
        ("desenho.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", False),
        ("../a.yaml", PIXEL, False),
        (".env", b"API_KEY=segredo", False),
    ],
)
def test_a_cell_names_images_and_nothing_else(tmp_path: Path, name: str, content: bytes, is_shown: bool) -> None:
    """`<img src="{{ foto }}">`: whoever writes the list does not choose what else is sent along."""
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / name).resolve().write_bytes(content)
    mail = message(body=f"<img src='{name}'>")
    assert writer(folder, is_html=True).misses_file(mail) is not (is_shown or "/" in name)


def test_an_attachment_is_no_link_and_not_endless(tmp_path: Path, outside: Path) -> None:
    """A sparse file of a gigabyte takes no memory of the sender."""
    (tmp_path / "a.pdf").symlink_to(outside)
    with pytest.raises(OSError, match=r"a\.pdf"):
        read_plain(tmp_path / "a.pdf")
    with (tmp_path / "b.pdf").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(OSError, match=r"b\.pdf"):
        read_plain(tmp_path / "b.pdf", MEBIBYTE)


def test_what_is_named_on_the_command_line_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe that nobody writes to would be waited for; a device has no end. One's own links are followed."""
    os.mkfifo(tmp_path / "pipe.csv")
    definition, limits = CampaignDefinition(), Settings(root=tmp_path, data_dir=tmp_path).limits
    for path in (tmp_path / "pipe.csv", Path("/dev/zero"), tmp_path):
        done = threading.Event()

        def look(path: Path = path, done: threading.Event = done) -> None:
            with pytest.raises(InputError):
                inspect_file(path, definition, limits)
            done.set()

        threading.Thread(target=look, daemon=True).start()
        assert done.wait(PATIENCE_S), path
    (tmp_path / "lista.csv").write_text(SIMPLE_LIST)
    (tmp_path / "minha.csv").symlink_to(tmp_path / "lista.csv")
    os.close(open_plain(tmp_path / "minha.csv", follows_links=True))
    assert inspect_file(tmp_path / "minha.csv", definition, limits).row_count == 3

"""Which files count, whose they are, and when they are whole."""

from pathlib import Path

from mensageria_pipeline.intake.files import InputFile, discover, folder_of


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x", encoding="utf-8")
    return path


def test_folders_and_shorthand_files_belong_to_their_campaign(tmp_path: Path) -> None:
    """data/input/a.csv is shorthand for data/input/a/a.csv."""
    _touch(tmp_path / "a.csv")
    _touch(tmp_path / "Boas Vindas" / "clientes.xlsx")
    found = {(file.campaign, file.original_name, file.path.name) for file in discover(tmp_path, {}).files}
    assert found == {("a", "a", "a.csv"), ("boas-vindas", "Boas Vindas", "clientes.xlsx")}


def test_hidden_temporary_and_lock_files_are_passed_over(tmp_path: Path) -> None:
    """A file that is being written under another name is nobody's business yet."""
    for name in (".hidden.csv", "~$a.xlsx", "a.csv.part", "a.xlsx.tmp", "README.md", "b.crdownload"):
        _touch(tmp_path / "a" / name)
        _touch(tmp_path / name)
    discovery = discover(tmp_path, {})
    assert not discovery.files
    assert not discovery.refused


def test_other_formats_are_refused_with_the_formats_expected(tmp_path: Path) -> None:
    """The operator learns what to export."""
    _touch(tmp_path / "a" / "lista.pdf")
    ((path, error),) = discover(tmp_path, {}).refused
    assert path.name == "lista.pdf"
    assert ".pdf" in str(error)
    assert ".xlsx" in str(error)


def test_two_names_with_one_key_are_refused_but_for_the_owner(tmp_path: Path) -> None:
    """Two campaigns must not flow into one another."""
    _touch(tmp_path / "Boas Vindas" / "a.csv")
    _touch(tmp_path / "boas-vindas" / "b.csv")
    discovery = discover(tmp_path, {"boas-vindas": "Boas Vindas"})
    assert [file.original_name for file in discovery.files] == ["Boas Vindas"]
    ((path, error),) = discovery.refused
    assert path.name == "b.csv"
    assert "mesma chave que Boas Vindas" in str(error)


def test_a_list_that_is_handed_over_goes_where_the_campaign_looks(tmp_path: Path) -> None:
    """Into the folder of the name that a person gave; another of the same key would be passed over."""
    assert folder_of(tmp_path, {}, "promocao").name == "promocao"
    _touch(tmp_path / "Promoção" / "a.csv")
    assert folder_of(tmp_path, {}, "promocao").name == "Promoção"
    _touch(tmp_path / "promocao" / "a.csv")
    assert folder_of(tmp_path, {}, "promocao").name == "promocao"
    assert folder_of(tmp_path, {"promocao": "Promoção"}, "promocao").name == "Promoção"


def test_refused_files_are_known_by_the_campaign_they_were_meant_for(tmp_path: Path) -> None:
    """Whoever runs or looks at it must hear of them."""
    _touch(tmp_path / "Promoção" / "a.csv")
    _touch(tmp_path / "promocao" / "b.docx")
    _touch(tmp_path / "outra" / "c.docx")
    discovery = discover(tmp_path, {"promocao": "promocao"})
    assert sorted(path.name for path, _ in discovery.refused_of("promocao")) == ["a.csv", "b.docx"]


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    """A link could bring in any file of the machine."""
    outside = _touch(tmp_path / "outside.csv")
    link = tmp_path / "input" / "a" / "link.csv"
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    discovery = discover(tmp_path / "input", {})
    assert not discovery.files
    assert "atalho" in str(discovery.refused[0][1])


def test_a_file_settles_by_its_time_of_change(tmp_path: Path) -> None:
    """A copying program can set the time of modification back, not the time of change."""
    import os

    path = _touch(tmp_path / "a.csv")
    os.utime(path, (0, 0))
    file = InputFile(path, "a", "a")
    assert not file.has_settled(60)
    assert file.has_settled(0)

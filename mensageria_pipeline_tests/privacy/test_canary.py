"""A person's canary: after they are forgotten, nothing of them is in any byte that the installation keeps."""

import contextlib
import gzip
import json
import logging
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow.parquet as pq
import pytest

from mensageria_pipeline import logs
from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.privacy.access_export import access_export
from mensageria_pipeline.privacy.find import find_person
from mensageria_pipeline.privacy.forget import forget_person
from mensageria_pipeline.services.dry_run import dry_run
from mensageria_pipeline.services.preparation import take_in_lists
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import known_partitions
from mensageria_pipeline_tests.defs.shell import Shell
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.workbench import Workbench, with_variables

CANARIES = (
    "Quitéria Canário",
    "quiteria.canario@exemplo.com.br",
    "52998224725",
    "529.982.247-25",
    "11987650099",
    "(11) 98765-0099",
    "token-do-canario-0001",
    "canario@invalido",
)
LIST = (
    "nome;cpf;telefone;email;token\n"
    "Quitéria Canário;529.982.247-25;(11) 98765-0099;quiteria.canario@exemplo.com.br;token-do-canario-0001\n"
    "Bia Lima;;11987650002;bia@exemplo.com.br;token-da-bia-00002\n"
    "Quitéria Canário;529.982.247-25;;canario@invalido;\n"
)


def _quoting(message: Mapping[str, object]) -> dict[str, object]:
    """A provider that writes what it was sent in every field of its answer; it refuses who has no token of theirs."""
    all_of_it = json.dumps(message, ensure_ascii=False)
    status = "rejected" if "canario" in str(message["to"]) else "accepted"
    return {"status": status, "code": all_of_it, "provider_message_id": str(message["to"]), "message": all_of_it}


@pytest.fixture
def installation(bench: Workbench, provider_server: ProviderServer) -> Iterator[Workbench]:
    """With Dagster's storage and logs where they are in real life, and campaigns that were sent, live and simulated."""
    layout = bench.layout
    settings = with_variables(
        bench.project.settings, api_provider_url=provider_server.url, api_key="segredo", sender_processes=1
    )
    used = Workbench(Project(settings))
    provider_server.statuses = _quoting
    layout.dagster_home.mkdir(parents=True)
    logs.begin(layout.logs_dir, "DEBUG", "test", terminal=False)
    with dg.DagsterInstance.local_temp(str(layout.dagster_home)) as instance:
        shell = Shell(used, instance)
        body = "template: {title: 'Oi, {{ nome }}', body: 'Olá, {{ nome }}! {{ email }}'}\n"
        for campaign, more in (
            ("viva", "provider: http\nrelease: automatic\nchannel: push\n"),
            ("simulada", "channel: email\n"),
        ):
            used.define(campaign, more + body)
            used.drop(campaign, LIST, f"{campaign}.csv")
            assert shell.materialize(campaign).success
        used.define("quebrada", "channel: email\ntemplate: {body: '{{ nao_existe }}'}\n")
        used.drop("quebrada", LIST + "\n")
        assert not shell.materialize("quebrada").success
    publish(layout)
    used.suppress("email\noutra@exemplo.com.br\nquiteria.canario@exemplo.com.br\n")
    take_in_lists(used.project)
    yield used
    logger = logging.getLogger(logs.NAME)
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


def test_nothing_of_a_forgotten_person_is_in_any_byte(installation: Workbench) -> None:
    """Over all of data/: Dagster's storage, free pages and logs of SQLite, Parquet, DuckDB, workbooks, logs."""
    data, home = installation.layout.data_dir, installation.layout.dagster_home
    assert holders(home) == [], "Dagster never had anything of them"
    kinds = {path.suffix for path in home.rglob("*") if path.is_file()}
    assert kinds <= {".db", ".db-wal", ".db-shm", ".yaml", ".lock", ".out", ".err", ".complete"}, (
        "no pickles: nobody can be made to load one"
    )
    with dry_run(installation.project, Partition("viva")):
        pass
    before = {holder.partition("/")[0] for holder in holders(data)}
    assert {"input", "processed", "reports", "suppressions"} <= before
    assert "state" not in before, "what the provider quotes of them is no code and no id"
    forget_person(installation.project, "529.982.247-25")
    assert holders(data) == []
    project = installation.project
    found = find_person(project.layout, project.ledger, "529.982.247-25", known_partitions(project))
    assert not found.rows
    assert access_export(project.layout, found)["campaigns"] == {}
    assert "bia@exemplo.com.br" in everything(data / "processed"), "others are where they were"


def test_what_is_deleted_from_a_ledger_is_overwritten(bench: Workbench) -> None:
    """Neither on a free page nor in the write-ahead log, also while somebody else has the file open."""
    bench.define("a")
    bench.drop("a")
    bench.run("a")
    folder = bench.layout.ledger_dir / "a"
    (shard,) = sorted(folder.glob("*.db"))
    with contextlib.closing(sqlite3.connect(shard)) as reader:
        ids = [row[0] for row in reader.execute("SELECT DISTINCT message_id FROM journal")]
        assert any(ids[0].encode() in path.read_bytes() for path in folder.iterdir())
        with lease_campaign(bench.project.ledger, "a", new_owner()) as campaign_lease:
            assert bench.project.ledger.journal("a").shard(0, campaign_lease.lease.token).erase(ids[:1]) > 0
        assert not any(ids[0].encode() in path.read_bytes() for path in folder.iterdir())


def holders(folder: Path) -> list[str]:
    """Files below `folder` that hold a canary, as they lie there and unpacked."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and _holds(path)
    )


def everything(folder: Path) -> str:
    return "".join(_content(path).decode("utf-8", "ignore") for path in folder.rglob("*") if path.is_file())


def _holds(path: Path) -> bool:
    content = _content(path)
    forms: list[Callable[[str], bytes]] = [
        str.encode,
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("latin-1"),
        lambda text: json.dumps(text)[1:-1].encode(),
    ]
    return any(form(canary) in content for canary in CANARIES for form in forms) or any(
        canary in path.name for canary in CANARIES
    )


def _content(path: Path) -> bytes:
    """The bytes of a file, and what they say once they are unpacked."""
    content = path.read_bytes()
    if path.suffix == ".parquet":
        content += json.dumps(
            pq.read_table(path, partitioning=None).to_pylist(), default=str, ensure_ascii=False
        ).encode()
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as database:
            names = [
                row[0]
                for row in database.execute(
                    "SELECT view_name FROM duckdb_views() WHERE NOT internal "
                    "UNION ALL SELECT table_name FROM duckdb_tables()"
                ).fetchall()
            ]
            for name in names:
                content += str(database.execute(f'FROM "{name}"').fetchall()).encode()
    elif content.startswith(b"SQLite format 3\x00"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            content += "\n".join(database.iterdump()).encode("utf-8", "replace")
        database.close()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content += b"".join(archive.read(name) for name in archive.namelist())
    elif content.startswith(b"\x1f\x8b"):
        content += gzip.decompress(content)
    return content

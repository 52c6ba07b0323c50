"""A ledger that has forgotten what its own results say sends nothing, and gets back what they know."""

import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.receipts import Delivery
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.errors import InputError, LeaseLostError, LedgerError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.campaign_lease import lease_campaign, take_shard
from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.ledger.ledger import OperatorCommand
from mensageria_pipeline.ledger.receipts import StoredReceipt
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN, OptOut, OptOutReason, Subject
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.recovery import restore as recovery
from mensageria_pipeline.recovery.backup import _state_files, back_up, restore_state
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.sending.settle import append_lines
from mensageria_pipeline.services import control
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import campaign_status
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Reset
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

Live = Callable[..., SendSummary]
LIVE = SIMPLE_DEFINITION + "provider: http\non_unknown: hold\n"
MORE = "id;nome;token\n4;Duda;t4\n5;Edu;t5\n"


@pytest.fixture
def sent(bench: Workbench, live: Live) -> Workbench:
    """A live campaign of three, all accepted."""
    bench.define("a", LIVE)
    bench.drop("a")
    assert live("a").tally.outcomes["accepted"] == 3
    return bench


@pytest.fixture
def behind(sent: Workbench, live: Live, provider_server: ProviderServer, tmp_path: Path) -> Workbench:
    """A backup, then two more messages: one accepted, the other in doubt; then the backup takes the state's place."""
    assert back_up(sent.layout, tmp_path / "b.tar.gz")
    sent.drop("a", MORE, "mais.csv")
    provider_server.script = lambda request: Reset(accepts=True) if "t5" in str(request) else Answer()
    live("a", default_batch_size=1)
    provider_server.script = lambda _: Answer()
    project, done = recovery.restore(sent.project, tmp_path / "b.tar.gz")
    assert done.kept
    assert [(gap.campaign, dict(gap.outcomes)) for gap in done.gaps] == [("a", {"accepted": 1, "unknown": 1})]
    assert done.held == ["a"]
    return Workbench(project)


def _again(bench: Workbench) -> SendSummary:
    """A run as the sensor starts it, on a ledger opened anew."""
    return Workbench(Project(bench.project.settings)).run("a")


def test_a_restored_ledger_sends_nothing_that_its_results_know(
    behind: Workbench, provider_server: ProviderServer
) -> None:
    """Backup while sending, restore, run: 2,180 people were messaged twice."""
    before = len(provider_server.requests)
    behind.project.ledger.set_command("a", None)  # somebody resumed without a look
    with pytest.raises(LedgerError, match="não conhece 2 resultado"):
        _live(behind, provider_server)
    for decide in (control.retry, control.settle):
        with pytest.raises(LedgerError, match="mensageria recover a"):
            decide(behind.project, "a", None or [])  # type: ignore[operator]
    assert len(provider_server.requests) == before


def _live(bench: Workbench, server: ProviderServer) -> SendSummary:
    return bench.run("a", api_provider_url=server.url, api_key="segredo", timeout_s=PATIENCE_S)


def test_what_results_know_is_taken_in_once(behind: Workbench, provider_server: ProviderServer) -> None:
    """Accepted is accepted again, in doubt is in doubt again; a person resumes, and nobody gets a second message."""
    project, before = behind.project, len(provider_server.requests)
    assert dict(recovery.recover(project, "a")) == {"accepted": 1, "unknown": 1}
    assert recovery.recover(project, "a").total() == 0
    tally = campaign_status(project, "a").tally
    assert (tally.outcomes["accepted"], tally.unknown, tally.pending) == (4, 1, 0)
    assert project.ledger.command("a") is OperatorCommand.RESTORED
    assert control.resume(project, "a")
    report = _live(behind, provider_server)
    assert (report.tally.outcomes["accepted"], report.tally.unknown) == (4, 1)
    assert len(provider_server.requests) == before


def test_the_rest_waits_for_a_person_after_a_restore(behind: Workbench, provider_server: ProviderServer) -> None:
    """What left after the backup and never came to a result, only the provider knows."""
    recovery.recover(behind.project, "a")
    behind.drop("a", "id;nome;token\n6;Fabi;t6\n", "nova.csv")
    before = len(provider_server.requests)
    report = _live(behind, provider_server)
    assert (report.wait_reason, report.tally.pending) == ("wait_restored", 1)
    assert len(provider_server.requests) == before


def test_who_left_after_the_backup_is_not_forgotten_by_a_restore(sent: Workbench, tmp_path: Path) -> None:
    """Answers, links and dead addresses stand in the ledger alone: the former one still has them."""
    back_up(sent.layout, tmp_path / "b.tar.gz")
    former, names = sent.project.ledger, {"mode": "live", "channel": "push", "reason": "GONE", "campaign": "a"}
    former.suppressions.suppress([OptOut("k", Subject.ADDRESS, "push", EVERY_CAMPAIGN, OptOutReason.OPTED_OUT, "x")])
    former.suppressions.add_dead_addresses([{"address_key": "d", **names}])
    former.receipts.append([StoredReceipt("http", "e9", Delivery.DELIVERED, message_id="m", campaign="a")])
    project, done = recovery.restore(sent.project, tmp_path / "b.tar.gz")
    assert done.knows_who_left
    assert set(project.ledger.suppressions.suppression_set(Mode.LIVE, "a").addresses) == {"k", "d"}
    assert project.ledger.receipts.counts().open == 1


def test_a_restore_says_where_nobody_knows_who_left(sent: Workbench, tmp_path: Path) -> None:
    """The disk was lost: there is no former state to ask."""
    back_up(sent.layout, tmp_path / "b.tar.gz")
    shutil.rmtree(sent.layout.state_dir)
    _, done = recovery.restore(Project(sent.project.settings), tmp_path / "b.tar.gz")
    assert not done.knows_who_left


def test_a_killed_backup_leaves_its_copies_to_the_next_one(sent: Workbench, tmp_path: Path) -> None:
    """The key of all hashes is in them: they lie below data/, and go."""
    left = sent.layout.data_dir / ".backup-killed"
    left.mkdir()
    (left / "control.db").write_bytes(b"key")
    back_up(sent.layout, tmp_path / "b.tar.gz")
    assert not list(sent.layout.data_dir.glob(".backup-*"))


def test_a_finished_campaign_is_not_held_by_a_restore(sent: Workbench, tmp_path: Path) -> None:
    """Nothing of it is left to be sent."""
    back_up(sent.layout, tmp_path / "b.tar.gz")
    project, done = recovery.restore(sent.project, tmp_path / "b.tar.gz")
    assert (done.gaps, done.held, project.ledger.command("a")) == ([], [], None)


def test_a_receipt_of_after_the_backup_counts_too(sent: Workbench, provider_server: ProviderServer) -> None:
    """The journal and the results were lost, the receipts were not: the provider had these messages."""
    (first, *_), folder = sent.rows(Asset.MESSAGES, "a"), sent.layout.partition_dir(Asset.SEND_RESULTS, "a")
    delivered = StoredReceipt("http", "e1", Delivery.DELIVERED, message_id=first["message_id"], campaign="a")
    sent.project.ledger.receipts.append([delivered])
    process_receipts(sent.project)
    for path in [*folder.glob("*.parquet"), *sent.layout.ledger_dir.glob("a/*")]:
        path.unlink()
    sent.project.ledger.leases.forget_shards("a")
    with pytest.raises(LedgerError, match="não conhece 1 resultado"):
        _live(sent, provider_server)
    assert dict(recovery.recover(sent.project, "a")) == {"accepted": 1}


@pytest.mark.parametrize("has_results", [True, False])
def test_a_journal_that_is_gone_stops_everything(
    sent: Workbench, provider_server: ProviderServer, has_results: bool
) -> None:
    """6,000 messages went out again: the table of leases knows that there were files."""
    shutil.rmtree(sent.layout.ledger_dir / "a")
    if not has_results:
        shutil.rmtree(sent.layout.partition_dir(Asset.SEND_RESULTS, "a"))
    with pytest.raises(LedgerError, match="Falta parte do diário"):
        _live(sent, provider_server)
    assert len(provider_server.accepted_ids()) == 3
    taken = recovery.recover(sent.project, "a")
    assert taken.total() == (3 if has_results else 0)
    assert _live(sent, provider_server).wait_reason == (None if has_results else "wait_restored")
    assert len(provider_server.accepted_ids()) == 3


def test_an_older_copy_of_a_journal_is_noticed(sent: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """Copied by hand, without `restore`: its fence is lower than the table says."""
    file = sent.layout.ledger_dir / "a" / "shard-000.db"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    old = file.read_bytes()
    sent.drop("a", MORE, "mais.csv")
    live("a")
    for path in file.parent.glob("shard-000.db*"):
        path.unlink()
    file.write_bytes(old)
    with pytest.raises(LedgerError, match="cópia antiga"):
        _live(sent, provider_server)
    assert dict(recovery.recover(sent.project, "a")) == {"accepted": 2}
    assert len(provider_server.accepted_ids()) == 5


def test_the_control_file_of_another_installation_is_refused(sent: Workbench, provider_server: ProviderServer) -> None:
    """Its key names every message anew: all would go out again."""
    for path in sent.layout.ledger_dir.glob("control.db*"):
        path.unlink()
    Ledger(sent.layout.ledger_dir).key  # noqa: B018 - a new one is made
    stranger = Workbench(Project(sent.project.settings))
    with pytest.raises(LedgerError, match="outra instalação"):
        stranger.send("a")
    shutil.rmtree(sent.layout.ledger_dir / "a")
    with pytest.raises(LedgerError, match="outro registro de envios"):
        _live(stranger, provider_server)
    assert [gap.problem.key for gap in recovery.gaps(stranger.project) if gap.problem] == ["results_foreign"]
    assert len(provider_server.accepted_ids()) == 3


def test_an_erasure_that_was_killed_does_not_look_like_a_loss(sent: Workbench) -> None:
    """A person's lines are gone from the journal and not yet from the results: no fault of the ledger."""
    project, (first, *_) = sent.project, sent.rows(Asset.MESSAGES, "a")
    from mensageria_pipeline.privacy.find import find_person
    from mensageria_pipeline.privacy.forget import _places

    found = find_person(project.layout, project.ledger, "1", ["a"])
    project.ledger.erasures.begin(_places("x", found, [], {}))
    with lease_campaign(project.ledger, "a", new_owner()) as hold:
        project.ledger.journal("a").shard(0, hold.lease.token).erase([first["message_id"]])
    assert list(recovery.gaps(project)) == []


def test_results_say_which_ledger_they_are_made_from(sent: Workbench) -> None:
    """In the stamp of the file, where it survives every copy."""
    (path,) = sent.layout.partition_dir(Asset.SEND_RESULTS, "a").glob("*.parquet")
    stamp = json.loads(pq.read_metadata(path).metadata[b"mensageria"])
    assert stamp["facts"]["ledger"] == {"id": sent.project.ledger.id, "lines": {"0": 6}}
    assert sent.project.ledger.journal("a").states(Mode.LIVE).unsettled == {}


# Archives that are no whole backup.


def _repacked(source: Path, target: Path, change: Callable[[tarfile.TarInfo, bytes], bytes | None]) -> None:
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            if not member.isfile():
                new.addfile(member)
                continue
            file = old.extractfile(member)
            assert file
            if (content := change(member, file.read())) is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))


def _cut(name: str, content: bytes) -> bytes | None:
    """An archive of before, without hashes, whose control file lost its end."""
    if name == "manifest.json":
        return None
    return content[:5_000] if name.endswith("control.db") else content


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda m, c: None if m.name.endswith("control.db") else c, "não traz o registro"),
        (lambda m, c: c[:-1] + b"x" if m.name.endswith("shard-000.db") else c, "shard-000.db não é como"),
        (lambda m, c: None if m.name.endswith("shard-000.db") else c, "shard-000.db não é como"),
        (lambda m, c: b"{" if m.name == "manifest.json" else c, "manifest.json não é como"),
        (lambda m, c: _cut(m.name, c), "control.db não"),
    ],
    ids=["no ledger", "changed", "missing", "manifest", "of before, cut"],
)
def test_an_archive_that_is_not_whole_changes_nothing(
    sent: Workbench, tmp_path: Path, change: Callable[[tarfile.TarInfo, bytes], bytes | None], sentence: str
) -> None:
    """Half a ledger in the place of a whole one would send again."""
    back_up(sent.layout, tmp_path / "b.tar.gz")
    _repacked(tmp_path / "b.tar.gz", tmp_path / "broken.tar.gz", change)
    before = {path: path.stat().st_ino for path in sent.layout.ledger_dir.rglob("*.db")}
    with pytest.raises(InputError, match=sentence):
        restore_state(sent.layout, tmp_path / "broken.tar.gz")
    assert {path: path.stat().st_ino for path in sent.layout.ledger_dir.rglob("*.db")} == before
    assert not list(sent.layout.data_dir.glob(".restore-*"))


def test_an_archive_of_before_without_hashes_is_restored(sent: Workbench, tmp_path: Path) -> None:
    """Backups that people have keep working."""
    back_up(sent.layout, tmp_path / "b.tar.gz")
    _repacked(tmp_path / "b.tar.gz", tmp_path / "old.tar.gz", lambda m, c: None if m.name == "manifest.json" else c)
    assert restore_state(sent.layout, tmp_path / "old.tar.gz")


def test_an_archive_that_does_not_fit_is_refused_by_what_it_declares(sent: Workbench, tmp_path: Path) -> None:
    """A bomb of zeros is not unpacked first."""
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as archive:
        bomb = tarfile.TarInfo("state/ledger/control.db")
        bomb.size = 1 << 50
        archive.fileobj.write(bomb.tobuf())  # type: ignore[union-attr]
    with pytest.raises(InputError, match="não é um backup"):
        restore_state(sent.layout, tmp_path / "bomb.tar.gz")


# What an outcome of before hides.


def _refused(bench: Workbench, live: Live, server: ProviderServer) -> Workbench:
    bench.define("a", LIVE)
    bench.drop("a")
    server.statuses = lambda _: {"status": "rejected", "code": "Q"}
    live("a")
    return bench


def test_another_attempt_in_doubt_does_not_end_as_what_it_was_before(
    bench: Workbench, live: Live, provider_server: ProviderServer, tmp_path: Path
) -> None:
    """Rejected, tried again after the backup, perhaps arrived: as `rejected` it would be offered once more."""
    project = _refused(bench, live, provider_server).project
    back_up(bench.layout, tmp_path / "b.tar.gz")
    control.retry(project, "a", [Outcome.REJECTED])
    provider_server.script = lambda _: Reset(accepts=True)
    assert live("a").tally.unknown == 3
    project, _ = recovery.restore(project, tmp_path / "b.tar.gz")
    assert dict(recovery.recover(project, "a")) == {"unknown": 3}
    assert campaign_status(project, "a").tally.unknown == 3
    assert control.failed(project, "a", [Outcome.REJECTED]) == []
    assert recovery.recover(project, "a").total() == 0


def test_who_was_cancelled_a_second_time_stays_cancelled(bench: Workbench, tmp_path: Path) -> None:
    """The backup knows the first time, and that it was taken back: all would be sent."""
    bench.define("a", LIVE)
    bench.drop("a")
    bench.prepare("a")
    project = bench.project
    control.cancel(project, "a")
    control.resume(project, "a")
    control.retry(project, "a", [Outcome.CANCELLED])
    back_up(bench.layout, tmp_path / "b.tar.gz")
    control.cancel(project, "a")
    project, done = recovery.restore(project, tmp_path / "b.tar.gz")
    assert [dict(gap.outcomes) for gap in done.gaps] == [{"cancelled": 3}]
    recovery.recover(project, "a")
    assert control.remaining(project, "a") == 0
    assert list(recovery.gaps(project)) == []


def test_a_refusal_that_is_taken_in_keeps_its_code(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """A receipt is no reason for a refusal."""
    project = _refused(bench, live, provider_server).project
    (first, *_) = bench.rows(Asset.MESSAGES, "a")
    project.ledger.receipts.append(
        [StoredReceipt("http", "e1", Delivery.UNDELIVERED, message_id=first["message_id"], campaign="a")]
    )
    process_receipts(project)
    shutil.rmtree(bench.layout.ledger_dir / "a")
    assert dict(recovery.recover(project, "a")) == {"rejected": 3}
    (path,) = bench.layout.partition_dir(Asset.SEND_RESULTS, "a").glob("*.parquet")
    assert pq.read_table(path, partitioning=None)["code"].to_pylist() == ["Q"] * 3


def test_attempts_that_were_taken_in_count_as_before(sent: Workbench, tmp_path: Path) -> None:
    """Two were throttled, the third is in doubt. Counted as one, it would seem known to a backup with the first two."""
    project = sent.project
    sent.drop("a", MORE, "mais.csv")
    sent.prepare("a")
    name = next(row["message_id"] for row in sent.rows(Asset.MESSAGES, "a") if row["person"] == "5")
    back_up(sent.layout, tmp_path / "first.tar.gz")
    _write(project, *(Line(name, "live", n, event, n) for n in (1, 2) for event in ("attempting", "throttled")))
    back_up(sent.layout, tmp_path / "second.tar.gz")
    _write(project, Line(name, "live", 3, "attempting", 3))
    with control.held(project, "a", control.nobody_waits) as (hold, plan):
        control.refresh(project, hold, plan)
    for backup in ("first", "second"):
        project, _ = recovery.restore(project, tmp_path / f"{backup}.tar.gz")
        assert dict(recovery.recover(project, "a")) == {"unknown": 1}
    assert campaign_status(project, "a").tally.attempts == 6


def _write(project: Project, *lines: Line) -> None:
    with lease_campaign(project.ledger, "a", new_owner()) as hold:
        append_lines(project.ledger, hold, lines)


def test_receipts_of_after_the_backup_stay(sent: Workbench, live: Live, tmp_path: Path) -> None:
    """The next results would be written without them, and a dead address would be tried again."""
    project, (first, second, _) = sent.project, sent.rows(Asset.MESSAGES, "a")
    back_up(sent.layout, tmp_path / "b.tar.gz")
    said = {first["message_id"]: Delivery.DELIVERED, second["message_id"]: Delivery.BOUNCED}
    project.ledger.receipts.append([StoredReceipt("http", name, what, message_id=name) for name, what in said.items()])
    process_receipts(project)
    project, _ = recovery.restore(project, tmp_path / "b.tar.gz")
    assert process_receipts(project).suppressed == 1
    control.settle(project, "a", None)
    (path,) = sent.layout.partition_dir(Asset.SEND_RESULTS, "a").glob("*.parquet")
    assert pq.read_table(path, partitioning=None)["delivery"].to_pylist() == ["delivered", "bounced", None]
    assert recovery.recover(project, "a").total() == 0
    assert project.ledger.receipts.counts().done == 2


# What a backup that was made while sending mixes.


def test_a_tally_of_another_moment_is_not_restored(
    bench: Workbench, live: Live, provider_server: ProviderServer, tmp_path: Path
) -> None:
    """The table of leases was copied before, the journal after a `retry`: all is done, said the tally."""
    project = _refused(bench, live, provider_server).project
    back_up(bench.layout, tmp_path / "before.tar.gz")
    control.retry(project, "a", [Outcome.REJECTED])
    back_up(bench.layout, tmp_path / "after.tar.gz")
    with tarfile.open(tmp_path / "after.tar.gz") as archive:
        file = archive.extractfile("state/ledger/a/shard-000.db")
        assert file
        journal = file.read()

    def mix(member: tarfile.TarInfo, content: bytes) -> bytes | None:
        is_journal = member.name.endswith("shard-000.db")
        return None if member.name == "manifest.json" else journal if is_journal else content

    _repacked(tmp_path / "before.tar.gz", tmp_path / "mixed.tar.gz", mix)
    project, done = recovery.restore(project, tmp_path / "mixed.tar.gz")
    assert (campaign_status(project, "a").tally.pending, done.held) == (3, ["a"])


def test_a_backup_copies_the_table_of_leases_before_the_journals(sent: Workbench) -> None:
    """A journal that is older than the table looks like one that is partly gone."""
    assert next(_state_files(sent.layout)) == sent.layout.ledger_dir / "control.db"


@pytest.mark.parametrize("name", ["control.db", "a/shard-000.db"])
def test_a_damaged_ledger_does_not_keep_a_backup_out(
    sent: Workbench, provider_server: ProviderServer, tmp_path: Path, name: str
) -> None:
    """That is what the backup is for."""
    back_up(sent.layout, tmp_path / "b.tar.gz")
    damaged = sent.layout.ledger_dir / name
    for path in damaged.parent.glob(f"{damaged.name}*"):
        path.unlink()
    damaged.write_bytes(b"no database" * 1_000)
    with pytest.raises(LedgerError, match=f"está danificado: .*{damaged.name}"):  # not: free some space
        _again(sent)
    project, done = recovery.restore(Project(sent.project.settings), tmp_path / "b.tar.gz")
    assert (done.gaps, done.held) == ([], [])
    assert _live(Workbench(project), provider_server).tally.outcomes["accepted"] == 3
    assert len(provider_server.accepted_ids()) == 3


def test_whoever_slept_through_a_restore_writes_nothing(sent: Workbench, tmp_path: Path) -> None:
    """A stopped sender looks dead. Woken up, it would go on beside whoever sends the restored campaign."""
    back_up(sent.layout, tmp_path / "b.tar.gz")
    ledger = sent.project.ledger
    with lease_campaign(ledger, "a", new_owner()) as hold:
        lease = take_shard(ledger, hold, 0)
        shard, never_opened = (ledger.journal("a").shard(n, lease.token) for n in (0, 0))
        shard.append([Line("x", "live", 1, "attempting", 1)])
        hold.keeper.hand_over(hold.lease)
        project, _ = recovery.restore(sent.project, tmp_path / "b.tar.gz")
        for sleeper in (shard, never_opened):
            with pytest.raises(LeaseLostError):
                sleeper.append([Line("y", "live", 1, "attempting", 1)])
            sleeper.close()
        assert not project.ledger.leases.is_held(hold.lease)
        with lease_campaign(project.ledger, "a", new_owner()) as newer:
            assert newer.lease.token > lease.token


def test_a_pause_of_before_the_backup_is_no_word_after_it(
    bench: Workbench, live: Live, provider_server: ProviderServer, tmp_path: Path
) -> None:
    """Restored, a paused campaign waits as every live one does: what left after the backup nobody can tell."""
    bench.define("a", LIVE)
    bench.drop("a")
    bench.prepare("a")
    control.pause(bench.project, "a")
    back_up(bench.layout, tmp_path / "b.tar.gz")
    control.resume(bench.project, "a")
    live("a")
    for asset in (Asset.SEND_RESULTS, Asset.ATTEMPTS):  # the machine died before they were written
        shutil.rmtree(bench.layout.partition_dir(asset, "a"))
    project, done = recovery.restore(bench.project, tmp_path / "b.tar.gz")
    assert done.held == ["a"]
    assert project.ledger.command("a") is OperatorCommand.RESTORED
    control.pause(project, "a")
    assert project.ledger.command("a") is OperatorCommand.RESTORED, "a pause would be taken back without a thought"
    assert len(provider_server.accepted()) == 3


def test_on_a_new_disk_what_the_ledger_has_sent_is_held(
    bench: Workbench, live: Live, provider_server: ProviderServer, tmp_path: Path
) -> None:
    """Nothing but the backup is left: the same list, dropped again, waits for a person."""
    bench.define("a", LIVE + "release: automatic\n")
    bench.define("simulada", SIMPLE_DEFINITION)
    bench.drop("a")
    bench.drop("simulada")
    bench.prepare("a")
    bench.run("simulada")
    live("a")
    back_up(bench.layout, tmp_path / "b.tar.gz")
    settings = bench.project.settings
    for folder in (bench.layout.state_dir, bench.layout.processed_dir):
        shutil.rmtree(folder)
    project, done = recovery.restore(Project(settings), tmp_path / "b.tar.gz")
    assert done.held == ["a"]
    Workbench(project).run("a", api_provider_url=provider_server.url, api_key="x")
    assert len(provider_server.accepted()) == 3

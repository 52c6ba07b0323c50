"""Forgetting a person: nothing of them is left in any campaign, they are never messaged again, and a receipt says so.

First the person is suppressed and the places are written down, in the ledger; then everything is erased. Whatever is
killed in between is finished by the next call.
"""

import contextlib
import json
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.errors import InputError, LedgerError, MensageriaError
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.intake.readers import ReadOptions, open_sheet
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.erasures import Erasure
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN, OptOut, OptOutReason
from mensageria_pipeline.privacy.erasure import Places, erase_rows
from mensageria_pipeline.privacy.find import Found, find_person
from mensageria_pipeline.recipients.normalize import trimmed
from mensageria_pipeline.reports.rejects import write_rejects
from mensageria_pipeline.services.control import report
from mensageria_pipeline.services.dry_run import sweep_dry_runs
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import known_partitions
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.layout import Asset, Layout
from mensageria_pipeline.suppressions.identity import Keys, Known, is_document, known_of, roles_of
from mensageria_pipeline.suppressions.opt_out_lists import list_files

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased. Holds nothing of the person."""

    path: Path
    found: Found
    """What was there before."""
    content: dict[str, Any]


def forget_person(project: Project, text: str, on_step: Callable[[str], None] = lambda _partition: None) -> Receipt:
    """Erase a person from every campaign, suppress them for good, and write the receipt.

    Waits for a campaign that is being sent. Raises LedgerError where the request cannot be written down; nothing is
    erased then. Raises it too where a campaign could not be erased from: that is tried again each night.
    """
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    suppressed = 0
    for _ in range(2):  # once more after the suppression: what came in meanwhile is found, and nothing more is planned
        partitions = known_partitions(project)
        found = find_person(project.layout, project.ledger, text, partitions)
        opt_outs = _opt_outs(project.ledger.key, found, name)
        suppressed += project.ledger.suppressions.suppress(opt_outs)
        project.ledger.suppressions.forget_reasons([each.subject_key for each in opt_outs])
    notes = {
        "suppressions_added": suppressed,
        "rows_of_others_that_mention_the_person": [
            {"campaign": row.partition, "file": row.file_name, "row": row.row_number} for row in found.mentions
        ],
        "input_files_not_searched": _not_searched(project, partitions),
    }
    project.ledger.erasures.begin(_places(name, found, _opt_out_lists(project, found), notes))
    finish_erasures(project, on_step)
    for erasure in project.ledger.erasures.unfinished():
        if erasure.name == name:
            raise LedgerError("erasure_unfinished", receipt=name, problem=erasure.problem)
    path = _receipts_dir(project.layout) / f"{name}.json"
    return Receipt(path, found, json.loads(path.read_text(encoding="utf-8")))


def finish_erasures(project: Project, on_step: Callable[[str], None] = lambda _partition: None) -> int:
    """Carry out every erasure that was begun; how many are finished now. Safe to repeat.

    One that fails stops no other: the ledger says why (`erasures.unfinished`), and the next call tries it again.
    """
    sweep_dry_runs(project.layout)
    finished = 0
    for erasure in project.ledger.erasures.unfinished():
        problems = _finish(project, erasure, on_step)
        if problems:
            project.ledger.erasures.note_problem(erasure.name, ", ".join(sorted(set(problems))))
            _logger.error("an erasure is unfinished", extra={"receipt": erasure.name, "problem": problems})
        else:
            project.ledger.erasures.finish(erasure.name)
            finished += 1
    return finished


def _finish(project: Project, erasure: Erasure, on_step: Callable[[str], None]) -> list[str]:
    """Erase all that one request names, campaign by campaign, and write its receipt; what went wrong, as codes."""
    partitions, trouble = known_partitions(project), _Trouble()
    campaigns, touched = [], list[str]()
    for partition, places in erasure.rows.items():
        on_step(partition)
        if partition in partitions:
            with trouble:
                touched.append(partition)
                ids = erasure.message_ids.get(partition, ())
                campaigns.append({"campaign": partition, **_erase(project, partition, places, ids)})
    originals, lists = list[str](), list[str]()
    with trouble:
        originals = _delete_originals(project, partitions)
    with trouble:
        lists = _delete_lists(project, frozenset(erasure.lists))
    with trouble:
        if touched:
            publish(project.layout, touched)
    with trouble:
        _write(
            _receipts_dir(project.layout) / f"{erasure.name}.json",
            {
                "receipt": erasure.name,
                "asked_at": erasure.asked_at.isoformat(timespec="seconds"),
                "erased_at": None if trouble.found else datetime.now(UTC).isoformat(timespec="seconds"),
                "campaigns": campaigns,
                "original_files_deleted": originals,
                "suppression_lists_deleted": lists,
                **erasure.notes,
            },
        )
    return trouble.found


class _Trouble(contextlib.AbstractContextManager["_Trouble"]):
    """Steps that go on after one of them failed: what went wrong is kept as a code, for its text may be personal."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def __exit__(self, kind: object, error: BaseException | None, _traceback: object) -> bool:
        if not isinstance(error, Exception):  # a kill is no trouble
            return False
        self.found.append(error.key if isinstance(error, MensageriaError) else type(error).__name__)
        return True


def _opt_outs(key: bytes, found: Found, name: str) -> list[OptOut]:
    """Every address and document everywhere, and what was typed; another id only in the campaigns it was found in."""
    keys, source = Keys(key), f"lgpd {name}"
    opt_outs: dict[tuple[str, str], OptOut] = {}

    def add(known: Known, campaign: str) -> None:
        for subject_key, subject, channel in keys.of(known, list(Channel)):
            opt_out = OptOut(subject_key, subject, channel.value, campaign, OptOutReason.FORGOTTEN, source)
            opt_outs[subject_key, campaign] = opt_out

    add(found.wanted, EVERY_CAMPAIGN)
    for row in found.rows:
        documents = tuple(filter(is_document, row.known.people))
        ids = tuple(name for name in row.known.people if not is_document(name))
        add(Known(documents, row.known.addresses), EVERY_CAMPAIGN)
        add(Known(ids, ()), Partition.parse(row.partition).campaign)
    return list(opt_outs.values())


def _places(name: str, found: Found, lists: Sequence[str], notes: Mapping[str, Any]) -> Erasure:
    rows: dict[str, dict[str, list[int]]] = {}
    for row in found.rows:
        rows.setdefault(row.partition, {}).setdefault(row.intake, []).append(row.row_number)
    message_ids: dict[str, list[str]] = {}
    for each in found.happenings:
        if each.message_id:
            message_ids.setdefault(each.partition, []).append(each.message_id)
    unique = {partition: sorted(set(ids)) for partition, ids in message_ids.items()}
    return Erasure(name, datetime.now(UTC), rows, unique, lists, notes)


def _erase(project: Project, partition: str, places: Places, message_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Erase from one partition and make anew what people receive of it."""
    layout, owner = project.layout, new_owner()
    with lease_campaign(project.ledger, partition, owner) as campaign_lease, project.preparation_lock(partition):
        counts: Counter[str] = erase_rows(layout, project.ledger, campaign_lease, places, message_ids)
        delete_report(layout, partition)  # it holds them; what follows may fail
        if layout.table(Asset.REJECTED_RECIPIENTS, partition).exists():
            write_rejects(layout, partition)
        if any(layout.partition_dir(Asset.SEND_RESULTS, partition).glob("[!.]*.parquet")):
            report(project, partition)
    return {"rows": dict(counts)}


def delete_report(layout: Layout, partition: str) -> None:
    """Delete what people received of a partition."""
    for path in layout.export_dir(partition).glob("*"):
        if path.is_file():
            path.unlink()


def _delete_originals(project: Project, partitions: Sequence[str]) -> list[str]:
    """Delete every input file that an erased row came from, under whatever name it lies there."""
    touched = {
        intake.content_hash
        for partition in partitions
        for intake in list_intakes(project.layout, partition)
        if intake.erased
    }
    deleted = []
    for file in discover(project.layout.input_dir, project.registry.name_owners()).files:
        if _hash(project, file.path) in touched:
            file.path.unlink(missing_ok=True)
            deleted.append(f"{file.campaign}/{file.path.name}")
    return deleted


def _not_searched(project: Project, partitions: Sequence[str]) -> list[str]:
    """Input files that no campaign took in, whose rows nobody knows: refused, or just arrived."""
    known = {intake.content_hash for partition in partitions for intake in list_intakes(project.layout, partition)}
    discovery = discover(project.layout.input_dir, project.registry.name_owners())
    unread = [f"{file.campaign}/{file.path.name}" for file in discovery.files if _hash(project, file.path) not in known]
    return sorted([*unread, *(path.name for path, _ in discovery.refused)])


def _opt_out_lists(project: Project, found: Found) -> list[str]:
    """Content hashes of the suppression lists that name the person; the ledger holds what they said."""
    known = {each.content_hash for each in project.ledger.suppressions.lists()}
    hashes = [(path, _hash(project, path)) for path, _ in list_files(project.layout)]
    return [name for path, name in hashes if name in known and _names(path, found, project)]


def _delete_lists(project: Project, hashes: frozenset[str]) -> list[str]:
    deleted = []
    for path, _ in list_files(project.layout) if hashes else []:
        if _hash(project, path) in hashes:
            path.unlink(missing_ok=True)
            deleted.append(path.name)
    return deleted


def _hash(project: Project, path: Path) -> str:
    """The file's content hash; empty for one that is gone."""
    try:
        return project.registry.content_hash(path)
    except OSError:
        return ""


def _names(path: Path, found: Found, project: Project) -> bool:
    """Whether a list names the person, under any name found."""
    everybody = [found.wanted, *(row.known for row in found.rows)]
    try:
        with open_sheet(path, ReadOptions(limits=project.settings.limits)) as sheet:
            roles = roles_of(sheet.headers)
            headers = [header for columns in roles.values() for header in columns]
            for batch in sheet.batches:
                cells = trimmed(pa.Table.from_batches([batch]).select(headers).to_pandas())
                if any(who.is_same(row) for row in known_of(cells, roles) for who in everybody):
                    return True
    except InputError:
        return False  # it could not have been taken in
    return False


def _receipts_dir(layout: Layout) -> Path:
    return layout.data_dir / "reports" / "privacy"


def _write(path: Path, content: dict[str, Any]) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

"""Where each module is tested: in the file of its own name, or in the one that is written here.

Most modules without a file of their own are the inside of something that is tested at its door: a test of the door
stays when the inside is cut in another way.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import mensageria_pipeline

PACKAGE = Path(mensageria_pipeline.__file__).parent
TESTS = Path(__file__).parent

HELD_BY = {
    ".": {
        "reports/test_report": "charts",
        "defs/test_definitions": "definitions",
        "defs/test_logs": "logs",
    },
    "analytics": {
        "analytics/test_looking": "questions",
        "reports/test_report": "campaign",
        "analytics/test_warehouse": "relations",
    },
    "cli": {
        "cli/test_analyst": "rows",
        "cli/test_commands": "console",
        "cli/test_control": "status",
        "cli/test_odd_files": "inspect",
        "cli/test_people": "person",
        "cli/test_run": "demo launch",
        "e2e/test_dashboard_door": "dashboard",
        "e2e/test_live": "dev",
        "receipts/test_doors": "receipts",
    },
    "contracts": {
        "cli/test_preview": "masking",
        "intake/test_doubts": "doubts",
        "intake/test_ingest": "raw_base",
        "messages/test_plan": "messages",
        "providers/test_choice": "tokens",
        "providers/test_smtp": "mailbox",
        "receipts/test_read_receipts": "receipts",
        "recipients/test_fates": "fate",
        "recipients/test_normalize": "clean_text",
        "recipients/test_validate": "recipients",
        "sending/test_sending": "send_results",
    },
    "dashboard": {
        "dashboard/test_decisions": "failures",
        "dashboard/test_release_button": "frame",
        "dashboard/test_state": "campaign campaigns",
        "e2e/test_dashboard": "app notes style",
        "e2e/test_dashboard_door": "serve",
    },
    "dashboard/send": {"e2e/test_send": "check_step list_step message_step page release_step when_step work"},
    "definition": {
        "definition/test_model": "explain fields message",
        "definition/test_yaml_file": "load",
        "messages/test_templates": "pages",
        "recipients/test_rules": "rows",
    },
    "defs": {
        "defs/test_definitions": "common_specs jobs sign",
        "defs/test_flow": "analytics intake messages metadata progress recipients reports sending",
        "defs/test_sensors": "alerts input_files schedule_sensor tick",
        "defs/test_suppressions": "retention",
    },
    "intake": {
        "intake/test_any_list": "formats",
        "intake/test_doubts": "inspection witness",
        "intake/test_ingest": "registry",
        "intake/test_limits": "unpack workbook_process",
        "intake/test_polluted": "grid",
        "intake/test_readers": "records table workbooks",
        "intake/test_specimens": (
            "code_pages delimited dialect formulas garbled header header_again regular row_profile shape "
            "stray_quotes survey text_encoding text_rows"
        ),
        "intake/test_typed_cells": "cells workbook_cells",
    },
    "ledger": {
        "ledger/test_journal": "campaign_lease file ledger",
        "ledger/test_message_states": "journal_view",
        "privacy/test_forget": "erasures",
        "recovery/test_restore": "history",
        "services/test_settled": "tallies",
        "cli/test_preview": "test_sends",
    },
    "ledger/journal": {"ledger/test_journal": "door journal lines shard"},
    "ledger/leases": {"ledger/test_journal": "keeper lease leases watch"},
    "ledger/receipts": {"receipts/test_mixed": "receipts tables values"},
    "ledger/suppressions": {"suppressions/test_opt_out_lists": "suppressions tables values"},
    "privacy": {"privacy/test_find": "person_rows", "privacy/test_forget": "access_export erasure result_views"},
    "providers": {
        "providers/test_contract": "simulated",
        "providers/test_providers": "answers http retry_after table verdict",
        "providers/test_smtp": "email_message smtp_replies",
        "providers/test_zenvia": "sms_text",
        "receipts/test_read_receipts": "ses_reports",
        "receipts/test_webhooks": "webhooks",
        "test_project": "settings_table",
    },
    "receipts": {
        "receipts/test_doors": "slow strangers",
        "receipts/test_mixed": "answers poll",
        "receipts/test_receiver": "incoming stored",
    },
    "recipients": {
        "recipients/test_fates": "contested persons rejections",
        "recipients/test_normalize": "addresses addressing brazil emails phones row_checks",
        "recipients/test_validate": "frames recipient_files refusals",
    },
    "recovery": {"recovery/test_restore": "backup receipts"},
    "reports": {
        "reports/test_languages": "words",
        "reports/test_report": "build csv_file figures page workbook",
    },
    "sending": {
        "cli/test_preview": "request_preview test_send",
        "faults/test_bad_days": "sender sender_process",
        "providers/test_choice": "provider_config",
        "receipts/test_mixed": "deliveries",
        "recovery/test_restore": "unrecorded",
        "sending/test_answers": "judging settle",
        "sending/test_pacing": "breaker policy",
        "sending/test_sending": "dispatch outbox plan_snapshot remaining results send tally",
        "sending/test_waits": "lane_summary send_summary",
        "sending/engine/test_lane": "recorder retry",
    },
    "sending/engine": {
        "sending/engine/test_lane": "dead_addresses delivery lane_journal leave ports preflight retries",
        "sending/engine/test_permits": "tasks unit unit_queue",
    },
    "services": {
        "cli/test_analyst": "export notes",
        "cli/test_maintenance": "doctor",
        "defs/test_flow": "preparation project status",
        "defs/test_release": "release",
        "defs/test_sensors": "dagster_home disk_space",
        "cli/test_preview": "message_to_test",
        "sending/test_leaving": "consequence",
        "services/test_kept_receipts": "receipt_match",
    },
    "settings": {"settings/test_variables": "environment installation kinds"},
    "storage": {
        "intake/test_place": "placing",
        "intake/test_limits": "limits",
        "ledger/test_journal": "sqlite times",
        "storage/test_dataset": "duckdb layout",
    },
    "suppressions": {
        "suppressions/test_list_columns": "spread",
        "receipts/test_mixed": "unsubscribe_links",
        "suppressions/test_opt_out_lists": "identity opt_out_phrases",
    },
    "testing": {"providers/test_contract": "counterparts loopback provider_contract"},
    "texts": {"texts/test_catalogues": "catalogue language"},
    "web": {"e2e/test_attacks": "child processes"},
}
"""Folder → test file → the modules of the folder that it tests."""


def _modules() -> Iterator[str]:
    for path in PACKAGE.rglob("*.py"):
        if path.name != "__init__.py":
            yield str(path.relative_to(PACKAGE).with_suffix(""))


def _written() -> Iterator[tuple[str, str]]:
    for folder, files in HELD_BY.items():
        for test, modules in files.items():
            for module in modules.split():
                yield module if folder == "." else f"{folder}/{module}", test


def _has_its_own(module: str) -> bool:
    path = Path(module)
    return (TESTS / path.parent / f"test_{path.name}.py").exists()


def test_every_module_is_tested_in_a_file_of_its_name_or_in_one_that_is_named() -> None:
    without = {module for module in _modules() if not _has_its_own(module)}
    assert {module for module, _ in _written()} == without


def test_the_files_that_are_named_are_there_and_each_module_has_one() -> None:
    assert [test for _, test in _written() if not (TESTS / f"{test}.py").exists()] == []
    assert [module for module, times in Counter(module for module, _ in _written()).items() if times > 1] == []

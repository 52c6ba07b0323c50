"""Every key that is put together or chosen at run time, from the code's own enumerations and tables.

A key that the code does not write out is in here, or `test_keys` fails: so no sentence can be missing where it is due.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
import typer.main

from mensageria_pipeline import charts
from mensageria_pipeline.analytics.relations import SHOWN_METRICS
from mensageria_pipeline.cli import build
from mensageria_pipeline.cli.commands import COMMANDS as LISTED
from mensageria_pipeline.cli.commands import load
from mensageria_pipeline.contracts.columns import ADDRESS_ROLES, Channel, Role
from mensageria_pipeline.contracts.doubts import DOUBTS
from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.reason_codes import ReasonCode, Suggestion
from mensageria_pipeline.contracts.receipts import Delivery
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.dashboard.send import schedule
from mensageria_pipeline.dashboard.send.work import Step
from mensageria_pipeline.definition import explain
from mensageria_pipeline.definition.fields import EXPECTED_BY_PATTERN
from mensageria_pipeline.reports import build as report
from mensageria_pipeline.reports import words
from mensageria_pipeline.sending import send_summary
from mensageria_pipeline.services import credentials, failure_words, trouble
from mensageria_pipeline.services.campaign_state import CampaignState
from mensageria_pipeline.storage.layout import Asset


def _with_those_below(command: Any) -> Iterator[Any]:
    yield command
    for each in getattr(command, "commands", {}).values():
        yield from _with_those_below(each)


_APP = typer.main.get_command(build())
COMMANDS = (_APP, *(each for name in LISTED for each in _with_those_below(load(name))))
OPTIONS = {
    text
    for command in COMMANDS
    for parameter in command.params
    if not parameter.name.endswith("_completion")
    for text in (parameter.help, parameter.metavar)
    if text
}
"""What options and arguments of all commands give as help and as name: keys."""
_COLUMNS = """
    linha arquivo pessoa canal modo edicao provedor resultado codigo motivo tentativas decidida_em mensagem etapa
    sugestao mensagens latencia_p95_ms latencia_ms entrega entrega_em custo id_do_provedor origem quantidade indicador
    linhas
"""
COLUMNS = frozenset(_COLUMNS.split())
"""Of the report's statements and of the tables beside its charts: what their headings are looked up by."""
SHEETS = (*(detail.title for detail in report._DETAILS), *(title for _, title in report._SUMMARIES))

FAMILIES: Mapping[str, Iterable[str]] = {
    "channel_": Channel,
    "credentials_": credentials.Held,
    "day_": schedule.WEEKDAYS,
    "explained_": failure_words.OWN_CODES,
    "ended_": (outcome for outcome in Outcome if outcome not in {Outcome.ACCEPTED, Outcome.PENDING}),
    "answered_http_": failure_words.HTTP_CODES,
    "answered_smtp_": (subject.replace(".", "_") for subject in failure_words.SMTP_KINDS),
    "remedy_": failure_words.Remedy,
    "role_": (role for role in Role if role is not Role.ORIGIN),
    "run_": (status.value.lower() for status in dg.DagsterRunStatus),
    "send_step_": Step,
    "start_": schedule.Start,
    "chart_throughput_": charts.Step,
    "code_": ReasonCode,
    "column_": COLUMNS,
    "command_": (command.name.replace("-", "_") for command in COMMANDS),
    "delivery_": set(Delivery) - {Delivery.UNLISTED},
    "doubt_": DOUBTS,
    "fate_": (*Fate, "corrected"),
    "figure_messages_": Outcome,
    "expected_": explain.VALUE_ERRORS,
    "figure_rows_": (*Fate, "corrected"),
    "known_": ("document", "id", *(role.name.lower() for role in ADDRESS_ROLES if role is not Role.ADDRESS)),
    "leaving_": Mode,
    "metric_": SHOWN_METRICS,
    "mode_": Mode,
    "one_": Outcome,
    "option_": ("install_completion", "show_completion"),
    "outcome_": Outcome,
    "result_": Outcome,
    "row_": set(Fate) - {Fate.PLANNED},
    "state_": CampaignState,
    "step_": (Asset.RAW_BASE, Asset.VALIDATED_RECIPIENTS, Asset.MESSAGES),
    "trouble_": trouble._KINDS,
}
"""Prefix → the ends that it is met with."""

WAITS = ("wait_greylisted", "wait_throttled", "wait_window", "wait_resumed", "wait_paused", "wait_restored")
STOPS = (*send_summary._STOP_TEXTS.values(), send_summary.IN_DOUBT)
PROOF_PROBLEMS = ("receiver_not_signed", "receiver_other_topic", "receiver_bad_signature")
STORAGE_PROBLEMS = ("disk_full", "not_writable")
_LABELS = "label_{}".format
_KNOWN_ELSEWHERE: tuple[str, ...] = ()
"""Of what only hands on a key that another call in here was given."""

CHOSEN: Mapping[tuple[str, str], Iterable[str]] = {
    ("cli/control.py", "key"): ("unknown_resent", "unknown_marked"),
    ("cli/control.py", "heading"): map(_LABELS, ("row", "provider", "attempt", "code", "when", "message")),
    ("cli/help.py", "key"): OPTIONS,
    ("cli/inspect.py", "key"): map(
        _LABELS, ("format", "encoding", "delimiter", "quote", "sheet", "header_row", "rows", "channel")
    ),
    ("cli/launch.py", "problem"): STORAGE_PROBLEMS,
    ("cli/person.py", "heading"): map(
        _LABELS, ("campaign", "last_used", "rows", "known_as", "channel", "happened", "source", "when")
    ),
    ("cli/preview.py", "key"): map(_LABELS, ("when", "channel", "provider", "outcome", "code")),
    ("cli/receipts.py", "warning"): ("receiver_any_topic",),
    ("cli/status.py", "key"): ("paused", "restored", *map(_LABELS, ("messages", "accepted", "failed", "unknown"))),
    ("cli/status.py", "found.wait.reason"): WAITS,
    ("services/campaign_state.py", "wait.reason"): WAITS,
    ("dashboard/app.py", "title"): ("dash_campaigns", "dash_campaign", "dash_failures", "dash_send", "dash_notes"),
    ("dashboard/campaigns.py", "key"): map(_LABELS, ("messages", "accepted", "failed", "pending")),
    ("contracts/reason_codes.py", "key"): (*Suggestion, "suggest_value", "suggest_expected"),
    ("contracts/reason_codes.py", "self.value"): ReasonCode,
    ("definition/explain.py", "key"): explain._EXPECTED.values(),
    ("definition/explain.py", "EXPECTED_BY_PATTERN[context['pattern']]"): EXPECTED_BY_PATTERN.values(),
    ("defs/analytics.py", "text"): ("outcome_accepted", "label_failed", "outcome_unknown", "outcome_pending"),
    ("defs/common_specs.py", "key"): _KNOWN_ELSEWHERE,
    ("defs/input_files.py", "key"): (
        "tick_vanished",
        "tick_failed_run",
        "tick_started",
        "tick_started_cron",
        "tick_started_until_messages",
    ),
    ("defs/schedule_sensor.py", "wait.reason"): WAITS,
    ("defs/sending.py", "key"): ("paused", "restored"),
    ("defs/sending.py", "summary.wait_reason"): WAITS,
    ("errors.py", "self.key"): _KNOWN_ELSEWHERE,
    ("errors.py", "problem"): STORAGE_PROBLEMS,
    ("intake/grid.py", "self.key"): _KNOWN_ELSEWHERE,
    ("intake/text_rows.py", "key"): ("file_cell_too_long", "file_stray_quote"),
    ("intake/witness.py", "self.key"): map("doubt_{}".format, DOUBTS),
    ("intake/workbooks.py", "found['error']"): (
        "file_damaged",
        "file_empty",
        "file_encrypted",
        "file_needs_memory",
        "file_too_wide",
        "sheet_missing",
    ),
    ("privacy/erasure.py", "code"): ("erased",),
    ("receipts/receiver.py", "key"): map(
        "receiver_{}".format,
        ("unknown_provider", "too_large", "not_writing", "unreadable", "unproven", "too_many_failures"),
    ),
    ("receipts/receiver.py", "problem"): PROOF_PROBLEMS,
    ("recipients/lookups.py", "problem"): ("enrich_key_missing", "lookup_column_missing"),
    ("reports/build.py", "title"): SHEETS,
    ("reports/build.py", "detail.title"): SHEETS,
    ("reports/words.py", "key"): (*words.SINGLE, *words.SUGGESTIONS),
    ("sending/plan_snapshot.py", "stamp.facts['problem']['key']"): STOPS,
    ("sending/send_summary.py", "IN_DOUBT"): STOPS,
    ("sending/send_summary.py", "_STOP_TEXTS[lane.stop]"): STOPS,
    ("web/guard.py", "refusal"): ("door_host", "door_origin", "door_json", "door_mutation"),
}
"""Module and expression that gives the key → every key it can give."""

"""Falhas: from reason to code to rows, masked; downloads; another attempt, and a word on what is in doubt."""

import csv
import io
from typing import Any

import streamlit as st

from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.reports.workbook import Section, write_workbook
from mensageria_pipeline.sending.settle import RETRIABLE
from mensageria_pipeline.services import control
from mensageria_pipeline.services.consequence import what_leaves
from mensageria_pipeline.services.failure_words import Remedy, explain
from mensageria_pipeline.services.own_ids import own_ids
from mensageria_pipeline.texts import say

_SHOWN = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def show() -> None:
    st.title(say("dash_failures"))
    campaign = frame.choose_campaign()
    if campaign is None:
        return
    frame.show_notes(campaign)
    messages, rows = st.tabs([say("dash_failed_messages"), say("dash_refused_rows")])
    with messages:
        _messages(campaign)
    with rows:
        _rows(campaign)


def _messages(campaign: str) -> None:
    found = frame.ask("failures", campaign=campaign)
    if not found:
        st.success(say("dash_no_failures"))
        return
    mode = frame.choose_mode(found)
    mine = [row for row in found if row["mode"] == mode]
    explained = [explain(Outcome(row["outcome"]), row["code"]) for row in mine]
    lines = [
        {
            say("label_outcome"): say(f"outcome_{row['outcome']}"),
            say("label_messages"): row["messages"],
            say("dash_what"): each.words,
            say("dash_advice"): each.advice,
            say("label_provider"): row["provider"],
        }
        for row, each in zip(mine, explained, strict=True)
    ]
    chosen = _choose(lines, "failures")
    if chosen is None:
        return
    row, explanation = mine[chosen], explained[chosen]
    st.markdown(f"**{plain(explanation.words)}** {plain(explanation.advice)}")
    _action(campaign, explanation.remedy, Outcome(row["outcome"]))
    people = frame.ask(
        "failed_messages", campaign=campaign, mode=mode, outcome=row["outcome"], code=row["code"], most=_SHOWN
    )
    ids = own_ids(frame.project(), campaign, {(each["intake"], each["row_number"]) for each in people})
    lines = [_person_line(each, ids.get((each["intake"], each["row_number"]), "")) for each in people]
    _details(lines, row["messages"], f"falhas-{campaign}")


def _person_line(row: dict[str, Any], own_id: str) -> dict[str, Any]:
    return {
        say("label_row"): row["row_number"],
        say("dash_own_id"): own_id,
        say("dash_person"): mask(row["person"]),
        say("label_channel"): say(f"channel_{row['channel']}"),
        say("label_when"): frame.moment(row["decided_at"]),
        say("metric_attempts"): row["attempts"],
        say("label_code"): row["code"] or "–",
        say("label_provider"): row["provider"],
        say("label_message"): row["message_id"],
        say("dash_what"): explain(Outcome(row["outcome"]), row["code"]).words,
    }


def _rows(campaign: str) -> None:
    found = frame.ask("reasons", campaign=campaign)
    if not found:
        st.success(say("dash_no_refusals"))
        return
    lines = [
        {
            say("label_fate"): say(f"fate_{row['fate']}"),
            say("label_reason"): ReasonCode(row["code"]).label,
            say("label_rows"): row["row_count"],
            say("dash_corrected"): row["superseded"],
        }
        for row in found
    ]
    chosen = _choose(lines, "reasons")
    if chosen is not None:
        row = found[chosen]
        people = frame.ask("refused_rows", campaign=campaign, fate=row["fate"], code=row["code"], most=_SHOWN)
        shown = [
            {
                say("label_row"): each["row_number"],
                say("dash_file"): each["file_name"],
                say("dash_person"): mask(each["person"]),
                say("label_column"): each["column"],
                say("dash_value"): each["value_masked"],
                say("label_reason"): each["reason"],
                say("dash_suggestion"): each["suggestion"],
            }
            for each in people
        ]
        _details(shown, row["row_count"], f"rejeitadas-{campaign}")
    workbook = frame.project().layout.export_dir(campaign) / "rejeitados.xlsx"
    if workbook.exists():
        st.download_button(
            say("dash_rejects"),
            workbook.read_bytes(),
            workbook.name,
            icon=":material/download:",
            help=say("dash_rejects_help"),
        )


def _choose(lines: list[dict[str, Any]], key: str) -> int | None:
    """Which line of a table somebody chose."""
    table = st.dataframe(
        lines, hide_index=True, width="stretch", on_select="rerun", selection_mode="single-row", key=key
    )
    st.caption(say("dash_choose_row"))
    return table.selection.rows[0] if table.selection.rows else None


def _details(lines: list[dict[str, Any]], count: int, name: str) -> None:
    """The rows behind a line, masked, and the same as files."""
    if count > len(lines):
        st.caption(say("dash_cut", shown=frame.number(len(lines)), count=frame.number(count)))
    st.dataframe(lines, hide_index=True, width="stretch")
    if not lines:
        return
    columns = st.columns([1, 1, 4])
    columns[0].download_button("CSV", _csv(lines), f"{name}.csv", "text/csv", icon=":material/download:")
    columns[1].download_button("Excel", _workbook(lines), f"{name}.xlsx", icon=":material/download:")


def _csv(lines: list[dict[str, Any]]) -> bytes:
    """As Excel in Brazil opens it. No cell is a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow(lines[0])
    for line in lines:
        texts = ["" if cell is None else str(cell) for cell in line.values()]
        writer.writerow([f"'{text}" if text.startswith(_FORMULA) else text for text in texts])
    return buffer.getvalue().encode("utf-8-sig")


def _workbook(lines: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    write_workbook(buffer, [Section(say("dash_failures"), list(lines[0]), [list(line.values()) for line in lines])])
    return buffer.getvalue()


def _action(campaign: str, remedy: Remedy, outcome: Outcome) -> None:
    """The one thing that helps with what was chosen."""
    seen = frame.as_seen(campaign)
    if remedy is Remedy.DECIDE:
        _decide(campaign, seen)
    elif remedy is Remedy.NEW_ADDRESS:
        frame.link("enviar", say("dash_send"))
    elif remedy is not Remedy.NOTHING:
        if remedy in {Remedy.NEW_DATE, Remedy.CHANGE_TEXT}:
            frame.link("enviar", say("dash_send"))
        _retry(campaign, outcome, seen)


def _retry(campaign: str, outcome: Outcome, seen: str) -> None:
    project = frame.project()
    failed = [name for name, _, _ in control.failed(project, campaign, [outcome])] if outcome in RETRIABLE else []
    if failed:
        frame.act(
            say("dash_retry"),
            say("dash_retry_done"),
            lambda: control.retry_soon(project, campaign, [outcome], seen),
            "retry",
            ask_first=say("dash_retry_ask", what=what_leaves(project, campaign, failed)),
            icon=":material/replay:",
        )


def _decide(campaign: str, seen: str) -> None:
    project = frame.project()
    doubtful = {each.message_id for each in control.in_doubt(project, campaign)}  # of this moment: what they agree to
    columns = st.columns([1, 1, 2])
    with columns[0]:
        frame.act(
            say("dash_mark_accepted"),
            say("dash_settled"),
            lambda: control.settle(project, campaign, Outcome.ACCEPTED, as_seen=seen),
            "accepted",
            ask_first=say("unknown_ask_mark", campaign=campaign, mark=say("outcome_accepted"), count=len(doubtful)),
            icon=":material/check:",
        )
    with columns[1]:
        frame.act(
            say("dash_resend"),
            say("dash_retry_done"),
            lambda: control.resend_soon(project, campaign, seen),
            "resend",
            ask_first=say("unknown_ask_resend", campaign=campaign, what=what_leaves(project, campaign, doubtful)),
            icon=":material/forward:",
        )

"""Run benchmarks and keep what they found.

    python -m benchmarks                     all of them; results to benchmarks/results/ and docs/performance.md
    python -m benchmarks rate throughput     some of them, only shown
    python -m benchmarks lists --keep        some of them, in the place of their figures of before
    python -m benchmarks profile             where a sender's event loop spends its time

Each stops by itself and leaves nothing behind. Together they take about ten minutes.
"""

import argparse
import json
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import at_once, dashboard, landing, large, lists, looking, mail, profile, rate, throughput
from benchmarks.campaigns import machine

_RESULTS = Path(__file__).parent / "results"
_DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
_BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {
    "landing": landing.run,
    "throughput": throughput.run,
    "rate": rate.run,
    "large": large.run,
    "at-once": at_once.run,
    "lists": lists.run,
    "mail": mail.run,
    "dashboard": dashboard.run,
    "looking": looking.run,
}
_ONLY_SHOWN: dict[str, Callable[[], dict[str, Any]]] = {"profile": profile.run}
"""Explains a figure; is none itself."""
_PACKAGES = ("dagster", "duckdb", "pyarrow", "pyreqwest", "uvloop", "sqlalchemy", "requests")
_BEGIN, _END = "<!-- results -->", "<!-- end of results -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "names", nargs="*", choices=[*_BENCHMARKS, *_ONLY_SHOWN, []], help="benchmarks to run; none: all"
    )
    parser.add_argument("--keep", action="store_true", help="keep the figures of some; all are kept anyway")
    arguments = parser.parse_args()
    names, today = arguments.names, datetime.now(UTC).date().isoformat()
    found: dict[str, Any] = _latest() if names else {}
    found |= {
        "date": today,
        "machine": machine() | {"python": platform.python_version()},
        "versions": {name: version(name) for name in _PACKAGES},
        "taken": found.get("taken", {}) | dict.fromkeys(names or _BENCHMARKS, today),
    }
    for name in names or _BENCHMARKS:
        print(f"{name} …", flush=True)
        found[name] = (_BENCHMARKS | _ONLY_SHOWN)[name]()
        print(json.dumps(found[name], indent=2), flush=True)
    if not names or arguments.keep:
        path = _RESULTS / f"{found['date']}.json"
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        _write_table(found)
        print(f"written: {path} and {_DOCUMENT}")


def _latest() -> dict[str, Any]:
    """The figures that were kept last."""
    path = max(_RESULTS.glob("*.json"))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {"taken": dict.fromkeys(_BENCHMARKS, found["date"])} | found


def _write_table(found: Mapping[str, Any]) -> None:
    text = _DOCUMENT.read_text(encoding="utf-8")
    head, tail = text.split(_BEGIN)[0], text.split(_END)[1]
    lines = [
        f"Last taken on {found['date']}: {found['machine']['cores']} cores, {found['machine']['memory_gib']} GiB, "
        f"{found['machine']['system']}, Python {found['machine']['python']}, "
        + ", ".join(f"{name} {number}" for name, number in found["versions"].items())
        + ".",
        "",
        "| what | to reach | measured | on | command |",
        "|---|---|---|---|---|",
        *(
            f"| {what} | {goal} | {value} | {found['taken'][name]} | `python -m benchmarks {name}` |"
            for what, goal, value, name in _rows(found)
        ),
    ]
    _DOCUMENT.write_text(f"{head}{_BEGIN}\n" + "\n".join(lines) + f"\n{_END}{tail}", encoding="utf-8")


def _rows(found: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    landed, sent, kept, large_, listed = (found[name] for name in ("landing", "throughput", "rate", "large", "lists"))
    per_s = sent["per_second"]
    rows = [
        (
            "a file lands → first accepted message, Dagster running",
            "≤ 15 s",
            f"median {landed['median_s']} s, maximum {landed['maximum_s']} s",
            "landing",
        ),
        (
            "durable sends, one request per message, `fcm`, ledger on",
            "",
            f"{per_s['sending']:,} msg/s; {per_s['whole_process']:,} with start-up and results",
            "throughput",
        ),
        ("… beside h2load", "≥ 0.25 ×", f"{sent['of_h2load']} × ({per_s['h2load']:,} req/s)", "throughput"),
        (
            "… beside `requests` in 8 or 32 threads, the faster",
            "≥ 20 ×",
            f"{sent['times_the_pool']} × ({per_s['requests_pool']:,} req/s)",
            "throughput",
        ),
        (
            "… beside its own HTTP client in two processes, nothing recorded",
            "",
            f"{sent['of_its_client']} × ({per_s['bare_client']:,} req/s)",
            "throughput",
        ),
        (
            "… beside firebase-admin `send_each`",
            "",
            f"{sent['times_firebase_admin']} × ({per_s['firebase_admin']:,} msg/s)",
            "throughput",
        ),
    ]
    for key, what in (
        ("one_process", "one sender"),
        ("two_processes", "two senders"),
        ("two_processes_after_a_storm", "two senders, after 3 s of 429"),
    ):
        span = f"{kept[key]['least_percent']:+} % to {kept[key]['most_percent']:+} %"
        rows.append((f"{kept['configured_per_s']}/s in any 10 s of 20 s, {what}", "± 2 %", span, "rate"))
    small, large_count = large_["sender_mib"].values()
    parents = " and ".join(f"{mib}" for mib in reversed(large_["parent_mib"].values()))
    rows += [
        ("what is left to send, 1 M messages, half done", "≤ 2 s", f"{large_['what_is_left_s']} s", "large"),
        (
            "memory of a sender, 1 M messages beside 100 k",
            "≤ 1.3 ×",
            f"{large_['sender_growth']} × ({large_count} and {small} MiB)",
            "large",
        ),
        ("memory of the process that dispatches and writes results", "", f"{parents} MiB", "large"),
    ]
    return (
        rows
        + _at_once_rows(found.get("at-once"))
        + _list_rows(listed)
        + _mail_rows(found["mail"])
        + _dashboard_rows(found["dashboard"])
        + _looking_rows(found.get("looking"))
    )


def _at_once_rows(found: Mapping[str, Any] | None) -> list[tuple[str, str, str, str]]:
    """Nothing while it was never kept: it needs an idle machine."""
    if found is None:
        return []
    runs = f"{found['succeeded']} of {found['runs']} runs succeeded, each {found['a_run_median_s']} s"
    what = f"{found['lists']} lists of {found['rows']} rows at once, simulated → all have ended, each with one run"
    return [
        (
            what,
            "≤ 300 s",
            f"{found['seconds']} s ({runs}; load of the machine before: {found['load_before']})",
            "at-once",
        )
    ]


def _list_rows(found: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    stages = ", ".join(f"{name} {seconds} s" for name, seconds in found["stages_s"].items())
    small, large_ = found["peak_mib"].values()
    return [
        ("a CSV of 1 M rows → messages", "", f"{found['seconds']} s ({stages})", "lists"),
        (
            "… beside DuckDB alone: read, regex, deduplicate by person and by address, write",
            "≤ 5 ×",
            f"{found['times_duckdb']} × ({found['duckdb_s']} s)",
            "lists",
        ),
        (
            "memory of 10 M rows beside 1 M",
            "≤ 1.5 ×, < 2 GiB",
            f"{found['peak_growth']} × ({large_} and {small} MiB; {found['many_rows_s']} s)",
            "lists",
        ),
        (
            "Excel of 100,000 rows → raw_base, beside pandas + openpyxl",
            "≥ 10 × faster",
            f"{found['excel_times_faster']} × ({found['excel_s']} and {found['pandas_openpyxl_s']} s)",
            "lists",
        ),
    ]


def _mail_rows(found: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    per_s = found["per_second"]
    return [
        (
            f"{found['messages']:,} e-mails through a local SMTP server, ledger on",
            "",
            f"{per_s['text']:,} msg/s as text, {per_s['html']:,} msg/s as HTML with styles",
            "mail",
        ),
        (
            "… beside smtplib with one connection per message",
            "",
            f"{found['times_smtplib']} × and {found['html_times_smtplib']} × ({per_s['smtplib']:,} msg/s)",
            "mail",
        ),
    ]


def _dashboard_rows(found: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    pages = ", ".join(f"{name} {seconds} s" for name, seconds in found["page_s"].items())
    both = found["metrics_of_a_million_s"] + found["report_of_a_million_s"]
    return [
        (
            f"a page of the dashboard, {found['campaigns']:,} campaigns, {found['results']:,} results",
            "≤ 2 s",
            f"slowest {found['slowest_s']} s ({pages})",
            "dashboard",
        ),
        (
            "metrics and report of a million results",
            "≤ 5 s",
            f"{both:.1f} s ({found['metrics_of_a_million_s']} and {found['report_of_a_million_s']} s)",
            "dashboard",
        ),
    ]


def _looking_rows(found: Mapping[str, Any] | None) -> list[tuple[str, str, str, str]]:
    """Nothing while it was never kept."""
    if found is None:
        return []
    names = {
        "run": (f"`mensageria run` with nothing left, {found['messages']:,} messages", "≤ 3 s, ≤ 200 MiB"),
        "status": ("`mensageria status` of that campaign", "≤ 1 s, ≤ 200 MiB"),
        "status_of_all": (f"`mensageria status` of {found['campaigns']:,} campaigns", "≤ 1 s, ≤ 200 MiB"),
    }
    return [
        (what, goal, f"{found[key]['seconds']} s, {found[key]['cpu_s']} s CPU, {found[key]['peak_mib']} MiB", "looking")
        for key, (what, goal) in names.items()
    ]


if __name__ == "__main__":
    main()

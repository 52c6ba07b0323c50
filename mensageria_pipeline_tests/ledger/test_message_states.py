"""A message's state is one thing, whoever derives it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from mensageria_pipeline.contracts.messages import SCHEMA, Mode
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.ledger.journal import Event, Journal, Line
from mensageria_pipeline.ledger.journal_view import connect, read_journal
from mensageria_pipeline.ledger.message_states import FINAL
from mensageria_pipeline.sending.remaining import find_remaining
from mensageria_pipeline.sending.results import Results

NAMES = ("m", "n", "o")
EVENTS = sorted({*FINAL, Outcome.UNKNOWN.value, *(event.value for event in Event if event is not Event.ERASED)})
_line = st.tuples(st.sampled_from(NAMES), st.sampled_from(list(Mode)), st.integers(0, 3), st.sampled_from(EVENTS))
_shard = st.tuples(st.integers(0, 2), st.integers(1, 3), st.lists(_line, max_size=8))
"""Which file, in which round of claims, and what is written to it in a go."""


def _plan(folder: Path) -> Path:
    """A plan with every message, live."""
    values = {"message_id": list(NAMES), "mode": ["live"] * 3, "edition": [1] * 3}
    columns = [
        pa.array(values[field.name], field.type)
        if field.name in values
        else pa.array([0 if pa.types.is_integer(field.type) else ""] * 3, field.type)
        for field in SCHEMA
    ]
    path = folder / "plan.parquet"
    pq.write_table(pa.table(columns, schema=SCHEMA), path)
    return path


def _write(folder: Path, writes: list[tuple[int, int, list[tuple[str, Mode, int, str]]]]) -> Journal:
    """What each lease wrote, in the order of the tokens: a lower one cannot write after a higher, and no two leases of
    a campaign have the same."""
    journal = Journal(folder / "journal")
    for number, round_, lines in sorted(writes, key=lambda each: each[1]):
        shard = journal.shard(number, round_ * 10 + number)
        try:
            shard.append([Line(name, mode.value, attempt, event, 1) for name, mode, attempt, event in lines])
        finally:
            shard.close()
    return journal


def _in_sql(connection: duckdb.DuckDBPyConnection, mode: Mode) -> dict[str, tuple[str, int]]:
    rows = connection.execute(
        "SELECT message_id, outcome, attempts FROM message_states WHERE mode = $mode", {"mode": mode.value}
    ).fetchall()
    return {name: (outcome, attempts) for name, outcome, attempts in rows}


@settings(max_examples=25)
@given(st.lists(_shard, max_size=6))
def test_python_and_sql_derive_the_same_states(
    writes: list[tuple[int, int, list[tuple[str, Mode, int, str]]]],
) -> None:
    """Two definitions that part would send what is settled, or show what is not."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        plan, journal = _plan(folder), _write(folder, writes)
        with connect(plan) as connection:
            read_journal(connection, journal)
            for mode in Mode:
                states, found = journal.states(mode), _in_sql(connection, mode)
                assert {each: states.outcome(each) for each in found} == {
                    each: Outcome(outcome) for each, (outcome, _) in found.items()
                }
                assert set(found) == states.final.keys() | states.unsettled.keys()
                for each, state in states.unsettled.items():
                    assert found[each][1] == state.attempts
                doubtful = {each for each, (outcome, _) in found.items() if outcome == Outcome.UNKNOWN}
                standings = journal.standings(mode, NAMES)
                assert {name for name, each in standings.items() if each.outcome is Outcome.UNKNOWN} == doubtful
        _results_agree(plan, journal)


def _results_agree(plan: Path, journal: Journal) -> None:
    """The results and what remains to be sent are made from the same states."""
    states = journal.states(Mode.LIVE)
    with Results(plan, journal) as results:
        tally = results.tally()
    remaining = find_remaining(plan, journal)
    open_ones = [each for each in NAMES if each not in states.final]
    assert remaining.count == len(open_ones) == tally.unknown + tally.pending
    assert tally.unknown == sum(states.outcome(each) is Outcome.UNKNOWN for each in NAMES)

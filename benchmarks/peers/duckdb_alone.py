"""DuckDB alone over the list of `lists.py`: read, check by regex, deduplicate, write. One line of JSON at the end.

    python -m benchmarks.peers.duckdb_alone LIST.csv OUT.parquet

It keeps no fates, reasons or provenance, and renders nothing: the floor under what the pipeline does with a list.
"""

import json
import sys
import time

import duckdb

from benchmarks.campaigns import peak_mib_of

_STATEMENT = r"""
COPY (
    WITH listed AS (
        SELECT row_number() OVER () AS number, trim(id) AS id, nome, lower(trim(email)) AS email, valor
        FROM read_csv(?, all_varchar = true, header = true, delim = ';')
    ), valid AS (
        SELECT * FROM listed WHERE regexp_full_match(email, '[a-z0-9._+-]+@([a-z0-9-]+\.)+[a-z]{2,}')
    ), one_per_person AS (
        SELECT * FROM valid QUALIFY row_number() OVER (PARTITION BY id ORDER BY number) = 1
    )
    SELECT * FROM one_per_person QUALIFY row_number() OVER (PARTITION BY email ORDER BY number) = 1 ORDER BY number
) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""


def main() -> None:
    source, target = sys.argv[1:]
    started = time.perf_counter()
    with duckdb.connect(":memory:") as connection:
        connection.execute(_STATEMENT.replace("{target}", target), [source])
    seconds = time.perf_counter() - started
    peak_mib = peak_mib_of("self")
    print(json.dumps({"seconds": seconds, "peak_mib": peak_mib}))


if __name__ == "__main__":
    main()

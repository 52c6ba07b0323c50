"""pandas with openpyxl over a workbook: every cell as text, written to Parquet. One line of JSON at the end.

python -m benchmarks.peers.pandas_openpyxl LIST.xlsx OUT.parquet
"""

import json
import sys
import time

import pandas as pd


def main() -> None:
    source, target = sys.argv[1:]
    started = time.perf_counter()
    pd.read_excel(source, engine="openpyxl", dtype=str).to_parquet(target, compression="zstd")
    print(json.dumps({"seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()

"""One list from file to messages in a process of its own. One line of JSON at the end.

python -m benchmarks.list_driver ROOT [raw]

ROOT holds a project with the campaign `a`; with `raw` only raw_base is made.
"""

import itertools
import json
import sys
import time
from pathlib import Path

from benchmarks.campaigns import peak_mib_of
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.intake.ingest import ingest
from mensageria_pipeline.services.preparation import judge_recipients, plan_campaign
from mensageria_pipeline.services.project import Project


def main() -> None:
    project, only_raw = Project.load(Path(sys.argv[1])), "raw" in sys.argv[2:]
    partition, definition = Partition("a"), load_definition(project.layout, "a")
    marks = [time.perf_counter()]
    ingest(project.layout, project.registry, partition, definition, 0, project.settings.limits)
    marks.append(time.perf_counter())
    if not only_raw:
        judge_recipients(project.layout, project.ledger, partition, definition)
        marks.append(time.perf_counter())
        plan_campaign(project.layout, project.ledger, partition, definition)
        marks.append(time.perf_counter())
    took = [after - before for before, after in itertools.pairwise(marks)]
    seconds = dict(zip(("raw_base", "recipients", "messages"), took, strict=False))
    peak_mib = peak_mib_of("self")
    print(json.dumps({"seconds": marks[-1] - marks[0], "stages": seconds, "peak_mib": peak_mib}))


if __name__ == "__main__":
    main()

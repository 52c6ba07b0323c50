"""One sending of a prepared campaign in a process of its own, as a run does it, without Dagster.

    python -m mensageria_pipeline_tests.faults.driver ROOT CAMPAIGN

Prints the counts as JSON. SIGTERM interrupts it as Terminate does; it exits with 130 then.
"""

import json
import signal
import sys
from pathlib import Path

from mensageria_pipeline.contracts.campaign import load_definition
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.project import Project
from mensageria_pipeline.sending.hold import hold_campaign
from mensageria_pipeline.sending.ledger.leases import new_owner
from mensageria_pipeline.sending.send import send_messages


class Interrupted(BaseException):
    """What Dagster raises in the main thread on Terminate."""


def _interrupt(*_: object) -> None:
    raise Interrupted


def main() -> None:
    signal.signal(signal.SIGTERM, _interrupt)
    project, campaign = Project.load(Path(sys.argv[1])), sys.argv[2]
    definition = load_definition(project.layout, campaign)
    try:
        with hold_campaign(project.ledger, campaign, new_owner()) as hold:
            report = send_messages(project.layout, project.ledger, project.settings, hold, definition)
    except Interrupted:
        sys.exit(130)
    except MensageriaError as error:
        sys.exit(error.text())
    tally = report.tally
    said = {
        "messages": tally.messages, "outcomes": tally.outcomes, "unknown": tally.unknown, "pending": tally.pending,
        "attempts": tally.attempts, "processes": report.processes, "settled": report.settled,
        "rate_per_s": sum(lane.rate_per_s for lane in report.lanes),
        "problem": report.problem.text() if report.problem else None, "wait": report.wait_reason,
    }  # fmt: skip
    print(json.dumps(said, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()

"""One sending of a prepared campaign in a process of its own, as a run does it, without Dagster.

    python -m mensageria_pipeline_tests.faults.driver ROOT CAMPAIGN [TIMES]

TIMES are the ledger's, as JSON; its own where they are left out. Prints the counts as JSON. SIGTERM interrupts it as
Terminate does; it exits with 130 then.
"""

import contextlib
import json
import signal
import sys
from pathlib import Path

from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import LedgerError, MensageriaError
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.sending.send import send_messages
from mensageria_pipeline.storage.times import LedgerTimes
from mensageria_pipeline_tests.faults.decide import project_of


class Interrupted(BaseException):
    """What Dagster raises in the main thread on Terminate."""


def _interrupt(*_: object) -> None:
    raise Interrupted


def main() -> None:
    signal.signal(signal.SIGTERM, _interrupt)
    root, campaign, *times = sys.argv[1:]
    project = project_of(Path(root), LedgerTimes(**json.loads(times[0])) if times else LedgerTimes())
    definition = load_definition(project.layout, campaign)

    def tell(settled: int, total: int) -> None:
        with contextlib.suppress(LedgerError):
            project.ledger.report_progress(campaign, total, settled)

    try:
        with lease_campaign(project.ledger, campaign, new_owner()) as campaign_lease:
            report = send_messages(project.layout, project.ledger, project.settings, campaign_lease, definition, tell)
    except Interrupted:
        sys.exit(130)
    except MensageriaError as error:
        sys.exit(error.text())
    tally = report.tally
    said = {
        "messages": tally.messages,
        "outcomes": tally.outcomes,
        "unknown": tally.unknown,
        "pending": tally.pending,
        "attempts": tally.attempts,
        "processes": report.processes,
        "settled": report.settled,
        "rate_per_s": sum(lane.rate_per_s for lane in report.lanes),
        "problem": report.problem.text() if report.problem else None,
        "wait": report.wait_reason,
    }
    print(json.dumps(said, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()

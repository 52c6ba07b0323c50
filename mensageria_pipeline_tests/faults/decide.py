"""One decision or one step over a project in a process of its own, through the services that the front ends share."""

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mensageria_pipeline import texts
from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.privacy.forget import finish_erasures, forget_person
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.recovery.backup import back_up
from mensageria_pipeline.sending.send import send_messages
from mensageria_pipeline.sending.settle import RETRIABLE
from mensageria_pipeline.services import control
from mensageria_pipeline.services.preparation import take_in_lists
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import load_settings
from mensageria_pipeline.storage.times import LedgerTimes

REFUSED = 3
"""How a process ends whose step was refused with a sentence."""


def _send(project: Project, campaign: str) -> None:
    definition = load_definition(project.layout, campaign)
    with lease_campaign(project.ledger, campaign, new_owner()) as campaign_lease:
        send_messages(project.layout, project.ledger, project.settings, campaign_lease, definition)


def _change_of_mind(project: Project, campaign: str) -> None:
    """Cancel, take that back, and open what was cancelled again."""
    control.cancel(project, campaign)
    _go_on(project, campaign)


def _go_on(project: Project, campaign: str) -> None:
    control.resume(project, campaign)
    control.retry(project, campaign, RETRIABLE)


STEPS: dict[str, Callable[[Project, str], object]] = {
    "send": _send,
    "retry": lambda project, campaign: control.retry(project, campaign, RETRIABLE),
    "change_of_mind": _change_of_mind,
    "go_on": _go_on,
    "forget": forget_person,
    "finish_erasures": lambda project, _: finish_erasures(project),
    "take_in_lists": lambda project, _: take_in_lists(project),
    "fold": lambda project, _: process_receipts(project),
    "publish": lambda project, _: publish(project.layout),
    "report": control.report,
    "back_up": lambda project, target: back_up(project.layout, Path(target)),
}


def project_of(root: Path, times: LedgerTimes) -> Project:
    """The project in a folder, with times of the test's own."""
    return Project(replace(load_settings(root), ledger_times=times))


def carry_out(root: Path, times: LedgerTimes, step: str, argument: str, begun: Path, said: Path) -> None:
    """Make the file `begun`, then do the step. What went wrong is written to `said`, and the process ends with 1 or,
    where the step was refused, with REFUSED."""
    texts.use(texts.Language.PT_BR)
    os.chdir(root)
    project = project_of(root, times)
    begun.touch()
    try:
        STEPS[step](project, argument)
    except MensageriaError as error:
        said.write_text(error.text(), encoding="utf-8")
        sys.exit(REFUSED)
    except Exception:
        said.write_text(traceback.format_exc(), encoding="utf-8")
        raise

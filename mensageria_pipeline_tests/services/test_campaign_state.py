"""Where a campaign stands, at each moment of its life."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.ledger.ledger import OperatorCommand, Progress, Wait
from mensageria_pipeline.sending.tally import Tally
from mensageria_pipeline.services.campaign_state import CampaignState, Facts, standing_of

NOW = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(hours=2), NOW - timedelta(minutes=1)
DONE = Tally(messages=3, outcomes={**Tally().outcomes, "accepted": 3})
HALF = Tally(messages=3, outcomes={**Tally().outcomes, "accepted": 1}, pending=2)
DOUBTFUL = Tally(messages=3, outcomes={**Tally().outcomes, "accepted": 2}, unknown=1)
UNSENT = Tally(messages=3, pending=3)
DAILY = CampaignDefinition.model_validate({"cron": "0 9 * * *"})
DATED = CampaignDefinition.model_validate({"send_window": {"not_before": "2026-11-26T14:00:00"}})
_NOTHING: Mapping[str, Any] = {
    "definition": CampaignDefinition(),
    "is_occurrence": False,
    "has_list": True,
    "is_planned": True,
    "tally": DONE,
    "needs_release": False,
    "command": None,
    "wait": None,
    "progress": None,
    "is_held": False,
    "has_results": False,
    "problem": "",
}
"""Of a campaign that is done, and that nobody asks anything of."""


def _wait(due_at: datetime, reason: str = "wait_window") -> Wait:
    return Wait("a", due_at, reason)


def _progress(at: datetime) -> Progress:
    return Progress(3, 1, at)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({}, CampaignState.COMPLETE),
        ({"has_list": False, "is_planned": False, "tally": Tally()}, CampaignState.WITHOUT_LIST),
        ({"is_planned": False, "tally": Tally()}, CampaignState.PREPARING),
        ({"tally": Tally()}, CampaignState.WITHOUT_MESSAGES),
        ({"tally": UNSENT, "needs_release": True}, CampaignState.AWAITING_RELEASE),
        ({"tally": UNSENT, "needs_release": True, "wait": _wait(LATER)}, CampaignState.AWAITING_RELEASE),
        ({"tally": UNSENT}, CampaignState.READY),
        ({"tally": UNSENT, "wait": _wait(BEFORE, "wait_resumed")}, CampaignState.READY),
        ({"tally": UNSENT, "definition": DAILY}, CampaignState.SCHEDULED),
        ({"tally": UNSENT, "definition": DATED, "wait": _wait(LATER)}, CampaignState.SCHEDULED),
        ({"tally": HALF, "wait": _wait(LATER, "wait_throttled")}, CampaignState.WAITING),
        ({"tally": HALF, "is_held": True, "progress": _progress(NOW)}, CampaignState.SENDING),
        ({"tally": HALF, "is_held": True, "progress": _progress(BEFORE)}, CampaignState.INTERRUPTED),
        ({"tally": HALF, "progress": _progress(NOW)}, CampaignState.INTERRUPTED),
        ({"tally": UNSENT, "has_results": True}, CampaignState.INTERRUPTED),
        ({"tally": HALF, "problem": "O provedor recusou as credenciais."}, CampaignState.STOPPED),
        ({"tally": HALF, "command": OperatorCommand.PAUSE, "wait": _wait(LATER)}, CampaignState.PAUSED),
        ({"tally": DONE, "command": OperatorCommand.PAUSE}, CampaignState.COMPLETE),
        ({"tally": HALF, "command": OperatorCommand.RESTORED}, CampaignState.STOPPED),
        ({"tally": HALF, "command": OperatorCommand.CANCEL}, CampaignState.CANCELLED),
        ({"tally": DOUBTFUL, "problem": "1 mensagem em dúvida."}, CampaignState.IN_DOUBT),
        ({"tally": DONE, "definition": DAILY, "is_occurrence": True}, CampaignState.COMPLETE),
    ],
)
def test_what_is_known_says_where_it_stands(known: Mapping[str, Any], state: CampaignState) -> None:
    assert standing_of(Facts(**{**_NOTHING, **known}), NOW).state is state


def test_instants_are_those_of_the_campaigns_zone() -> None:
    """São Paulo unless the definition says otherwise; the next occurrence of a cron is its zone's too."""
    waiting = standing_of(Facts(**{**_NOTHING, "tally": HALF, "wait": _wait(LATER)}), NOW)
    assert waiting.words(DATED.send_window.zone) == "aguardando (fora da janela de envio) até 26/11/2026 14:00"
    daily = standing_of(Facts(**{**_NOTHING, "tally": UNSENT, "definition": DAILY}), NOW)
    assert daily.words(DAILY.send_window.zone) == "agendada para 27/11/2026 09:00"


def test_the_reason_is_kept_beside_the_word() -> None:
    """Why it stopped is a sentence of its own."""
    stopped = standing_of(Facts(**{**_NOTHING, "tally": HALF, "problem": "Sem crédito."}), NOW)
    assert (stopped.words(DAILY.send_window.zone), stopped.reason) == ("parada", "Sem crédito.")

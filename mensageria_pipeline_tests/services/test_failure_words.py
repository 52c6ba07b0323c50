"""Every failure has a sentence and one thing to do, in both languages."""

import pytest

from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.providers.registry import PROVIDERS
from mensageria_pipeline.services.failure_words import OWN_CODES, Remedy, explain
from mensageria_pipeline.texts import Language, say

NO_FAILURES = (Outcome.ACCEPTED, Outcome.PENDING)


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome not in NO_FAILURES])
@pytest.mark.parametrize("code", [None, "", "E-123", *OWN_CODES])
def test_every_failure_is_explained(outcome: Outcome, code: str | None) -> None:
    found = explain(outcome, code)
    assert found.words.endswith((".", "!"))
    assert found.advice


def test_every_code_of_every_provider_is_explained() -> None:
    """What a provider says stays in the sentence: its support asks for it."""
    for adapter in PROVIDERS.values():
        for table in getattr(adapter, "answers", ()):
            for code in map(str, table):
                words = explain(Outcome.REJECTED, code).words
                assert code in words or code in OWN_CODES, code


@pytest.mark.parametrize(
    ("outcome", "code", "remedy"),
    [
        (Outcome.UNKNOWN, "timeout", Remedy.DECIDE),
        (Outcome.INVALID_ADDRESS, "UNREGISTERED", Remedy.NEW_ADDRESS),
        (Outcome.REJECTED, "550 5.1.1", Remedy.NEW_ADDRESS),
        (Outcome.REJECTED, "554 5.7.1", Remedy.ASK_PROVIDER),
        (Outcome.REJECTED, "payload_too_large", Remedy.CHANGE_TEXT),
        (Outcome.REJECTED, "E-123", Remedy.ASK_PROVIDER),
        (Outcome.EXPIRED, None, Remedy.NEW_DATE),
        (Outcome.CANCELLED, "by_operator", Remedy.RETRY),
        (Outcome.SUPPRESSED, "opted_out", Remedy.NOTHING),
    ],
)
def test_each_has_the_one_right_action(outcome: Outcome, code: str | None, remedy: Remedy) -> None:
    assert explain(outcome, code).remedy is remedy


def test_a_reason_of_a_row_is_said_in_the_rows_words() -> None:
    assert say("code_opted_out", Language.PT_BR) in explain(Outcome.SUPPRESSED, "opted_out").words

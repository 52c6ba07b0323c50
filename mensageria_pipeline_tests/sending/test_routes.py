"""Where an attempt went decides whether its message may go again: only there a second copy is known for one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.ledger.journal import provider_of, route_of
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, ProviderServer, Reset
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

LIVE = SIMPLE_DEFINITION + "provider: http\n"
Live = Callable[..., SendSummary]


def sent(server: ProviderServer) -> int:
    """Requests with messages; others of the machine may knock."""
    return sum(bool(request.messages) for request in server.requests)


@pytest.fixture
def doubtful(bench: Workbench, live: Live, provider_server: ProviderServer) -> Workbench:
    """A campaign whose messages arrived, as the first answer would have said; the later ones refuse."""

    def script(request: Incoming) -> Answer | Reset:
        return Reset(accepts=True) if request.number == 1 else Answer(409)

    provider_server.script = script
    bench.define("a", LIVE)
    bench.drop("a")
    assert live("a").tally.unknown == 3
    provider_server.script = lambda _: Answer()
    return bench


def test_what_is_in_doubt_at_one_account_is_not_resent_through_another(
    doubtful: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """The other one has never heard of the message's key: the person would get it twice."""
    before = sent(provider_server)
    assert live("a", api_key="outra-conta").tally.unknown == 3
    assert sent(provider_server) == before


def test_what_is_in_doubt_at_one_server_is_not_resent_through_another(
    doubtful: Workbench, live: Live, tmp_path: Path
) -> None:
    with ProviderServer(tmp_path / "other.jsonl") as other:
        assert live("a", api_provider_url=other.url).tally.unknown == 3
        assert sent(other) == 0


def test_it_is_resent_by_the_way_it_went(doubtful: Workbench, live: Live, provider_server: ProviderServer) -> None:
    before = sent(provider_server)
    assert live("a").tally.outcomes[Outcome.ACCEPTED] == 3
    assert sent(provider_server) > before


def test_a_campaign_may_ask_for_it_all_the_same(
    doubtful: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """`on_unknown: resend` is a person's word for those two."""
    doubtful.define("a", LIVE + "on_unknown: resend\n")
    assert live("a", api_key="outra-conta").tally.outcomes[Outcome.ACCEPTED] == 3


def test_a_route_names_its_provider_and_hides_the_account() -> None:
    route = route_of(b"k" * 32, "zenvia", "https://api\nsegredo")
    assert provider_of(route) == "zenvia"
    assert "segredo" not in route
    assert route != route_of(b"k" * 32, "zenvia", "https://api\noutro")
    assert provider_of("") == ""

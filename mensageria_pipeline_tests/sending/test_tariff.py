"""What messages cost by the price that a definition names."""

from collections.abc import Callable

import pytest

from mensageria_pipeline.analytics.questions import ask
from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.providers.http import GenericHttpProvider
from mensageria_pipeline.providers.zenvia import ZenviaProvider
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.sending.tariff import price_of
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, by_address
from mensageria_pipeline_tests.workbench import Workbench

PHONES = "id;telefone\n1;11980000001\n2;11980000002\n"
HTTP = GenericHttpProvider("http://127.0.0.1:9", "x", 1)


def _message(channel: str, body: str) -> Message:
    return Message("m", channel, "a", "k", "", body, {})


@pytest.mark.parametrize(
    ("price", "channel", "body", "cost"),
    [
        (0.09, "sms", "Oi", 0.09),
        (0.09, "sms", "x" * 161, 0.18),
        ({"sms": 0.09}, "push", "Oi", None),
        ({"sms": 0.09, "push": 0.001}, "push", "x" * 500, 0.001),
        (None, "sms", "Oi", None),
    ],
)
def test_an_sms_is_billed_by_its_parts_and_anything_else_as_one(
    price: object, channel: str, body: str, cost: float | None
) -> None:
    definition = CampaignDefinition.model_validate({"price": price})
    found = price_of(_message(channel, body), HTTP, definition)
    assert (found.cost if found else None) == cost


def test_the_definition_beats_the_setting() -> None:
    """A campaign may be billed otherwise than the installation's contract; the parts are the provider's."""
    zenvia = ZenviaProvider("t", "loja", part_price=0.5)
    named = CampaignDefinition.model_validate({"price": {"sms": 0.1}})
    for definition, cost in ((CampaignDefinition(), 1.0), (named, 0.2)):
        price = price_of(_message("sms", "x" * 200), zenvia, definition)
        assert price
        assert (price.parts, price.cost) == (2, cost)


def test_what_was_accepted_keeps_what_it_cost(
    bench: Workbench, live: Callable[..., SendSummary], provider_server: ProviderServer
) -> None:
    """Through any provider; what was refused costs nothing. A new price leaves prepared messages valid."""
    provider_server.script = by_address({"+5511980000002": Answer(400)})
    bench.define("a", "provider: http\ntemplate: {body: Oi}\nprice: 0.2\n")
    bench.drop("a", PHONES)
    bench.prepare("a")
    bench.define("a", "provider: http\ntemplate: {body: Oi}\nprice: {sms: 0.07}\n")
    live("a", default_batch_size=1)
    publish(bench.layout, ["a"])
    (row,) = ask(bench.layout, "metrics", campaign="a")
    assert (row["messages"], row["accepted"], row["cost"]) == (2, 1, 0.07)


@pytest.mark.parametrize("price", ["-1", "{sms: caro}", "{fax: 1}"])
def test_a_price_that_is_none_is_refused(bench: Workbench, price: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        bench.define("a", f"price: {price}\n")
    assert "tem 1 problema:" in refused.value.text()

"""The last look before a request is built: what the capabilities do not name goes no further."""

from dataclasses import replace

import pyarrow.parquet as pq

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.messages.plan import plan_messages
from mensageria_pipeline.providers.http import GenericHttpProvider
from mensageria_pipeline.providers.refusal import PAYLOAD_TOO_LARGE, UNSUPPORTED_CHANNEL, refuser_for
from mensageria_pipeline.providers.zenvia import ZenviaProvider
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.workbench import Workbench

MESSAGE = Message("0" * 32, "push", "tok", "key", "", "x" * 100, {})


def test_a_limit_counts_the_body_of_a_request_where_the_adapter_says_nothing_else() -> None:
    """One place compares; an adapter only names the limit."""
    provider = GenericHttpProvider("http://x/", "k", 200)
    size = len(provider.build_request([MESSAGE]).body)
    for limit, expected in ((size, None), (size - 1, PAYLOAD_TOO_LARGE)):
        provider.capabilities = replace(provider.capabilities, max_payload_bytes=limit)
        assert refuser_for(provider)(MESSAGE) == expected


def test_what_the_adapter_itself_refuses_keeps_its_code() -> None:
    """A channel that is not its own is not even shown to it."""
    refusal = refuser_for(ZenviaProvider("x", "loja"))
    assert refusal(MESSAGE._replace(channel="sms", body="a" * 1_521)) == "text_too_long"
    assert refusal(MESSAGE._replace(channel="email", body="a" * 1_521)) == UNSUPPORTED_CHANNEL


def test_a_plan_that_nobody_checked_sends_no_address_to_another_channels_provider(
    bench: Workbench, provider_server: ProviderServer
) -> None:
    """E-mails planned for a provider of SMS, as earlier versions did: they end as rejected, and nothing is asked."""
    definition = bench.define("a", "provider: zenvia\ntemplate: {body: Oi}\n")
    bench.drop("a", "nome;email\nAna;ana@exemplo.com.br\n")
    bench.ingest("a")
    bench.validate("a")
    ledger = bench.project.ledger
    plan_messages(bench.layout, Partition("a"), definition, ledger.key, ledger.id, lambda _channel: "zenvia", {})
    bench.send("a", zenvia_url=provider_server.base_url, zenvia_token="x", zenvia_from="loja")
    (path,) = bench.layout.partition_dir(Asset.SEND_RESULTS, "a").glob("[!.]*-live.parquet")
    (row,) = pq.read_table(path, partitioning=None).to_pylist()
    assert (row["outcome"], row["code"]) == ("rejected", UNSUPPORTED_CHANNEL)
    assert provider_server.requests == []

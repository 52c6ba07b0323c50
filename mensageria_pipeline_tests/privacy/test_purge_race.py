"""A purge and a sending at the same time: one waits for the other, and nobody is sent an emptied message."""

import threading

import pyarrow.parquet as pq

from mensageria_pipeline.privacy.retention import purge
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, ProviderServer
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import Workbench, with_variables


def test_a_purge_waits_for_the_sending_and_takes_nothing_from_under_it(
    bench: Workbench, provider_server: ProviderServer
) -> None:
    """Each message leaves whole and once; afterwards the campaign is empty, its outcomes stay."""
    settings = with_variables(
        bench.project.settings, api_provider_url=provider_server.url, api_key="segredo", default_batch_size=1
    )
    used, begun = Workbench(Project(settings)), threading.Event()

    def slow(_request: Incoming) -> Answer:
        begun.set()
        return Answer(delay_s=0.02)

    provider_server.script = slow
    used.define("a", "provider: http\nrelease: automatic\nrate_per_s: 100\ntemplate: {body: 'Olá, {{ nome }}!'}\n")
    used.drop("a", "nome;token\n" + "".join(f"Ana;token-da-ana-{number:04}\n" for number in range(60)))
    used.prepare("a")
    sending = threading.Thread(target=lambda: used.send("a"))
    sending.start()
    assert begun.wait(PATIENCE_S)
    purge(used.project, ["a"])
    sending.join(PATIENCE_S)
    assert not sending.is_alive()
    sent = [each for request in provider_server.requests for each in request.messages]
    assert len({each["id"] for each in sent}) == len(sent) == 60
    assert all("token-da-ana" in str(each) and "Olá, Ana!" in str(each) for each in sent)
    assert {row["address"] for row in used.rows(Asset.MESSAGES, "a")} == {""}
    (path,) = used.layout.partition_dir(Asset.SEND_RESULTS, "a").glob("*.parquet")
    results = pq.read_table(path, partitioning=None).to_pylist()
    assert {row["outcome"] for row in results} == {"accepted"}
    assert {row["person"] for row in results} == {""}

"""What a question says would leave: how many, through whom, and for about how much."""

import pytest

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.sending.leaving import Leaving, in_words
from mensageria_pipeline.services.consequence import what_leaves
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench

PHONES = "id;nome;telefone\n" + "".join(f"{n};Ana {n};1199999{n:04}\n" for n in range(1_240))
SMS = """
template: {title: "", body: "Olá {{ nome }}"}
channel: sms
provider: http
price: 0.09
release: manual
"""


@pytest.fixture
def priced(bench: Workbench) -> Workbench:
    bench.define("a", SMS)
    bench.drop("a", PHONES)
    bench.prepare("a")
    return bench


def test_a_question_names_count_mode_provider_channel_and_cost(priced: Workbench) -> None:
    assert what_leaves(priced.project, "a") == "1.240 mensagens reais por http (SMS, cerca de R$\xa0111,60)"


def test_a_part_of_a_campaign_is_priced_as_that_part(priced: Workbench) -> None:
    chosen = [row["message_id"] for row in priced.rows(Asset.MESSAGES, "a")[:10]]
    assert what_leaves(priced.project, "a", chosen) == "10 mensagens reais por http (SMS, cerca de R$\xa00,90)"


def test_an_sms_of_several_parts_costs_several(bench: Workbench) -> None:
    bench.define("a", SMS.replace("Olá", "x" * 160))
    bench.drop("a", PHONES)
    bench.prepare("a")
    assert "R$\xa0223,20" in what_leaves(bench.project, "a")


def test_a_simulation_is_called_one_and_costs_nothing(bench: Workbench) -> None:
    bench.define("a", SMS.replace("provider: http", "provider: simulated"))
    bench.drop("a", PHONES)
    bench.prepare("a")
    assert what_leaves(bench.project, "a") == "1.240 mensagens simuladas (SMS)"


def test_several_kinds_are_one_sentence() -> None:
    found = [Leaving("smtp", Channel.EMAIL, Mode.LIVE, 1), Leaving("zenvia", Channel.SMS, Mode.LIVE, 2, 0.5)]
    words = "1 mensagem real por smtp (e-mail) e 2 mensagens reais por zenvia (SMS, cerca de R$\xa00,50)"
    assert in_words(found) == words
    assert in_words([]) == "nenhuma mensagem"

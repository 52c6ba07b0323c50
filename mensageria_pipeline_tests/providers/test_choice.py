"""A provider gets messages of its own channels and addresses of its own kinds: what else is planned is refused."""

import pytest

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.tokens import TokenKind
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.providers.choice import accepted_kinds, check_providers
from mensageria_pipeline.providers.registry import PROVIDERS, capabilities_of
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench


def definition(**said: object) -> CampaignDefinition:
    return CampaignDefinition.model_validate(said)


@pytest.mark.parametrize(
    "said",
    [
        {"provider": "zenvia", "channel": "email"},
        {"provider": {"email": "zenvia"}},
        {"provider": {"sms": "zenvia", "push": "smtp"}},
        {"provider": {"whatsapp": "fcm"}},
    ],
)
def test_a_definition_that_asks_for_a_channel_the_provider_does_not_take_is_refused(said: dict[str, object]) -> None:
    """As soon as it is read, where it names the channel itself."""
    with pytest.raises(DefinitionError) as caught:
        check_providers("a", definition(**said))
    assert caught.value.key == "provider_takes_no_channel"


def test_the_sentence_says_who_takes_the_channel() -> None:
    """Which provider, which channel, and which providers can."""
    with pytest.raises(
        DefinitionError, match=r"email pelo provedor zenvia, que só aceita: sms.*: simulated, http, smtp"
    ):
        check_providers("a", definition(provider="zenvia", channel="email"))


@pytest.mark.parametrize(
    "said", [{"provider": "http", "channel": "whatsapp"}, {"provider": {"sms": "zenvia", "email": "smtp"}}, {}]
)
def test_what_a_provider_takes_is_no_trouble(said: dict[str, object]) -> None:
    """Neither is a definition that leaves the channel to the list."""
    check_providers("a", definition(**said))


def test_no_plan_is_made_of_addresses_for_another_provider(bench: Workbench) -> None:
    """A list of e-mails under a provider of SMS: nothing is planned, so nothing can leave."""
    bench.define("a", "provider: zenvia\ntemplate: {body: Oi}\n")
    bench.drop("a", "nome;email\nAna;ana@exemplo.com.br\n")
    with pytest.raises(DefinitionError, match="zenvia"):
        bench.prepare("a")
    assert not bench.layout.table(Asset.MESSAGES, "a").exists()


def test_push_tokens_are_judged_by_the_kinds_that_the_provider_names() -> None:
    """One list of kinds, in the capabilities; a provider that names none takes all, and no other channel is asked."""
    assert accepted_kinds("a", definition(provider="expo"), Channel.PUSH) == {TokenKind.EXPO}
    assert TokenKind.EXPO not in (accepted_kinds("a", definition(provider="fcm"), Channel.PUSH) or ())
    assert accepted_kinds("a", definition(provider="http"), Channel.PUSH) is None
    assert accepted_kinds("a", definition(provider="zenvia"), Channel.SMS) is None


def test_rows_with_tokens_of_another_provider_are_rejected(bench: Workbench) -> None:
    """Each with its reason; the others are planned."""
    bench.define("a", "provider: expo\ntemplate: {body: Oi}\n")
    bench.drop("a", "id;token\n1;ExponentPushToken[abc]\n2;cAbCdEfGhIjKlMnOpQrStU\n")
    bench.prepare("a")
    assert [row["address"] for row in bench.rows(Asset.MESSAGES, "a")] == ["ExponentPushToken[abc]"]
    assert [row["code"] for row in bench.rows(Asset.REJECTED_RECIPIENTS, "a")] == ["token_of_other_provider"]


def test_every_provider_says_what_it_takes_before_it_is_made() -> None:
    """Definitions are checked without settings."""
    for name in PROVIDERS:
        can = capabilities_of(name)
        assert can is not None, name
        assert can.channels, name

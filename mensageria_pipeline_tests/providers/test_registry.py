"""Adapters that other packages bring: found by entry point, held to the same rules, never in the way of our own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.providers.contract import ProviderConfig
from mensageria_pipeline.providers.registry import adapter_of, create_provider, known_providers
from mensageria_pipeline.settings import Settings, load_settings
from mensageria_pipeline_tests.fakes.packages import installed
from mensageria_pipeline_tests.workbench import Workbench

ADAPTER = """
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.providers.contract import Capabilities
from mensageria_pipeline.providers.verdict import Result, Verdict

class Acme:
    name = "acme"
    credential = "x"
    capabilities = Capabilities(Mode.LIVE, 1)

    @classmethod
    def create(cls, config):
        if not config.settings.others.get("ACME_TOKEN"):
            raise SettingsError("setting_missing", name="ACME_TOKEN", provider=cls.name)
        return cls()

    def refusal(self, message):
        return None

    async def send(self, messages):
        return [Result(message.message_id, Verdict.ACCEPTED) for message in messages]
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with an adapter, and one whose module does not load, as pip would install them."""
    points = {"acme": "acme_push:Acme", "broken": "acme_nothing:Acme", "http": "acme_push:Acme"}
    with installed(tmp_path / "site", monkeypatch, "acme_push", ADAPTER, points):
        yield


@pytest.mark.usefixtures("acme")
def test_another_packages_adapter_sends_a_campaign(bench: Workbench) -> None:
    """Named in the definition like any other; its own variables come from .env."""
    assert "acme" in known_providers()
    bench.define("a", "provider: acme\ntemplate: {body: Oi}\n")
    bench.drop("a")
    assert bench.run("a", others={"ACME_TOKEN": "segredo"}).tally.outcomes["accepted"] == 3


@pytest.mark.usefixtures("acme")
def test_it_says_what_it_misses_and_cannot_take_our_names() -> None:
    """A missing variable, a module that does not load, a name that is taken."""
    config = ProviderConfig(Settings(Path(), Path()))
    with pytest.raises(DefinitionError, match="pacote acme-push"):
        create_provider("broken", config)
    with pytest.raises(Exception, match="ACME_TOKEN"):
        create_provider("acme", config)
    assert adapter_of("http").__module__.startswith("mensageria_pipeline.")


def test_variables_of_other_packages_stay_secret(tmp_path: Path) -> None:
    """They are read from .env and shown nowhere."""
    (tmp_path / ".env").write_text("ACME_TOKEN=segredo-deles\nLOG_LEVEL=DEBUG\n", encoding="utf-8")
    settings = load_settings(tmp_path, {})
    assert settings.others == {"ACME_TOKEN": "segredo-deles"}
    assert "segredo-deles" not in repr(settings)
    assert "segredo-deles" in settings.secrets

"""Declared variables: read once, judged by their kind, named where they are missing, hidden where they are secret."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.providers.registry import declared_variables
from mensageria_pipeline.settings import Settings, kinds, load_settings
from mensageria_pipeline.settings.variables import Need, variable

SECRET = "segredo-9f8e"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcmeSettings:
    """Acme, of another package."""

    token: str = variable("ACME_TOKEN", kinds.KEY, need=Need.REQUIRED, is_secret=True)
    batch_size: int = variable("ACME_BATCH", kinds.whole(1, 50), default="20")
    file: Path | None = variable("ACME_FILE", kinds.PATH)


def test_an_adapter_of_another_package_declares_its_variables_as_ours_do(tmp_path: Path) -> None:
    """Read from `.env`; a path starts at the project's root, and what is not set has its default."""
    (tmp_path / ".env").write_text(f"ACME_TOKEN={SECRET}\nACME_FILE=chaves/acme.pem\n", encoding="utf-8")
    found = load_settings(tmp_path, {}).read(AcmeSettings, "acme")
    assert found == AcmeSettings(token=SECRET, file=tmp_path / "chaves/acme.pem")
    assert found.batch_size == 20
    assert SECRET not in repr(found)


def test_a_required_variable_that_is_missing_is_named() -> None:
    """Before the adapter is made."""
    with pytest.raises(SettingsError, match="ACME_TOKEN"):
        Settings(Path(), Path(), others={"ACME_TOKEN": " "}).read(AcmeSettings, "acme")


@pytest.mark.parametrize(
    "values",
    [
        {"DEFAULT_BATCH_SIZE": "501"},
        {"SMTP_PORT": "0"},
        {"SMTP_SECURITY": "ssl"},
        {"SMTP_HOST": "a host"},
        {"SMTP_FROM": "Loja"},
        {"SMS_WITHOUT_ACCENTS": "maybe"},
        {"SMS_PRICE": "caro"},
        {"ZENVIA_URL": "ftp://x"},
        {"FCM_URL": "h2c://"},
        {"EXPO_RATE_PER_SECOND": "nan"},
        {"API_KEY": "açúcar"},
        {"TIMEOUT_SECONDS": "0"},
        {"LOG_LEVEL": "LOUD"},
        {"LEDGER_URL": "postgres://x"},
        {"INPUT_MAX_COLUMNS": "x"},
        {"RECEIVER_TOKEN_ACME": "açúcar"},
        {"MENSAGERIA_ALLOWED_HOSTS": "a b"},
        {"MENSAGERIA_LANGUAGE": "fr"},
    ],
)
def test_a_value_that_is_none_stops_every_command_and_is_named(values: dict[str, str], tmp_path: Path) -> None:
    """Of the installation or of a provider, from the shell or from `.env`: nothing runs on a guess."""
    (name, text), *_ = values.items()
    with pytest.raises(SettingsError, match=name):
        load_settings(tmp_path, values, declared_variables())
    (tmp_path / ".env").write_text(f"{name}={text}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings(tmp_path, {}, declared_variables())
    assert "açúcar" not in caught.value.text()


def test_a_providers_variable_is_read_from_the_shell_too_and_the_rest_of_the_shell_is_not(tmp_path: Path) -> None:
    """What goes to sender processes is what was declared, and what `.env` says."""
    shell = {"ZENVIA_TOKEN": SECRET, "SMTP_HOST": "correio.loja.com.br", "AWS_SECRET_ACCESS_KEY": "x" * 20}
    (tmp_path / ".env").write_text("ZENVIA_TOKEN=outro-segredo\nACME_TOKEN=deles-segredo\n", encoding="utf-8")
    settings = load_settings(tmp_path, shell, declared_variables())
    assert settings.others == {
        "ACME_TOKEN": "deles-segredo",
        "ZENVIA_TOKEN": "outro-segredo",
        "SMTP_HOST": "correio.loja.com.br",
    }
    assert {"outro-segredo", "deles-segredo"} == set(settings.secrets)
    assert "segredo" not in repr(settings)

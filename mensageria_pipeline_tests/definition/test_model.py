"""Definitions: what may be said, and how a mistake reads."""

import json
import re

import pytest

from mensageria_pipeline.contracts.columns import Channel, Role
from mensageria_pipeline.definition.fields import EXPECTED_BY_PATTERN
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.message import Template
from mensageria_pipeline.definition.model import SIMULATED, OnUnknown, Release, json_schema
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline_tests.workbench import Workbench

EVERYTHING = """
name: Boas-vindas
channel: email
provider: {email: http, sms: simulated}
template: {title: "Olá", body: "Oi {{ nome }}", data: {link: "https://exemplo/{{ id }}"}}
columns: {email: Contato principal}
rate_per_s: 50
one_message_per: address
on_unknown: hold
release: automatic
edition: 2
send_window: {not_before: 2026-12-01T09:00:00, hours: "09:00-20:00", weekdays: [mon, tue], timezone: America/Manaus}
cron: 0 9 * * mon-fri
simulation: {seed: 1, rejected: 0.1}
"""


def test_without_a_file_the_defaults_send_nothing_real(bench: Workbench) -> None:
    """The default provider is simulated, and a person releases."""
    definition = load_definition(bench.layout, "sem-arquivo")
    assert definition.provider == SIMULATED
    assert definition.release is Release.MANUAL
    assert definition.send_window.timezone == "America/Sao_Paulo"


def test_every_key_is_read(bench: Workbench) -> None:
    """What the documentation lists can be written."""
    definition = bench.define("tudo", EVERYTHING)
    assert definition.channel is Channel.EMAIL
    assert definition.provider_for("tudo", Channel.SMS) == SIMULATED
    assert definition.columns == {Role.EMAIL: "Contato principal"}
    assert definition.on_unknown is OnUnknown.HOLD
    assert definition.is_live


def test_a_template_can_live_in_its_own_file(bench: Workbench) -> None:
    """Several campaigns share a text."""
    bench.layout.templates_dir.mkdir(parents=True)
    (bench.layout.templates_dir / "boas.yaml").write_text("title: Oi\nbody: Olá\n", encoding="utf-8")
    assert bench.define("a", "template: boas\n").template == Template(title="Oi", body="Olá")
    with pytest.raises(DefinitionError, match="Existem: boas"):
        bench.define("b", "template: outra\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rate_per_s: rápido\n", ["rate_per_s", '"rápido"']),
        ("edition: 0\n", ["edition", "0", "≥ 1"]),
        ("release: talvez\n", ["release", '"talvez"', "manual", "automatic"]),
        ("chanel: push\n", ["chanel", "desconhecida", "channel"]),
        ("cron: todo dia\n", ["cron", "minuto hora"]),
        ("send_window: {timezone: Brasilia}\n", ["send_window.timezone", "America/Sao_Paulo"]),
        ("a: [1\nb: 2\n", ["YAML", "linha"]),
        ("- só\n- uma lista\n", ["chave: valor", "list"]),
    ],
)
def test_a_mistake_names_file_key_found_and_expected(bench: Workbench, text: str, words: list[str]) -> None:
    """The person who wrote the file can mend it from the sentence alone."""
    with pytest.raises(DefinitionError) as error:
        bench.define("errada", text)
    for word in ["errada.yaml", *words]:
        assert word in str(error.value), str(error.value)


def test_a_mistake_in_a_template_does_not_quote_it(bench: Workbench) -> None:
    """Message texts may hold personal data."""
    with pytest.raises(DefinitionError) as error:
        bench.define("errada", "template: {title: segredo, body: ''}\n")
    assert "segredo" not in str(error.value)


def test_a_provider_missing_for_a_channel_is_named(bench: Workbench) -> None:
    """Nothing falls back to another provider by accident."""
    definition = bench.define("a", "provider: {email: http}\n")
    with pytest.raises(DefinitionError, match="canal sms"):
        definition.provider_for("a", Channel.SMS)


def test_the_schema_knows_every_key() -> None:
    """Editors complete what the program reads."""
    schema = json.loads(json_schema())
    assert {"name", "provider", "template", "send_window", "cron", "release"} <= schema["properties"].keys()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("send_window: {hours: 9h}", "09:00-20:00"),
        ("enrich: [{table: ../x.csv, key: id, columns: [a]}]", "cidades.csv"),
        ("email: {attachments: [a/b.png]}", "foto.png"),
        ("email: {unsubscribe: 'http://x'}", "https://"),
    ],
)
def test_every_form_says_what_to_write_instead(bench: Workbench, text: str, expected: str) -> None:
    """A file name that is wrong is not told to be an hour."""
    with pytest.raises(DefinitionError) as error:
        bench.define("a", text)
    assert expected in error.value.text()


def test_no_form_is_without_its_sentence() -> None:
    """Whoever adds a pattern adds what people are told."""
    patterns = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json_schema()))
    assert {json.loads(pattern) for pattern in patterns} <= set(EXPECTED_BY_PATTERN)

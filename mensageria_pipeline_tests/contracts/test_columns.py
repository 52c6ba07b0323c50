"""Columns are found under the names people use, and never guessed where it is not safe."""

import pytest

from mensageria_pipeline.contracts.columns import ALIASES, Channel, Role, recognize
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.errors import InputError


@pytest.mark.parametrize(
    ("headers", "role", "header"),
    [
        (["ID", "Endereço"], Role.ADDRESS, "Endereço"),
        (["id", "E-Mail"], Role.EMAIL, "E-Mail"),
        (["id", "Nº", "CELULAR "], Role.PHONE, "CELULAR "),
        (["user_id", "push token"], Role.ID, "user_id"),
        (["Channel", "address"], Role.CHANNEL, "Channel"),
        (["Nome Completo", "token"], Role.NAME, "Nome Completo"),
    ],
)
def test_usual_names_are_recognized(headers: list[str], role: Role, header: str) -> None:
    """Portuguese and English, in any case, with accents and separators."""
    assert recognize(headers, {}, None).header(role) == header


def test_aliases_are_unambiguous() -> None:
    """One header cannot play two roles."""
    names = [alias for aliases in ALIASES.values() for alias in aliases]
    assert len(names) == len(set(names))
    assert all(header_key(name) == name for name in names)


def test_the_address_column_decides_the_channel() -> None:
    """A list with only e-mails is an e-mail list."""
    assert recognize(["id", "email"], {}, None).default_channel is Channel.EMAIL
    assert recognize(["id", "telefone"], {}, None).default_channel is Channel.SMS
    assert recognize(["id", "token"], {}, None).default_channel is Channel.PUSH
    assert recognize(["id", "endereco"], {}, None).default_channel is None
    assert recognize(["id", "telefone"], {}, Channel.WHATSAPP).default_channel is Channel.WHATSAPP


def test_a_base_without_address_says_what_it_has() -> None:
    """The refusal teaches: what is needed, and what there is."""
    with pytest.raises(InputError, match=r"endereco, token, email, telefone.*Ela tem: nome, cpf"):
        recognize(["nome", "cpf"], {}, None)


def test_two_candidates_are_not_guessed() -> None:
    """Telefone or celular? Only a person knows."""
    with pytest.raises(InputError, match="telefone, celular"):
        recognize(["telefone", "celular"], {}, None)
    with pytest.raises(InputError, match="vários canais"):
        recognize(["email", "telefone"], {}, None)
    assert recognize(["email", "telefone"], {}, Channel.EMAIL).header(Role.EMAIL) == "email"


def test_the_definition_decides_where_names_do_not() -> None:
    """`columns:` beats the usual names."""
    mapping = {Role.PHONE: "celular"}
    assert recognize(["telefone", "celular"], mapping, None).header(Role.PHONE) == "celular"
    with pytest.raises(InputError, match=r"columns: telefone: fone2.*Ela tem: nome, email"):
        recognize(["nome", "email"], {Role.PHONE: "fone2"}, None)

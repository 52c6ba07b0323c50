"""Which column of a base plays which role, under the usual Portuguese and English headers.

Headers are compared without case, accents, spaces, underscores and punctuation. `columns:` in the
campaign's definition decides where the names do not.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.texts import say


class Channel(StrEnum):
    PUSH = "push"
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    WEBHOOK = "webhook"


class Role(StrEnum):
    """What a column is for. The last five are address columns."""

    ORIGIN = "linha_original"
    ID = "id"
    CPF = "cpf"
    CNPJ = "cnpj"
    NAME = "nome"
    CHANNEL = "canal"
    ADDRESS = "endereco"
    TOKEN = "token"  # noqa: S105 - a column's role, not a secret
    EMAIL = "email"
    PHONE = "telefone"
    URL = "url"


ALIASES: dict[Role, tuple[str, ...]] = {
    Role.ORIGIN: ("linhaoriginal",),
    Role.ID: (
        "id",
        "idcliente",
        "idusuario",
        "clienteid",
        "userid",
        "customerid",
        "codigo",
        "codcliente",
        "codigocliente",
        "matricula",
        "identificador",
        "externalid",
    ),
    Role.CPF: ("cpf", "numerocpf", "cpfcliente", "cpfcnpj"),
    Role.CNPJ: ("cnpj", "numerocnpj", "cnpjcliente", "cnpjempresa"),
    Role.NAME: (
        "nome",
        "name",
        "nomecompleto",
        "nomecliente",
        "nomedocliente",
        "fullname",
        "primeironome",
        "firstname",
    ),
    Role.CHANNEL: ("canal", "channel", "canaldeenvio", "meio"),
    Role.ADDRESS: ("endereco", "address", "enderecodeenvio", "destino", "destinatario", "recipient"),
    Role.TOKEN: (
        "token",
        "pushtoken",
        "tokenpush",
        "devicetoken",
        "tokendispositivo",
        "fcmtoken",
        "fid",
        "registrationtoken",
    ),
    Role.EMAIL: ("email", "mail", "emailaddress", "enderecodeemail", "emailcliente", "correioeletronico"),
    Role.PHONE: (
        "telefone",
        "celular",
        "phone",
        "fone",
        "tel",
        "cel",
        "mobile",
        "whatsapp",
        "phonenumber",
        "telefonecelular",
        "numerocelular",
        "numerotelefone",
        "msisdn",
    ),
    Role.URL: ("webhook", "webhookurl", "urlwebhook"),
}

KNOWN_NAMES = frozenset(alias for aliases in ALIASES.values() for alias in aliases)
"""All of them, squeezed."""

REJECT_COLUMNS = ("erro", "sugestao", "linha_original")
"""What the workbook of rejected rows adds to the operator's own columns, and a correction brings back."""

REJECTS_SHEET = "Rejeitados"
"""The sheet of that workbook."""

CAMPAIGN_PROPERTY = "mensageria_campanha"
"""The document property in which it carries its campaign; spreadsheet programs keep it when they save."""

DERIVED = ("primeiro_nome", "ddd", "uf", "fuso_horario", "dominio_email")
"""Columns that templates and rules may use though no base has them: made of name, phone and e-mail."""

ADDRESS_ROLES = (Role.ADDRESS, Role.TOKEN, Role.EMAIL, Role.PHONE, Role.URL)

ROLE_OF_CHANNEL: dict[Channel, Role] = {
    Channel.PUSH: Role.TOKEN,
    Channel.EMAIL: Role.EMAIL,
    Channel.SMS: Role.PHONE,
    Channel.WHATSAPP: Role.PHONE,
    Channel.WEBHOOK: Role.URL,
}
CHANNEL_ALIASES: dict[str, Channel] = {
    "push": Channel.PUSH,
    "app": Channel.PUSH,
    "notificacao": Channel.PUSH,
    "email": Channel.EMAIL,
    "mail": Channel.EMAIL,
    "sms": Channel.SMS,
    "torpedo": Channel.SMS,
    "whatsapp": Channel.WHATSAPP,
    "zap": Channel.WHATSAPP,
    "wpp": Channel.WHATSAPP,
    "webhook": Channel.WEBHOOK,
    "url": Channel.WEBHOOK,
}


@dataclass(frozen=True, slots=True)
class Roles:
    """The header (as in the file) that plays each role, and the channel where no column and no definition says it."""

    headers: Mapping[Role, str]
    default_channel: Channel | None
    """None: each row's channel is read from its channel column, or from the form of its address."""

    def header(self, role: Role) -> str | None:
        return self.headers.get(role)


def recognize(
    headers: Sequence[str],
    mapping: Mapping[Role, str],
    channel: Channel | None,
    empty: Collection[str] = (),
) -> Roles:
    """Give each role its column. A column that is `empty` in the whole list is no address column beside others.

    Raises InputError when there is no address column, when two columns claim one address role, when
    `mapping` names a column that is not there, or when nothing says which of several channels is meant.
    """
    found = find_roles(headers, mapping, empty)
    addresses = [role for role in ADDRESS_ROLES if role in found]
    if not addresses:
        raise InputError("no_address_column", found=_listed(headers))
    if Role.CHANNEL in found or channel:
        return Roles(found, channel)
    return Roles(found, _only_channel(found, [role for role in addresses if found[role] not in empty] or addresses))


def find_roles(headers: Sequence[str], mapping: Mapping[Role, str], empty: Collection[str] = ()) -> dict[Role, str]:
    """The column of each role that has one. Raises InputError when two columns claim an address role, or when `mapping`
    names a column that is not there."""
    return {role: header for role in Role if (header := _header_of(role, headers, mapping, empty))}


def _header_of(role: Role, headers: Sequence[str], mapping: Mapping[Role, str], empty: Collection[str]) -> str | None:
    if role in mapping:
        wanted = mapping[role]
        for header in headers:
            if header_key(header) == header_key(wanted):
                return header
        raise InputError("mapped_column_missing", role=role.value, wanted=wanted, found=_listed(headers))
    taken = {header_key(header) for header in mapping.values()}
    rivals = [
        header for header in headers if bare_key(header, headers) in ALIASES[role] and header_key(header) not in taken
    ]
    if len(rivals) > 1 and role in ADDRESS_ROLES:
        rivals = [header for header in rivals if header not in empty] or rivals[:1]
    if len(rivals) > 1 and role in ADDRESS_ROLES:
        raise InputError("ambiguous_column", role=role.value, found=_listed(rivals))
    by_name = {bare_key(header, headers): header for header in reversed(rivals)}
    return next((by_name[alias] for alias in ALIASES[role] if alias in by_name), None)


def bare_key(header: str, headers: Sequence[str]) -> str:
    """The squeezed name; of a repeated header, in whatever case, without the number that tells it from the first."""
    name = re.sub(r"_\d+$", "", header)
    return header_key(name if name.casefold() in map(str.casefold, headers) else header)


def _only_channel(found: Mapping[Role, str], addresses: Sequence[Role]) -> Channel | None:
    """The channel that the only kind of address column implies; None for the generic `endereco` alone."""
    kinds = [role for role in addresses if role is not Role.ADDRESS]
    if len(addresses) > 1:
        raise InputError("ambiguous_channel", found=_listed([found[role] for role in addresses]))
    implied = {
        Role.TOKEN: Channel.PUSH,
        Role.EMAIL: Channel.EMAIL,
        Role.PHONE: Channel.SMS,
        Role.URL: Channel.WEBHOOK,
    }
    return implied[kinds[0]] if kinds else None


def _listed(headers: Sequence[str]) -> str:
    """Headers for a sentence; a first line that holds data instead of headers is said to."""
    shown = shown_headers(headers)
    text = ", ".join(shown) or "—"
    return text if shown == [h for h in headers if h] else f"{text} ({say('first_line_is_data')})"

"""Who somebody is: the ids, documents and addresses a person is known by, normalized as the lists' are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

import pandas as pd

from mensageria_pipeline.contracts.clean_text import key_text
from mensageria_pipeline.contracts.columns import ADDRESS_ROLES, ALIASES, Channel, Role, bare_key
from mensageria_pipeline.contracts.messages import address_key, person_key
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.ledger.suppressions import Subject
from mensageria_pipeline.recipients.addresses import judge_addresses
from mensageria_pipeline.recipients.frames import without_scheme
from mensageria_pipeline.recipients.identities import (
    clean_keys,
    cnpj_is_valid,
    cpf_is_valid,
    ids_of,
    restored_cnpj,
    restored_cpf,
)

_JUDGE_OF: Mapping[Role, Channel] = {
    Role.EMAIL: Channel.EMAIL,
    Role.PHONE: Channel.WHATSAPP,
    Role.TOKEN: Channel.PUSH,
    Role.URL: Channel.WEBHOOK,
}
"""By whose rules an address is normalized: those of WhatsApp take every phone, landlines too."""
_CHANNELS_OF: Mapping[Role, Sequence[Channel]] = {
    Role.EMAIL: (Channel.EMAIL,),
    Role.PHONE: (Channel.SMS, Channel.WHATSAPP),
    Role.TOKEN: (Channel.PUSH,),
    Role.URL: (Channel.WEBHOOK,),
}
_TOKEN = 20
"""Length from which a text is no word but a push token."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a person is known by. Personal: out of `repr`."""

    people: Sequence[str]
    """Ids, CPFs and CNPJs."""
    addresses: Sequence[tuple[Role, str]]

    @property
    def is_anybody(self) -> bool:
        return bool(self.people or self.addresses)

    @property
    def kinds(self) -> list[str]:
        """What it could be read as: id, document and the roles of its addresses."""
        people = (["document"] if any(map(is_document, self.people)) else []) + (["id"] if self.people else [])
        return people + [role.name.lower() for role, _ in self.addresses]

    @property
    def unmistakable(self) -> "Known":
        """Without what may be any word: a cell that says so, in whatever column, names this person."""
        sure = tuple((role, text) for role, text in self.addresses if role is not Role.TOKEN or len(text) >= _TOKEN)
        return Known(tuple(name for name in self.people if is_document(name)), sure)

    def is_same(self, other: "Known") -> bool:
        """True where both share a document or an address; ids alone are too short to tell."""
        documents = {name for name in self.people if is_document(name)}
        return bool(documents.intersection(other.people) or set(self.addresses).intersection(other.addresses))

    def is_mentioned(self, cells: Iterable[str]) -> bool:
        """True where a cell has one of the documents or addresses inside it."""
        texts = [name.lower() for name in (*self.people, *(address for _, address in self.addresses))]
        return any(text in cell.lower() for cell in cells for text in texts)

    def __repr__(self) -> str:
        return f"Known({len(self.people)} people, {len(self.addresses)} addresses)"


@dataclass(frozen=True, slots=True)
class Keys:
    """Keyed hashes of what a person is known by, as suppression lists hold them."""

    key: bytes

    def of(self, known: Known, channels: Sequence[Channel]) -> Iterator[tuple[str, Subject, Channel]]:
        """One per channel that somebody could be messaged on, among `channels`."""
        for role, address in known.addresses:
            for channel in _CHANNELS_OF[role]:
                if channel in channels:
                    yield address_key(self.key, channel.value, address), Subject.ADDRESS, channel
        for person in known.people:
            for channel in channels:
                yield person_key(self.key, channel.value, person), Subject.PERSON, channel


def is_document(name: str) -> bool:
    return cpf_is_valid(name) or cnpj_is_valid(name)


def roles_of(headers: Sequence[str], mapping: Mapping[Role, str] = MappingProxyType({})) -> dict[Role, Sequence[str]]:
    """Every column that a person is known by, under each role it could have; `mapping` as in a definition."""
    found: dict[Role, Sequence[str]] = {}
    for role in (Role.ID, Role.CPF, Role.CNPJ, *ADDRESS_ROLES):
        names = {header_key(mapping[role])} if role in mapping else set(ALIASES[role])
        columns = [header for header in headers if {header_key(header), bare_key(header, headers)} & names]
        if columns:
            found[role] = columns
    return found


def known_of(cells: pd.DataFrame, roles: Mapping[Role, Sequence[str]]) -> list[Known]:
    """What each row's person is known by. `cells` holds trimmed text; `roles` names the columns of each role."""
    people: list[list[str]] = [[] for _ in range(len(cells))]
    addresses: list[list[tuple[Role, str]]] = [[] for _ in range(len(cells))]
    for role, header in ((role, header) for role, headers in roles.items() for header in headers):
        if role in {Role.ID, Role.CPF, Role.CNPJ}:
            names = ids_of(cells[header]) if role is Role.ID else _documents(cells[header], role)
            for person, name in zip(people, names.tolist(), strict=True):
                person.extend([name] if name else [])
        else:
            for address, found in zip(addresses, _addresses(cells[header], role), strict=True):
                address.extend(found)
    return [Known(tuple(person), tuple(address)) for person, address in zip(people, addresses, strict=True)]


def known_as(text: str) -> Known:
    """Everything that one text, typed by a person, may be: an e-mail or a URL, or else an id, a document, a phone, a
    token: of those nobody can tell by sight."""
    typed = key_text(text)
    cell = pd.Series([typed], dtype="str")
    for role in (Role.EMAIL, Role.URL):
        if found := _addresses(cell, role)[0]:
            return Known((), tuple(found))
    document = _documents(cell, Role.CPF).iloc[0]
    names = tuple(dict.fromkeys(name for name in (typed, document) if name))
    return Known(names, tuple(_addresses(cell, Role.PHONE)[0] + _addresses(cell, Role.TOKEN)[0]))


def _documents(raw: "pd.Series[str]", role: Role) -> "pd.Series[str]":
    """CPFs and CNPJs whose digits are right; empty for other text."""
    restored = restored_cnpj(raw) if role is Role.CNPJ else restored_cpf(raw)
    return pd.Series([name if is_document(name) else "" for name in restored.tolist()], raw.index, "str")


def _addresses(raw: "pd.Series[str]", role: Role) -> list[list[tuple[Role, str]]]:
    """Per row its address, normalized; for the generic role whatever it has the form of."""
    if role is not Role.ADDRESS:
        found = judge_addresses(_JUDGE_OF[role], raw.where(raw != "", "-"))["address"]
        usable = raw != ""
        return [
            [(role, address)] if address and given else []
            for address, given in zip(found.tolist(), usable.tolist(), strict=True)
        ]
    raw = without_scheme(clean_keys(raw))
    forms = pd.Series([_form(text) for text in raw.tolist()], index=raw.index, dtype="str")
    columns = [_addresses(raw.where(forms == each.value, ""), each) for each in _JUDGE_OF]
    return [list(chain.from_iterable(found)) for found in zip(*columns, strict=True)]


def _form(text: str) -> Role:
    if text.startswith(("http://", "https://")):
        return Role.URL
    if "@" in text and not text.startswith("{"):
        return Role.EMAIL
    digits = sum(letter.isdigit() for letter in text)
    return Role.PHONE if digits >= 10 and not any(letter.isalpha() for letter in text) else Role.TOKEN

"""Which column of an opt-out list says what, and what each of its rows means.

A list is read for whoever may be on it: a column that nobody mapped counts where it holds addresses, and a word that is
not understood narrows nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mensageria_pipeline.contracts.columns import ALIASES, CHANNEL_ALIASES, Channel, Role, bare_key
from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.contracts.partition import campaign_key, header_key
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN
from mensageria_pipeline.suppressions.identity import Known, known_of, roles_of
from mensageria_pipeline.suppressions.opt_out_phrases import asks_to_leave

_CAMPAIGN = frozenset({"campanha", "campaign"})
_ANSWER = frozenset({"mensagem", "resposta", "texto", "respostasms", "message", "reply", "answer", "conteudo"})
_ROLE_WORDS: Mapping[str, Role] = {
    "mail": Role.EMAIL,
    "correioeletronico": Role.EMAIL,
    "telefone": Role.PHONE,
    "celular": Role.PHONE,
    "fone": Role.PHONE,
    "phone": Role.PHONE,
    "mobile": Role.PHONE,
    "whats": Role.PHONE,
    "zap": Role.PHONE,
    "cpf": Role.CPF,
    "cnpj": Role.CNPJ,
    "token": Role.TOKEN,
}
"""What a header that is none of the usual ones has within: `telefone 2`, `e-mail do cliente`."""
_E_MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_WORDS = re.compile(r"[,;/+&|]|\s(?:e|and|ou|or)\s")


@dataclass(frozen=True, slots=True)
class ListRow:
    """Who a row means, and for what."""

    known: Known
    channels: Sequence[Channel]
    campaign: str


@dataclass(frozen=True, slots=True)
class ListColumns:
    """The columns of a list by what they are for."""

    roles: Mapping[Role, Sequence[str]]
    others: Sequence[str]
    """Whatever else the list has: an e-mail in there is somebody's."""
    channel: str | None
    campaign: str | None
    answer: str | None

    @classmethod
    def of(cls, headers: Sequence[str], file_name: str) -> "ListColumns":
        """Raises InputError for a list without a column that a person is known by."""
        keys = {header: bare_key(header, headers) for header in headers}

        def first(names: frozenset[str]) -> str | None:
            return next((header for header in headers if keys[header] in names), None)

        named = first(frozenset(ALIASES[Role.CHANNEL])), first(_CAMPAIGN), first(_ANSWER)
        roles = {role: list(columns) for role, columns in roles_of(headers).items()}
        known = {header for columns in roles.values() for header in columns} | {*named, None}
        for header in headers:
            role = next((role for word, role in _ROLE_WORDS.items() if word in keys[header]), None)
            if role and header not in known:
                roles.setdefault(role, []).append(header)
                known.add(header)
        if not roles:
            raise InputError("suppression_list_columns", file=file_name, found=", ".join(shown_headers(headers)) or "—")
        return cls(roles, [header for header in headers if header not in known], *named)

    @property
    def used(self) -> list[str]:
        """Every column once."""
        named = [header for headers in self.roles.values() for header in headers]
        marks = [name for name in (self.channel, self.campaign, self.answer) if name]
        return list(dict.fromkeys([*named, *self.others, *marks]))

    def wishes(self, cells: pd.DataFrame) -> list[bool]:
        """Which rows ask to leave: all of them, unless the list holds answers."""
        if self.answer is None:
            return [True] * len(cells)
        return [asks_to_leave(text) for text in cells[self.answer].tolist()]

    def rows(self, cells: pd.DataFrame) -> Iterator[ListRow]:
        """What each row says. `cells` holds trimmed text."""
        channels = cells[self.channel].tolist() if self.channel else [""] * len(cells)
        campaigns = cells[self.campaign].tolist() if self.campaign else [""] * len(cells)
        mails, names = self._stray_mails(cells)
        known = known_of(mails, {**self.roles, Role.EMAIL: [*self.roles.get(Role.EMAIL, ()), *names]})
        for each, channel, campaign in zip(known, channels, campaigns, strict=True):
            yield ListRow(each, _channels(channel), _campaign(campaign))

    def _stray_mails(self, cells: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
        """The cells, of the other columns only e-mails; and which of those have any."""
        found = {name: cells[name].where(cells[name].str.fullmatch(_E_MAIL), "") for name in self.others}
        found = {name: column for name, column in found.items() if (column != "").any()}
        return cells.assign(**found), list(found)


def _channels(text: str) -> Sequence[Channel]:
    """The channels that a cell names; all where it names none, says all, or says what is not understood."""
    words = [word for word in _WORDS.split(text.lower()) if word.strip()]
    meant = [CHANNEL_ALIASES.get(header_key(word)) for word in words]
    found = [channel for channel in meant if channel is not None]
    return found if found and len(found) == len(meant) else list(Channel)


def _campaign(name: str) -> str:
    """The key of a campaign's name; empty for all, and for what can be no campaign's name."""
    if header_key(name) in {"", "todas", "todos", "all", "geral", "qualquer"}:
        return EVERY_CAMPAIGN
    try:
        return campaign_key(name)
    except InputError:
        return EVERY_CAMPAIGN

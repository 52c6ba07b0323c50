"""Which column of an opt-out list says what, and what each of its rows means.

A list is read for whoever may be on it: a column that nobody mapped counts where it holds addresses, and a word that is
not understood narrows nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mensageria_pipeline.contracts.columns import ADDRESS_ROLES, ALIASES, CHANNEL_ALIASES, Channel, Role, bare_key
from mensageria_pipeline.contracts.partition import campaign_key, header_key
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN
from mensageria_pipeline.suppressions.identity import Known, known_of, roles_of
from mensageria_pipeline.suppressions.opt_out_phrases import asks_to_leave
from mensageria_pipeline.suppressions.spread import add_strays, spread, with_area_codes

_CAMPAIGN = frozenset({"campanha", "campaign"})
_SURE_ANSWER = frozenset({"resposta", "respostasms", "reply", "answer"})
_ANSWER = _SURE_ANSWER | {"mensagem", "texto", "message", "conteudo"}
_AREA = re.compile(r"ddd.*|codigo(?:de)?area|area")
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
    """Whatever else the list has: an address or a document in there is somebody's."""
    channel: str | None
    campaign: str | None
    areas: Sequence[str]
    answers: Sequence[str]
    is_sure_of_answers: bool
    """False where what looks like an answer may as well be what was sent, or a remark."""

    @classmethod
    def of(cls, headers: Sequence[str]) -> "ListColumns | None":
        """None for a list without a column that a person is known by."""
        keys = {header: bare_key(header, headers) for header in headers}

        def named(names: frozenset[str]) -> list[str]:
            return [header for header in headers if keys[header] in names]

        channel, campaign = (next(iter(named(names)), None) for names in (frozenset(ALIASES[Role.CHANNEL]), _CAMPAIGN))
        answers, areas = named(_ANSWER), [header for header in headers if _AREA.fullmatch(keys[header])]
        roles = {role: list(columns) for role, columns in roles_of(headers).items()}
        known = {header for columns in roles.values() for header in columns} | {channel, campaign, *areas, *answers}
        for header in headers:
            role = _role_of(keys[header])
            if role and header not in known:
                roles.setdefault(role, []).append(header)
                known.add(header)
        others = [header for header in headers if header not in known]
        is_sure = not answers or bool(named(_SURE_ANSWER))
        return cls(roles, others, channel, campaign, areas, answers, is_sure) if roles else None

    @property
    def used(self) -> list[str]:
        """Every column once."""
        named = [header for headers in self.roles.values() for header in headers]
        marks = [name for name in (self.channel, self.campaign, *self.areas, *self.answers) if name]
        return list(dict.fromkeys([*named, *self.others, *marks]))

    def wishes(self, cells: pd.DataFrame) -> list[bool]:
        """Which rows ask to leave: all of them, unless the list holds answers."""
        if not self.answers:
            return [True] * len(cells)
        texts = zip(*(cells[name].tolist() for name in self.answers), strict=True)
        return [any(map(asks_to_leave, each)) for each in texts]

    def rows(self, cells: pd.DataFrame) -> Iterator[ListRow]:
        """What each row says. `cells` holds trimmed text."""
        channels = cells[self.channel].tolist() if self.channel else [""] * len(cells)
        campaigns = cells[self.campaign].tolist() if self.campaign else [""] * len(cells)
        roles = {role: list(headers) for role, headers in self.roles.items()}
        if self.areas:
            cells = with_area_codes(cells, dict(self._with_areas(roles.get(Role.PHONE, ()))))
        cells = add_strays(spread(cells, roles), roles, self.others)
        for each, channel, campaign in zip(known_of(cells, roles), channels, campaigns, strict=True):
            yield ListRow(each, _channels(channel), _campaign(campaign))

    def _with_areas(self, phones: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each column of phones with its area codes: the n-th of both, or the only one."""
        for number, header in enumerate(phones):
            yield header, self.areas[min(number, len(self.areas) - 1)]


def _role_of(key: str) -> Role | None:
    """What a column may hold whose name is none of the usual ones."""
    bare = key.rstrip("0123456789")
    usual = (role for role in (*ADDRESS_ROLES, Role.CPF, Role.CNPJ) if bare in ALIASES[role])
    return next(usual, None) or next((role for word, role in _ROLE_WORDS.items() if word in key), None)


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

"""The address, channel and person of each row, normalized; and the first rule each row breaks.

Columns in and out are text; a rule is a vectorized mask with a code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from mensageria_pipeline.contracts.columns import CHANNEL_ALIASES, ROLE_OF_CHANNEL, Channel, Role, Roles
from mensageria_pipeline.contracts.names import squeezed
from mensageria_pipeline.contracts.recipients import PersonKind
from mensageria_pipeline.contracts.values import NULL_WORDS
from mensageria_pipeline.recipients.addresses import ROUNDED, constant, judge_addresses
from mensageria_pipeline.recipients.identities import is_cnpj, is_cpf, restored_cnpj, restored_cpf, whole
from mensageria_pipeline.recipients.rules import RowRule

_PHONE_FORM = r"\+?[\d\s().\-/]{10,24}"
_TOKEN_LENGTH = 20
"""From here on a text without spaces is a push token rather than a word."""
_LONGEST_NULL = max(map(len, NULL_WORDS))
TOKEN_KINDS: Mapping[str, frozenset[str]] = {
    "fcm": frozenset({"fid", "fcm_token", "other"}),
    "expo": frozenset({"expo"}),
}
"""Provider → the kinds of push token it takes; a provider that is not here takes all."""


@dataclass(frozen=True, slots=True)
class TextNeeds:
    """What the message's text asks of a base."""

    required: Sequence[str] = ()
    """Columns whose cells must not be empty."""
    used: Sequence[str] = ()
    """Columns whose values may fail to become text, such as an amount; empty when none can."""
    can_render: Callable[[Mapping[str, str], str], bool] = lambda _cells, _channel: True
    """Whether a row's cells, by column, become the text of a message on a channel."""
    columns: Sequence[str] = ()
    """All columns that the text uses."""


@dataclass(frozen=True, slots=True)
class Demands:
    """All that a campaign asks of one base's rows."""

    roles: Roles
    needs: TextNeeds = TextNeeds()
    rules: Sequence[RowRule] = ()
    surplus: Sequence[str] = ()
    """Columns beyond the header: a row with a value there has its cells out of place."""
    lookups: Mapping[str, str] = field(default_factory=dict)
    """Column that says whether a lookup table knew the row's key → the base's key column."""
    provider_of: Callable[[Channel], str] = lambda _channel: ""

    def columns(self) -> list[str]:
        """The columns that judging looks at, each once."""
        named = [*self.roles.headers.values(), *self.needs.required, *self.needs.used, *self.surplus]
        named += [*(rule.column for rule in self.rules), *self.lookups, *self.lookups.values()]
        return list(dict.fromkeys(named))


def trimmed(rows: pd.DataFrame) -> pd.DataFrame:
    """Cells without white space around them; empty ones, and words for nothing (NULL, #N/D), as empty text."""
    texts = rows.astype("str").fillna("")
    return pd.DataFrame({name: _without_null_words(texts[name].str.strip()) for name in texts.columns})


def _without_null_words(cells: "pd.Series[str]") -> "pd.Series[str]":
    is_short = cells.str.len() <= _LONGEST_NULL
    if not is_short.any():
        return cells
    return cells.mask(is_short & cells.str.lower().isin(NULL_WORDS), "")


def normalize(cells: pd.DataFrame, demands: Demands) -> pd.DataFrame:
    """Per row: channel, address, address_kind, person, person_kind, known_as, document, code, column, value and
    suggestion.

    `cells` holds trimmed columns. `code` is empty for a row that breaks no rule; `column` and `value` are the
    offending cell's. `address` is empty where there is none that a message could go to.
    """
    roles, needs = demands.roles, demands.needs
    judged = _addressed(cells, roles)
    for header in demands.surplus:
        _reject(judged, cells[header] != "", "extra_cells", header, cells[header])
    _judge_addresses(judged, demands.provider_of)
    judged["person_kind"], judged["known_as"] = _persons(cells, roles, judged)
    judged["document"] = _documents(cells, roles)
    judged["address"] = judged["address"].mask(judged["code"] != "", "")
    judged["person"] = judged["known_as"].where(judged["known_as"] != "", judged["address"])
    for known, key in demands.lookups.items():
        _reject(judged, cells[known] == "", "lookup_missing", key, cells[key])
    for header in needs.required:
        _reject(judged, cells[header] == "", "missing_field", header, cells[header])
    for rule in demands.rules:
        _reject(judged, ~rule.passes(cells[rule.column]), rule.code, rule.column, cells[rule.column], rule.expected)
    if needs.used:
        _reject(judged, _unrenderable(cells, judged, needs), "unrenderable", ", ".join(needs.used))
    return judged


def _unrenderable(cells: pd.DataFrame, judged: pd.DataFrame, needs: TextNeeds) -> "pd.Series[bool]":
    columns = [cells[header].tolist() for header in needs.used]
    rows = zip(judged["code"].tolist(), judged["channel"].tolist(), *columns, strict=True)
    return pd.Series(
        [
            not code and not needs.can_render(dict(zip(needs.used, values, strict=True)), channel)
            for code, channel, *values in rows
        ],
        index=cells.index,
    )


def _addressed(cells: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """Channel and raw address of each row, and the column the address came from."""
    generic = _column(cells, roles, Role.ADDRESS)
    channels = _channels(cells, roles, generic)
    empty = constant("", cells.index)
    column = constant(roles.header(Role.ADDRESS) or "", cells.index)
    judged = pd.DataFrame(
        {"channel": channels, "raw": generic, "address": empty, "address_kind": empty, "code": empty,
         "column": column, "value": empty, "suggestion": empty, "expected": empty}
    )  # fmt: skip
    forms = _channels_by_form(generic)
    fits = (generic != "") & ((forms != Channel.PUSH.value) | (generic.str.len() >= _TOKEN_LENGTH))
    fits &= ~((forms == Channel.PUSH.value) & generic.str.contains(r"\s", regex=True))
    forms = forms.mask((forms == Channel.SMS.value) & (channels == Channel.WHATSAPP.value), Channel.WHATSAPP.value)
    for name in channels.unique().tolist():
        if not name:
            continue
        role = ROLE_OF_CHANNEL[Channel(name)]
        header = roles.header(role)
        mask = channels == name
        if header is None:
            judged.loc[mask, "column"] = roles.header(Role.ADDRESS) or name
            continue
        # A general column fills in for the channel's own only with what surely is such an address.
        own = mask & ~((cells[header] == "") & fits & (forms == name)) if roles.header(Role.ADDRESS) else mask
        if own.all():
            judged["raw"], judged["column"] = cells[header], constant(header, cells.index)
            continue
        judged["raw"] = judged["raw"].mask(own, cells[header])
        judged["column"] = judged["column"].mask(own, header)
    unknown = channels == ""
    _reject(judged, unknown, "unknown_channel", roles.header(Role.CHANNEL) or "", _column(cells, roles, Role.CHANNEL))
    return judged


def _channels(cells: pd.DataFrame, roles: Roles, generic: "pd.Series[str]") -> "pd.Series[str]":
    """Each row's channel: its own column, else the default, else the form of its address; empty = unknown."""
    fallback = (
        constant(roles.default_channel.value, cells.index) if roles.default_channel else _channels_by_form(generic)
    )
    if roles.header(Role.CHANNEL) is None:
        return fallback
    named = _column(cells, roles, Role.CHANNEL)
    known: Mapping[str, str] = {
        value: CHANNEL_ALIASES[squeezed(value)].value if squeezed(value) in CHANNEL_ALIASES else ""
        for value in named.unique()
    }
    return named.map(known).astype("str").where(named != "", fallback)


def _channels_by_form(addresses: "pd.Series[str]") -> "pd.Series[str]":
    channels = constant(Channel.PUSH.value, addresses.index)
    forms = {
        Channel.SMS: addresses.str.fullmatch(_PHONE_FORM) | addresses.str.fullmatch(ROUNDED),
        Channel.EMAIL: addresses.str.contains("@", regex=False) & ~addresses.str.startswith("{"),
        Channel.WEBHOOK: addresses.str.match(r"https?://"),
    }
    for channel, matches in forms.items():
        channels[matches] = channel.value
    return channels


def _judge_addresses(judged: pd.DataFrame, provider_of: Callable[[Channel], str]) -> None:
    _reject(judged, (judged["channel"] != "") & (judged["raw"] == ""), "missing_address")
    is_open = judged["code"] == ""
    for name in judged.loc[is_open, "channel"].unique().tolist():
        channel = Channel(name)
        mask = is_open & (judged["channel"] == name)
        found = judge_addresses(channel, judged.loc[mask, "raw"])
        accepted = TOKEN_KINDS.get(provider_of(channel)) if channel is Channel.PUSH else None
        if accepted:
            foreign = (found["code"] == "") & ~found["kind"].isin(accepted)
            found.loc[foreign, "code"] = "token_of_other_provider"
        _take_over(judged, mask, found)
    del judged["raw"]


def _take_over(judged: pd.DataFrame, mask: "pd.Series[bool]", found: pd.DataFrame) -> None:
    names = {"address": "address", "address_kind": "kind", "suggestion": "suggestion", "code": "code"}
    if mask.all():
        for name, source in names.items():
            judged[name] = found[source]
    else:
        for name, source in names.items():
            judged.loc[mask, name] = found[source]
    broken = judged["code"] != ""
    judged["value"] = judged["value"].mask(broken & mask, judged["raw"])


def _reject(
    judged: pd.DataFrame,
    broken: "pd.Series[bool]",
    code: str,
    column: str | None = None,
    value: "pd.Series[str] | None" = None,
    expected: str = "",
) -> None:
    """Give `code` to the rows of `broken` that have broken no earlier rule."""
    first = broken & (judged["code"] == "")
    if not first.any():
        return
    judged.loc[first, "code"] = code
    if column is not None:
        judged.loc[first, "column"] = column
    if value is not None:
        judged.loc[first, "value"] = value[first]
    if expected:
        judged.loc[first, "expected"] = expected


def _persons(cells: pd.DataFrame, roles: Roles, judged: pd.DataFrame) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    """What each row's person is known by (id, else CPF, else CNPJ, else the address), and as; empty for the address.

    An identifier that lost its digits, or whose check digits are wrong, is nobody's: its row is rejected.
    """
    ids, kind = whole(_column(cells, roles, Role.ID)), constant(PersonKind.ADDRESS.value, cells.index)
    _reject(judged, ids.str.fullmatch(ROUNDED), "id_lost_digits", roles.header(Role.ID), ids)
    ids = ids.mask(ids.str.fullmatch("0+"), "")  # nobody's
    known_as = ids
    kind = kind.mask(ids != "", PersonKind.ID.value)
    for role, restored, is_valid, other in (
        (Role.CPF, restored_cpf, is_cpf, is_cnpj),
        (Role.CNPJ, restored_cnpj, is_cnpj, is_cnpj),
    ):
        header = roles.header(role)
        if header is None:
            continue
        used = (known_as == "") & (cells[header] != "")
        values = restored(cells[header].where(used, ""))
        wrong = used & ~(is_valid(values) | other(values))
        _reject(judged, wrong, "invalid_cpf" if role is Role.CPF else "invalid_cnpj", header, cells[header])
        known_as = known_as.where(~used, values)
        kind = kind.mask(used, PersonKind.CPF.value if role is Role.CPF else PersonKind.CNPJ.value)
    return kind, known_as


def _documents(cells: pd.DataFrame, roles: Roles) -> "pd.Series[str]":
    """The CPF and the CNPJ of each row, also of those known by an id; two are separated by a space."""
    found = constant("", cells.index)
    for role, restored in ((Role.CPF, restored_cpf), (Role.CNPJ, restored_cnpj)):
        header = roles.header(role)
        if header is not None:
            bare = restored(cells[header]).str.replace(r"\s", "", regex=True)
            found = (found + " " + bare).str.strip()
    return found


def _column(cells: pd.DataFrame, roles: Roles, role: Role) -> "pd.Series[str]":
    header = roles.header(role)
    return cells[header] if header else constant("", cells.index)

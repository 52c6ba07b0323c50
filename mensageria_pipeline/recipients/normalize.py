"""The address, channel and person of each row, normalized; and the first rule each row breaks.

Columns in and out are text; a rule is a vectorized mask with a code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mensageria_pipeline.contracts.columns import CHANNEL_ALIASES, ROLE_OF_CHANNEL, Channel, Role, Roles
from mensageria_pipeline.contracts.names import squeezed
from mensageria_pipeline.contracts.recipients import PersonKind

_EMAIL = r"[^@\s\"<>(),;:\\\[\]]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}"
_PHONE_FORM = r"\+?[\d\s().\-]{10,20}"
_ROUNDED = r"\d+(?:[.,]\d+)?[eE]\+?\d+"
MAX_ADDRESS_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class TextNeeds:
    """What the message's text asks of a base."""

    required: Sequence[str] = ()
    """Headers whose cells must not be empty."""
    used: Sequence[str] = ()
    """Headers whose values may fail to become text, such as an amount; empty when none can."""
    can_render: Callable[[Mapping[str, str], str], bool] = lambda _cells, _channel: True
    """Whether a row's cells, by header, become the text of a message on a channel."""


def normalize(rows: pd.DataFrame, roles: Roles, needs: TextNeeds) -> pd.DataFrame:
    """Per row: person, person_kind, channel, address, code, column, value.

    `rows` holds the operator's columns by header.
    `code` is empty for a row that breaks no rule; `column` and `value` are the offending cell's.
    """
    cells = rows.fillna("").astype("str").apply(lambda column: column.str.strip())
    judged = _addressed(cells, roles)
    _judge_addresses(judged)
    for header in needs.required:
        _reject(judged, cells[header] == "", "missing_field", header, cells[header])
    if needs.used:
        _reject(judged, _unrenderable(cells, judged, needs), "unrenderable", ", ".join(needs.used))
    judged["person"], judged["person_kind"], judged["known_as"] = _persons(cells, roles, judged["address"])
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
    judged = pd.DataFrame(
        {name: pd.Series("", index=cells.index, dtype="str") for name in ("address", "code", "column", "value")}
    )
    judged.insert(0, "channel", channels)
    for channel in Channel:
        mask = channels == channel.value
        specific_role = ROLE_OF_CHANNEL[channel]
        specific = _column(cells, roles, specific_role)
        own = mask & (specific != "")
        judged.loc[own, "address"], judged.loc[own, "column"] = (
            specific[own],
            roles.header(specific_role) or "",
        )
        rest = mask & ~own
        judged.loc[rest, "address"] = generic[rest]
        judged.loc[rest, "column"] = roles.header(Role.ADDRESS) or roles.header(specific_role) or channel.value
    header = roles.header(Role.CHANNEL) or ""
    unknown = channels == ""
    _reject(judged, unknown, "unknown_channel", header, _column(cells, roles, Role.CHANNEL))
    return judged


def _channels(cells: pd.DataFrame, roles: Roles, generic: "pd.Series[str]") -> "pd.Series[str]":
    """Each row's channel: its own column, else the default, else the form of its address; empty = unknown."""
    fallback = (
        pd.Series(roles.default_channel.value, index=cells.index, dtype="str")
        if roles.default_channel
        else _channels_by_form(generic)
    )
    named = _column(cells, roles, Role.CHANNEL)
    known: Mapping[str, str] = {
        value: CHANNEL_ALIASES[squeezed(value)].value if squeezed(value) in CHANNEL_ALIASES else ""
        for value in named.unique()
    }
    return named.map(known).astype("str").where(named != "", fallback)


def _channels_by_form(addresses: "pd.Series[str]") -> "pd.Series[str]":
    channels = pd.Series(Channel.PUSH.value, index=addresses.index, dtype="str")
    forms = {
        Channel.SMS: addresses.str.fullmatch(_PHONE_FORM) | addresses.str.fullmatch(_ROUNDED),
        Channel.EMAIL: addresses.str.contains("@", regex=False),
        Channel.WEBHOOK: addresses.str.match(r"https?://"),
    }
    for channel, matches in forms.items():
        channels[matches] = channel.value
    return channels


def _judge_addresses(judged: pd.DataFrame) -> None:
    raw = judged["address"].copy()
    has_channel = judged["channel"] != ""
    _reject(judged, has_channel & (raw == ""), "missing_address")
    _judge(judged, {Channel.EMAIL}, "invalid_email", raw.str.lower(), _is_email)
    phones = {Channel.SMS, Channel.WHATSAPP}
    rounded = judged["channel"].isin(phones) & raw.str.fullmatch(_ROUNDED)
    _reject(judged, rounded, "phone_lost_digits", value=raw)
    _judge(judged, phones, "invalid_phone", phone_e164(raw), lambda phone: phone != "")
    _judge(judged, {Channel.PUSH}, "invalid_token", raw, _is_token)
    _judge(judged, {Channel.WEBHOOK}, "invalid_url", raw, lambda url: url.str.match(r"https?://[^\s/]+"))


def _is_email(address: "pd.Series[str]") -> "pd.Series[bool]":
    return address.str.fullmatch(_EMAIL) & (address.str.len() <= 254)


def _is_token(token: "pd.Series[str]") -> "pd.Series[bool]":
    return ~token.str.contains(r"\s", regex=True) & (token.str.len() <= MAX_ADDRESS_LENGTH)


def phone_e164(raw: "pd.Series[str]") -> "pd.Series[str]":
    """Phones as +5511999998888; empty where the text is none. Idempotent.

    National numbers have area code and 8 or 9 digits; other countries need their leading +.
    """
    digits = raw.str.replace(r"\D", "", regex=True)
    foreign = raw.str.startswith("+") & ~digits.str.startswith("55") & digits.str.len().between(8, 15)
    national = digits.str.replace(r"^0+", "", regex=True).str.replace(r"^55(?=\d{10,11}$)", "", regex=True)
    brazilian = national.str.fullmatch(r"[1-9]{2}(?:9\d{8}|[2-8]\d{7})") & raw.str.fullmatch(_PHONE_FORM)
    return ("+" + digits).where(foreign, ("+55" + national).where(brazilian & ~foreign, ""))


def _judge(judged: pd.DataFrame, channels: set[Channel], code: str, address: "pd.Series[str]", is_valid) -> None:  # type: ignore[no-untyped-def]
    concerned = judged["channel"].isin({channel.value for channel in channels}) & (judged["code"] == "")
    raw = judged["address"].copy()
    judged.loc[concerned, "address"] = address[concerned]
    _reject(judged, concerned & ~is_valid(address), code, value=raw)


def _reject(
    judged: pd.DataFrame,
    broken: "pd.Series[bool]",
    code: str,
    column: str | None = None,
    value: "pd.Series[str] | None" = None,
) -> None:
    """Give `code` to the rows of `broken` that have broken no earlier rule."""
    first = broken & (judged["code"] == "")
    judged.loc[first, "code"] = code
    if column is not None:
        judged.loc[first, "column"] = column
    if value is not None:
        judged.loc[first, "value"] = value[first]


def _persons(
    cells: pd.DataFrame, roles: Roles, address: "pd.Series[str]"
) -> tuple["pd.Series[str]", "pd.Series[str]", "pd.Series[str]"]:
    """Who each row is about, what that is, and the same without the address: id, else CPF, else address."""
    ids, cpf = _column(cells, roles, Role.ID), restored_cpf(_column(cells, roles, Role.CPF))
    known_as = ids.where(ids != "", cpf)
    kind = pd.Series(PersonKind.ADDRESS.value, index=cells.index, dtype="str")
    kind[cpf != ""] = PersonKind.CPF.value
    kind[ids != ""] = PersonKind.ID.value
    return known_as.where(known_as != "", address), kind, known_as


def restored_cpf(raw: "pd.Series[str]") -> "pd.Series[str]":
    """CPFs as 11 digits, the leading zeros that Excel ate put back; other text stays as it is."""
    digits = raw.str.replace(r"[.\-\s/]", "", regex=True)
    is_number = digits.str.fullmatch(r"\d{1,11}")
    return digits.str.zfill(11).where(is_number, raw)


def _column(cells: pd.DataFrame, roles: Roles, role: Role) -> "pd.Series[str]":
    header = roles.header(role)
    return cells[header] if header else pd.Series("", index=cells.index, dtype="str")

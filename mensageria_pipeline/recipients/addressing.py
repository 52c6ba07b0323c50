"""Which address a row is reached at, on which channel, and what is wrong with it."""

from collections.abc import Callable, Collection, Mapping

import pandas as pd

from mensageria_pipeline.contracts.columns import CHANNEL_ALIASES, ROLE_OF_CHANNEL, Channel, Role, Roles
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.recipients.addresses import judge_addresses
from mensageria_pipeline.recipients.frames import constant, without_scheme
from mensageria_pipeline.recipients.identities import (
    ROUNDED,
    is_error,
)
from mensageria_pipeline.recipients.rejections import column_of, reject

AcceptedKinds = Callable[[Channel], Collection[str] | None]
"""Channel → the kinds of address that the campaign's provider takes there; None: all."""
_PHONE_FORM = r"\+?[\d\s().\-/]{10,24}"
_TOKEN_LENGTH = 20
"""From here on a text without spaces is a push token rather than a word."""


def addressed(cells: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """Channel and raw address of each row, and the column the address came from."""
    general = roles.header(Role.ADDRESS)
    generic = without_scheme(column_of(cells, roles, Role.ADDRESS))
    channels, empty = _channels(cells, roles, generic), constant("", cells.index)
    names = ("address", "address_kind", "code", "column", "value", "suggestion", "expected")
    judged = pd.DataFrame({"channel": channels, "raw": generic} | dict.fromkeys(names, empty))
    judged["column"] = constant(general or "", cells.index)
    forms = _forms(generic, channels)
    for name in filter(None, channels.unique().tolist()):
        header, mask = roles.header(ROLE_OF_CHANNEL[Channel(name)]), channels == name
        if header is None:
            judged.loc[mask, "column"] = general or name
            continue
        # A general column fills in for the channel's own only with what surely is such an address.
        own = mask & ~((cells[header] == "") & (forms == name)) if general else mask
        if own.all():
            judged["raw"], judged["column"] = cells[header], constant(header, cells.index)
            continue
        judged["raw"] = judged["raw"].mask(own, cells[header])
        judged["column"] = judged["column"].mask(own, header)
    channel_cells = column_of(cells, roles, Role.CHANNEL)
    reject(judged, channels == "", ReasonCode.UNKNOWN_CHANNEL, roles.header(Role.CHANNEL) or "", channel_cells)
    return judged


def _forms(generic: "pd.Series[str]", channels: "pd.Series[str]") -> "pd.Series[str]":
    """The channel whose form an address surely has; empty where that is not sure."""
    forms = _channels_by_form(generic)
    is_sure = (generic != "") & ((forms != Channel.PUSH.value) | (generic.str.len() >= _TOKEN_LENGTH))
    is_sure &= ~((forms == Channel.PUSH.value) & generic.str.contains(r"\s", regex=True))
    forms = forms.mask((forms == Channel.SMS.value) & (channels == Channel.WHATSAPP.value), Channel.WHATSAPP.value)
    return forms.where(is_sure, "")


def _channels(cells: pd.DataFrame, roles: Roles, generic: "pd.Series[str]") -> "pd.Series[str]":
    """Each row's channel: its own column, else the default, else the form of its address; empty = unknown."""
    fallback = (
        constant(roles.default_channel.value, cells.index) if roles.default_channel else _channels_by_form(generic)
    )
    if roles.header(Role.CHANNEL) is None:
        return fallback
    named = column_of(cells, roles, Role.CHANNEL)
    known: Mapping[str, str] = {
        value: CHANNEL_ALIASES[header_key(value)].value if header_key(value) in CHANNEL_ALIASES else ""
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


def judge_all(judged: pd.DataFrame, accepted_kinds: AcceptedKinds) -> None:
    reject(judged, (judged["channel"] != "") & (judged["raw"] == ""), ReasonCode.MISSING_ADDRESS)
    reject(judged, is_error(judged["raw"]), ReasonCode.ERROR_KEY, value=judged["raw"])
    is_open = judged["code"] == ""
    for name in judged.loc[is_open, "channel"].unique().tolist():
        channel = Channel(name)
        mask = is_open & (judged["channel"] == name)
        found = judge_addresses(channel, judged.loc[mask, "raw"])
        accepted = accepted_kinds(channel)
        if accepted is not None:
            foreign = (found["code"] == "") & ~found["kind"].isin(list(accepted))
            found.loc[foreign, "code"] = ReasonCode.TOKEN_OF_OTHER_PROVIDER
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

"""Whose answer it is: an address as a provider writes it, as the keyed hash that suppression lists hold."""

import pandas as pd

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import address_key
from mensageria_pipeline.recipients.addresses import judge_addresses

_PHONES = {Channel.SMS, Channel.WHATSAPP}


def address_key_of(key: bytes, channel: str | None, address: str | None) -> str:
    """The key of an address on a channel; empty where there is none, or none that can be read."""
    if not channel or not address:
        return ""
    is_phone = channel in _PHONES
    written = f"+{address.lstrip('+')}" if is_phone and address.lstrip("+").isdigit() else address
    # WhatsApp's rules take every phone, landlines too.
    judged = judge_addresses(Channel.WHATSAPP if is_phone else Channel(channel), pd.Series([written], dtype="str"))
    found = str(judged["address"].iloc[0])
    return address_key(key, channel, found) if found else ""

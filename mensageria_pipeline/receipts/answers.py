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
    if channel not in _PHONES:
        candidates, judge = [address], Channel(channel)
    else:
        # Providers write 5511987654321, some without the 55, some as before the ninth digit.
        digits = address.lstrip("+")
        candidates, judge = [f"+{digits}", f"+55{digits}", digits.removeprefix("55")], Channel.WHATSAPP
    judged = judge_addresses(judge, pd.Series(candidates, dtype="str"))["address"].tolist()
    found = next((each for each in judged if each), "")
    return address_key(key, channel, found) if found else ""

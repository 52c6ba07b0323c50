"""Which message a test goes out with: one of the campaign's own, to an address of whoever tests."""

import pandas as pd

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.providers.contract import Provider
from mensageria_pipeline.recipients.addresses import judge_addresses
from mensageria_pipeline.sending.request_preview import first_messages
from mensageria_pipeline.services.dry_run import DryRun, providers_of
from mensageria_pipeline.services.project import Project

_LOOKED_THROUGH = 1_000
"""Messages among which a test's row is looked for, on each channel."""


def channel_of(address: str) -> Channel:
    """The channel that an address looks like one of."""
    if address.startswith(("http://", "https://")):
        return Channel.WEBHOOK
    if "@" in address:
        return Channel.EMAIL
    return Channel.SMS if sum(c.isdigit() for c in address) >= 10 and len(address) <= 24 else Channel.PUSH


def address_to_test(channel: Channel, given: str) -> str:
    """An address as it is sent to. Raises InputError for one that is none of its channel."""
    address = str(judge_addresses(channel, pd.Series([given.strip()], dtype="str"))["address"].iloc[0])
    if not address:
        raise InputError("trial_address", channel=channel.value)
    return address


def message_to_test(project: Project, prepared: DryRun, channel: Channel, row: int = 1) -> tuple[Message, Provider]:
    """The message to test with, counted from 1 among those of the channel, and the adapter that sends it.

    Raises InputError where there is none, and SettingsError where its provider cannot be made.
    """
    looked = first_messages(prepared.plan, max(row, _LOOKED_THROUGH))
    found = [(message, name) for message, name, _ in looked if message.channel == channel]
    if len(found) < row:
        raise InputError("trial_no_message", channel=channel.value, count=len(found))
    message, name = found[row - 1]
    providers, missing = providers_of(project, prepared.partition.key, prepared.definition)
    if name not in providers:
        raise missing[0]
    return message, providers[name]

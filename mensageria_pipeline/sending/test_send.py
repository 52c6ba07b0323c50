"""One marked test message through the real provider, recorded apart from the campaign's results.

A test is sent once: whatever comes back is told, and nothing is tried again.
"""

import asyncio
import contextlib
import secrets
import time
from datetime import UTC, datetime

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode, address_key
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.test_sends import TestSend
from mensageria_pipeline.providers.contract import Provider
from mensageria_pipeline.providers.refusal import refuser_for
from mensageria_pipeline.providers.verdict import Result
from mensageria_pipeline.sending.sender import open_sender

MARK = "[TESTE] "


def send_test(ledger: Ledger, provider: Provider, campaign: str, message: Message, timeout_s: float) -> TestSend:
    """Send one test; `message` is as the campaign would send it, under the address to test with.

    Raises InputError where that address must not be messaged or the provider cannot take the message; LedgerError,
    before anything leaves, where it cannot be written down.
    """
    key = address_key(ledger.key, message.channel, message.address)
    mode = provider.capabilities.mode
    forbidden = ledger.suppressions.suppression_set(mode, campaign.partition("--")[0]).addresses.get(key)
    if forbidden and mode is Mode.LIVE:
        raise InputError("trial_suppressed", code=forbidden)
    test = _marked(message)._replace(message_id=secrets.token_hex(16), address_key=key)
    if refusal := test.problem or refuser_for(provider)(test):
        raise InputError("trial_refused", code=refusal)
    test_send = TestSend(test.message_id, campaign, test.channel, provider.name, key, datetime.now(UTC))
    ledger.test_sends.begin(test_send)
    started = time.monotonic()
    result = asyncio.run(_send(provider, test, timeout_s))
    ledger.test_sends.finish(
        test_send.test_send_id,
        verdict=result.verdict.value,
        code=result.code or "",
        provider_message_id=result.provider_message_id or "",
        latency_ms=(time.monotonic() - started) * 1000,
        cost=result.cost,
    )
    return next(each for each in ledger.test_sends.of(campaign) if each.test_send_id == test_send.test_send_id)


def _marked(message: Message) -> Message:
    """So that nobody takes it for the real one."""
    if message.title or message.channel == Channel.EMAIL:
        return message._replace(title=MARK + message.title)
    return message._replace(body=MARK + message.body)


async def _send(provider: Provider, message: Message, timeout_s: float) -> Result:
    async with contextlib.AsyncExitStack() as stack:
        send = await open_sender(provider, timeout_s, stack)
        (result,) = await send([message])
    return result

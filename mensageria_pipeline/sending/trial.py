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
from mensageria_pipeline.sending.ledger import Ledger
from mensageria_pipeline.sending.ledger.trials import Trial
from mensageria_pipeline.sending.providers.contract import Provider, Result
from mensageria_pipeline.sending.sender import open_way

MARK = "[TESTE] "


def send_trial(ledger: Ledger, provider: Provider, campaign: str, message: Message, timeout_s: float) -> Trial:
    """Send one test; `message` is as the campaign would send it, under the address to test with.

    Raises InputError where that address must not be messaged or the provider cannot take the message; LedgerError,
    before anything leaves, where it cannot be written down.
    """
    key = address_key(ledger.key, message.channel, message.address)
    mode = provider.capabilities.mode
    forbidden = ledger.suppressions.forbidden(mode, campaign.partition("--")[0]).addresses.get(key)
    if forbidden and mode is Mode.LIVE:
        raise InputError("trial_suppressed", code=forbidden)
    test = _marked(message)._replace(message_id=secrets.token_hex(16), address_key=key)
    if refusal := test.problem or provider.refusal(test):
        raise InputError("trial_refused", code=refusal)
    trial = Trial(test.message_id, campaign, test.channel, provider.name, key, datetime.now(UTC))
    ledger.trials.begin(trial)
    started = time.monotonic()
    result = asyncio.run(_send(provider, test, timeout_s))
    ledger.trials.finish(
        trial.trial_id, verdict=result.verdict.value, code=result.code or "",
        provider_message_id=result.provider_message_id or "", latency_ms=(time.monotonic() - started) * 1000,
        cost=result.cost,
    )  # fmt: skip
    return next(each for each in ledger.trials.of(campaign) if each.trial_id == trial.trial_id)


def _marked(message: Message) -> Message:
    """So that nobody takes it for the real one."""
    if message.title or message.channel == Channel.EMAIL:
        return message._replace(title=MARK + message.title)
    return message._replace(body=MARK + message.body)


async def _send(provider: Provider, message: Message, timeout_s: float) -> Result:
    async with contextlib.AsyncExitStack() as stack:
        send = await open_way(provider, timeout_s, stack)
        (result,) = await send([message])
    return result

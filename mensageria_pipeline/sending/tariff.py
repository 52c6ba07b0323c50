"""What messages cost: as their provider knows it, else by the price that the campaign's definition names."""

from collections.abc import Awaitable, Callable, Sequence

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.providers.contract import Price, Pricing, Provider
from mensageria_pipeline.providers.sms_text import measure
from mensageria_pipeline.providers.verdict import Result, Verdict

Send = Callable[[Sequence[Message]], Awaitable[list[Result]]]


def price_of(message: Message, provider: Provider | None, definition: CampaignDefinition) -> Price | None:
    """What one message costs; None where neither its provider (None: its settings are incomplete) nor the definition
    bills it."""
    named = definition.price_of(Channel(message.channel))
    if isinstance(provider, Pricing):
        price = provider.price(message)
        return price if named is None else price._replace(cost=round(price.parts * named, 6))
    if named is None:
        return None
    if message.channel != Channel.SMS:
        return Price(1, "", named)
    length = measure(message.body)
    return Price(length.segments, length.encoding, round(length.segments * named, 6))


def priced(send: Send, provider: Provider, definition: CampaignDefinition) -> Send:
    """`send`, whose accepted messages come with what they cost. As it is where the definition names no price, or
    where nothing is sent."""
    if definition.price is None or provider.capabilities.mode is not Mode.LIVE:
        return send

    async def send_and_price(messages: Sequence[Message]) -> list[Result]:
        results = await send(messages)
        by_id = {message.message_id: message for message in messages}
        return [_with_cost(result, by_id.get(result.message_id)) for result in results]

    def _with_cost(result: Result, message: Message | None) -> Result:
        if message is None or result.verdict is not Verdict.ACCEPTED:
            return result
        price = price_of(message, provider, definition)
        return result if price is None else result._replace(cost=price.cost)

    return send_and_price

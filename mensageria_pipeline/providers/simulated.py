"""The simulated provider: nothing leaves this machine.

Every draw comes from the seed, the message and the attempt, so that a run can be repeated exactly. A dead
address is dead for every campaign with the same seed.
"""

import asyncio
import hashlib
import math
from collections.abc import Sequence
from typing import ClassVar

from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.definition.message import Simulation
from mensageria_pipeline.definition.model import SIMULATED
from mensageria_pipeline.providers.contract import Capabilities, ProviderConfig, RetryPolicy, SecondCopy
from mensageria_pipeline.providers.verdict import Result, Verdict


class SimulatedProvider:
    name = SIMULATED
    settings: ClassVar = ()
    capabilities = Capabilities(
        mode=Mode.SIMULATED,
        batch_size=1,
        second_copy=SecondCopy.IGNORED,  # of nothing
        retry=RetryPolicy(first_s=0.05, floor_s=0.01, ceiling_s=1.0, give_up_s=60),
    )

    credential = ""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    @classmethod
    def create(cls, config: ProviderConfig) -> "SimulatedProvider":
        return cls(config.definition.simulation)

    def refusal(self, message: Message) -> str | None:  # noqa: ARG002 - it takes everything
        return None

    async def send(self, messages: Sequence[Message]) -> list[Result]:
        results = [self._judge(message) for message in messages]
        await asyncio.sleep(max(self._latency_s(message) for message in messages))
        return results

    def _judge(self, message: Message) -> Result:
        simulation = self._simulation
        if self._draw("dead", message.address_key) < simulation.dead_address:
            return Result(message.message_id, Verdict.INVALID_ADDRESS, "UNREGISTERED")
        if self._draw("rejected", message.message_id) < simulation.rejected:
            return Result(message.message_id, Verdict.REJECTED, "REFUSED")
        attempt = self._draw("attempt", message.message_id, message.attempt)
        if attempt < simulation.throttled:
            return Result(message.message_id, Verdict.THROTTLED, "429")
        if attempt < simulation.throttled + simulation.timeout:
            return Result(message.message_id, Verdict.UNKNOWN, "timeout")
        return Result(message.message_id, Verdict.ACCEPTED, None, f"sim-{message.message_id[:12]}")

    def _latency_s(self, message: Message) -> float:
        """From half the typical time up, with a long tail, as real services have it."""
        draw = self._draw("latency", message.message_id, message.attempt)
        return self._simulation.latency_ms / 1000 * (0.5 + 0.5 / math.sqrt(1.05 - draw))

    def _draw(self, *parts: object) -> float:
        """A number in [0, 1) that depends on nothing but the seed and `parts`."""
        text = "\x1f".join(str(part) for part in (self._simulation.seed, *parts))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest()) / 2**56

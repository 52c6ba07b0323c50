"""The contract suite: what every adapter must do, whatever its provider is.

A package that brings an adapter tests it so:

    from mensageria_pipeline.testing.provider_contract import Case, HttpSamples, ProviderContract

    class TestAcme(ProviderContract):
        samples = HttpSamples(create=..., message=..., path=..., headers=..., body=..., answers={Case.ACCEPT: ..., ...})

Each case is played by a local server; the answers are the provider's documented ones. docs/adding-a-provider.md has one
worked out.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

import pytest

from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.sending.providers.contract import Provider, Result, Verdict
from mensageria_pipeline.sending.sender import open_way
from mensageria_pipeline.testing.loopback import Answer, LoopbackServer, Reset, Silence

TIMEOUT_S = 0.6
ASKED_WAIT_S = 7.0
"""What a throttling answer asks to wait, where the provider can say so."""


class Case(StrEnum):
    """What a provider may do with a message."""

    ACCEPT = "accept"
    REJECT = "reject"
    DEAD_ADDRESS = "dead_address"
    THROTTLE = "throttle"
    CREDENTIALS = "credentials"
    SERVER_ERROR = "server_error"
    UNLISTED = "unlisted"
    """A refusal under a code that the adapter's table does not have."""
    SLOW = "slow"
    RESET = "reset"
    """The connection breaks after the message has left."""
    GARBAGE = "garbage"


_ALLOWED: Mapping[Case, frozenset[Verdict]] = {
    Case.ACCEPT: frozenset({Verdict.ACCEPTED}),
    Case.REJECT: frozenset({Verdict.REJECTED, Verdict.MALFORMED}),
    Case.DEAD_ADDRESS: frozenset({Verdict.INVALID_ADDRESS}),
    Case.THROTTLE: frozenset({Verdict.THROTTLED}),
    Case.CREDENTIALS: frozenset({Verdict.CREDENTIALS}),
    Case.SERVER_ERROR: frozenset({Verdict.RETRY, Verdict.UNKNOWN}),
    Case.UNLISTED: frozenset({Verdict.REJECTED, Verdict.MALFORMED}),
    Case.SLOW: frozenset({Verdict.UNKNOWN}),
    Case.RESET: frozenset({Verdict.UNKNOWN}),
    Case.GARBAGE: frozenset({Verdict.UNKNOWN}),
}
"""Case → what it may come to. What may have arrived is never called anything but unknown."""


class Counterpart(Protocol):
    """A local stand-in for one provider, and the adapter that talks to it."""

    provider: Provider

    def play(self, case: Case) -> None:
        """Do this with the next message."""

    def check_request(self) -> None:
        """Assert that the last request, whole, is the documented one."""


class Samples(Protocol):
    """What the suite is told of one adapter."""

    name: str
    message: Message
    unlisted_code: str
    """The code that `Case.UNLISTED` is played with."""
    impossible: Mapping[Case, str]
    """Cases that this provider has no answer for, each with the reason."""
    says_how_long: bool
    """Whether its throttling answer asks for a wait of ASKED_WAIT_S."""

    def open(self) -> contextlib.AbstractContextManager[Counterpart]: ...


@dataclass(frozen=True)
class HttpSamples:
    """An adapter over HTTP: its documented request, and its documented answers."""

    name: str
    create: Callable[[str], Provider]
    """The adapter, pointed at the server whose address is given."""
    message: Message
    path: str
    headers: Mapping[str, str]
    """Headers that the request must have; names in lower case."""
    body: Any
    """The whole body, as JSON."""
    answers: Mapping[Case, Answer]
    """Case → answer. Slow and reset need none; garbage has a default."""
    unlisted_code: str = "SOMETHING_NEW"
    impossible: Mapping[Case, str] = field(default_factory=dict)
    says_how_long: bool = True

    @contextlib.contextmanager
    def open(self) -> Iterator[Counterpart]:
        with LoopbackServer() as server:
            yield _HttpCounterpart(self, server)


class _HttpCounterpart:
    def __init__(self, samples: HttpSamples, server: LoopbackServer) -> None:
        self._samples, self._server = samples, server
        self.provider = samples.create(server.url)

    def play(self, case: Case) -> None:
        fixed: dict[Case, Answer | Silence | Reset] = {
            Case.SLOW: Silence(),
            Case.RESET: Reset(),
            Case.GARBAGE: Answer(200, b"<html>ol\xe1</html>"),
        }
        self._server.answer = self._samples.answers.get(case) or fixed[case]

    def check_request(self) -> None:
        asked, samples = self._server.asked[-1], self._samples
        assert asked.path == samples.path
        assert {name: asked.headers.get(name) for name in samples.headers} == samples.headers
        assert json.loads(asked.body) == samples.body


class ProviderContract:
    """Subclass it and give it `samples`."""

    samples: ClassVar[Samples]

    @pytest.fixture
    def counterpart(self) -> Iterator[Counterpart]:
        with self.samples.open() as counterpart:
            yield counterpart

    def test_it_says_what_it_can_do(self, counterpart: Counterpart) -> None:
        """The engine and the capability table believe it."""
        provider, can = counterpart.provider, counterpart.provider.capabilities
        assert provider.name == self.samples.name
        assert can.batch_size >= 1
        assert can.channels
        assert provider.refusal(self.samples.message) is None
        assert provider.credential or can.mode is Mode.SIMULATED

    @pytest.mark.parametrize("case", list(Case))
    def test_every_answer_comes_to_what_it_means(self, counterpart: Counterpart, case: Case) -> None:
        """Sent, surely not sent, or in doubt: never guessed."""
        if case in self.samples.impossible:
            assert self.samples.impossible[case]
            return
        counterpart.play(case)
        result = self._send(counterpart)
        assert result.message_id == self.samples.message.message_id
        assert result.verdict in _ALLOWED[case], (result.verdict, result.code)
        if result.verdict is not Verdict.ACCEPTED:
            assert result.code, "a person has to learn why"

    def test_the_whole_request_is_the_documented_one(self, counterpart: Counterpart) -> None:
        """To the letter: a field that is not documented, or is missing, shows here."""
        counterpart.play(Case.ACCEPT)
        self._send(counterpart)
        counterpart.check_request()

    def test_an_unlisted_code_is_kept(self, counterpart: Counterpart) -> None:
        """What nobody has seen yet is counted under its own name."""
        if Case.UNLISTED in self.samples.impossible:
            return
        counterpart.play(Case.UNLISTED)
        assert self._send(counterpart).code == self.samples.unlisted_code

    def test_it_waits_as_long_as_it_is_asked_to(self, counterpart: Counterpart) -> None:
        """Where the provider says how long, the adapter says so too."""
        if Case.THROTTLE in self.samples.impossible:
            return
        counterpart.play(Case.THROTTLE)
        asked = self._send(counterpart).retry_after_s
        assert asked == (ASKED_WAIT_S if self.samples.says_how_long else None)

    @pytest.mark.parametrize("case", list(Case))
    def test_no_answer_quotes_the_person(self, counterpart: Counterpart, case: Case) -> None:
        """Codes go to logs, events and reports: no address and no text may be in them."""
        if case in self.samples.impossible:
            return
        counterpart.play(case)
        shown = repr(self._send(counterpart))
        message = self.samples.message
        assert message.address not in shown
        assert message.body not in shown

    def _send(self, counterpart: Counterpart) -> Result:
        async def send() -> list[Result]:
            async with contextlib.AsyncExitStack() as stack:
                way = await open_way(counterpart.provider, TIMEOUT_S, stack)
                return await way([self.samples.message])

        (result,) = asyncio.run(send())
        return result

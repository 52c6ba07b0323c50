"""What a provider answers in each case, and the counterpart of a test that plays it."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.receipts import DeliveryReceipt
from mensageria_pipeline.providers.contract import Provider
from mensageria_pipeline.providers.verdict import Verdict
from mensageria_pipeline.providers.webhooks import WebhookRequest
from mensageria_pipeline.testing.loopback import Action, Answer, Cut, LoopbackServer, Reset, Silence

TIMEOUT_S = 0.6


class Case(StrEnum):
    """What a provider may do with a message."""

    ACCEPT = "accept"
    REJECT = "reject"
    DEAD_ADDRESS = "dead_address"
    THROTTLE = "throttle"
    CREDENTIALS = "credentials"
    SERVER_ERROR = "server_error"
    UNLISTED = "unlisted"
    """An answer under a code that the adapter's table does not have."""
    SLOW = "slow"
    RESET = "reset"
    """The connection breaks after the message has left."""
    GARBAGE = "garbage"
    MISSING = "missing"
    """An answer that is read, and does not say what became of the message."""
    CONTRADICTION = "contradiction"
    """An answer that names the message twice, as accepted and as refused."""
    CUT = "cut"
    """What would be an acceptance, from a connection that breaks before its end."""
    OVERSIZED = "oversized"
    """An answer larger than the adapter's limit."""


ALLOWED: Mapping[Case, frozenset[Verdict]] = {
    Case.ACCEPT: frozenset({Verdict.ACCEPTED}),
    Case.REJECT: frozenset({Verdict.REJECTED, Verdict.MALFORMED}),
    Case.DEAD_ADDRESS: frozenset({Verdict.INVALID_ADDRESS}),
    Case.THROTTLE: frozenset({Verdict.THROTTLED}),
    Case.CREDENTIALS: frozenset({Verdict.CREDENTIALS}),
    Case.SERVER_ERROR: frozenset({Verdict.RETRY, Verdict.UNKNOWN}),
    # Where the word does not say that it is a refusal, it says nothing.
    Case.UNLISTED: frozenset({Verdict.REJECTED, Verdict.MALFORMED, Verdict.UNKNOWN}),
    Case.SLOW: frozenset({Verdict.UNKNOWN}),
    Case.RESET: frozenset({Verdict.UNKNOWN}),
    Case.GARBAGE: frozenset({Verdict.UNKNOWN}),
    Case.MISSING: frozenset({Verdict.UNKNOWN}),
    Case.CONTRADICTION: frozenset({Verdict.UNKNOWN}),
    Case.CUT: frozenset({Verdict.UNKNOWN}),
    Case.OVERSIZED: frozenset({Verdict.UNKNOWN}),
}
"""Case → what it may come to. What may have arrived is never called anything but unknown."""
OF_HTTP = frozenset({Case.MISSING, Case.CONTRADICTION, Case.CUT, Case.OVERSIZED})


class Counterpart(Protocol):
    """A local stand-in for one provider, and the adapter that talks to it."""

    provider: Provider

    def play(self, case: Case) -> None:
        """Do this with the next message."""

    def check_request(self) -> None:
        """Assert that the last request, whole, is the documented one."""


@runtime_checkable
class Quoting(Protocol):
    """A counterpart that can quote what it was sent; over HTTP it is there."""

    def echoes(self, text: str) -> Iterator[None]:
        """At each step, answer the next message with `text` in one more of the places where a provider writes texts."""


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
    """Case → answer. Slow, reset, cut and oversized need none; garbage and missing have a default. A contradiction is
    played where there is an answer for it: where answers have one place per message, there is none."""
    unlisted_code: str = "SOMETHING_NEW"
    impossible: Mapping[Case, str] = field(default_factory=dict)
    posts: Sequence[tuple[WebhookRequest, Sequence[DeliveryReceipt]]] = ()
    """What the provider posts, and what it means; of each kind one, where it posts anything."""
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
        answers = self._samples.answers
        fixed: dict[Case, Action] = {
            Case.SLOW: Silence(),
            Case.RESET: Reset(),
            Case.GARBAGE: Answer(200, b"<html>ol\xe1</html>"),
            Case.MISSING: Answer(200, b"{}"),
            Case.CUT: Cut(answers[Case.ACCEPT]),
            Case.OVERSIZED: Answer(200, b" " * self.provider.capabilities.max_answer_bytes + answers[Case.ACCEPT].body),
        }
        self._server.answer = answers.get(case) or fixed[case]

    def echoes(self, text: str) -> Iterator[None]:
        for answer in self._samples.answers.values():
            with contextlib.suppress(json.JSONDecodeError):
                for quoting in _quoting(json.loads(answer.body), text, self._samples.message.message_id):
                    self._server.answer = replace(answer, body=json.dumps(quoting).encode())
                    yield

    def check_request(self) -> None:
        asked, samples = self._server.asked[-1], self._samples
        assert asked.path == samples.path
        assert {name: asked.headers.get(name) for name in samples.headers} == samples.headers
        assert json.loads(asked.body) == samples.body


def _quoting(answer: Any, text: str, ours: str) -> Iterator[Any]:
    """The same JSON with `text` in the place of one of its strings, each in turn; our id stays."""
    if isinstance(answer, str):
        yield from () if answer == ours else (text,)
    for key, value in answer.items() if isinstance(answer, dict) else ():
        yield from ({**answer, key: changed} for changed in _quoting(value, text, ours))
    for place, value in enumerate(answer) if isinstance(answer, list) else ():
        yield from ([*answer[:place], changed, *answer[place + 1 :]] for changed in _quoting(value, text, ours))

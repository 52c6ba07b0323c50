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
import re
from collections.abc import Iterator
from typing import ClassVar

import pytest

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.send_results import FINAL_OUTCOMES
from mensageria_pipeline.providers.contract import Capabilities
from mensageria_pipeline.providers.refusal import UNSUPPORTED_CHANNEL, refuser_for
from mensageria_pipeline.providers.verdict import About, Result, Verdict
from mensageria_pipeline.providers.webhooks import WebhookReceipts, WebhookRequest
from mensageria_pipeline.sending.judging import Judged, judged
from mensageria_pipeline.sending.sender import open_sender
from mensageria_pipeline.testing.counterparts import (
    ALLOWED,
    OF_HTTP,
    TIMEOUT_S,
    Case,
    Counterpart,
    HttpSamples,
    Quoting,
    Samples,
)

_SHOWN_BYTES = 300
ASKED_WAIT_S = 7.0
"""What a throttling answer asks to wait, where the provider can say so."""

__all__ = ["TIMEOUT_S", "Case", "Counterpart", "HttpSamples", "ProviderContract", "Samples"]
"""What the tests of an adapter import."""


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
        assert refuser_for(provider)(self.samples.message) is None
        assert provider.credential or can.mode is Mode.SIMULATED

    def test_its_class_says_the_same_before_anything_is_set(self, counterpart: Counterpart) -> None:
        """Lists are judged and messages planned by what the class says, before an adapter is made."""
        said, can = type(counterpart.provider).capabilities, counterpart.provider.capabilities
        assert isinstance(said, Capabilities)
        assert (said.mode, said.channels, said.token_kinds) == (can.mode, can.channels, can.token_kinds)
        assert (said.second_copy, said.max_payload_bytes) == (can.second_copy, can.max_payload_bytes)

    @pytest.mark.parametrize("channel", list(Channel))
    def test_a_message_of_another_channel_is_refused(self, counterpart: Counterpart, channel: Channel) -> None:
        """Whatever was planned: no e-mail address goes to a provider of SMS."""
        message = self.samples.message._replace(channel=channel.value)
        is_refused = refuser_for(counterpart.provider)(message) == UNSUPPORTED_CHANNEL
        assert is_refused == (channel not in counterpart.provider.capabilities.channels)

    def test_a_message_that_is_too_large_is_refused(self, counterpart: Counterpart) -> None:
        """Before it is sent, where the provider has a limit."""
        limit = counterpart.provider.capabilities.max_payload_bytes
        if limit is not None:
            assert refuser_for(counterpart.provider)(self.samples.message._replace(body="x" * limit))

    @pytest.mark.parametrize("case", list(Case))
    def test_every_answer_comes_to_what_it_means(self, counterpart: Counterpart, case: Case) -> None:
        """Sent, surely not sent, or in doubt: never guessed."""
        if not self._is_played(case):
            return
        counterpart.play(case)
        result = self._send(counterpart)
        played = self._played(case)
        assert result.message_id == self.samples.message.message_id, f"{played}: the result is of another message"
        allowed = " or ".join(sorted(ALLOWED[case]))
        told = f"{played} came to another verdict: found {result.verdict} ({result.code}), expected {allowed}"
        assert result.verdict in ALLOWED[case], told
        if result.verdict is not Verdict.ACCEPTED:
            assert result.code, f"{played}: no code, and a person has to learn why"

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
        if not self._is_played(case):
            return
        counterpart.play(case)
        shown = repr(self._send(counterpart))
        message = self.samples.message
        assert message.address not in shown
        assert message.body not in shown

    def test_a_provider_that_quotes_what_it_was_sent_is_not_quoted(self, counterpart: Counterpart) -> None:
        """In any field, with the address, the text or a number of the person: codes and ids are kept, words are not."""
        message = self.samples.message._replace(person="52998224725", document="52998224725")
        for text in (message.address, message.address.lstrip("+"), message.body, "52998224725", "529.982.247-25"):
            for _ in counterpart.echoes(text) if isinstance(counterpart, Quoting) else ():
                result = self._send(counterpart, message)
                assert text not in {result.code, result.provider_message_id}, (result.verdict, text)
                assert not re.search(r"\s", f"{result.code}{result.provider_message_id}")

    @pytest.mark.parametrize("case", [Case.REJECT, Case.DEAD_ADDRESS, Case.UNLISTED])
    def test_a_refusal_settles_no_earlier_attempt(self, counterpart: Counterpart, case: Case) -> None:
        """An attempt whose answer was lost may have arrived: a later refusal is about itself, unless the provider knows
        the message by its id."""
        if not self._is_played(case):
            return
        counterpart.play(case)
        result = self._send(counterpart)
        (after_a_doubt,) = judged([self.samples.message], [result], {result.message_id})
        (first,) = judged([self.samples.message], [result], set())
        assert result.about is About.MESSAGE or not _settles(after_a_doubt), after_a_doubt.event
        assert _settles(first) or result.verdict is Verdict.UNKNOWN

    def test_what_it_posts_is_read_as_documented(self, counterpart: Counterpart) -> None:
        """Of an adapter that reads posts; what its provider did not write is refused, and no person is shown."""
        adapter = type(counterpart.provider)
        if not isinstance(self.samples, HttpSamples) or not isinstance(adapter, WebhookReceipts):
            return
        assert self.samples.posts, "an adapter that reads posts has samples of them"
        for request, receipts in self.samples.posts:
            found = adapter.read_receipts(request)
            assert found == list(receipts)
            for receipt in found:
                assert not receipt.answer or receipt.answer not in repr(receipt)
                assert not receipt.address or receipt.address not in repr(receipt)
        for body in (b"", b"{}", b"[]", b"<html>ol\xe1</html>", b"[" * 5_000):
            with pytest.raises(ValueError):
                adapter.read_receipts(WebhookRequest(body))

    def _played(self, case: Case) -> str:
        """What the provider did, for the sentence of a failure."""
        answer = getattr(self.samples, "answers", {}).get(case)
        body = answer.body[:_SHOWN_BYTES].decode("utf-8", "replace") if answer else ""
        return f"{case}: {answer.status} {body}" if answer else str(case)

    def _is_played(self, case: Case) -> bool:
        """Whether the provider has an answer for a case; else its samples say why not, or it is one of HTTP only."""
        if case in self.samples.impossible:
            assert self.samples.impossible[case]
            return False
        if not isinstance(self.samples, HttpSamples):
            return case not in OF_HTTP
        return case is not Case.CONTRADICTION or case in self.samples.answers

    def _send(self, counterpart: Counterpart, message: Message | None = None) -> Result:
        async def send() -> list[Result]:
            async with contextlib.AsyncExitStack() as stack:
                way = await open_sender(counterpart.provider, TIMEOUT_S, stack)
                return await way([message or self.samples.message])

        (result,) = asyncio.run(send())
        return result


def _settles(answer: Judged) -> bool:
    return answer.event in set(FINAL_OUTCOMES)

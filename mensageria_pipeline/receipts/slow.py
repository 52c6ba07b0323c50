"""Connections that say nothing, or say it slowly, end: none holds up the receiver.

uvicorn bounds how long an idle connection is kept, but not how long a request may take to arrive; 1,100 half-sent ones
stopped the receiver (tried). A proxy in front that reads requests whole before it passes them on keeps them from it.
"""

import asyncio
from collections import OrderedDict
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""From the connection, or the first byte of a later request, to the end of its head."""
BODY_S = 20.0
"""From there to its last byte."""
MOST_WAITING = 256
"""Connections whose request has not come in whole; the oldest goes for a newer one."""


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with a deadline for each request to arrive by."""

    head_s, body_s, most_waiting = HEAD_S, BODY_S, MOST_WAITING
    _waiting: "OrderedDict[BoundedProtocol, asyncio.TimerHandle]" = OrderedDict()  # noqa: RUF012 - of all connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._is_in_body = False
        self._wait(self.head_s)
        while len(self._waiting) > self.most_waiting:
            next(iter(self._waiting)).give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._is_in_body = False
        self._arrived()
        self._look()

    def _look(self) -> None:
        """How far the request is by now."""
        state: Any = self.conn.their_state
        if self.transport.is_closing():
            self._arrived()
        elif state is h11.SEND_BODY and not self._is_in_body:
            self._is_in_body = True
            self._wait(self.body_s)
        elif state is h11.IDLE and self.conn.trailing_data[0] and self not in self._waiting:
            self._wait(self.head_s)
        elif state not in {h11.IDLE, h11.SEND_BODY}:
            self._arrived()

    def _wait(self, seconds: float) -> None:
        self._arrived()
        self._waiting[self] = self.loop.call_later(seconds, self.give_up)

    def _arrived(self) -> None:
        timer = self._waiting.pop(self, None)
        if timer is not None:
            timer.cancel()

    def give_up(self) -> None:
        """End the connection, without a word: whoever is so slow reads none."""
        self._arrived()
        self.transport.abort()

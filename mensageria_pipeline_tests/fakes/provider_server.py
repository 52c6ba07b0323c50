"""A provider on loopback that plays the `http` contract, FCM, Expo and Zenvia, and every way in which one can fail.

A script says what becomes of each request; the server writes down every message it accepted, with the time
and its key, in a file that survives both sides. Also a process of its own:

    python -m mensageria_pipeline_tests.fakes.provider_server accepted.jsonl --port 8080 --throttled 0.05
"""

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `body` None: the contract's own, from `statuses`."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay_s: float = 0.0


@dataclass(frozen=True)
class Reset:
    """Close the connection after having read everything: accepted, or not."""

    accepts: bool


@dataclass(frozen=True)
class Raw:
    """Accept everything, write these bytes as they are, and close the connection."""

    content: bytes
    repeat: int = 0
    piece: bytes = b""
    """After them, so many times, as long as somebody reads."""


@dataclass(frozen=True)
class Silence:
    """Accept everything and never answer."""

    seconds: float = 30.0


@dataclass(frozen=True)
class Incoming:
    """One request: its number (from 1), headers and messages, and how often each message was seen before."""

    number: int
    headers: Mapping[str, str]
    messages: Sequence[Mapping[str, Any]]
    seen: Mapping[str, int]
    content: Any = field(default_factory=dict)
    """The whole JSON body."""


Script = Callable[[Incoming], "Answer | Raw | Reset | Silence"]
Statuses = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def accept_all(_request: Incoming) -> Answer:
    return Answer()


@dataclass
class Rates:
    """A script by shares of requests; each share of one trouble."""

    throttled: float = 0.0
    reset: float = 0.0
    """Of these a third is accepted, a third read, and a third closed before the body is read."""
    failed: float = 0.0
    silent: float = 0.0
    garbage: float = 0.0
    slow_s: float = 0.0
    seed: int = 1
    _draw: Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = Random(self.seed)

    def __call__(self, _request: Incoming) -> "Answer | Raw | Reset | Silence":
        troubles: list[tuple[float, Callable[[], Answer | Reset | Silence]]] = [
            (self.throttled, lambda: Answer(429)),
            (self.reset * 2 / 3, lambda: Reset(accepts=self._draw.random() < 0.5)),
            (self.failed, lambda: Answer(503)),
            (self.silent, Silence),
            (self.garbage, lambda: Answer(body=b"<html>")),
        ]
        draw = self._draw.random()
        for share, action in troubles:
            if draw < share:
                return action()
            draw -= share
        return Answer(delay_s=self.slow_s)

    def closes_unread(self) -> bool:
        return self._draw.random() < self.reset / 3


def by_address(actions: "Mapping[str, Answer | Raw | Reset | Silence]") -> Script:
    """A script per message: what becomes of the first one of a request, by its address; others are accepted."""
    return lambda request: actions.get(str(request.messages[0]["to"]), Answer())


def accepted(_message: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"status": "accepted", "provider_message_id": "p-1"}


class ProviderServer:
    """One server in a thread of its own. `script` answers requests, `statuses` the messages of a 200."""

    def __init__(self, record: Path, port: int = 0) -> None:
        self.port = port
        self.script: Script = accept_all
        self.statuses: Statuses = accepted
        self.closes_unread: Callable[[], bool] = lambda: False
        self.requests: list[Incoming] = []
        """Those that were read, in order."""
        self.began: list[float] = []
        """When each request came, also those that were not read."""
        self.resets = 0
        """Requests that were read and never answered."""
        self.written_bytes = 0
        """Of the pieces of `Raw` answers."""
        self._record = record
        self._seen: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> "ProviderServer":
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base_url}/send"

    def play(self, rates: Rates) -> None:
        """Trouble by shares, from the next request on."""
        self.script, self.closes_unread = rates, rates.closes_unread

    def accepted(self) -> list[dict[str, Any]]:
        """Every message accepted, in order: id, key and time."""
        if not self._record.exists():
            return []
        return [json.loads(line) for line in self._record.read_text(encoding="utf-8").splitlines()]

    def accepted_ids(self) -> list[str]:
        return [entry["id"] for entry in self.accepted()]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connection, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._one_request(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        self.began.append(time.time())
        if self.closes_unread():
            return False
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        content = json.loads(body) if body else {}
        messages = _messages(content)
        seen = {message["id"]: self._seen.get(message["id"], 0) for message in messages}
        incoming = Incoming(len(self.requests) + 1, headers, messages, seen, content)
        self.requests.append(incoming)
        for message in messages:
            self._seen[message["id"]] = seen[message["id"]] + 1
        return await self._act(self.script(incoming), incoming, writer)

    async def _act(
        self, action: "Answer | Raw | Reset | Silence", incoming: Incoming, writer: asyncio.StreamWriter
    ) -> bool:
        if isinstance(action, Reset):
            self.resets += 1
            if action.accepts:
                self._accept(incoming, [dict(accepted(m)) for m in incoming.messages])
            return False
        if isinstance(action, Silence):
            self._accept(incoming, [dict(accepted(m)) for m in incoming.messages])
            await asyncio.sleep(action.seconds)
            return False
        if isinstance(action, Raw):
            await self._write_raw(action, incoming, writer)
            return False
        await asyncio.sleep(action.delay_s)
        body = action.body
        if action.status == 200 and body is None:
            results = [{"id": m["id"], **self.statuses(m)} for m in incoming.messages]
            self._accept(incoming, results)
            body = json.dumps(_answer(incoming, results)).encode()
        elif action.status == 200 and body == b"":
            self._accept(incoming, [dict(accepted(m)) for m in incoming.messages])
        lines = [f"HTTP/1.1 {action.status} X", f"content-length: {len(body or b'')}"]
        lines += [f"{name}: {value}" for name, value in action.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        await writer.drain()
        return True

    async def _write_raw(self, action: Raw, incoming: Incoming, writer: asyncio.StreamWriter) -> None:
        self._accept(incoming, [dict(accepted(m)) for m in incoming.messages])
        writer.write(action.content)
        await writer.drain()
        for _ in range(action.repeat):
            writer.write(action.piece)
            await writer.drain()
            self.written_bytes += len(action.piece)
        writer.close()
        await writer.wait_closed()

    def _accept(self, incoming: Incoming, results: Sequence[Mapping[str, Any]]) -> None:
        with self._record.open("a", encoding="utf-8") as file:
            for message, result in zip(incoming.messages, results, strict=True):
                if result["status"] == "accepted":
                    entry = {"id": message["id"], "key": incoming.headers.get("idempotency-key"), "at": time.time()}
                    file.write(json.dumps(entry) + "\n")


def _answer(incoming: Incoming, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the provider that the request was made for answers; only `http` and Expo tell messages apart."""
    content = incoming.content
    if isinstance(content, list):
        return {"data": [_ticket(incoming.number, place, result) for place, result in enumerate(results)]}
    if "externalId" in content:
        return {**content, "id": f"z-{incoming.number}", "direction": "OUT"}
    return {"name": f"projects/p/messages/{incoming.number}"} if "message" in content else {"results": results}


def _ticket(number: int, place: int, result: Mapping[str, Any]) -> dict[str, Any]:
    if result["status"] == "accepted":
        return {"status": "ok", "id": f"ticket-{number:04}-{place:03}"}
    error = "DeviceNotRegistered" if result["status"] == "invalid_address" else "MessageTooBig"
    return {"status": "error", "message": "…", "details": {"error": error}}


def _messages(content: Any) -> list[Mapping[str, Any]]:
    """The messages of a request, in the `http` contract's words. FCM's one has its id in the tag; Expo is told none."""
    if isinstance(content, list):
        return [{**message, "id": message["to"]} for message in content]
    if "externalId" in content:
        return [{**content, "id": content["externalId"]}]
    message = content.get("message")
    if message is None:
        return list(content.get("messages", []))
    return [{**message, "id": message["android"]["notification"]["tag"], "to": message.get("token") or message["fid"]}]


def main() -> None:
    parser = argparse.ArgumentParser(description="A provider that accepts, or does not, by shares of requests.")
    parser.add_argument("record", type=Path, help="file that every accepted message is written to")
    parser.add_argument("--port", type=int, default=0)
    shares = ("throttled", "reset", "failed", "silent", "garbage", "slow-s")
    for name in shares:
        parser.add_argument(f"--{name}", type=float, default=0.0)
    arguments = parser.parse_args()
    with ProviderServer(arguments.record, arguments.port) as server:
        names = [name.replace("-", "_") for name in shares]
        server.play(Rates(**{name: getattr(arguments, name) for name in names}))
        print(server.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()

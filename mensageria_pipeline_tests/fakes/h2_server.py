"""An HTTP/2 server on loopback, without TLS: the witness of what is on the wire. It counts requests and connections."""

import socket
import threading
from collections.abc import Callable
from typing import Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

ACCEPT, REFUSE, LEAVE, ENDLESS = "accept", "refuse", "leave", "endless"
"""Answer 200; refuse the stream (REFUSED_STREAM); say that nothing was looked at (GOAWAY, last stream 0); never end."""
_FCM = b'{"name": "projects/p/messages/1"}'


class H2Server:
    """`decide` says, by the number of a request (from 1), what becomes of it. Use as a context manager."""

    def __init__(self, decide: Callable[[int], str] = lambda _number: ACCEPT, body: bytes = _FCM) -> None:
        self.decide, self.body = decide, body
        self.resets = 0
        """Streams that the client closed before their end."""
        self.requests: list[dict[str, str]] = []
        """The headers of each that came whole, in order."""
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"h2c://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except (OSError, ProtocolError):  # either of us has left
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        connection = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        connection.initiate_connection()
        heads: dict[int, dict[str, str]] = {}
        endless: set[int] = set()
        with client:
            try:
                client.sendall(connection.data_to_send())
                while data := client.recv(65_536):
                    for event in connection.receive_data(data):
                        self._hear(connection, client, event, heads, endless)
                    for stream in endless:
                        while room := min(
                            connection.local_flow_control_window(stream), connection.max_outbound_frame_size
                        ):
                            connection.send_data(stream, b" " * room)
                    client.sendall(connection.data_to_send())
            except (OSError, ProtocolError):  # either of us has left
                return

    def _hear(
        self,
        connection: H2Connection,
        client: socket.socket,
        event: Event,
        heads: dict[int, dict[str, str]],
        endless: set[int],
    ) -> None:
        if isinstance(event, RequestReceived) and event.stream_id:
            heads[event.stream_id] = {str(k): str(v) for k, v in event.headers or ()}
        elif isinstance(event, StreamEnded) and event.stream_id:
            if self._act(connection, client, event.stream_id, heads.pop(event.stream_id)) == ENDLESS:
                endless.add(event.stream_id)
        elif isinstance(event, StreamReset) and event.stream_id in endless:
            endless.discard(event.stream_id)
            self.resets += 1

    def _act(self, connection: H2Connection, client: socket.socket, stream: int, head: dict[str, str]) -> str:
        with self._lock:
            self.requests.append(head)
            action = self.decide(len(self.requests))
        if action == REFUSE:
            connection.reset_stream(stream, ErrorCodes.REFUSED_STREAM)
        elif action == LEAVE:
            connection.close_connection(last_stream_id=0)
            client.sendall(connection.data_to_send())
            client.shutdown(socket.SHUT_RDWR)
        else:
            connection.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])
            if action == ACCEPT:
                connection.send_data(stream, self.body, end_stream=True)
        return action

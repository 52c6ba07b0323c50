"""firebase-admin's `send_each`, 500 messages a call, nothing recorded.

python benchmarks/peers/firebase.py PORT MESSAGES
"""

import sys
import time

import firebase_admin
from firebase_admin import credentials, messaging
from google.oauth2.credentials import Credentials

_BATCH = 500


class _Fixed(credentials.Base):
    def get_credential(self) -> Credentials:
        return Credentials(token="x")


def main() -> None:
    port, count = (int(argument) for argument in sys.argv[1:])
    firebase_admin.initialize_app(_Fixed(), {"projectId": "p"})
    service = messaging._MessagingService  # noqa: SLF001 - there is no other way to another address
    service.FCM_URL = f"http://127.0.0.1:{port}/v1/projects/{{0}}/messages:send"
    notification = messaging.Notification("Pedido enviado", "x" * 60)
    messages = [messaging.Message(token="x" * 150, notification=notification) for _ in range(_BATCH)]
    started = time.perf_counter()
    for _ in range(count // _BATCH):
        assert messaging.send_each(messages).failure_count == 0
    print(count / (time.perf_counter() - started))


if __name__ == "__main__":
    main()

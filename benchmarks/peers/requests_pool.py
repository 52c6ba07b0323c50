"""`requests` in a thread pool: a session a thread, one request per message, nothing recorded.

python benchmarks/peers/requests_pool.py PORT MESSAGES THREADS
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

_local = threading.local()


def main() -> None:
    port, count, threads = (int(argument) for argument in sys.argv[1:])
    url = f"http://127.0.0.1:{port}/v1/projects/p/messages:send"
    body = b'{"message":{"token":"%s","notification":{"title":"Pedido enviado","body":"%s"}}}' % (b"x" * 150, b"x" * 60)
    headers = {"authorization": "Bearer x", "content-type": "application/json"}

    def send(_number: int) -> None:
        if not hasattr(_local, "session"):
            _local.session = requests.Session()
        _local.session.post(url, data=body, headers=headers, timeout=10).json()

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, range(count)))
    print(count / (time.perf_counter() - started))


if __name__ == "__main__":
    main()

"""pyreqwest under uvloop as the send path uses it, with nothing around it: no ledger, no engine, one fixed body.

python benchmarks/peers/bare_client.py PORT MESSAGES
"""

import asyncio
import sys
import time

import uvloop
from pyreqwest.client import ClientBuilder
from pyreqwest.http import Url

_IN_FLIGHT = 512


async def _send_all(port: int, count: int) -> float:
    url = Url(f"http://127.0.0.1:{port}/v1/projects/p/messages:send")
    headers = {"authorization": "Bearer x", "content-type": "application/json"}
    async with ClientBuilder().http2_prior_knowledge().runtime_multithreaded(True).build() as client:

        async def send(number: int) -> None:
            for _ in range(number):
                response = await client.post(url).headers(headers).body_bytes(b"x" * 420).build().send()
                await response.bytes()

        started = time.perf_counter()
        await asyncio.gather(*(send(count // _IN_FLIGHT) for _ in range(_IN_FLIGHT)))
        return count / (time.perf_counter() - started)


def main() -> None:
    print(uvloop.run(_send_all(int(sys.argv[1]), int(sys.argv[2]))))


if __name__ == "__main__":
    main()

"""A port on loopback that nobody uses, for a process that is about to be started."""

import os
import random
import socket

_BELOW_EPHEMERAL = range(20_000, 32_000)
"""The kernel gives none of these to whoever connects: between the look and the start nobody gets it by chance."""
_draw = random.Random(os.getpid())


def free_port() -> int:
    """Drawn by chance, so that processes beside this one ask for others."""
    for port in _draw.sample(_BELOW_EPHEMERAL, 100):
        if _can_be_bound(port):
            return port
    raise AssertionError("no port is free")


def _can_be_bound(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

"""Who failed to prove themselves lately: by address, so that guessing and its noise end soon."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_FAILURES = 20
WITHIN_S = 60.0
_KEPT = 10_000
_IPV6_PREFIX = 64


@dataclass(slots=True)
class Strangers:
    """Failures by address. Bounded, in memory, and never logged: an address is personal data too."""

    clock: Callable[[], float] = time.monotonic
    _failures: OrderedDict[str, list[float]] = field(default_factory=OrderedDict)

    def failed(self, address: str) -> bool:
        """Note a failure; whether the address had too many within the last minute."""
        name, now = _network(address), self.clock()
        recent = [at for at in self._failures.pop(name, []) if now - at < WITHIN_S][-MOST_FAILURES:]
        self._failures[name] = [*recent, now]
        while len(self._failures) > _KEPT:
            self._failures.popitem(last=False)
        return len(recent) >= MOST_FAILURES


def _network(address: str) -> str:
    """Whoever has one address of IPv6 has all of its /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "?"
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False)) if found.version == 6 else address

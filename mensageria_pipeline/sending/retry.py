"""When to try again: exponential backoff with full jitter, the provider's own wait, and giving up."""

from random import Random

from mensageria_pipeline.providers.contract import RetryPolicy
from mensageria_pipeline.providers.retry_after import LONGEST_S
from mensageria_pipeline.providers.verdict import Result, Verdict

LONGEST_DEFERRED_S = 1_800.0


def asked_s(results: list[Result]) -> float:
    """Seconds the provider asked to wait, the longest of a request's results; 0 where it did not."""
    longest = max((result.retry_after_s or 0.0 for result in results), default=0.0)
    return min(longest, LONGEST_S) if longest > 0 else 0.0  # an adapter may pass on anything: inf, nan, 1e308


def wait_s(policy: RetryPolicy, attempt: int, results: list[Result], draw: Random) -> float:
    """Seconds until the next try of a request, after its `attempt`-th.

    At least what the provider asked for in Retry-After, or, where it throttled without saying for how long,
    what its policy says; else drawn from 0 to first_s·2^(attempt-1), within the policy's floor and ceiling.
    """
    asked = asked_s(results)
    if not asked and any(result.verdict is Verdict.THROTTLED for result in results):
        asked = policy.throttled_s
    span = min(policy.ceiling_s, policy.first_s * 2 ** min(attempt - 1, 30))
    return max(asked, policy.floor_s, draw.uniform(0, span))


def deferred_s(policy: RetryPolicy, attempt: int, result: Result) -> float:
    """Seconds until a message may be asked about again that was deferred at its `attempt`-th attempt."""
    doubled = float(policy.deferred_s * 2 ** min(attempt - 1, 10))
    return max(min(doubled, max(policy.deferred_s, LONGEST_DEFERRED_S)), result.retry_after_s or 0.0)

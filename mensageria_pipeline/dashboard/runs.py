"""What Dagster says of a campaign's latest run, asked over its own interface."""

from dataclasses import dataclass
from urllib.parse import quote

import requests

_TIMEOUT_S = 3
_QUERY = """
query Latest($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 1) { ... on Runs { results { runId status } } }
}
"""


@dataclass(frozen=True, slots=True)
class LatestRun:
    """A run's status, in Dagster's word, and where a person looks at it."""

    status: str
    url: str


def latest_run(dagster_url: str, partition: str, since: float) -> LatestRun | None:
    """The latest run of a partition that was made after an instant, in seconds since 1970: an earlier one knows nothing
    of what was handed over then. None where there is none, or Dagster does not answer."""
    tags = [{"key": "dagster/partition", "value": partition}]
    variables = {"filter": {"tags": tags, "createdAfter": since}}
    try:
        answer = requests.post(
            f"{dagster_url.rstrip('/')}/graphql", json={"query": _QUERY, "variables": variables}, timeout=_TIMEOUT_S
        ).json()
        runs = answer["data"]["runsOrError"]["results"]
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return None
    return (
        LatestRun(runs[0]["status"], f"{dagster_url.rstrip('/')}/runs/{quote(runs[0]['runId'], safe='')}")
        if runs
        else None
    )


def answers(dagster_url: str) -> bool:
    """Whether Dagster's interface is there."""
    try:
        return requests.get(f"{dagster_url.rstrip('/')}/server_info", timeout=_TIMEOUT_S).ok
    except requests.RequestException:
        return False

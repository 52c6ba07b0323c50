"""What Dagster says of a campaign's latest run, asked over its own interface."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.storage.layout import PREPARATION, SENDING

_TIMEOUT_S = 3
_JOB = "campaign"
_QUERY = """
query Latest($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 1) { ... on Runs { results { runId status } } }
}
"""
_PLACES = "query Places { repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }"
_LAUNCH = """
mutation Launch($parameters: ExecutionParams!) { launchRun(executionParams: $parameters) { __typename } }
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
        runs = _asked(dagster_url, _QUERY, variables)["runsOrError"]["results"]
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


def launch(dagster_url: str, partition: str, *, is_recurring: bool) -> None:
    """Ask for a run of the campaign; one that is recurring is only prepared. Nothing is sent that nobody has released.

    Raises InputError where Dagster does not take it.
    """
    assets = PREPARATION if is_recurring else PREPARATION + SENDING
    try:
        place = _asked(dagster_url, _PLACES, {})["repositoriesOrError"]["nodes"][0]
        selector = {
            "repositoryLocationName": place["location"]["name"],
            "repositoryName": place["name"],
            "jobName": _JOB,
            "assetSelection": [{"path": [asset.value]} for asset in assets],
        }
        tags = [{"key": "dagster/partition", "value": partition}]
        parameters = {"selector": selector, "executionMetadata": {"tags": tags}}
        made = _asked(dagster_url, _LAUNCH, {"parameters": parameters})["launchRun"]["__typename"]
    except (requests.RequestException, ValueError, KeyError, TypeError, IndexError):
        raise InputError("send_not_launched", url=dagster_url) from None
    if made != "LaunchRunSuccess":
        raise InputError("send_not_launched", url=dagster_url)


def _asked(dagster_url: str, question: str, variables: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(
        f"{dagster_url.rstrip('/')}/graphql", json={"query": question, "variables": variables}, timeout=_TIMEOUT_S
    ).json()
    found: dict[str, Any] = answer["data"]
    return found

"""Dagster's own application behind the guard, in this process: what it answers, and to whom."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from starlette.testclient import TestClient

from mensageria_pipeline.web.guard import Door
from mensageria_pipeline.web.interface import DATA_PATHS, application

OWN = "127.0.0.1:3000"
WIPE = 'mutation { wipeAssets(assetPartitionRanges: [{assetKey: {path: ["messages"]}}]) { __typename } }'


@contextmanager
def interface(*, read_only: bool) -> Iterator[TestClient]:
    with (
        dg.instance_for_test() as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget(), read_only=read_only) as context,
    ):
        yield TestClient(application(context, Door(data_paths=DATA_PATHS)), base_url=f"http://{OWN}")


def test_every_path_of_dagster_that_gives_data_is_known() -> None:
    """A new one of another version would be open to links; pages and their files are not data."""
    with interface(read_only=True) as client:
        for path in ("server_info", "dagit_info"):
            assert client.get(f"/{path}").status_code == 200
        routes = {route.path.strip("/").split("/")[0] for route in _routes(client)}
    pages = {"server_info", "dagit_info", "{path:path}", ""}
    assert routes >= DATA_PATHS
    assert {name for name in routes - pages - DATA_PATHS if "." not in name} <= {"static", "vendor", "_next"}


def test_who_only_looks_changes_nothing() -> None:
    """`mensageria dev --read-only`, for shared use."""
    with interface(read_only=True) as client:
        assert client.get("/graphql", params={"query": "{ version }"}).status_code == 200
        answer = client.post("/graphql", json={"query": WIPE}).json()
        assert answer["data"]["wipeAssets"]["__typename"] == "UnauthorizedError"
    with interface(read_only=False) as client:
        answer = client.post("/graphql", json={"query": WIPE}).json()
        assert answer["data"]["wipeAssets"]["__typename"] != "UnauthorizedError"


def test_the_interface_opens_no_door_to_foreign_scripts() -> None:
    """No permission to read across origins, whoever asks."""
    with interface(read_only=False) as client:
        for headers in ({}, {"Origin": f"http://{OWN}"}):
            answer = client.post("/graphql", json={"query": "{ version }"}, headers=headers)
            assert answer.status_code == 200
            assert not [name for name in answer.headers if name.startswith("access-control")]
        preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        assert client.options("/graphql", headers=preflight).status_code == 403


def _routes(client: TestClient) -> list[object]:
    return list(client.app.app.routes)

"""Dagster's interface behind the guard: `python -m mensageria_pipeline.web.interface` serves it, for `mensageria dev`.

Dagster runs mutations from a GET, from a form and for every Host; here they need JSON, posted by its own page or by a
program.
"""

import argparse
import logging
from pathlib import Path

import dagster as dg
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.version import __version__
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import Request
from starlette.types import ASGIApp

from mensageria_pipeline import logs, texts
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.web.guard import Door, WebGuard

DATA_PATHS = frozenset(
    {
        "graphql",
        "logs",
        "notebook",
        "dagit",
        "download_debug",
        "report_asset_materialization",
        "report_asset_check",
        "report_asset_observation",
    }
)
_READS = frozenset({"GET", "HEAD"})
_POLL_MS = 2_000
_DATABASE = (15_000, 3_600, 20)
"""Dagster's own: statement timeout in ms, seconds a connection is used for, connections beyond the pool."""
_END_S = 3


def judge(request: Request) -> str | None:
    """Why Dagster's interface takes this request from nobody; None where it does."""
    if request.method not in _READS:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        return None if media_type == "application/json" else "door_json"
    is_page = "text/html" in request.headers.get("accept", "")
    query = request.query_params.get("query")
    if request.url.path.strip("/") == "graphql" and query is not None and not (is_page or _only_reads(query)):
        return "door_mutation"
    return None


def _only_reads(query: str) -> bool:
    try:
        document = parse(query)
    except (GraphQLError, RecursionError):
        return False
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return bool(operations) and all(each.operation is OperationType.QUERY for each in operations)


def application(context: WorkspaceProcessContext, door: Door) -> ASGIApp:
    """Dagster's own application, guarded."""
    return WebGuard(create_app_from_workspace_process_context(context, live_data_poll_rate=_POLL_MS), door, judge)


def serve(workspace: str, door: Door, port: int, *, read_only: bool) -> None:
    """Until it is interrupted. Over the instance of DAGSTER_HOME and the locations of a workspace file."""
    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(*_DATABASE)
        target = WorkspaceFileTarget([workspace])
        with WorkspaceProcessContext(instance, target, version=__version__, read_only=read_only) as context:
            uvicorn.run(
                application(context, door),
                host=door.address,
                port=port,
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=_END_S,
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--read-only", action="store_true")
    chosen = parser.parse_args()
    project = Project.load()
    texts.use(project.settings.language)
    logs.begin(project.layout.logs_dir, project.settings.log_level, "interface", terminal=False)
    logging.getLogger("dagster").setLevel(project.settings.log_level)
    door = Door(chosen.host, project.settings.allowed_hosts, DATA_PATHS)
    serve(str(Path(chosen.workspace)), door, chosen.port, read_only=chosen.read_only)


if __name__ == "__main__":
    main()

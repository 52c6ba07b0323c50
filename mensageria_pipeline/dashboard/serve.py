"""Serves the dashboard behind the guard, for `mensageria dashboard`; uploads go to disk."""

import argparse
import shutil
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from mensageria_pipeline import texts
from mensageria_pipeline.dashboard.uploads import UploadsOnDisk, most_mib, uploads_folder
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.web.guard import Door, WebGuard

_PAGES = Path(__file__).with_name("app.py")
_DATA_PATHS = frozenset({"_stcore", "media", "component", "app"})
_OPTIONS = {
    "server.headless": True,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "server.fileWatcherType": "none",
    "theme.primaryColor": "#1f4e79",
}


def serve(project: Project, host: str, port: int) -> None:
    """Until it is interrupted."""
    texts.use(project.settings.language)
    folder, size_mib = uploads_folder(project.layout), most_mib(project.settings)
    door = Door(host, project.settings.allowed_hosts, _DATA_PATHS)
    app = st.App(
        _PAGES,
        middleware=[
            Middleware(WebGuard, door=door),
            Middleware(UploadsOnDisk, folder=folder, most_bytes=size_mib << 20),
        ],
    )
    behind_proxy = [f"{scheme}://{name}" for name in sorted(door.names) for scheme in ("http", "https")]
    options = {
        "server.port": port,
        "server.address": host,
        "server.maxUploadSize": size_mib,
        "server.corsAllowedOrigins": behind_proxy,
    }
    app.run(config=_OPTIONS | options)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    chosen = parser.parse_args()
    project = Project.load()
    try:
        serve(project, chosen.host, chosen.port)
    except KeyboardInterrupt:
        pass  # Ctrl+C is how it ends
    finally:
        shutil.rmtree(uploads_folder(project.layout), ignore_errors=True)


if __name__ == "__main__":
    main()

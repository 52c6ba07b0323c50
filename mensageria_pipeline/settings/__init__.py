"""The settings of this installation: variables of `.env` and the shell, read once and passed down."""

from mensageria_pipeline.settings.environment import (
    configured_language,
    dagster_home_in_environment,
    export_dagster_home,
    export_guarded_interface,
    find_root,
    is_interface_guarded,
    load_settings,
)
from mensageria_pipeline.settings.installation import Settings

__all__ = [
    "Settings",
    "configured_language",
    "dagster_home_in_environment",
    "export_dagster_home",
    "export_guarded_interface",
    "find_root",
    "is_interface_guarded",
    "load_settings",
]

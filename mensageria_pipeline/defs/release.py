"""What a run of Dagster asks before it sends: was its plan released? A launch is no word by itself."""

import dagster as dg

from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.services import control
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.release import is_released_here, may_leave
from mensageria_pipeline.settings import is_interface_guarded
from mensageria_pipeline.texts import say

RELEASE_TAG = "mensageria/release"
"""On a launch: the fingerprint of the plan that the person who launches it has looked at, and releases."""


def is_released(
    context: dg.AssetExecutionContext, project: Project, partition: str, definition: CampaignDefinition, plan: str
) -> bool:
    """Whether the plan of this fingerprint may be sent: released by now, or by the way this run was started.

    Who or what else launched it grants nothing: every web page that a browser opens can launch, with any tags.
    """
    if may_leave(project, partition, definition, plan):
        return True
    if not (is_released_here(partition, plan) or _is_named(context, plan)):
        return False
    control.release_plan(project, partition, plan)
    return True


def how_to_release(context: dg.AssetExecutionContext, partition: str, plan: str) -> str:
    """The sentence for a run that ends before the first message."""
    if _is_open(context):
        return f"{say('not_released', campaign=partition)} {say('release_unguarded')}"
    return f"{say('not_released', campaign=partition)} {say('release_by_tag', tag=f'{RELEASE_TAG}={plan}')}"


def _is_named(context: dg.AssetExecutionContext, plan: str) -> bool:
    """Whether the launch names the plan, in a place where no foreign page can have read its name."""
    return context.run.tags.get(RELEASE_TAG) == plan and not _is_open(context)


def _is_open(context: dg.AssetExecutionContext) -> bool:
    """Launched where no `mensageria dev` guards the interface: a page may pass for it (DNS rebinding), and read."""
    return context.run.remote_job_origin is not None and not is_interface_guarded()

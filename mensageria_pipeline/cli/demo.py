"""`mensageria demo`: a sample campaign through the whole flow, with the simulated provider."""

import shutil
from importlib.resources import files
from typing import Annotated

import typer
from rich.panel import Panel

from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.cli.console import ERROR, INCOMPLETE, OK, err, fail, load_project, out, progress_bar
from mensageria_pipeline.cli.run import run_partition
from mensageria_pipeline.cli.status import show_status
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import DefinitionError, LedgerError
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.services import dagster_home
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import campaign_status
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.storage.placing import put_new
from mensageria_pipeline.storage.progress import forget_progress
from mensageria_pipeline.texts import say

CAMPAIGN = "demo-boas-vindas"
_SAMPLES = "mensageria_pipeline.samples"


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    clean: Annotated[bool, typer.Option("--clean", help="option_clean")] = False,
) -> None:
    """Run a sample campaign, simulated, and show what happened. Nothing leaves this machine."""
    project = load_project()
    if clean:
        remove_campaign(project, CAMPAIGN)
        out.print(say("demo_removed"))
        return
    _place_samples(project)
    if load_definition(project.layout, CAMPAIGN).is_live:
        raise DefinitionError("demo_is_live", file=f"{CAMPAIGN}.yaml")
    reason = run_partition(project, CAMPAIGN)
    if reason:
        fail(reason)
        raise typer.Exit(ERROR)
    found = campaign_status(project, CAMPAIGN)
    show_status(found)
    out.print(_summary(project))
    raise typer.Exit(OK if found.is_complete else INCOMPLETE)


def _place_samples(project: Project) -> None:
    targets = {
        f"{CAMPAIGN}.csv": project.layout.input_dir / CAMPAIGN / f"{CAMPAIGN}.csv",
        f"{CAMPAIGN}.yaml": project.layout.definition(CAMPAIGN),
    }
    for name, target in targets.items():
        put_new(target, (files(_SAMPLES) / name).read_bytes())


def _summary(project: Project) -> Panel:
    with open_warehouse(project.layout) as warehouse:
        shown = "sum(total_processed), max(messages_per_minute), max(latency_p95_ms), sum(retries)"
        query = f"SELECT {shown} FROM campaign_metrics WHERE campaign = ?"  # noqa: S608 - constants
        processed, per_minute, p95, retries = warehouse.execute(query, [CAMPAIGN]).fetchall()[0]
    text = say(
        "demo_summary",
        processed=processed,
        per_minute=round(per_minute or 0),
        p95=round(p95 or 0),
        retries=retries,
        warehouse=project.layout.warehouse,
        report=project.layout.export_dir(CAMPAIGN) / "relatorio.xlsx",
        definition=project.layout.definition(CAMPAIGN),
        folder=project.layout.input_dir / CAMPAIGN,
    )
    return Panel(text, title=say("demo_title"), title_align="left")


def remove_campaign(project: Project, campaign: str) -> None:
    """Remove a simulated campaign: its files, results, journal, partition and runs. The warehouse is rebuilt."""
    if any(project.layout.partition_dir(Asset.SEND_RESULTS, campaign).glob(f"*-{Mode.LIVE.value}.parquet")):
        raise LedgerError("demo_has_live", campaign=campaign)
    dagster_home.prepare(project.layout)
    from mensageria_pipeline.cli.launch import forget  # noqa: PLC0415 - Dagster takes seconds to import

    layout = project.layout
    with lease_campaign(project.ledger, campaign, new_owner()), progress_bar() as bar:
        bar.add_task(say("demo_removing"), total=None)
        forget(campaign)
        project.ledger.leases.forget_shards(campaign)
        for folder in (
            layout.input_dir / campaign,
            layout.export_dir(campaign),
            layout.figs_dir(campaign),
            layout.ledger_dir / campaign,
            layout.campaign_dir(campaign),
            *(layout.partition_dir(asset, campaign) for asset in Asset),
        ):
            shutil.rmtree(folder, ignore_errors=True)
        layout.definition(campaign).unlink(missing_ok=True)
        forget_progress(layout, campaign)
        project.registry.forget(campaign)
        project.ledger.forget(campaign)
        project.notes.forget(campaign)
        publish(layout)
    err.print(say("demo_folder_kept", folder=layout.data_dir), style="dim")

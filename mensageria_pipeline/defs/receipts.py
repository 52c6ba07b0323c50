"""Stage receipts: what came back is asked for, understood, and shown beside the results."""

from collections.abc import Iterator, Sequence

import dagster as dg

from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.receipts import RECEIPTS
from mensageria_pipeline.defs.metadata import markdown_table, table_schema
from mensageria_pipeline.defs.shell import OWNERS, readable_errors
from mensageria_pipeline.project import Project
from mensageria_pipeline.receipts.ask import AskReport, ask_for_receipts, waiting_for_answer
from mensageria_pipeline.receipts.fold import FoldReport, fold
from mensageria_pipeline.texts import say

_ASSET = Asset.RECEIPTS.value
_CHECK = "reports_understood"


@dg.asset(
    key=_ASSET, deps=[Asset.SEND_RESULTS.value], group_name="receipts", owners=OWNERS,
    kinds={"python", "parquet", "sqlite"},
    check_specs=[
        dg.AssetCheckSpec(_CHECK, asset=_ASSET, description="Every report is in words that its adapter knows."),
    ],
    description=(
        "**Recibos**: what providers reported after they took a message (delivered, read, bounced …), 1 row per "
        "report. Asks those that want to be asked, and folds every new report into send_results, metrics and report; "
        "outcomes never change. Bounces and wishes to leave go to the suppression list."
    ),
)  # fmt: skip
def receipts(project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        asked = ask_for_receipts(project)
        found = fold(project)
        yield dg.MaterializeResult(
            metadata={
                "dagster/column_schema": table_schema(RECEIPTS),
                "dagster/row_count": project.ledger.receipts.counts().done,
                "recibos desta vez": found.taken,
                "à espera do fim do envio": sum(found.waiting.values()),
                "sem mensagem conhecida": found.unplaced,
                "endereços suprimidos": found.suppressed,
                "dúvidas resolvidas": found.settled,
                "campanhas": ", ".join(found.campaigns) or "—",
                "perguntas": dg.MetadataValue.md(_asked_table(asked)),
            }
        )
        yield _understood(found, asked)


def _asked_table(asked: Sequence[AskReport]) -> str:
    heads = ["provedor", "perguntadas", "respondidas", "problema"]
    return markdown_table(heads, [[a.provider, a.asked, a.answered, a.problem or ""] for a in asked])


def _understood(found: FoldReport, asked: Sequence[AskReport]) -> dg.AssetCheckResult:
    problems = {each.provider: each.problem for each in asked if each.problem}
    return dg.AssetCheckResult(
        passed=not (found.unlisted or found.unreadable or found.troubled or problems), check_name=_CHECK,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"em palavras desconhecidas": found.unlisted, "pedidos de endereço ilegível": found.unreadable,
                  "campanhas com problema": dict(found.troubled), "sem resposta": problems},
    )  # fmt: skip


receipts_job = dg.define_asset_job(
    "take_in_receipts",
    selection=dg.AssetSelection.assets(_ASSET),
    executor_def=dg.in_process_executor,
    description="Pergunta pelos recibos e os mostra ao lado dos resultados. Nada é enviado.",
)


@dg.sensor(
    job=receipts_job,
    name="receipts_arrived",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Recibos novos (mensageria receiver) aparecem nos resultados, um lote por vez.",
)
def receipts_arrived(
    context: dg.SensorEvaluationContext, project: dg.ResourceParam[Project]
) -> dg.RunRequest | dg.SkipReason:
    if not project.ledger.receipts.has_news():
        return dg.SkipReason(say("tick_receipts_nothing"))
    runs = context.instance.get_runs(dg.RunsFilter(job_name=receipts_job.name), limit=1)
    if runs and not runs[0].is_finished:
        return dg.SkipReason(say("tick_receipts_running", run=runs[0].run_id[:8]))
    # No run key: reports that a failed run left are asked for again, at the pace of the ticks.
    return dg.RunRequest()


@dg.schedule(
    job=receipts_job,
    cron_schedule="*/15 * * * *",
    execution_timezone="America/Sao_Paulo",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Pergunta aos provedores que só respondem quando perguntados (Expo), e olha de novo o que esperava.",
)
def ask_regularly(project: dg.ResourceParam[Project]) -> dg.RunRequest | dg.SkipReason:
    if project.ledger.receipts.counts().unfinished or waiting_for_answer(project):
        return dg.RunRequest()
    return dg.SkipReason(say("tick_receipts_nothing"))

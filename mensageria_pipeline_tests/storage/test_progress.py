"""A step's progress for whoever watches; it may be lost, and must not be in the way."""

from pathlib import Path

from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.progress import ProgressReporter, read_progress
from mensageria_pipeline_tests.workbench import Workbench


def test_what_is_said_can_be_read_and_is_not_said_too_often(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert read_progress(layout, "a") is None
    report = ProgressReporter(layout, "a", "raw_base")
    report(10, None)
    report(20, None)
    found = read_progress(layout, "a")
    assert found is not None
    assert (found.step, found.done, found.total) == ("raw_base", 10, None)
    (tmp_path / "state" / "progress" / "a.json").write_text("{")
    assert read_progress(layout, "a") is None


def test_each_stage_tells_how_far_it_is(bench: Workbench) -> None:
    """From nothing to all rows; never backwards."""
    from mensageria_pipeline.contracts.partition import Partition
    from mensageria_pipeline.intake.ingest import ingest
    from mensageria_pipeline.services.preparation import judge_recipients, plan_campaign

    bench.define("a")
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(120_000)))
    read, judged, planned = list[int](), list[tuple[int, int]](), list[tuple[int, int]]()
    definition, partition = bench.definition("a"), Partition("a")
    ingest(bench.layout, bench.project.registry, partition, definition, 0, on_rows=read.append)
    judge_recipients(bench.layout, bench.project.ledger, partition, definition, lambda *each: judged.append(each))
    plan_campaign(bench.layout, bench.project.ledger, partition, definition, lambda *each: planned.append(each))
    assert read[-1] == 120_000
    assert read == sorted(read)
    for steps in (judged, planned):
        assert len(steps) > 2
        assert steps == sorted(steps)
        assert steps[-1] == (120_000, 120_000)

"""Benchmarks send through the same code as runs do, and so change with it."""

from pathlib import Path

from benchmarks.campaigns import Campaign


def test_a_benchmarks_campaign_is_sent(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, {})
    campaign.prepare(50, "provider: simulated\n")
    sent = campaign.send()
    assert sent.counts["outcomes"]["accepted"] == 50

"""What a sender process is told arrives whole, and is shown to nobody."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.ledger.leases import Lease
from mensageria_pipeline.sending.sender_job import SenderJob
from mensageria_pipeline.settings import Settings, load_settings
from mensageria_pipeline_tests.workbench import with_variables

SECRET = "segredo-9f8e"
DEFINITION = CampaignDefinition.model_validate(
    {
        "provider": {"push": "fcm", "email": "smtp"},
        "template": {"title": "Oi", "body": "Olá, {{ nome }}!"},
        "rate_per_s": {"fcm": 500},
        "on_unknown": "hold",
        "send_window": {"not_after": "2026-11-23T12:00:00-03:00", "hours": "09:00-20:00", "weekdays": ["mon"]},
        "simulation": {"latency_ms": 3},
    }
)


def job(chosen: Settings) -> SenderJob:
    folder = Path("/d")
    lease = Lease("a--20261123t1200z", 3, "host:1:run:ab", 17)
    return SenderJob(
        "a--20261123t1200z",
        folder / "plan.parquet",
        folder / "left.parquet",
        lease,
        folder,
        folder / "pacing",
        DEFINITION,
        ("fcm", "smtp"),
        chosen,
    )


VARIABLES = f"""
MENSAGERIA_LANGUAGE=en
API_KEY={SECRET}
TIMEOUT_SECONDS=7
API_RATE_PER_SECOND=0.5
GOOGLE_APPLICATION_CREDENTIALS=chave/çã.json
SMS_WITHOUT_ACCENTS=true
SMTP_CA_FILE=/ca.pem
RECEIVER_TOKEN_ZENVIA={SECRET}
RECEIVER_SNS_TOPICS=arn:aws:sns:sa-east-1:123456789012:ses,arn:aws:sns:sa-east-1:123456789012:other
SENDER_PROCESSES=3
LEDGER_URL=sqlite:////elsewhere/ledger
INPUT_MAX_COLUMNS=9
MENSAGERIA_ALLOWED_HOSTS=painel.exemplo.com.br,outro.exemplo.com.br:8080
OF_ANOTHER_PACKAGE={SECRET}
"""
"""One of every type."""


def test_every_setting_reaches_the_sender_as_it_was(tmp_path: Path) -> None:
    """Paths, words of a closed set, tuples and limits come back as what they were, not as text."""
    (tmp_path / ".env").write_text(VARIABLES, encoding="utf-8")
    for chosen in (load_settings(tmp_path, {}), load_settings(tmp_path / "nowhere", {})):
        line = job(chosen).to_json()
        assert b"\n" not in line
        assert SenderJob.from_json(line) == job(chosen)


def test_a_job_shows_no_secret() -> None:
    """Neither in a log nor in the traceback of a sender that cannot read what it was told."""
    sent = job(with_variables(Settings(Path("/r"), Path("/r/data")), api_key=SECRET, smtp_password=SECRET))
    assert SECRET not in repr(sent)
    for broken in (sent.to_json()[:-1], sent.to_json().replace(b'"timeout_s":10.0', b'"timeout_s":"soon"')):
        with pytest.raises(ValidationError) as caught:
            SenderJob.from_json(broken)
        assert SECRET not in str(caught.value)

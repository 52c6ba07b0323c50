"""Logs: JSON lines that machines read, and nothing of anybody in them, in files, events, metadata and tracebacks."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mensageria_pipeline import logs
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.defs.shell import Shell
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.fakes.mixed import Mixed
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, Reset
from mensageria_pipeline_tests.fakes.terminal import Terminal
from mensageria_pipeline_tests.receipts.posts import ses_bounce, zenvia_answer, zenvia_status

SECRETS = (
    "Anastácia",
    "anastacia@",
    "11987650001",
    "5511987650001",
    "ExponentPushToken[segredo]",
    "texto-secreto",
    "segredo-da-zenvia",
)
LIST = (
    "id;nome;canal;endereco\n1;Anastácia;push;ExponentPushToken[segredo]\n2;Anastácia;email;anastacia@exemplo.com.br\n"
    "3;Anastácia;sms;11987650001\n4;Anastácia;sms;anastacia@exemplo.com.br\n"
)


@pytest.fixture
def log_folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "logs"
    yield folder
    logger = logging.getLogger(logs.NAME)
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


def _lines(folder: Path) -> list[dict[str, object]]:
    return [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()
    ]


def test_each_line_is_an_object_about_a_run_and_a_campaign(log_folder: Path) -> None:
    """What a log collector needs; counts beside the message."""
    logs.begin(log_folder, "INFO", "test", terminal=False)
    logs.about("boas-vindas", "run-1")
    logging.getLogger(f"{logs.NAME}.somewhere").info("sending ended", extra={"accepted": 3})
    logging.getLogger(f"{logs.NAME}.somewhere").debug("not at this level")
    (line,) = _lines(log_folder)
    assert {name: line[name] for name in ("level", "campaign", "run", "message", "accepted", "where")} == {
        "level": "INFO",
        "campaign": "boas-vindas",
        "run": "run-1",
        "message": "sending ended",
        "accepted": 3,
        "where": f"{logs.NAME}.somewhere",
    }
    assert str(line["at"]).startswith("20")


def test_a_traceback_becomes_its_kind_and_place(log_folder: Path) -> None:
    """Texts of foreign exceptions quote values."""
    logs.begin(log_folder, "INFO", "test", terminal=False)
    try:
        int("segredo@exemplo.com.br")
    except ValueError:
        logging.getLogger(f"{logs.NAME}.x").exception("it broke")
    (line,) = _lines(log_folder)
    assert "segredo" not in json.dumps(line)
    assert str(line["exc_info"]).startswith("ValueError (test_logs.py:")


def test_files_are_rotated_and_old_ones_go(log_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk is not filled by logs."""
    monkeypatch.setattr(logs, "MAX_BYTES", 2_000)
    monkeypatch.setattr(logs, "KEPT_FILES", 3)
    for number in range(6):
        logs.begin(log_folder, "INFO", f"process{number}", terminal=False)
        for _ in range(100):
            logging.getLogger(f"{logs.NAME}.x").info("a line of some length to fill the file")
    logs.begin(log_folder, "INFO", "last", terminal=False)
    assert len(list(log_folder.glob("*.jsonl*"))) <= 4
    assert all(path.stat().st_size < 3_000 for path in log_folder.glob("*.jsonl*"))


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    """Sending matters more than logging."""
    (tmp_path / "file").write_text("x")
    logs.begin(tmp_path / "file" / "logs", "INFO", "test", terminal=False)
    logging.getLogger(f"{logs.NAME}.x").info("nowhere")


def test_the_command_line_writes_a_file_of_its_own(tmp_path: Path) -> None:
    """Sentences on the terminal, objects in data/logs."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0", LOG_LEVEL="DEBUG")
    here = Terminal(tmp_path)
    here.define("a")
    assert here.run("run", "a", here.list_file()).code == 0
    lines = _lines(here.root / "data" / "logs")
    assert {"lists taken in", "recipients judged", "messages planned", "sending ended"} <= {
        str(line["message"]) for line in lines
    }
    assert {str(line["campaign"]) for line in lines if line["message"] == "sending ended"} == {"a"}


def test_nobody_is_in_any_log_event_or_traceback(
    shell: Shell, mixed: Mixed, log_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Known people through every path: accepted, refused, throttled, broken, receipts, answers, and a crash."""
    logs.begin(log_folder, "DEBUG", "test", terminal=True)
    bench = mixed.bench
    bench.define(
        "a",
        "provider: {push: expo, email: smtp, sms: zenvia}\n"
        "template: {title: 'Oi {{ nome }}', body: 'texto-secreto {{ nome }}'}\n",
    )
    bench.drop("a", LIST)

    def script(request: Incoming) -> Answer | Reset:
        return (Answer(400, body=b'{"code": "X", "message": "11987650001"}'), Reset(accepts=True))[request.number % 2]

    mixed.web.script = script
    mixed.mail.replies = {"rcpt": "550 5.1.1 <anastacia@exemplo.com.br> unknown Anastácia"}
    bench.run("a", **mixed.settings | {"zenvia_token": "segredo-da-zenvia"})
    events = shell.events_text(shell.materialize("a"))
    ids = [row["message_id"] for row in bench.rows(Asset.MESSAGES, "a")]
    mixed.post("smtp", ses_bounce(ids[0]))
    mixed.post("zenvia", zenvia_answer("a1", "PARE texto-secreto Anastácia", "5511987650001"))
    mixed.post("zenvia", zenvia_status("e1", "DELIVERED", ids[1]))
    mixed.post("zenvia", b'{"id": "Anast\xc3\xa1cia", "message": {"from": "5511987650001"}}')
    mixed.process_receipts()
    bench.layout.table(Asset.MESSAGES, "a").write_bytes(b"Anast\xc3\xa1cia anastacia@exemplo.com.br")
    events += shell.events_text(shell.materialize("a", "send_results"))
    written = "".join(path.read_text("utf-8") for path in log_folder.glob("*"))
    assert "sending ended" in written
    assert len(events) > 5_000
    printed = "".join(capfd.readouterr())
    for text in SECRETS:
        for place, content in {"logs": written, "events": events, "terminal": printed}.items():
            assert text not in content, (place, text)

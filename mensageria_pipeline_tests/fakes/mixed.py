"""A campaign over push, e-mail and SMS in one file, each through its own provider, and what comes back to it."""

from typing import Any

import duckdb
from starlette.testclient import TestClient

from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.receipts.receiver import Receiver
from mensageria_pipeline.services.kept_receipts import ProcessSummary
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.fakes.smtp_server import SmtpServer
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import Workbench

TOKEN = "um-token-bem-comprido"
LIST = (
    "id;nome;canal;endereco\n"
    "1;Ana;push;ExponentPushToken[ana]\n2;Bia;push;ExponentPushToken[bia]\n"
    "3;Caio;email;caio@exemplo.com.br\n4;Davi;email;davi@exemplo.com.br\n"
    "5;Eva;sms;11987654321\n6;Fabio;sms;11987654322\n"
)
DEFINITION = (
    "provider: {push: expo, email: smtp, sms: zenvia}\n"
    "rate_per_s: {zenvia: 100, smtp: 200}\n"
    "template: {title: Oi, body: 'Olá, {{ nome }}!', sms: 'Oi, {{ nome }}'}\n"
)


class Mixed:
    """The campaign, its servers, and what comes back."""

    def __init__(self, bench: Workbench, web: ProviderServer, mail: SmtpServer) -> None:
        self.bench, self.web, self.mail = bench, web, mail
        self.client = TestClient(Receiver(bench.project.ledger, TOKEN).application())

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "expo_url": self.web.base_url,
            "zenvia_url": self.web.base_url,
            "zenvia_token": "x",
            "zenvia_from": "loja",
            "sms_price": 0.09,
            "smtp_host": "127.0.0.1",
            "smtp_port": self.mail.port,
            "smtp_security": "none",
            "smtp_from": "Loja <ola@loja.com.br>",
            "timeout_s": PATIENCE_S,
            "receiver_public_url": "https://r.loja.com.br",
        }

    def run(self) -> None:
        self.bench.define("mista", DEFINITION)
        self.bench.drop("mista", LIST)
        self.bench.run("mista", **self.settings)
        publish(self.bench.layout, ["mista"])

    def results(self) -> dict[str, dict[str, Any]]:
        """Person → their row of send_results."""
        path = self.bench.layout.partition_dir(Asset.SEND_RESULTS, "mista") / "edition-1-live.parquet"
        relation = duckdb.sql(f"FROM read_parquet('{path}')")
        return {row["person"]: row for row in relation.to_arrow_table().to_pylist()}

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Channel → its row of campaign_metrics."""
        with open_warehouse(self.bench.layout) as warehouse:
            rows = warehouse.sql("FROM campaign_metrics WHERE campaign = 'mista'").to_arrow_table().to_pylist()
        return {row["channel"]: row for row in rows}

    def post(self, provider: str, body: bytes, **headers: str) -> int:
        with self.client as client:
            headers = {"authorization": f"Bearer {TOKEN}"} | headers
            return client.post(f"/recibos/{provider}", content=body, headers=headers).status_code

    def process_receipts(self) -> ProcessSummary:
        return process_receipts(self.bench.project)

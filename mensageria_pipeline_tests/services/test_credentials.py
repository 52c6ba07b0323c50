"""Doctor asks every provider's service whether the credentials hold, and sends nothing."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from mensageria_pipeline.providers.expo import ExpoProvider
from mensageria_pipeline.providers.http import GenericHttpProvider
from mensageria_pipeline.providers.zenvia import ZenviaProvider
from mensageria_pipeline.services.credentials import Held, ask, campaigns_by_provider, configured_provider
from mensageria_pipeline.services.doctor import Level, diagnose
from mensageria_pipeline.services.project import Project
from mensageria_pipeline_tests.fakes.smtp_server import SmtpServer
from mensageria_pipeline_tests.workbench import Workbench, with_variables


class _Service(BaseHTTPRequestHandler):
    """Knows one key; keeps what it was asked."""

    asked: list[str]
    status: int | None

    def _answer(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        keys = (self.headers.get("authorization"), self.headers.get("x-api-token"))
        known = {"Bearer certo", "certo"} & set(keys)
        self.send_response(self.status or (200 if known else 401))
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_POST = do_HEAD = _answer  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[tuple[str, type[_Service]]]:
    handler = type("Service", (_Service,), {"asked": [], "status": None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("key", ["certo", "errado"])
def test_each_is_asked_by_a_question_that_sends_nothing(service: tuple[str, type[_Service]], key: str) -> None:
    url, handler = service
    providers = (
        ZenviaProvider(key, "loja", url=url),
        ExpoProvider(url=url, token=key),
        GenericHttpProvider(url, key, 10),
    )
    assert {ask(provider).held for provider in providers} == {Held.YES if key == "certo" else Held.REFUSED}
    assert handler.asked == ["GET /v2/subscriptions", "POST /--/api/v2/push/getReceipts", "HEAD /"]


def test_a_service_that_is_ill_or_gone_says_nothing_of_credentials(service: tuple[str, type[_Service]]) -> None:
    url, handler = service
    handler.status = 503
    assert ask(GenericHttpProvider(url, "certo", 10)).held is Held.UNREACHABLE
    gone = ask(GenericHttpProvider("http://127.0.0.1:9", "certo", 10))
    assert gone.held is Held.UNREACHABLE
    assert gone.detail == "ConnectionError"


@pytest.mark.parametrize(("password", "held"), [("certa", Held.YES), ("errada", Held.REFUSED)])
def test_a_mail_server_is_logged_in_to(bench: Workbench, password: str, held: Held) -> None:
    with SmtpServer(login=("loja", "certa")) as server:
        settings = with_variables(
            bench.project.settings,
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_security="none",
            smtp_from="a@exemplo.com",
            smtp_username="loja",
            smtp_password=password,
        )
        provider = configured_provider(Project(settings), "smtp")
        assert provider is not None
        assert ask(provider).held is held
        assert server.taken == []


def test_doctor_names_the_campaigns_that_need_what_is_missing(bench: Workbench) -> None:
    bench.define("a", "template: {body: Oi}\nprovider: zenvia\nchannel: sms\n")
    bench.define("b", "template: {body: Oi}\nprovider: {sms: zenvia, email: simulated}\n")
    assert campaigns_by_provider(bench.project) == {"simulated": ["b"], "zenvia": ["a", "b"]}
    (found,) = [each for each in diagnose(bench.project) if each.found == "zenvia"]
    assert found.level is Level.WARNING
    assert "ZENVIA_TOKEN" in found.todo
    assert "(campanhas: a, b)" in found.todo


def test_doctor_says_whose_credentials_are_refused(
    bench: Workbench, service: tuple[str, type[_Service]], tmp_path: Path
) -> None:
    url, _ = service
    settings = with_variables(bench.project.settings, zenvia_token="errado", zenvia_from="loja", zenvia_url=url)
    found = [each for each in diagnose(Project(settings)) if each.found.startswith("zenvia")]
    assert [(each.level, each.found) for each in found] == [
        (Level.ERROR, "zenvia: o serviço recusa as credenciais HTTP 401")
    ]
    assert "errado" not in found[0].todo + found[0].found + str(tmp_path)

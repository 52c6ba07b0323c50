"""The guard: what a browser's own words say of a request, and what becomes of it. No server needed."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from mensageria_pipeline.web.guard import Door, WebGuard
from mensageria_pipeline.web.interface import DATA_PATHS, judge

OWN = "127.0.0.1:3000"
PAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
READ, MUTATION = "query { version }", "mutation { launchRun { __typename } }"


def client(door: Door | None = None, host: str = OWN, judged: Any = judge) -> TestClient:
    """A browser or a program at a guarded application that answers everything."""

    async def answer(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("dados", headers={"Access-Control-Allow-Origin": "*"})

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("dados")
        await websocket.close()

    methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
    routes = [WebSocketRoute("/graphql", talk), Route("/{path:path}", answer, methods=methods)]
    guarded = WebGuard(Starlette(routes=routes), door or Door(data_paths=DATA_PATHS), judged)
    return TestClient(guarded, base_url=f"http://{host}")


@pytest.mark.parametrize(
    ("host", "door", "is_taken"),
    [
        (OWN, Door(), True),
        ("localhost:3000", Door(), True),
        ("[::1]:3000", Door(), True),
        ("LOCALHOST", Door(), True),
        ("rebound.example:3000", Door(), False),
        ("127.0.0.1.rebound.example:3000", Door(), False),
        ("localhost.rebound.example", Door(), False),
        ("10.0.0.7:3000", Door(), False),
        ("10.0.0.7:3000", Door(address="10.0.0.7"), True),
        ("10.0.0.7:3000", Door(address="0.0.0.0"), True),
        ("rebound.example:3000", Door(address="0.0.0.0"), False),
        ("", Door(address="0.0.0.0"), False),
        ("painel.exemplo.com.br", Door(names=frozenset({"painel.exemplo.com.br"})), True),
        ("user@127.0.0.1:3000", Door(), False),
        ("127.0.0.1:3000/x", Door(), False),
        ("127.0.0.1:x", Door(), False),
    ],
)
def test_only_known_names_open_it(host: str, door: Door, is_taken: bool) -> None:
    """A name that an attacker's DNS points here is not ours; an address cannot be pointed elsewhere."""
    answer = client(door).get("/", headers={"Host": host})
    assert (answer.status_code == 200) is is_taken


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://rebound.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8501"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "file://"},
        {"Origin": f"ftp://{OWN}"},
        {"Origin": "http://["},
        {"Origin": f"http://{OWN}@rebound.example"},
        {"Origin": f"http://{OWN}/../"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "?"},
        PAGE,
        PAGE | {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/logs/x.out", "/download_debug/1", "/notebook", "/dagit/notebook"])
def test_data_is_no_other_pages_to_ask_for(headers: dict[str, str], path: str) -> None:
    """Pictures, scripts, fetch and links to data, of other sites and of other ports."""
    assert client().get(path, headers=headers).status_code == 403
    posted = client().post(path, headers=headers | {"Content-Type": "application/json"}, content="{}")
    assert posted.status_code == 403


def test_links_open_pages_and_other_pages_cannot_post_to_them() -> None:
    """From the dashboard, from an e-mail."""
    assert client().get("/runs/1", headers=PAGE).status_code == 200
    assert client().post("/runs/1", headers=PAGE | {"Content-Type": "application/json"}).status_code == 403
    frame = PAGE | {"Sec-Fetch-Dest": "iframe"}
    assert client().get("/runs/1", headers=frame).status_code == 403


def test_its_own_page_and_programs_are_served() -> None:
    """A browser says same-origin; a program says nothing."""
    for headers in ({"Origin": f"http://{OWN}", "Sec-Fetch-Site": "same-origin"}, {}):
        assert client().post("/graphql", headers=headers, json={"query": MUTATION}).status_code == 200
        assert client().get("/graphql", headers=headers, params={"query": READ}).status_code == 200


def test_a_proxys_name_is_its_own_origin_and_its_other_ports_are_not() -> None:
    """The proxy may pass its own name on, or the address that it asks."""
    door = Door(names=frozenset({"dagster.exemplo.com.br"}))
    for host in ("dagster.exemplo.com.br", OWN):
        own = client(door, host).post("/graphql", headers={"Origin": "https://dagster.exemplo.com.br"}, json={})
        assert own.status_code == 200
        other = {"Origin": "https://dagster.exemplo.com.br:8443"}
        assert client(door, host).post("/graphql", headers=other, json={}).status_code == 403


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain; application/json",
        "application/graphql",
        "",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/messages", "/report_asset_check/messages"])
def test_changes_come_as_json(path: str, kind: str) -> None:
    """What a page can post without being asked first is no JSON; an old browser tells nothing else of it."""
    answer = client().post(path, params={"query": MUTATION}, headers={"Content-Type": kind}, content="x")
    assert answer.status_code == 403
    assert "application/json" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        MUTATION,
        f"{READ} {MUTATION}",
        "subscription { x }",
        "{ broken",
        "",
        "fragment f on Query { version }",
        "{" * 5_000,
        "  # query\n mutation { x }",
    ],
)
def test_a_get_changes_nothing(query: str) -> None:
    """An old browser's picture carries neither Origin nor Sec-Fetch-Site."""
    assert client().get("/graphql", params={"query": query}).status_code == 403
    assert client().get("/graphql/", params={"query": query}).status_code == 403
    last_counts = client().get("/graphql?query={version}", params={"query": query})
    assert last_counts.status_code == 403


@pytest.mark.parametrize(
    "origin", [None, "null", "http://rebound.example", "http://127.0.0.1:8501", "http://localhost:3000"]
)
def test_a_websocket_is_opened_by_its_own_page(origin: str | None) -> None:
    """Browsers let every page open one to anywhere, and always say which page it is."""
    headers = {"Origin": origin} if origin else {}
    with pytest.raises(WebSocketDisconnect), client().websocket_connect("/graphql", headers=headers) as opened:
        opened.receive_text()
    with client().websocket_connect("/graphql", headers={"Origin": f"http://{OWN}", "Host": OWN}) as own:
        assert own.receive_text() == "dados"


def test_answers_are_for_nobody_elses_page() -> None:
    """In no frame, as no picture, and to no foreign script, also where the application would allow it."""
    for path in ("/", "/graphql"):
        headers = client().get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_two_hosts_are_none() -> None:
    """What one part of a chain reads as the host must be what the next one reads."""
    seen: list[Any] = []

    async def send(message: Any) -> None:
        seen.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def application(*_: Any) -> None:
        raise AssertionError

    headers = [(b"host", OWN.encode()), (b"host", b"rebound.example")]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b""}
    asyncio.run(WebGuard(application, Door())(scope, receive, send))
    assert seen[0]["status"] == 403

"""People decide, providers report and processes are killed, all at once, while a campaign is sent."""

import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.privacy.find import find_person
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.receipts.receiver import Receiver
from mensageria_pipeline.sending.settle import RETRIABLE
from mensageria_pipeline.services import control
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import campaign_status
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, ProviderServer, Rates, Raw, Reset, Silence
from mensageria_pipeline_tests.faults.field import FAST, Field, Step
from mensageria_pipeline_tests.needs import CRASH
from mensageria_pipeline_tests.receipts.posts import zenvia_status
from mensageria_pipeline_tests.waiting import wait_until
from mensageria_pipeline_tests.workbench import Workbench

pytestmark = CRASH
TOKEN = "um-token-bem-comprido"
_REFUSED_EACH = 11
"""Of so many messages one is refused when it is seen for the first time: `retry` has something to open."""
_QUIET_S = 0.5
_DEFINITION = "provider: zenvia\ntemplate: {body: Oi}\nrate_per_s: 400\non_unknown: hold\n"
_REFUSAL = b'{"code": "VALIDATION_ERROR", "details": [{"path": "to"}]}'


def _phone(person: int) -> str:
    return f"119{80_000_000 + person}"


@dataclass(frozen=True)
class _Round:
    """What happens while the campaign is sent, until its sending is killed."""

    decisions: tuple[tuple[str, str], ...]
    """Steps of `decide` and what they are about."""
    list_comes_in: bool = False
    kills_one: bool = False
    """A decision under way is killed too."""
    stops_last: bool = False
    """The last decision is stopped for longer than a lease lasts."""


@dataclass(frozen=True)
class _Size:
    """How long the day is, and for whom it ends early."""

    messages: int
    listed: range
    """People on the opt-out list."""
    forgotten: tuple[int, ...]
    rounds: tuple[_Round, ...]
    kills_at_least: int
    """In the middle of sending: a cancellation may end one before, and on a busy machine all may be sent early."""


_SHORT = _Size(
    messages=1_000,
    listed=range(500, 1_000, 97),
    forgotten=(40, 990),
    rounds=(
        _Round((("take_in_lists", ""), ("forget", _phone(990))), list_comes_in=True, kills_one=True),
        _Round((("fold", ""), ("forget", _phone(40)), ("change_of_mind", "a")), stops_last=True),
    ),
    kills_at_least=1,
)
_LONG = _Size(
    messages=2_400,
    listed=range(700, 2_400, 97),
    forgotten=(40, 1_500, 2_000, 2_390),
    rounds=(
        _Round((("forget", _phone(2_390)), ("retry", "a"))),
        _Round((("fold", ""), ("forget", _phone(1_500))), kills_one=True),
        _Round((("take_in_lists", ""), ("retry", "a")), list_comes_in=True),
        _Round((("change_of_mind", "a"), ("fold", ""))),
        _Round((("go_on", "a"), ("forget", _phone(40))), kills_one=True),
        _Round((("forget", _phone(2_000)), ("retry", "a")), stops_last=True),
    ),
    kills_at_least=2,
)


@dataclass
class _Script:
    """Trouble by shares, and a refusal of some messages the first time they are seen."""

    rates: Rates = field(default_factory=lambda: Rates(throttled=0.002, reset=0.03, failed=0.01, slow_s=0.03, seed=3))

    def __call__(self, request: Incoming) -> Answer | Raw | Reset | Silence:
        message = request.messages[0]
        if int(message["to"]) % _REFUSED_EACH == 0 and not request.seen[message["id"]]:
            return Answer(400, body=_REFUSAL)
        return self.rates(request)


@dataclass
class _Day:
    """The campaign, who decides over it, and what the provider saw of each message when it became forbidden."""

    field: Field
    size: _Size
    draw: Random
    plan: dict[str, dict[str, Any]] = field(init=False)
    """message_id → its row of the plan, before anybody was forgotten."""
    fixed: dict[str, bool] = field(default_factory=dict)
    """Forbidden messages, and whether the provider had accepted them when no sender was left that did not know."""
    reported: set[str] = field(default_factory=set)
    deciding: list[Step] = field(default_factory=list)
    to_repeat: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        server = self.field.server
        prepare_root(
            self.field.root,
            INPUT_SETTLE_SECONDS="0",
            ZENVIA_URL=server.base_url,
            ZENVIA_TOKEN="x",
            ZENVIA_FROM="loja",
            RECEIVER_TOKEN=TOKEN,
            SENDER_PROCESSES="1",
        )
        server.script = script = _Script()
        server.closes_unread = script.rates.closes_unread
        bench = Workbench(self.project)
        bench.define("a", _DEFINITION)
        bench.drop("a", "id;telefone\n" + "".join(f"p{n};{_phone(n)}\n" for n in range(self.size.messages)))
        bench.prepare("a")
        self.plan = {row["message_id"]: row for row in bench.rows(Asset.MESSAGES, "a")}

    @property
    def project(self) -> Project:
        return self.field.project

    def decide(self, step: str, argument: str = "a") -> None:
        self.deciding.append(self.field.decide(step, argument))

    def await_quiet(self) -> None:
        """Until the provider has dealt with all that reached it."""
        seen = (-1, -1)
        while seen != (now := (len(self.field.server.began), len(self.field.server.accepted_ids()))):
            seen = now
            time.sleep(_QUIET_S)

    def look_at_forbidden(self) -> None:
        """While nobody sends: whoever sends next knows of everything that the ledger forbids now."""
        forbidden = self.project.ledger.suppressions.suppression_set(Mode.LIVE, "a").addresses
        accepted = set(self.field.server.accepted_ids())
        for message_id, row in self.plan.items():
            if row["address_key"] in forbidden:
                self.fixed.setdefault(message_id, message_id in accepted)

    def report_on(self, count: int) -> None:
        """The provider reports on some of what it accepted, in doubt or not."""
        new = [name for name in dict.fromkeys(self.field.server.accepted_ids()) if name not in self.reported]
        with TestClient(Receiver(self.project.ledger, TOKEN).application()) as client:
            for name in self.draw.sample(new, min(count, len(new))):
                body = zenvia_status(f"e-{name}", "DELIVERED", name)
                answer = client.post("/recibos/zenvia", content=body, headers={"authorization": f"Bearer {TOKEN}"})
                assert answer.status_code == 200
                self.reported.add(name)

    def kill_one(self) -> None:
        """kill -9 of a decision that is under way, if there is one; it is taken again at the end of the day."""
        for each in self.deciding:
            if each.is_running:
                each.kill()
                self.deciding.remove(each)
                self.to_repeat.append((each.name, each.argument))
                return

    def finish(self) -> None:
        """Let decisions end; those that were refused are taken again too."""
        for each in self.deciding:
            if not each.wait():
                self.said.append(f"{each.name}: {each.words}")
                self.to_repeat.append((each.name, each.argument))
        self.deciding.clear()

    def results(self) -> dict[str, dict[str, Any]]:
        folder = self.project.layout.partition_dir(Asset.SEND_RESULTS, "a")
        return {
            row["message_id"]: row
            for path in folder.glob("*.parquet")
            for row in pq.ParquetFile(path).read().to_pylist()
        }

    def await_sending(self, sending: Step, seen: int) -> None:
        """Until it has begun to send, or has ended: a cancellation may have left it nothing."""
        server = self.field.server
        wait_until(lambda: len(server.began) > seen or not sending.is_running)


def _stop_and_continue(step: Step) -> None:
    """Ctrl+Z for longer than a lease lasts, then on: whoever was stopped must notice what happened meanwhile."""
    if step.is_running:
        step.signal(signal.SIGSTOP)
        time.sleep(2 * FAST.lease_s)
        step.signal(signal.SIGCONT)


@pytest.mark.parametrize(
    "size", [pytest.param(_SHORT, id="short"), pytest.param(_LONG, id="long", marks=pytest.mark.long)]
)
def test_decisions_receipts_and_kills_at_once_lose_nothing_and_double_nothing(
    tmp_path: Path, provider_server: ProviderServer, size: _Size
) -> None:
    """A campaign whose sending is killed again and again, while people retry, cancel, resume and forget, lists come
    in and the provider reports; some of these are killed or stopped in the middle too. Every message ends once,
    whoever is forbidden is not messaged any more, and whoever is forgotten is nowhere."""
    day = _Day(Field(tmp_path / "projeto", provider_server), size, Random(12))
    began = time.monotonic()
    try:
        kills = sum(_send_and_kill(day, each) for each in size.rounds)
        assert kills >= size.kills_at_least, "killed in the middle"
        print(f"{kills} kills, {time.monotonic() - began:.0f} s")
        _end(day)
    finally:
        for deciding in day.deciding:
            deciding.kill()
    _check(day)


def _send_and_kill(day: _Day, happens: _Round) -> bool:
    """Send, decide meanwhile, kill; whether the sending was in the middle."""
    seen = len(day.field.server.began)
    sending = day.field.decide("send")
    try:
        day.await_sending(sending, seen)
        if happens.list_comes_in:
            phones = "".join(f"{_phone(person)}\n" for person in day.size.listed)
            Workbench(day.project).suppress("telefone\n" + phones)
        for step, argument in happens.decisions:
            day.decide(step, argument)
        time.sleep(day.draw.uniform(0.1, 0.9))
        if happens.kills_one:
            day.kill_one()
        if happens.stops_last:
            _stop_and_continue(day.deciding[-1])
        is_in_the_middle = sending.is_running
    finally:
        sending.kill()
    day.await_quiet()
    day.look_at_forbidden()
    day.report_on(40)
    return is_in_the_middle


def _end(day: _Day) -> None:
    """Everything that was killed or refused is taken again, then all is sent that is left."""
    day.finish()
    for step, argument in dict.fromkeys([*day.to_repeat, ("finish_erasures", ""), ("go_on", "a")]):
        day.decide(step, argument)
        day.finish()
    day.look_at_forbidden()
    day.field.decide("send").wait()
    while control.failed(day.project, "a", RETRIABLE):  # refused for the first time just now, accepted the next
        day.field.decide("go_on").end()
        day.field.decide("send").wait()
    day.report_on(40)
    while process_receipts(day.project).waiting:
        time.sleep(_QUIET_S)
    print("\n".join(day.said))


def _check(day: _Day) -> None:
    accepted, results = Counter(day.field.server.accepted_ids()), day.results()
    forgotten = {name for name, row in day.plan.items() if row["person"] in {f"p{n}" for n in day.size.forgotten}}
    by_outcome: dict[str, set[str]] = {}
    for name, row in results.items():
        by_outcome.setdefault(row["outcome"], set()).add(name)
    print({outcome: len(names) for outcome, names in by_outcome.items()}, "forbidden", len(day.fixed))
    assert max(accepted.values()) == 1, "nobody twice"
    assert set(results) == set(day.plan) - forgotten, "nothing lost, and nothing of the forgotten"
    assert set(by_outcome) <= {"accepted", "unknown", "suppressed"}
    assert by_outcome["accepted"] <= set(accepted), "what counts as accepted was accepted"
    assert set(accepted) <= by_outcome["accepted"] | by_outcome.get("unknown", set()) | forgotten, "nothing lost"
    assert {name: name in accepted for name in day.fixed} == day.fixed, "nobody was messaged once that was forbidden"
    assert len(day.fixed) == len(forgotten) + len(day.size.listed)
    for name in day.reported - forgotten:
        assert (results[name]["outcome"], results[name]["delivery"]) == ("accepted", "delivered")
    status = campaign_status(day.project, "a")
    assert status.rows == day.size.messages == sum(status.fates.values())
    assert status.fates["erased"] == len(day.size.forgotten)
    assert (status.tally.messages, status.tally.is_conserved) == (len(results), True)
    for person in day.size.forgotten:
        found = find_person(day.project.layout, day.project.ledger, _phone(person), ["a"])
        assert not [*found.rows, *found.happenings, *found.mentions]

"""What an installation can be told beside its providers' own variables; `.env.example` explains each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from mensageria_pipeline.settings.kinds import KEY, PATH, Kind, number, url, whole
from mensageria_pipeline.settings.variables import Group, Need, Variable, read_group, variable
from mensageria_pipeline.storage.limits import Limits
from mensageria_pipeline.storage.times import LedgerTimes
from mensageria_pipeline.texts import Language

_SHORTEST_SECRET = 4
"""A shorter value would hide every other word."""
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
TOKEN_PREFIX = "RECEIVER_TOKEN_"  # noqa: S105 - the beginning of a variable's name
"""Before a provider's name: its own token."""


def _hosts(text: str) -> frozenset[str]:
    """Names, each with a port where it is not the usual one."""
    found = frozenset(each.strip().lower() for each in text.split(",") if each.strip())
    if not all(re.fullmatch(r"[a-z0-9._-]{1,253}(:[0-9]{1,5})?", each) for each in found):
        raise ValueError
    return found


def _ledger_dir(text: str) -> Path:
    """The folder of a SQLite ledger, from a URL as SQLAlchemy writes it."""
    prefix = "sqlite:///"
    if not (text.startswith(prefix) and text.removeprefix(prefix).strip("/")):
        raise ValueError
    return Path(text.removeprefix(prefix))


def _log_level(text: str) -> str:
    return LOG_LEVELS[LOG_LEVELS.index(text.upper())]


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation's settings. Secrets are left out of `repr`."""

    root: Path
    """The project's folder: where workspace.yaml and .env are."""
    data_dir: Path = variable("MENSAGERIA_DATA_DIR", PATH, need=Need.REQUIRED)
    language: Language = variable("MENSAGERIA_LANGUAGE", Kind(Language, "pt-BR, en"), default="pt-BR")
    timeout_s: float = variable("TIMEOUT_SECONDS", number(0.1, 600), default="10")
    receiver_token: str | None = variable("RECEIVER_TOKEN", KEY, is_secret=True)
    """What providers prove themselves with when they report, unless they have a token of their own."""
    receiver_tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Provider → its own token."""
    receiver_public_url: str | None = variable("RECEIVER_PUBLIC_URL", url())
    """Where people and providers reach the receiver; without it e-mails carry no link to leave by."""
    sender_processes: int | None = variable("SENDER_PROCESSES", whole(1, 64))
    """None: as many as the machine has cores, where a campaign is large enough to be worth it."""
    ledger_dir: Path | None = variable("LEDGER_URL", Kind(_ledger_dir, "sqlite:///folder, sqlite:////folder", False))
    """Where the ledger is, if not below the data folder."""
    ledger_times: LedgerTimes = field(default_factory=LedgerTimes)
    """No variable sets them."""
    input_settle_s: float = variable("INPUT_SETTLE_SECONDS", number(0, 600), default="2")
    """A file counts as whole when it has not changed for so many seconds."""
    limits: Limits = field(default_factory=Limits)
    """How large a list may be."""
    retention_days: int | None = variable("RETENTION_DAYS", whole(1, 36_500))
    """After so many days without use a campaign's addresses and texts are deleted; None: never."""
    dagster_url: str = variable("DAGSTER_URL", url(), default="http://127.0.0.1:3000")
    """Where Dagster's interface is, as the dashboard reaches it."""
    allowed_hosts: frozenset[str] = variable(
        "MENSAGERIA_ALLOWED_HOSTS", Kind(_hosts, "painel.exemplo.com.br"), absent=frozenset()
    )
    """Names other than this machine's own under which browsers open dashboard and interface, through a proxy."""
    log_level: str = variable("LOG_LEVEL", Kind(_log_level, ", ".join(LOG_LEVELS)), default="INFO")
    alert_webhook_url: str | None = variable("ALERT_WEBHOOK_URL", url(), is_secret=True)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variable → its text, of those that providers declare and of what else `.env` holds; `read` gives values."""
    public: frozenset[str] = frozenset()
    """Names in `others` that are declared to be no secrets."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that nobody may see."""
        values = [getattr(self, each.name) for each in fields(self) if not each.repr]
        found = [value for value in values if isinstance(value, str)]
        found += [text for name, text in self.others.items() if name not in self.public]
        found += self.receiver_tokens.values()
        return tuple(value for value in found if len(value) >= _SHORTEST_SECRET)

    def read(self, group: type[Group], provider: str) -> Group:
        """The settings that an adapter declares. Raises SettingsError naming a variable that is missing or wrong."""
        return read_group(group, self.others, self.root, provider)


def limit_variables() -> Mapping[str, Variable]:
    """Field of `Limits` → its variable."""
    default = Limits()
    return {
        "size_mib": Variable("INPUT_MAX_MEGABYTES", whole(1, 1 << 20), str(default.size_mib)),
        "columns": Variable("INPUT_MAX_COLUMNS", whole(1, 16_384), str(default.columns)),
        "cell_characters": Variable("INPUT_MAX_CELL_CHARACTERS", whole(100, 10_000_000), str(default.cell_characters)),
        "memory_mib": Variable("INPUT_MEMORY_MEGABYTES", whole(512, 1 << 20), str(default.memory_mib)),
        "timeout_s": Variable("INPUT_TIMEOUT_SECONDS", number(1, 86_400), str(default.timeout_s)),
    }

"""The settings of this installation, read once; the only module that reads the environment.

`.env` in the project's root beats the shell, as it does inside `dagster dev`: two precedences would mean
two ledgers. `.env.example` explains each variable, and a test holds it against `VARIABLES`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from mensageria_pipeline.contracts.limits import Limits
from mensageria_pipeline.contracts.mailbox import is_mailbox
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.texts import Language

VARIABLES = (
    "MENSAGERIA_DATA_DIR",
    "MENSAGERIA_LANGUAGE",
    "API_PROVIDER_URL",
    "API_KEY",
    "TIMEOUT_SECONDS",
    "DEFAULT_BATCH_SIZE",
    "API_RATE_PER_SECOND",
    "FCM_PROJECT_ID",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "FCM_RATE_PER_SECOND",
    "FCM_URL",
    "FCM_ACCESS_TOKEN",
    "EXPO_ACCESS_TOKEN",
    "EXPO_RATE_PER_SECOND",
    "EXPO_URL",
    "ZENVIA_TOKEN",
    "ZENVIA_FROM",
    "ZENVIA_RATE_PER_SECOND",
    "ZENVIA_URL",
    "SMS_WITHOUT_ACCENTS",
    "SMS_PRICE",
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_SECURITY",
    "SMTP_USERNAME",
    "SMTP_PASSWORD",
    "SMTP_FROM",
    "SMTP_CA_FILE",
    "SMTP_CONNECTIONS",
    "SMTP_RATE_PER_SECOND",
    "RECEIVER_TOKEN",
    "RECEIVER_PUBLIC_URL",
    "SENDER_PROCESSES",
    "LEDGER_URL",
    "INPUT_SETTLE_SECONDS",
    "INPUT_MAX_MEGABYTES",
    "INPUT_MAX_COLUMNS",
    "INPUT_MAX_CELL_CHARACTERS",
    "INPUT_MEMORY_MEGABYTES",
    "INPUT_TIMEOUT_SECONDS",
    "RETENTION_DAYS",
    "DAGSTER_URL",
    "LOG_LEVEL",
    "ALERT_WEBHOOK_URL",
)
_SHORTEST_SECRET = 4
"""A shorter value would hide every other word."""
SMTP_SECURITIES = ("starttls", "tls", "none")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation's settings. Secrets are left out of `repr`."""

    root: Path
    """The project's folder: where workspace.yaml and .env are."""
    data_dir: Path
    language: Language = Language.PT_BR
    api_provider_url: str | None = field(default=None, repr=False)
    """Where the `http` provider posts to; secret, because gateways put keys into paths."""
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = 10.0
    default_batch_size: int = 200
    """Messages per request of the `http` provider; 1 = one message per request."""
    api_rate_per_s: float | None = None
    """Messages per second that API_KEY may send, over all campaigns of this machine."""
    fcm_project_id: str | None = None
    fcm_credentials: Path | None = field(default=None, repr=False)
    """The service account's key file."""
    fcm_rate_per_s: float | None = None
    fcm_url: str | None = None
    """An emulator instead of Google."""
    fcm_access_token: str | None = field(default=None, repr=False)
    """A fixed token instead of a service account, for emulators."""
    expo_access_token: str | None = field(default=None, repr=False)
    expo_rate_per_s: float | None = None
    expo_url: str | None = None
    """Another address than Expo's, for tests."""
    zenvia_token: str | None = field(default=None, repr=False)
    zenvia_from: str | None = None
    """The account's alias that SMS come from."""
    zenvia_rate_per_s: float | None = None
    zenvia_url: str | None = None
    sms_without_accents: bool = False
    """Take accents out of SMS that would cost twice as much with them."""
    sms_price: float | None = None
    """What one part of an SMS costs, in the currency that people count in."""
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_security: str = "starttls"
    """One of SMTP_SECURITIES."""
    smtp_username: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_from: str | None = None
    """Name and address that e-mails come from, unless a campaign names others."""
    smtp_ca_file: Path | None = None
    """Certificates to trust instead of the system's, for a company's own server."""
    smtp_connections: int = 10
    """Connections to the mail server at once, of each sender."""
    smtp_rate_per_s: float | None = None
    receiver_token: str | None = field(default=None, repr=False)
    """What providers prove themselves with when they report."""
    receiver_public_url: str | None = None
    """Where people and providers reach the receiver; without it e-mails carry no link to leave by."""
    sender_processes: int | None = None
    """None: as many as the machine has cores, where a campaign is large enough to be worth it."""
    ledger_dir: Path | None = None
    """Where the ledger is, if not below the data folder."""
    input_settle_s: float = 2.0
    """A file counts as whole when it has not changed for so many seconds."""
    limits: Limits = field(default_factory=Limits)
    """How large a list may be."""
    retention_days: int | None = None
    """After so many days without use a campaign's addresses and texts are deleted; None: never."""
    dagster_url: str = "http://127.0.0.1:3000"
    """Where Dagster's interface is, as the dashboard reaches it."""
    log_level: str = "INFO"
    alert_webhook_url: str | None = field(default=None, repr=False)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables of .env that are none of ours: for adapters that other packages bring."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that nobody may see."""
        values = [getattr(self, each.name) for each in fields(self) if not each.repr]
        found = [value for value in values if isinstance(value, str)] + list(self.others.values())
        return tuple(value for value in found if len(value) >= _SHORTEST_SECRET)


def find_root(start: Path | None = None) -> Path:
    """The nearest folder from `start` upwards that holds workspace.yaml, else the checkout of this package."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "workspace.yaml").is_file() and (folder / "pyproject.toml").is_file():
            return folder
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "workspace.yaml").is_file() else here


def load_settings(root: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of the project in `root` (found from the working directory when None).

    Raises SettingsError naming the variable, what it holds and what is expected.
    """
    root = root or find_root()
    shell = os.environ if environment is None else environment
    file = {name: value for name, value in dotenv_values(root / ".env").items() if value is not None}
    values = {name: (file.get(name) or shell.get(name) or "").strip() for name in VARIABLES}
    return Settings(
        root=root,
        data_dir=(root / (values["MENSAGERIA_DATA_DIR"] or "data")).resolve(),
        language=_language(values["MENSAGERIA_LANGUAGE"]),
        api_provider_url=_url("API_PROVIDER_URL", values),
        api_key=_key("API_KEY", values),
        timeout_s=_number("TIMEOUT_SECONDS", values, default=10.0, low=0.1, high=600),
        default_batch_size=int(_number("DEFAULT_BATCH_SIZE", values, default=200, low=1, high=500)),
        api_rate_per_s=_optional_number("API_RATE_PER_SECOND", values, low=0.01, high=100_000),
        fcm_project_id=values["FCM_PROJECT_ID"] or None,
        fcm_credentials=_path(root, values["GOOGLE_APPLICATION_CREDENTIALS"]),
        fcm_rate_per_s=_optional_number("FCM_RATE_PER_SECOND", values, low=0.01, high=100_000),
        fcm_url=_url("FCM_URL", values, "h2c"),
        fcm_access_token=_key("FCM_ACCESS_TOKEN", values),
        expo_access_token=_key("EXPO_ACCESS_TOKEN", values),
        expo_rate_per_s=_optional_number("EXPO_RATE_PER_SECOND", values, low=0.01, high=100_000),
        expo_url=_url("EXPO_URL", values),
        zenvia_token=_key("ZENVIA_TOKEN", values),
        zenvia_from=values["ZENVIA_FROM"] or None,
        zenvia_rate_per_s=_optional_number("ZENVIA_RATE_PER_SECOND", values, low=0.01, high=100_000),
        zenvia_url=_url("ZENVIA_URL", values),
        sms_without_accents=_flag("SMS_WITHOUT_ACCENTS", values),
        sms_price=_optional_number("SMS_PRICE", values, low=0, high=1_000),
        smtp_host=_host("SMTP_HOST", values),
        smtp_port=int(_number("SMTP_PORT", values, default=587, low=1, high=65_535)),
        smtp_security=_one_of("SMTP_SECURITY", values, SMTP_SECURITIES),
        smtp_username=values["SMTP_USERNAME"] or None,
        smtp_password=values["SMTP_PASSWORD"] or None,
        smtp_from=_mailbox("SMTP_FROM", values),
        smtp_ca_file=_path(root, values["SMTP_CA_FILE"]),
        smtp_connections=int(_number("SMTP_CONNECTIONS", values, default=10, low=1, high=200)),
        smtp_rate_per_s=_optional_number("SMTP_RATE_PER_SECOND", values, low=0.01, high=100_000),
        receiver_token=_key("RECEIVER_TOKEN", values),
        receiver_public_url=_url("RECEIVER_PUBLIC_URL", values),
        sender_processes=_count("SENDER_PROCESSES", values),
        ledger_dir=_ledger_dir(root, values["LEDGER_URL"]),
        input_settle_s=_number("INPUT_SETTLE_SECONDS", values, default=2.0, low=0, high=600),
        limits=_limits(values),
        retention_days=_count("RETENTION_DAYS", values, high=36_500),
        dagster_url=_url("DAGSTER_URL", values) or "http://127.0.0.1:3000",
        log_level=_log_level(values["LOG_LEVEL"]),
        alert_webhook_url=_url("ALERT_WEBHOOK_URL", values),
        others={name: value for name, value in file.items() if name not in VARIABLES},
    )


def dagster_home_in_environment() -> str | None:
    """DAGSTER_HOME as Dagster sees it, or None."""
    return os.environ.get("DAGSTER_HOME") or None


def export_dagster_home(home: Path) -> None:
    """Point this process and the ones it starts to the project's Dagster state."""
    os.environ["DAGSTER_HOME"] = str(home)


def _language(value: str) -> Language:
    if not value:
        return Language.PT_BR
    try:
        return Language(value)
    except ValueError:
        raise SettingsError("setting_invalid", name="MENSAGERIA_LANGUAGE", found=value, expected="pt-BR, en") from None


def _log_level(value: str) -> str:
    level = value.upper() or "INFO"
    if level not in LOG_LEVELS:
        raise SettingsError("setting_invalid", name="LOG_LEVEL", found=value, expected=", ".join(LOG_LEVELS))
    return level


def _url(name: str, values: Mapping[str, str], *more_schemes: str) -> str | None:
    value = values[name]
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in {"http", "https", *more_schemes} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if value and not (is_usable and value.isascii() and value.isprintable() and " " not in value):
        expected = " / ".join(f"{scheme}://…" for scheme in ("http", "https", *more_schemes))
        raise SettingsError("setting_invalid", name=name, found="…", expected=expected)
    return value or None


def _key(name: str, values: Mapping[str, str]) -> str | None:
    value = values[name]
    if value and not (value.isascii() and value.isprintable()):  # it travels in a header
        raise SettingsError("setting_invalid", name=name, found="…", expected="ASCII")
    return value or None


def _one_of(name: str, values: Mapping[str, str], known: tuple[str, ...]) -> str:
    """One of some words; the first where nothing is said."""
    value = values[name].lower() or known[0]
    if value not in known:
        raise SettingsError("setting_invalid", name=name, found=value, expected=", ".join(known))
    return value


def _host(name: str, values: Mapping[str, str]) -> str | None:
    value = values[name]
    if value and not re.fullmatch(r"[A-Za-z0-9._:-]{1,253}", value):
        raise SettingsError("setting_invalid", name=name, found=value, expected="smtp.exemplo.com.br")
    return value or None


def _mailbox(name: str, values: Mapping[str, str]) -> str | None:
    value = values[name]
    if value and not is_mailbox(value):
        raise SettingsError("setting_invalid", name=name, found="…", expected="Loja <ola@loja.com.br>")
    return value or None


def _flag(name: str, values: Mapping[str, str]) -> bool:
    value = values[name].lower()
    if value not in {"", "true", "false", "1", "0", "yes", "no", "sim"}:
        raise SettingsError("setting_invalid", name=name, found=value, expected="true, false")
    return value in {"true", "1", "yes", "sim"}


def _path(root: Path, value: str) -> Path | None:
    return (root / value).expanduser() if value else None


def _ledger_dir(root: Path, value: str) -> Path | None:
    """The folder of a SQLite ledger, from a URL as SQLAlchemy writes it."""
    prefix = "sqlite:///"
    if value and not (value.startswith(prefix) and value.removeprefix(prefix).strip("/")):
        raise SettingsError(
            "setting_invalid", name="LEDGER_URL", found="…", expected="sqlite:///folder, sqlite:////folder"
        )
    return (root / value.removeprefix(prefix)).resolve() if value else None


def _limits(values: Mapping[str, str]) -> Limits:
    default = Limits()
    return Limits(
        size_mib=int(_number("INPUT_MAX_MEGABYTES", values, default=default.size_mib, low=1, high=1 << 20)),
        columns=int(_number("INPUT_MAX_COLUMNS", values, default=default.columns, low=1, high=16_384)),
        cell_characters=int(
            _number("INPUT_MAX_CELL_CHARACTERS", values, default=default.cell_characters, low=100, high=10_000_000)
        ),
        memory_mib=int(_number("INPUT_MEMORY_MEGABYTES", values, default=default.memory_mib, low=512, high=1 << 20)),
        timeout_s=_number("INPUT_TIMEOUT_SECONDS", values, default=default.timeout_s, low=1, high=86_400),
    )


def _optional_number(name: str, values: Mapping[str, str], *, low: float, high: float) -> float | None:
    return _number(name, values, default=low, low=low, high=high) if values[name] else None


def _count(name: str, values: Mapping[str, str], high: int = 64) -> int | None:
    return int(_number(name, values, default=1, low=1, high=high)) if values[name] else None


def _number(name: str, values: Mapping[str, str], *, default: float, low: float, high: float) -> float:
    value = values[name]
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise SettingsError("setting_invalid", name=name, found=value, expected=f"{low:g}–{high:g}")
    return number

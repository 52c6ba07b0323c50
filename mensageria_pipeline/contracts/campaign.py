"""A campaign's definition: data/campaigns/<campaign>.yaml, validated, with defaults where there is no file."""

import contextlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.json_schema import SkipJsonSchema

from mensageria_pipeline.contracts.columns import DERIVED, Channel, Role
from mensageria_pipeline.contracts.dataset import fingerprint_of
from mensageria_pipeline.contracts.layout import Layout
from mensageria_pipeline.contracts.mailbox import is_mailbox
from mensageria_pipeline.contracts.names import campaign_key, squeezed
from mensageria_pipeline.contracts.window import SendWindow
from mensageria_pipeline.errors import DefinitionError, InputError
from mensageria_pipeline.texts import say

SIMULATED = "simulated"
M = TypeVar("M", bound=BaseModel)


class OneMessagePer(StrEnum):
    PERSON = "person"
    ADDRESS = "address"


class OnUnknown(StrEnum):
    """What happens to a message that may have arrived."""

    RESEND = "resend"
    HOLD = "hold"


class Release(StrEnum):
    MANUAL = "manual"
    AUTOMATIC = "automatic"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_MARKUP = re.compile(r"<[a-zA-Z!/]")


class Page(_Strict):
    """An HTML file with every file that it extends or includes, as they were read."""

    name: str
    files: dict[str, str]


class Template(_Strict):
    """What a message says. Each part is a Jinja template over the base's columns."""

    title: str = Field("", description="Title of a push, subject of an e-mail.")
    body: str = Field("", description="Text of the message, e.g. Olá, {{ nome }}!")
    html: str | SkipJsonSchema[Page] | None = Field(
        None,
        description="What e-mails show instead of body: an HTML file in data/campaigns/<campaign>/ or data/templates/.",
    )
    sms: str | None = Field(None, min_length=1, description="Text of an SMS, instead of title and body.")
    data: dict[str, str] = Field({}, description="Extra values sent along, each a template.")

    @model_validator(mode="after")
    def _says_something(self) -> "Template":
        if not (self.body or self.html or self.sms):
            raise ValueError("template_empty")
        return self

    @property
    def pages(self) -> dict[str, str]:
        """Name → source of the HTML files that e-mails are made from; empty without."""
        return self.html.files if isinstance(self.html, Page) else {}

    @property
    def is_html(self) -> bool:
        """Whether e-mails are HTML: made from a page, or from a body that holds markup itself."""
        return self.html is not None or bool(_MARKUP.search(self.body))


Rate = Annotated[float, Field(ge=0, le=1)]


class Simulation(_Strict):
    """How the simulated provider behaves. The same seed gives the same outcomes."""

    seed: int = Field(0, description="Another seed, another draw.")
    latency_ms: float = Field(5, ge=0, le=60_000, description="Typical answer time in milliseconds.")
    rejected: Rate = Field(0, description="Share of messages refused for good.")
    dead_address: Rate = Field(0, description="Share of addresses that no longer exist.")
    throttled: Rate = Field(0, description="Share of attempts answered 429.")
    timeout: Rate = Field(0, description="Share of attempts whose answer never comes.")


def _valid_pattern(pattern: str) -> str:
    """RE2's syntax: a pattern of an operator must not be able to take for ever."""
    try:
        pc.match_substring_regex(pa.array([""]), f"^(?:{pattern})$")
    except pa.ArrowInvalid:
        raise ValueError("pattern") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_valid_pattern)]


class DateRange(_Strict):
    """A column holds dates; with bounds, both included."""

    min: date | None = Field(None, description="Earliest date.")
    max: date | None = Field(None, description="Latest date.")


class Rules(_Strict):
    """What a campaign asks of its rows beyond an address. Columns are named as in the base, or derived."""

    required: tuple[str, ...] = Field((), description="Columns that must not be empty.")
    allowed: dict[str, tuple[str, ...]] = Field({}, description="Column → the values it may have.")
    matches: dict[str, Pattern] = Field({}, description="Column → a regular expression (RE2) for the whole value.")
    min: dict[str, float] = Field({}, description="Column → least amount.")
    max: dict[str, float] = Field({}, description="Column → greatest amount.")
    dates: dict[str, DateRange] = Field({}, description="Column → that it holds dates, with optional min and max.")


class Missing(StrEnum):
    """What becomes of a row whose key a lookup table does not have."""

    EMPTY = "empty"
    REJECT = "reject"


class Lookup(_Strict):
    """Columns joined to each row from a table below data/lookup/."""

    table: str = Field(
        pattern=r"^[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_-]+)?$",
        description="cidades.csv, cidades.parquet, or base.duckdb/cidades for a table of a DuckDB file.",
    )
    key: str = Field(description="Column of the base.")
    lookup_key: str | None = Field(None, description="Column of the table. Default: the same name.")
    columns: tuple[str, ...] = Field(min_length=1, description="Columns to bring over.")
    missing: Missing = Field(Missing.EMPTY, description="Rows whose key is not in the table: leave empty, or reject.")


def _valid_mailbox(text: str) -> str:
    if not is_mailbox(text):
        raise ValueError("mailbox")
    return text


Mailbox = Annotated[str, AfterValidator(_valid_mailbox)]
FileName = Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]*$")]
"""A file beside the definition: never a path."""


class Email(_Strict):
    """What e-mails of a campaign carry beside their text."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)

    sender: Mailbox | None = Field(
        None,
        alias="from",
        description="Name and address they come from, e.g. Loja <ola@loja.com.br>. Default: SMTP_FROM.",
    )
    reply_to: Mailbox | None = Field(None, description="Where answers go.")
    unsubscribe: str | None = Field(
        None,
        pattern=r"^https://\S+$",
        description="Your own address to leave by; {message_id} stands for the message. Default: the receiver's.",
    )
    attachments: tuple[FileName, ...] = Field(
        (), description="Files in data/campaigns/<campaign>/ or data/templates/ that every e-mail carries."
    )


RatePerS = Annotated[float, Field(gt=0, le=100_000)]


def _valid_cron(expression: str) -> str:
    try:
        CronSim(expression, datetime.now(UTC))
    except CronSimError:
        raise ValueError("cron") from None
    if len(expression.split()) != 5:  # occurrences are named by the minute
        raise ValueError("cron")
    return expression


class CampaignDefinition(_Strict):
    """Everything a campaign may say of itself. Every key is optional."""

    name: str | None = Field(None, description="Name shown to people.")
    channel: Channel | None = Field(None, description="Channel of rows that have no channel column.")
    provider: str | dict[Channel, str] = Field(
        SIMULATED, description="Provider, or one per channel. `simulated` sends nothing."
    )
    template: Template | str | None = Field(
        None, description="Title, body and data; or the name of a file in data/templates/ without .yaml."
    )
    columns: dict[Role, str] = Field({}, description="Role → header, where the usual names do not fit.")
    sheet: str | None = Field(None, description="Sheet of a workbook. Default: the first with anything in it.")
    enrich: tuple[Lookup, ...] = Field((), description="Columns joined from tables below data/lookup/.")
    rules: Rules = Field(Rules(), description="What rows must fulfil beyond an address.")
    email: Email = Field(Email(), description="Sender, attachments and the way to leave, of e-mails.")
    rate_per_s: RatePerS | dict[str, RatePerS] | None = Field(
        None, description="Messages per second, at most, through each provider; or provider → its own."
    )
    one_message_per: OneMessagePer = Field(
        OneMessagePer.PERSON, description="`address`: every device of a person gets one."
    )
    on_unknown: OnUnknown | None = Field(
        None, description="In-doubt messages: send again or hold. Default: what is safe with the provider."
    )
    release: Release = Field(
        Release.MANUAL, description="`automatic`: an arriving file is sent without a person's release."
    )
    edition: int = Field(1, ge=1, description="A higher edition messages everybody again, on purpose.")
    send_window: SendWindow = Field(SendWindow(), description="When messages may leave.")
    cron: Annotated[str, AfterValidator(_valid_cron)] | None = Field(
        None, description="Recurring campaign, e.g. 0 9 * * mon-fri. Arriving files are only prepared."
    )
    simulation: Simulation = Field(Simulation(), description="Behaviour of the simulated provider.")

    def provider_for(self, campaign: str, channel: Channel) -> str:
        """The provider of a channel. Raises DefinitionError where the definition names none."""
        if isinstance(self.provider, str):
            return self.provider
        if channel not in self.provider:
            raise DefinitionError(
                "provider_for_channel", campaign=campaign, channel=channel.value,
                found=", ".join(f"{c.value}: {p}" for c, p in self.provider.items()) or "—",
            )  # fmt: skip
        return self.provider[channel]

    def columns_added(self, headers: Sequence[str]) -> tuple[str, ...]:
        """The joined and derived columns that templates and rules may use beside those of a base with `headers`.

        Raises DefinitionError where a joined column would hide one of the base.
        """
        taken = {squeezed(header) for header in headers}
        joined = [column for lookup in self.enrich for column in lookup.columns]
        hidden = [column for column in joined if squeezed(column) in taken]
        if hidden:
            raise DefinitionError("enrich_column_taken", columns=", ".join(hidden))
        taken |= {squeezed(column) for column in joined}
        return (*joined, *(name for name in DERIVED if squeezed(name) not in taken))

    @model_validator(mode="after")
    def _rates_have_providers(self) -> "CampaignDefinition":
        if isinstance(self.rate_per_s, dict) and not set(self.rate_per_s) <= set(self.providers):
            raise ValueError("rate_of_no_provider")
        return self

    def rate_of(self, provider: str) -> float | None:
        """Messages per second that the campaign allows through a provider, at most; None for any number."""
        return self.rate_per_s.get(provider) if isinstance(self.rate_per_s, dict) else self.rate_per_s

    @property
    def providers(self) -> tuple[str, ...]:
        names = [self.provider] if isinstance(self.provider, str) else self.provider.values()
        return tuple(sorted(set(names)))

    @property
    def is_live(self) -> bool:
        return any(name != SIMULATED for name in self.providers)

    @property
    def needs_release(self) -> bool:
        """True when a person has to say so before anything real is sent."""
        return self.is_live and self.release is Release.MANUAL

    @property
    def judging_version(self) -> str:
        """A content name of the part that rows are judged by."""
        kept = {"channel", "columns", "one_message_per", "edition", "template", "enrich", "rules", "provider"}
        return fingerprint_of(self.model_dump(mode="json", include=kept) | {"is_live": self.is_live})

    def fingerprint(self, *, without: frozenset[str] = frozenset()) -> str:
        """A content name of the definition; two definitions that say the same have the same."""
        return fingerprint_of(self.model_dump(mode="json", exclude=set(without)))


HOW_NOT_WHAT = frozenset({"name", "email", "rate_per_s", "on_unknown", "release", "send_window", "cron", "simulation"})
"""Keys that say how a campaign is sent: changing them leaves prepared messages valid."""


def load_definition(layout: Layout, campaign: str) -> CampaignDefinition:
    """The definition of `campaign` with its template resolved; the defaults where there is no file.

    Raises DefinitionError naming file, key, what was found and what is expected. Values are quoted only for
    keys that hold no text of a message.
    """
    path = layout.definition(campaign)
    if not path.is_file():
        _refuse_misnamed(layout, campaign)
    raw = _read_yaml(path) if path.is_file() else {}
    if isinstance(raw.get("template"), str):
        raw = raw | {"template": _read_template(layout, raw["template"])}
    definition = _validated(CampaignDefinition, raw, path)
    template = definition.template
    if isinstance(template, Template) and isinstance(template.html, str):
        page = read_page((layout.campaign_dir(campaign), layout.templates_dir), template.html)
        definition = definition.model_copy(update={"template": template.model_copy(update={"html": page})})
    return definition


def _refuse_misnamed(layout: Layout, campaign: str) -> None:
    """Raises DefinitionError for a file that a person meant as this campaign's definition, under another name."""
    for path in sorted(layout.campaigns_dir.glob("*.y*ml")) if layout.campaigns_dir.is_dir() else ():
        with contextlib.suppress(InputError):
            if campaign_key(path.stem) == campaign:
                raise DefinitionError("definition_misnamed", file=path.name, wanted=f"{campaign}.yaml")


def _read_template(layout: Layout, name: str) -> Any:
    known = sorted(path.stem for path in layout.templates_dir.glob("*.yaml"))
    if name not in known:
        raise DefinitionError("template_file_missing", name=name, known=", ".join(known) or "—")
    path = layout.templates_dir / f"{name}.yaml"
    return _validated(Template, _read_yaml(path), path).model_dump()


_REFERS = re.compile(r"{%-?\s*(?:extends|include|import|from)\s+[\"']([^\"']+)[\"']")
_MOST_FILES = 50


def read_page(folders: Sequence[Path], name: str) -> Page:
    """An HTML file and all that it extends or includes, each from the first of `folders` that has it.

    Raises DefinitionError for one that is missing, is no UTF-8, or lies elsewhere.
    """
    files: dict[str, str] = {}
    wanted = [name]
    while wanted:
        each = wanted.pop()
        if each in files:
            continue
        files[each] = _read_text(find_file(folders, each))
        wanted += _REFERS.findall(files[each])
        if len(files) > _MOST_FILES:
            raise DefinitionError("page_too_many_files", file=name, most=_MOST_FILES)
    return Page(name=name, files=files)


def find_file(folders: Sequence[Path], name: str) -> Path:
    """The file called `name` in the first of `folders` that has it. Raises DefinitionError where none does."""
    is_plain = name == Path(name).name and not name.startswith(".")
    path = next((folder / name for folder in folders if (folder / name).is_file()), None) if is_plain else None
    if path is None:
        shown = " / ".join(f"{folder.parent.name}/{folder.name}" for folder in folders)
        raise DefinitionError("campaign_file_missing", file=name[:80], folders=shown)
    return path


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DefinitionError("definition_encoding", file=path.name) from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise DefinitionError(
            "definition_unreadable", file=path.name,
            line=mark.line + 1 if mark else "?", column=mark.column + 1 if mark else "?",
        ) from None  # fmt: skip
    except UnicodeDecodeError:
        raise DefinitionError("definition_encoding", file=path.name) from None
    except (yaml.YAMLError, ValueError, RecursionError, OSError):  # ValueError: a date such as 2026-11-31
        raise DefinitionError("definition_unreadable", file=path.name, line="?", column="?") from None
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise DefinitionError("definition_not_mapping", file=path.name)
    return raw


def _validated(model: type[M], raw: dict[str, Any], path: Path) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = [_problem(model, dict(each)) for each in error.errors(include_url=False)]
        raise DefinitionError(
            "definition_invalid",
            file=path.name,
            count=len(problems),
            problems="".join(f"\n- {problem}" for problem in problems),
        ) from None


_UNION_BRANCHES = frozenset(
    {
        "str",
        "Template",
        "dict[Channel,str]",
        "function-after[_valid_cron(), str]",
        "function-after[_valid_pattern(), str]",
    }
)


def _problem(model: type[BaseModel], error: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in error["loc"] if not _is_branch(part))
    if error["type"] == "extra_forbidden":
        keys = ", ".join(model.model_fields)
        return f"{say('definition_unknown_key', key=key)} ({say('definition_known_keys', keys=keys)})"
    found = json.dumps(error.get("input"), ensure_ascii=False, default=str)
    shown = found if len(found) <= 60 and "template" not in key else "…"
    return say("definition_problem", key=key, found=shown, expected=_expected(error))


def _is_branch(part: object) -> bool:
    return str(part).startswith(("dict[", "function-", "constrained-")) or part in _UNION_BRANCHES or part == "[key]"


def _expected(error: dict[str, Any]) -> str:
    """What a key takes, in the operator's language."""
    context = error.get("ctx") or {}
    if error["type"] == "value_error":
        return _VALUE_ERRORS.get(str(context.get("error")), str(error["type"]))
    if "expected" in context:
        return str(context["expected"]).replace(" or ", ", ")
    bounds = [f"{sign} {context[name]}" for name, sign in _BOUNDS.items() if name in context]
    key = next((key for prefix, key in _EXPECTED.items() if str(error["type"]).startswith(prefix)), None)
    return " ".join(bounds) or (say(key) if key else str(error["msg"]))


_EXPECTED = {
    "float": "expected_number",
    "int": "expected_whole_number",
    "string_pattern": "expected_hours",
    "string": "expected_text",
    "date": "expected_moment",
    "timezone": "expected_moment",
    "dict": "expected_keys",
    "model": "expected_keys",
    "tuple": "expected_list",
    "list": "expected_list",
}
"""Prefix of a pydantic error type → what to write instead."""
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥"}
_VALUE_ERRORS = {
    "cron": "minuto hora dia mês dia-da-semana / minute hour day month weekday (0 9 * * mon-fri)",
    "timezone": "America/Sao_Paulo, America/Manaus, …",
    "not_after": "not_after > not_before",
    "pattern": "RE2: [A-Z]{2}\\d{6}, …",
    "mailbox": "Loja <ola@loja.com.br>",
    "template_empty": "body, html, sms",
    "rate_of_no_provider": "provider: {push: fcm, …}, rate_per_s: {fcm: 50, …}",
}


def json_schema() -> str:
    """The definition's JSON Schema, for editors; `docs/campaign.schema.json` is this text."""
    schema = CampaignDefinition.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=False) + "\n"

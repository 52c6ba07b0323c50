"""A campaign's definition: everything that data/campaigns/<campaign>.yaml may say, with defaults."""

import json
from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field, model_validator

from mensageria_pipeline.contracts.columns import DERIVED, Channel, Role
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.definition.fields import Cron, DoubtName, RatePerS, Reais, Strict
from mensageria_pipeline.definition.message import Email, Simulation, Template
from mensageria_pipeline.definition.rows import Lookup, Rules
from mensageria_pipeline.definition.window import SendWindow
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.storage.dataset import fingerprint_of

SIMULATED = "simulated"


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


class CampaignDefinition(Strict):
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
    strict: bool = Field(False, description="`true`: a list that leaves a doubt is refused.")
    accept: tuple[DoubtName, ...] = Field(
        (), description="Doubts that are none for this campaign, by the names that `mensageria inspect` shows."
    )
    enrich: tuple[Lookup, ...] = Field((), description="Columns joined from tables below data/lookup/.")
    rules: Rules = Field(Rules(), description="What rows must fulfil beyond an address.")
    email: Email = Field(Email(), description="Sender, attachments and the way to leave, of e-mails.")
    rate_per_s: RatePerS | dict[str, RatePerS] | None = Field(
        None, description="Messages per second, at most, through each provider; or provider → its own."
    )
    price: Reais | dict[Channel, Reais] | None = Field(
        None, description="What a message costs, in reais (of an SMS, each part); or channel → its own."
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
    cron: Cron | None = Field(
        None, description="Recurring campaign, e.g. 0 9 * * mon-fri. Arriving files are only prepared."
    )
    simulation: Simulation = Field(Simulation(), description="Behaviour of the simulated provider.")

    def provider_for(self, campaign: str, channel: Channel) -> str:
        """The provider of a channel. Raises DefinitionError where the definition names none."""
        if isinstance(self.provider, str):
            return self.provider
        if channel not in self.provider:
            raise DefinitionError(
                "provider_for_channel",
                campaign=campaign,
                channel=channel.value,
                found=", ".join(f"{c.value}: {p}" for c, p in self.provider.items()) or "—",
            )
        return self.provider[channel]

    def columns_added(self, headers: Sequence[str]) -> tuple[str, ...]:
        """The joined and derived columns that templates and rules may use beside those of a base with `headers`.

        Raises DefinitionError where a joined column would hide one of the base.
        """
        taken = {header_key(header) for header in headers}
        joined = [column for lookup in self.enrich for column in lookup.columns]
        hidden = [column for column in joined if header_key(column) in taken]
        if hidden:
            raise DefinitionError("enrich_column_taken", columns=", ".join(hidden))
        taken |= {header_key(column) for column in joined}
        return (*joined, *(name for name in DERIVED if header_key(name) not in taken))

    @model_validator(mode="after")
    def _rates_have_providers(self) -> "CampaignDefinition":
        if isinstance(self.rate_per_s, dict) and not set(self.rate_per_s) <= set(self.providers):
            raise ValueError("rate_of_no_provider")
        return self

    def rate_of(self, provider: str) -> float | None:
        """Messages per second that the campaign allows through a provider, at most; None for any number."""
        return self.rate_per_s.get(provider) if isinstance(self.rate_per_s, dict) else self.rate_per_s

    def price_of(self, channel: Channel) -> float | None:
        """What a message of a channel costs in reais, of an SMS each part; None where no price is named."""
        return self.price.get(channel) if isinstance(self.price, dict) else self.price

    @property
    def providers(self) -> tuple[str, ...]:
        names = [self.provider] if isinstance(self.provider, str) else self.provider.values()
        return tuple(sorted(set(names)))

    @property
    def mode(self) -> Mode:
        return Mode.LIVE if self.is_live else Mode.SIMULATED

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


HOW_NOT_WHAT = frozenset(
    [
        "name",
        "email",
        "rate_per_s",
        "price",
        "on_unknown",
        "release",
        "send_window",
        "cron",
        "simulation",
        "strict",
        "accept",
    ]
)
"""Keys that say how a campaign is sent, or its next list taken in: changing them leaves prepared messages valid."""


def json_schema() -> str:
    """The definition's JSON Schema, for editors; `docs/campaign.schema.json` is this text."""
    schema = CampaignDefinition.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=False) + "\n"

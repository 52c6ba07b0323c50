"""What a campaign says: templates, pages of e-mails and what e-mails carry beside; and how the simulation answers."""

import re

from pydantic import ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from mensageria_pipeline.definition.fields import HTTPS_LINK, FileName, Link, Mailbox, Rate, Strict

_MARKUP = re.compile(r"<[a-zA-Z!/]")


def has_markup(text: str) -> bool:
    """Whether an e-mail with this text is HTML."""
    return bool(_MARKUP.search(text))


class Page(Strict):
    """An HTML file with every file that it extends or includes, as they were read."""

    name: str
    files: dict[str, str]


class Template(Strict):
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
        return self.html is not None or has_markup(self.body)


class Simulation(Strict):
    """How the simulated provider behaves. The same seed gives the same outcomes."""

    seed: int = Field(0, description="Another seed, another draw.")
    latency_ms: float = Field(5, ge=0, le=60_000, description="Typical answer time in milliseconds.")
    rejected: Rate = Field(0, description="Share of messages refused for good.")
    dead_address: Rate = Field(0, description="Share of addresses that no longer exist.")
    throttled: Rate = Field(0, description="Share of attempts answered 429.")
    timeout: Rate = Field(0, description="Share of attempts whose answer never comes.")


class Email(Strict):
    """What e-mails of a campaign carry beside their text."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)

    sender: Mailbox | None = Field(
        None,
        alias="from",
        description="Name and address they come from, e.g. Loja <ola@loja.com.br>. Default: SMTP_FROM.",
    )
    reply_to: Mailbox | None = Field(None, description="Where answers go.")
    unsubscribe: Link | None = Field(
        None,
        pattern=HTTPS_LINK,
        description="Your own address to leave by; {message_id} stands for the message. Default: the receiver's.",
    )
    attachments: tuple[FileName, ...] = Field(
        (), description="Files in data/campaigns/<campaign>/ or data/templates/ that every e-mail carries."
    )

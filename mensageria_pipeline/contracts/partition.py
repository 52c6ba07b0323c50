"""Safe partition keys out of the names people give to folders and files."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from mensageria_pipeline.errors import InputError

MAX_KEY_LENGTH = 80
OCCURRENCE_SEPARATOR = "--"
_OCCURRENCE_FORMAT = "%Y%m%dt%H%Mz"


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition key, taken apart: the campaign and, with `cron`, the occurrence (else empty)."""

    campaign: str
    occurrence: str = ""

    @classmethod
    def parse(cls, key: str) -> "Partition":
        campaign, separator, occurrence = key.partition(OCCURRENCE_SEPARATOR)
        if separator and not re.fullmatch(r"\d{8}t\d{4}z", occurrence):
            raise InputError("campaign_name_unusable", found=ascii(key)[:60])
        return cls(campaign, occurrence)

    @classmethod
    def of_occurrence(cls, campaign: str, due: datetime) -> "Partition":
        return cls(campaign, due.astimezone(UTC).strftime(_OCCURRENCE_FORMAT))

    @property
    def key(self) -> str:
        return f"{self.campaign}{OCCURRENCE_SEPARATOR}{self.occurrence}" if self.occurrence else self.campaign

    @property
    def due_at(self) -> datetime | None:
        if not self.occurrence:
            return None
        return datetime.strptime(self.occurrence, _OCCURRENCE_FORMAT).replace(tzinfo=UTC)


def plain(text: str) -> str:
    """`text` in lower case ASCII: accents dropped, the rest unchanged."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def campaign_key(name: str) -> str:
    """The partition key of a campaign called `name`: `[a-z0-9_-]`, at most 80 long, never with `--`.

    Idempotent, so a key is its own key. Raises InputError when nothing usable is left.
    """
    key = re.sub(r"[^a-z0-9_]+", "-", plain(name).encode("ascii", "ignore").decode())
    key = key[:MAX_KEY_LENGTH].strip("-_")
    if not key:
        raise InputError("campaign_name_unusable", found=ascii(name)[:60])
    return key


def column_key(header: str) -> str:
    """How a column is called in templates: `Valor da Fatura` → `valor_da_fatura`. Empty for an empty header."""
    return re.sub(r"[^a-z0-9]+", "_", plain(header)).strip("_")


def header_key(header: str) -> str:
    """A header without case, accents, spaces, underscores and punctuation: what makes two headers the same."""
    return re.sub(r"[^a-z0-9]", "", plain(header))

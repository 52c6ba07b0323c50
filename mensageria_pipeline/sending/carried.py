"""What the e-mails of a plan carry beside their text, as a person who releases them has seen it."""

import hashlib
import os
from pathlib import Path

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.definition.message import Email, Template
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.definition.pages import find_file
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.providers.email_message import images_named
from mensageria_pipeline.storage.dataset import fingerprint_of
from mensageria_pipeline.storage.files import open_plain
from mensageria_pipeline.storage.layout import Layout

CARRIED = "carried"
"""Among the inputs of a plan: what `carried` gave when it was made; not there for none."""


def campaign_folders(layout: Layout, partition: str) -> tuple[Path, ...]:
    """Where files that a definition names are looked for, the first first."""
    return layout.campaign_dir(Partition.parse(partition).campaign), layout.templates_dir


def carried(layout: Layout, partition: str, definition: CampaignDefinition) -> str:
    """A content name of sender, addresses to answer and to leave by, attachments and images; empty for none of them."""
    email, folders = definition.email, campaign_folders(layout, partition)
    template = definition.template if isinstance(definition.template, Template) else None
    pages = template.pages.values() if template else ()
    names = sorted({*email.attachments, *(name for page in pages for name in images_named(page))})
    if email == Email() and not names:
        return ""
    return fingerprint_of({"email": email.model_dump(mode="json"), "files": {n: _hash(folders, n) for n in names}})


def _hash(folders: tuple[Path, ...], name: str) -> str:
    """Of a file's content; empty where there is none: whoever sends says so."""
    try:
        with os.fdopen(open_plain(find_file(folders, name)), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (DefinitionError, OSError):
        return ""

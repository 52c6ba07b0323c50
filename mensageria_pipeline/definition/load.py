"""A campaign's definition as it stands on disk, with its template and pages."""

import contextlib
import os
from typing import Any

from mensageria_pipeline.contracts.partition import campaign_key
from mensageria_pipeline.definition.explain import validated
from mensageria_pipeline.definition.message import Template
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.definition.pages import read_page
from mensageria_pipeline.definition.yaml_file import read_mapping
from mensageria_pipeline.errors import DefinitionError, InputError
from mensageria_pipeline.storage.layout import Layout


def load_definition(layout: Layout, campaign: str) -> CampaignDefinition:
    """The definition of `campaign` with its template resolved; the defaults where there is no file.

    Raises DefinitionError naming file, key, what was found and what is expected. Values are quoted only for
    keys that hold no text of a message.
    """
    path = layout.definition(campaign)
    is_there = os.path.lexists(path)
    if not is_there:
        _refuse_misnamed(layout, campaign)
    raw = read_mapping(path) if is_there else {}
    if isinstance(raw.get("template"), str):
        raw = raw | {"template": _read_template(layout, raw["template"])}
    definition = validated(CampaignDefinition, raw, path)
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
    return validated(Template, read_mapping(path), path).model_dump()

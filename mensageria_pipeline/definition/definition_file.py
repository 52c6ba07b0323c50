"""The file of a campaign's definition, written for a person who has none yet."""

from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.placing import put_new


def define(layout: Layout, campaign: str, text: str) -> None:
    """Write the definition of a campaign that has none. Raises DefinitionError where it has another meanwhile."""
    path = layout.definition(campaign)
    if put_new(path, text.encode()):
        return
    if path.read_bytes() != text.encode():
        raise DefinitionError("definition_taken", campaign=campaign, file=path.name)

"""What a campaign thinks of the doubts that a list leaves: accepts some by name, or refuses any."""

from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.grid import Reading


def settle_doubts(reading: Reading, definition: CampaignDefinition, file_name: str) -> None:
    """Leave out the doubts that the definition accepts. To be asked after the last row.

    Raises InputError where it is strict and one is left.
    """
    reading.doubts = [doubt for doubt in reading.doubts if doubt.name not in definition.accept]
    if definition.strict and reading.doubts:
        raise InputError(
            "file_doubtful",
            file=file_name,
            names=", ".join(dict.fromkeys(doubt.name for doubt in reading.doubts)),
            doubts="".join(f"\n- {doubt.text()}" for doubt in reading.doubts),
        )

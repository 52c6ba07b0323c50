"""How large a file may be before it is refused: what a list of people never needs, and an attack does."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Each is a variable of `.env`; the sentence that refuses a file names it."""

    size_mib: int = 4096
    """Of a file, and of what an archive or a workbook unpacks to: INPUT_MAX_MEGABYTES."""
    columns: int = 1000
    """INPUT_MAX_COLUMNS."""
    cell_characters: int = 100_000
    """INPUT_MAX_CELL_CHARACTERS."""
    memory_mib: int = 3072
    """Address space of the process that reads a workbook: INPUT_MEMORY_MEGABYTES."""
    timeout_s: float = 300.0
    """For reading a workbook: INPUT_TIMEOUT_SECONDS."""

    @property
    def size_bytes(self) -> int:
        return self.size_mib * MEBIBYTE

    @property
    def line_bytes(self) -> int:
        """A line of text longer than this is no row: sixteen cells of the greatest length."""
        return 16 * self.cell_characters

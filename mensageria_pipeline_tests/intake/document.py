"""docs/intake.md: what becomes of each kind of list, written down from real readings of the specimens."""

from collections.abc import Sequence

from mensageria_pipeline import texts
from mensageria_pipeline_tests.intake.specimens import GROUPS, Specimen, happens

_HEAD = """# Lists, as they come

What becomes of each format and of each kind of pollution. Every line is a small file in
`mensageria_pipeline_tests/intake/specimens.py`, there for this one reason; a test drops it into a campaign and holds
it to what is said here. This page is written from those readings by `make docs`.

`mensageria inspect FILE` says the same of any file of yours, before it is anybody's campaign: format, encoding,
delimiter, sheet, header row, columns and the role each was given, the first rows (masked) and every doubt, by its name
and with the first rows concerned. A definition that says `strict: true` refuses a list that leaves a doubt; `accept:`
names those that are none for it. The page Enviar of the dashboard shows them before a list is handed over.
`--campaign` reads as that campaign would, `--parquet OUT` keeps the rows, `--json` is for scripts. In Dagster the
metadata of `raw_base` says how the latest list was read.

Of a workbook the first visible sheet with rows is read, hidden and filtered rows included; other sheets with rows are
a doubt.
`NULL`, `N/A`, `#N/D`, `\\N`, `-` and their like count as empty cells. Other errors of a spreadsheet (`#REF!`,
`#VALOR!`, `#####`, `Err:502`) reject the row where they stand in an address, an id, or a column that the text, a rule
or a lookup uses; elsewhere nobody looks at them. A number of which digits are lost (`5,51E+12`; 16 digits and more in a
workbook, which keeps 15) is no address, no id and no text.

Accents become one character with their letter. Characters that show nothing (zero width, direction, soft hyphens,
controls) are left out of addresses, ids and documents, and uncommon spaces there are common ones; the metadata of
`validated_recipients` counts the rows. Free text keeps what it has inside.

Every cell arrives as text, and every row under the number a person sees in their spreadsheet. What cannot be told
safely is refused with a sentence, never guessed: a file as a whole, or one row of it.

Limits on what is read are settings: `INPUT_MAX_MEGABYTES` (the file, and what an archive or a workbook unpacks to),
`INPUT_MAX_COLUMNS`, `INPUT_MAX_CELL_CHARACTERS`, and for workbooks, which a process of their own reads,
`INPUT_MEMORY_MEGABYTES` and `INPUT_TIMEOUT_SECONDS`. The figures below are those of the tests (8 MiB, 50 columns,
1,000 characters), so that the files can be small.
"""


def document() -> str:
    language = texts.current()
    texts.use(texts.Language.EN)
    try:
        parts = [_HEAD, *(_table(title, specimens) for title, specimens in GROUPS.items())]
    finally:
        texts.use(language)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(title: str, specimens: Sequence[Specimen]) -> str:
    rows = [f"| `{each.file}` | {_cell(each.what)} | {_cell(happens(each))} |" for each in specimens]
    return "\n".join([f"## {title}\n", "| file | what is in it | what becomes of it |", "|---|---|---|", *rows])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())

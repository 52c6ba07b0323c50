"""The report as one page that stands alone: pictures and counts, no person's data, nothing loaded from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from importlib.resources import files

import minijinja

from mensageria_pipeline.texts import current, say
from mensageria_pipeline.texts.formats import moment, number


@dataclass(frozen=True, slots=True)
class Table:
    """A small table: the first column holds names, the others numbers."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def page(
    name: str,
    campaign: str,
    made_at: datetime,
    drawings: Sequence[str],
    tables: Sequence[Table],
    notes: Sequence[tuple[datetime, str]],
    zone: tzinfo,
    workbook: str,
) -> str:
    """The page as HTML. Every text is escaped; the drawings are our own."""
    environment = minijinja.Environment(auto_escape_callback=lambda _name: True, undefined_behavior="strict")
    source = (files("mensageria_pipeline.reports") / "page.html").read_text(encoding="utf-8")
    return environment.render_str(
        source,
        "page.html",
        name=name,
        language=current().value,
        title=say("page_title", name=name),
        made=say("page_made", campaign=campaign, at=moment(made_at, zone)),
        notes_title=say("page_notes"),
        files=say("page_files", workbook=workbook),
        drawings=list(drawings),
        tables=[{"title": table.title, "heads": table.heads, "rows": table.rows} for table in tables],
        notes=[{"at": moment(at, zone), "text": text} for at, text in notes],
    )


def outcome_rows(rows: Sequence[dict[str, object]]) -> list[tuple[str, str]]:
    return [(say(f"outcome_{row['outcome']}"), number(row["messages"])) for row in rows]

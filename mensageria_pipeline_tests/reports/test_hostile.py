"""A report shows what others wrote, and lets none of it act: not in the page, not in its drawings."""

from html.parser import HTMLParser

import pyarrow as pa

from mensageria_pipeline.services import control
from mensageria_pipeline.storage.dataset import rewrite_dataset
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench

EVIL = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</style><script>1",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "</text><a href='javascript:1'>x</a>",
    "]]><script>1</script>",
    "{{ 7*7 }}{% raw %}",
)
ALLOWED = frozenset(
    {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "span", "figure", "table", "thead", "tbody"}
    | {"tr", "th", "td", "svg", "g", "path", "text", "rect", "line", "defs", "clippath", "tspan"}
)


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [] if tag in ALLOWED else [tag]
        for name, value in attrs:
            is_active = name.startswith("on") or "href" in name or name in {"src", "action", "srcdoc"}
            if is_active or ("javascript:" in (value or "") and name != "aria-label"):
                self.found.append(f"{tag} {name}")


def test_notes_codes_and_providers_are_text(bench: Workbench) -> None:
    """Parsed as a browser does: no tag and no attribute that is not the page's own; and it may load and run nothing."""
    evil = " ".join(EVIL)
    bench.define("a", "simulation: {rejected: 0.5}\ntemplate: {body: Oi}\n")
    bench.drop("a", "nome;token\n" + "".join(f"Ana {n};token-da-ana-{n:04}\n" for n in range(20)))
    bench.run("a")
    (path,) = bench.layout.partition_dir(Asset.SEND_RESULTS, "a").glob("*.parquet")

    def hostile(table: pa.Table) -> pa.Table:
        for name in ("code", "provider", "delivery_code"):
            place = table.column_names.index(name)
            table = table.set_column(place, table.field(name), pa.array([evil] * len(table), table.field(name).type))
        return table

    rewrite_dataset(path, hostile)
    for each in EVIL:
        bench.project.notes.add("a", each)
    made = control.report(bench.project, "a")
    text = made.page.read_text("utf-8")
    page = Page()
    page.feed(text)
    assert page.found == []
    assert "default-src 'none'" in text
    assert "{{ 7*7 }}" in text, "nobody's text is a template"
    for drawing in made.figures.glob("*.svg"):
        image = Page()
        image.feed(drawing.read_text("utf-8"))
        assert image.found == [], drawing.name

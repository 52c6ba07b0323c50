"""What comes from outside is words to the dashboard's pages: no markup, no picture, no link."""

import ast
from pathlib import Path

import pytest

import mensageria_pipeline.dashboard
from mensageria_pipeline.dashboard.plain import plain

MODULES = sorted(Path(mensageria_pipeline.dashboard.__file__).parent.rglob("*.py"))
PAGES = [path for path in MODULES if "import streamlit as st" in path.read_text(encoding="utf-8")]
READ_AS_MARKDOWN = {
    "write": 1,
    "markdown": 1,
    "caption": 1,
    "info": 1,
    "warning": 1,
    "error": 1,
    "success": 1,
    "title": 1,
    "header": 1,
    "subheader": 1,
    "toast": 1,
    "metric": 3,
    "badge": 1,
    "button": 1,
    "form_submit_button": 1,
    "download_button": 1,
    "link_button": 1,
    "expander": 1,
    "popover": 1,
    "tabs": 1,
    "spinner": 1,
    "status": 1,
    "checkbox": 1,
    "toggle": 1,
    "selectbox": 1,
    "multiselect": 1,
    "radio": 1,
    "segmented_control": 1,
    "pills": 1,
    "slider": 1,
    "text_input": 1,
    "text_area": 1,
    "number_input": 1,
    "date_input": 1,
    "file_uploader": 1,
    "progress": 0,
    "page_link": 0,
    "latex": 1,
    "html": 1,
}
"""Streamlit's functions, and how many of their first arguments are Markdown."""
KEYWORDS = {"label", "body", "text", "help", "caption", "delta", "captions"}
SAFE = {"plain", "number", "share", "duration", "moment", "telephone", "css"}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("![x](http://evil.example/p.png)", r"\!\[x\]\(http\:" + "\u2060" + r"\/\/evil\.example\/p\.png\)"),
        ("www.evil.example", "www\u2060\\.evil\\.example"),
        ("a@evil.example", "a\\@\u2060evil\\.example"),
        (":material/home: :smile:", "\\:\u2060material\\/home\\: \\:\u2060smile\\:"),
        ("a\n\n# b\n---\n1. c", r"a \# b \-\-\- 1\. c"),
        ("<b>&lt;", r"\<b\>\&lt\;"),
        ("R$ 5,00 $x$", r"R\$ 5\,00 \$x\$"),
        ("p…@e…", r"p…\@e…"),
        ("Enviando: 3 de 5", r"Enviando\: 3 de 5"),
        (7, "7"),
        ("", ""),
    ],
)
def test_words_stay_words(words: object, shown: str) -> None:
    """Escaped for Markdown, and cut where links and icons are looked for after that."""
    assert plain(words) == shown


def test_every_value_that_a_page_shows_as_markdown_is_plain() -> None:
    """Literals, sentences of the catalogue without values of others, numbers, and what went through `plain`."""
    found = [f"{path.name}:{call.lineno}" for path in PAGES for call in _calls(path) if not _is_safe_call(call)]
    assert found == []


def test_choices_that_a_page_shows_as_markdown_are_plain() -> None:
    """Streamlit reads these choices as Markdown too: each has a function that says what is shown."""
    shown = {"pills", "segmented_control", "radio"}
    calls = [(path, call) for path in PAGES for call in _calls(path) if _name(call) in shown]
    bare = {f"{path.name}:{call.lineno}" for path, call in calls if "format_func" not in {k.arg for k in call.keywords}}
    assert bare == {line for line in bare if line.startswith("frame.py")}, "but the languages' own names"


def _calls(path: Path) -> list[ast.Call]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node for node in nodes if isinstance(node, ast.Call) and _name(node) in READ_AS_MARKDOWN]


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _is_safe_call(call: ast.Call) -> bool:
    shown = [*call.args[: READ_AS_MARKDOWN[_name(call)]], *(k.value for k in call.keywords if k.arg in KEYWORDS)]
    return all(_is_safe(each) for each in shown)


def _is_safe(node: ast.expr) -> bool:
    match node:
        case ast.JoinedStr(values=parts) | ast.List(elts=parts):
            made_of = parts
        case ast.FormattedValue(value=inner) | ast.Call(func=ast.Attribute(value=inner, attr="capitalize"), args=[]):
            made_of = [inner]
        case ast.IfExp(body=one, orelse=other):
            made_of = [one, other]
        case ast.Call(func=ast.Name(id="say"), keywords=values):
            made_of = [each.value for each in values]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in SAFE
        case _:
            return isinstance(node, ast.Constant)
    return all(_is_safe(each) for each in made_of)


def test_the_rule_sees_what_it_must_not_let_pass() -> None:
    """A rule that finds nothing proves nothing."""
    for text in (
        "st.warning(error.text())",
        "st.info(say('x', file=path.name))",
        "column.caption(f'{note.text}')",
        "st.metric('a', value)",
        "st.progress(0.5, text=words)",
        "st.expander(name)",
    ):
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        assert not _is_safe_call(call), text

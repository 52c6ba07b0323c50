"""Templates: what they need of a base, and how they become text.

minijinja renders in a sandbox with a fuel limit. Its errors quote values, so none of them leaves this
module: a template's own fault is a TemplateError, a row's is the code `render_failed`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

import minijinja
import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.columns import ALIASES, Channel, Role
from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.contracts.partition import column_key, header_key
from mensageria_pipeline.contracts.values import amount_of, date_of, first_name_of
from mensageria_pipeline.definition.message import Template
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import TemplateError

_FUEL = 50_000
_PROBE = "1"
_FUNCTIONS = frozenset({"range", "dict", "namespace", "debug", "super", "self", "caller"})
"""minijinja's own, which it lists among the undeclared variables."""
_TITLE, _BODY, _HTML, _SMS = "title", "body", "html", "sms"
RENDER_FAILED = "render_failed"
_HARMLESS = re.compile(r"\{\{\s*\w+\s*(?:\|\s*(?:primeiro_nome|upper|lower|trim|title|default\([^)]*\))\s*)*\}\}")
"""A placeholder with no filter that a value could break."""
_BARE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
"""A placeholder and nothing else."""


def moeda(value: str) -> str:
    """`1234.5`, `1.234,50` or `1.234` (a thousand) → `R$ 1.234,50`. Raises ValueError for what is no amount."""
    amount = f"{amount_of(value):,.2f}"
    return "R$ " + amount.translate(str.maketrans(",.", ".,"))


def data(value: str) -> str:
    """`2026-11-23`, with or without a time, or `23/11/2026` → `23/11/2026`."""
    return date_of(value).strftime("%d/%m/%Y")


FILTERS: Mapping[str, Callable[[str], str]] = {"moeda": moeda, "data": data, "primeiro_nome": first_name_of}


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message's text; `problem` is a code where the row's values could not be rendered."""

    title: str = ""
    body: str = ""
    data: Mapping[str, str] | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class RenderedMany:
    """The texts of many messages, in order; `problems` holds a code where a row could not be rendered."""

    titles: pa.Array
    bodies: pa.Array
    data: Mapping[str, pa.Array]
    problems: pa.Array


def template_of(definition: CampaignDefinition, campaign: str, headers: Sequence[str]) -> Template:
    """The campaign's template; without one, the base's column `mensagem`, or, simulated, the campaign's name."""
    if isinstance(definition.template, Template):
        return definition.template
    if any(header_key(header) in {"mensagem", "message"} for header in headers):
        name = next(column_key(h) for h in headers if header_key(h) in {"mensagem", "message"})
        return Template(title="{{ titulo | default('') }}", body=f"{{{{ {name} }}}}")
    if definition.is_live:
        raise TemplateError("template_missing", campaign=campaign)
    return Template(body=(definition.name or campaign).replace("{", "("))


class Renderer:
    """One template, checked. Raises TemplateError when it cannot be read."""

    def __init__(self, template: Template) -> None:
        assert not isinstance(template.html, str)  # noqa: S101 - the definition was loaded with its files
        page = template.html
        self._sources = {_TITLE: template.title, _BODY: template.body}
        self._sources |= {_HTML: template.pages[page.name]} if page else {}
        self._sources |= {_SMS: template.sms} if template.sms else {}
        self._sources |= {f"data.{key}": text for key, text in template.data.items()}
        # One form for each letter, as the cells have it: an SMS is counted, and a text compared, by it.
        self._sources = {part: normalize("NFC", text) for part, text in self._sources.items()}
        self._pages = {name: normalize("NFC", text) for name, text in template.pages.items()}
        real = {name: _required(function) for name, function in FILTERS.items()}
        self._plain = _environment(real, self._sources)
        self._is_html = template.is_html
        self._html = _environment(real, self._sources | self._pages, escape=self._is_html)
        self._optional: set[str] = set()
        self.placeholders = self._check()

    @property
    def required(self) -> tuple[str, ...]:
        """Placeholders without a default, sorted."""
        return tuple(sorted(self.placeholders - self._optional))

    @property
    def may_fail(self) -> bool:
        """True when a value can make rendering fail: the template does more than show its placeholders."""
        return any("{" in _HARMLESS.sub("", source) for source in self._sources.values())

    def columns_for(self, headers: Sequence[str], added: Sequence[str] = ()) -> dict[str, str]:
        """Placeholder → column, for those that can be filled: by name, then, in the base's own, by role."""
        by_name = {header_key(header): header for header in reversed((*headers, *added))}
        own = {header_key(header): header for header in reversed(headers)}
        found = {name: by_name[header_key(name)] for name in self.placeholders if header_key(name) in by_name}
        for name in self.placeholders - found.keys():
            role = next((role for role in Role if role.value == header_key(name)), None)
            match = next((own[alias] for alias in ALIASES[role] if alias in own), None) if role else None
            if match:
                found[name] = match
        return found

    def check_against(self, headers: Sequence[str], added: Sequence[str] = ()) -> None:
        """Raises TemplateError naming the placeholders that the base cannot fill, and the columns it has."""
        missing = [name for name in self.required if name not in self.columns_for(headers, added)]
        if missing:
            raise TemplateError(
                "placeholders_missing", missing=", ".join(missing), found=", ".join(shown_headers(headers))
            )

    def render(self, values: Mapping[str, str], channel: str) -> Rendered:
        """The message of one row. `values` holds placeholders with a value; empty cells are left out."""
        try:
            texts = {
                field: self._environment_for(part, channel).render_template(part, **values) if part else ""
                for field, part in self._parts_of(channel).items()
            }
        except (minijinja.TemplateError, ValueError, TypeError, ArithmeticError):
            return Rendered(problem=RENDER_FAILED)
        extra = {part.removeprefix("data."): text for part, text in texts.items() if part.startswith("data.")}
        return Rendered(texts[_TITLE], texts[_BODY], extra)

    def render_many(self, values: Mapping[str, pa.Array], count: int, channel: str) -> "RenderedMany":
        """The messages of many rows of one channel. `values` holds, per placeholder, one text per row or null."""
        texts: dict[str, pa.Array] = {}
        failed = pa.repeat(pa.scalar(value=False), count)
        for field, part in self._parts_of(channel).items():
            plain = None if self._escapes(part, channel) else _plain_parts(self._sources.get(part, ""))
            texts[field] = _joined(plain, values, count) if plain else self._looped(part, values, count, channel)
            failed = pc.or_(failed, pc.is_null(texts[field]))
        cleared = {part: pc.if_else(failed, "", text) for part, text in texts.items()}
        extra = {part.removeprefix("data."): text for part, text in cleared.items() if part.startswith("data.")}
        problems = pc.if_else(failed, RENDER_FAILED, pa.scalar(None, pa.string()))
        return RenderedMany(cleared[_TITLE], cleared[_BODY], extra, problems)

    def check_channel(self, channel: str) -> None:
        """Raises TemplateError where the template says nothing on a channel."""
        if not self._sources[self._parts_of(channel)[_BODY]]:
            raise TemplateError("template_no_text", channel=channel)

    def _parts_of(self, channel: str) -> dict[str, str]:
        """Field of a message → the part of the template that fills it on a channel; empty: it stays empty."""
        parts = {part: part for part in self._sources if part not in {_HTML, _SMS}}
        if channel == Channel.EMAIL and _HTML in self._sources:
            parts[_BODY] = _HTML
        elif channel == Channel.SMS and _SMS in self._sources:
            parts |= {_TITLE: "", _BODY: _SMS}
        return parts

    def _looped(self, part: str, values: Mapping[str, pa.Array], count: int, channel: str) -> pa.Array:
        """One part of every row through minijinja; null where it cannot be rendered."""
        environment, source = self._environment_for(part, channel), self._sources[part]
        names = [name for name in values if part == _HTML or name in source]
        rows = zip(*(values[name].to_pylist() for name in names), strict=True) if names else iter([()] * count)

        def one(cells: tuple[str | None, ...]) -> str | None:
            given = {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
            try:
                return environment.render_template(part, **given)
            except (minijinja.TemplateError, ValueError, TypeError, ArithmeticError):
                return None

        return pa.array([one(cells) for cells in rows], pa.string())

    def _escapes(self, part: str, channel: str) -> bool:
        return part == _HTML or (part == _BODY and channel == Channel.EMAIL and self._is_html)

    def _environment_for(self, part: str, channel: str) -> minijinja.Environment:
        is_html = part == _HTML or (part == _BODY and channel == Channel.EMAIL)
        return self._html if is_html else self._plain

    def _check(self) -> set[str]:
        sources = self._sources | self._pages
        probe = _environment(dict.fromkeys(FILTERS, _identity), sources)
        placeholders: set[str] = set()
        for part, source in sources.items():
            try:
                placeholders |= probe.undeclared_variables_in_str(source) - _FUNCTIONS
            except minijinja.TemplateError as error:
                raise _template_error(part, error) from None
        for part in self._sources:
            self._probe(probe, part, placeholders)
        self._optional = {name for name in placeholders if self._renders_without(probe, name, placeholders)}
        return placeholders

    def _probe(self, environment: minijinja.Environment, part: str, placeholders: set[str]) -> None:
        """Render once with stand-ins: unknown filters and functions show only then."""
        try:
            environment.render_template(part, **dict.fromkeys(placeholders, _PROBE))
        except minijinja.TemplateError as error:
            if error.kind not in {"UndefinedError", "InvalidOperation"}:
                raise _template_error(part, error) from None

    def _renders_without(self, environment: minijinja.Environment, name: str, placeholders: set[str]) -> bool:
        values = dict.fromkeys(placeholders - {name}, _PROBE)
        try:
            for part in self._sources:
                environment.render_template(part, **values)
        except (minijinja.TemplateError, _Undefined):
            return False
        return True


def _plain_parts(source: str) -> list[tuple[str, str]] | None:
    """(text, placeholder after it) of a template that only shows placeholders; None for any other.

    Nine campaigns in ten say no more than {{ nome }}: their texts are joined by columns, which is the same text.
    """
    if "{" in _BARE.sub("", source) or source.endswith("\n") or "\r" in source:
        return None
    pieces = _BARE.split(source)
    return list(zip(pieces[0::2], [*pieces[1::2], ""], strict=True))


def _joined(parts: Sequence[tuple[str, str]], values: Mapping[str, pa.Array], count: int) -> pa.Array:
    """The text of every row; null where a value is missing."""
    columns: list[pa.Array | pa.Scalar] = []
    for text, name in parts:
        columns.append(pa.scalar(text))
        if name:
            columns.append(values[name] if name in values else pa.nulls(count, pa.string()))
    whole = pc.binary_join_element_wise(*columns, "")
    return whole if isinstance(whole, pa.Array) else pa.repeat(whole, count)


def _identity(value: Any, *_args: Any, **_options: Any) -> Any:
    """A stand-in filter. minijinja hands an undefined value to a Python filter as None, even when strict."""
    if value is None:
        raise _Undefined
    return value


class _Undefined(ValueError):
    pass


def _required(function: Callable[[str], str]) -> Callable[[str | None], str]:
    def checked(value: str | None) -> str:
        if value is None:
            raise _Undefined
        return function(value)

    return checked


def _environment(
    filters: Mapping[str, Any], sources: Mapping[str, str], *, escape: bool = False
) -> minijinja.Environment:
    """An environment that finds the parts of a template, and the files that its page extends, by name."""
    return minijinja.Environment(
        loader=sources.get,
        filters=filters,
        undefined_behavior="strict",
        fuel=_FUEL,
        debug=False,
        auto_escape_callback=lambda _name: escape,
        keep_trailing_newline=False,
    )


def _template_error(part: str, error: minijinja.TemplateError) -> TemplateError:
    problems = {"SyntaxError": "sintaxe / syntax", "UnknownFilter": "filtro / filter", "OutOfFuel": "loop"}
    problem = problems.get(error.kind, error.kind)
    detail = error.detail if error.kind in {"SyntaxError", "UnknownFilter"} else None
    return TemplateError(
        "template_syntax",
        field=part,
        line=error.line or 1,
        problem=f"{problem} ({detail})" if detail else problem,
    )

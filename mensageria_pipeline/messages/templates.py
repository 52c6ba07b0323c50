"""Templates: what they need of a base, and how they become text.

minijinja renders in a sandbox with a fuel limit. Its errors quote values, so none of them leaves this
module: a template's own fault is a TemplateError, a row's is the code `render_failed`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import minijinja

from mensageria_pipeline.contracts.campaign import CampaignDefinition, Template
from mensageria_pipeline.contracts.columns import ALIASES, Channel, Role
from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.contracts.names import column_key, squeezed
from mensageria_pipeline.errors import TemplateError

_FUEL = 50_000
_PROBE = "1"
_FUNCTIONS = frozenset({"range", "dict", "namespace", "debug"})
"""minijinja's own, which it lists among the undeclared variables."""
RENDER_FAILED = "render_failed"
_HARMLESS = re.compile(r"\{\{\s*\w+\s*(?:\|\s*(?:primeiro_nome|upper|lower|trim|title|default\([^)]*\))\s*)*\}\}")
"""A placeholder with no filter that a value could break."""


def moeda(value: str) -> str:
    """`1234.5`, `1.234,50` or `1.234` (a thousand) → `R$ 1.234,50`. Raises ValueError for what is no amount."""
    text = re.sub(r"[R$\s]", "", value)
    if "," in text or re.fullmatch(r"-?\d{1,3}(?:\.\d{3})+", text):
        text = text.replace(".", "").replace(",", ".")
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", text):
        raise ValueError("moeda")
    amount = f"{Decimal(text):,.2f}"
    return "R$ " + amount.translate(str.maketrans(",.", ".,"))


def data(value: str) -> str:
    """`2026-11-23`, with or without a time, or `23/11/2026` → `23/11/2026`."""
    text = value.strip()
    brazilian = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    if brazilian:
        day, month, year = (int(part) for part in brazilian.groups())
        return date(year, month, day).strftime("%d/%m/%Y")
    return datetime.fromisoformat(text).strftime("%d/%m/%Y")


def primeiro_nome(value: str) -> str:
    """`MARIA DA SILVA` → `Maria`."""
    words = value.split()
    return words[0].capitalize() if words else ""


FILTERS: Mapping[str, Callable[[str], str]] = {"moeda": moeda, "data": data, "primeiro_nome": primeiro_nome}


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message's text; `problem` is a code where the row's values could not be rendered."""

    title: str = ""
    body: str = ""
    data: Mapping[str, str] | None = None
    problem: str | None = None


def template_of(definition: CampaignDefinition, campaign: str, headers: Sequence[str]) -> Template:
    """The campaign's template; without one, the base's column `mensagem`, or, simulated, the campaign's name."""
    if isinstance(definition.template, Template):
        return definition.template
    if any(squeezed(header) in {"mensagem", "message"} for header in headers):
        name = next(column_key(h) for h in headers if squeezed(h) in {"mensagem", "message"})
        return Template(title="{{ titulo | default('') }}", body=f"{{{{ {name} }}}}")
    if definition.is_live:
        raise TemplateError("template_missing", campaign=campaign)
    return Template(body=(definition.name or campaign).replace("{", "("))


class Renderer:
    """One template, checked. Raises TemplateError when it cannot be read."""

    def __init__(self, template: Template) -> None:
        self._sources = {"title": template.title, "body": template.body}
        self._sources |= {f"data.{key}": text for key, text in template.data.items()}
        real = {name: _required(function) for name, function in FILTERS.items()}
        self._plain = _environment(real)
        self._html = _environment(real, escape=bool(re.search(r"<[a-zA-Z!/]", template.body)))
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

    def columns_for(self, headers: Sequence[str]) -> dict[str, str]:
        """Placeholder → header, for those the base can fill; headers match by name, then by role."""
        by_name = {squeezed(header): header for header in reversed(headers)}
        found = {name: by_name[squeezed(name)] for name in self.placeholders if squeezed(name) in by_name}
        for name in self.placeholders - found.keys():
            role = next((role for role in Role if role.value == squeezed(name)), None)
            match = next((by_name[alias] for alias in ALIASES[role] if alias in by_name), None) if role else None
            if match:
                found[name] = match
        return found

    def check_against(self, headers: Sequence[str]) -> None:
        """Raises TemplateError naming the placeholders that the base cannot fill, and the columns it has."""
        missing = [name for name in self.required if name not in self.columns_for(headers)]
        if missing:
            raise TemplateError(
                "placeholders_missing", missing=", ".join(missing), found=", ".join(shown_headers(headers))
            )

    def render(self, values: Mapping[str, str], channel: str) -> Rendered:
        """The message of one row. `values` holds placeholders with a value; empty cells are left out."""
        try:
            texts = {
                part: self._environment_for(part, channel).render_template(part, **values) for part in self._sources
            }
        except (minijinja.TemplateError, ValueError, TypeError, ArithmeticError):
            return Rendered(problem=RENDER_FAILED)
        extra = {part.removeprefix("data."): text for part, text in texts.items() if part.startswith("data.")}
        return Rendered(texts["title"], texts["body"], extra)

    def _environment_for(self, part: str, channel: str) -> minijinja.Environment:
        return self._html if part == "body" and channel == Channel.EMAIL else self._plain

    def _check(self) -> set[str]:
        probe = _environment(dict.fromkeys(FILTERS, _identity))
        placeholders: set[str] = set()
        for part, source in self._sources.items():
            try:
                for environment in (probe, self._plain, self._html):
                    environment.add_template(part, source)
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


def _environment(filters: Mapping[str, Any], *, escape: bool = False) -> minijinja.Environment:
    return minijinja.Environment(
        filters=filters, undefined_behavior="strict", fuel=_FUEL, debug=False,
        auto_escape_callback=lambda _name: escape, keep_trailing_newline=False,
    )  # fmt: skip


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

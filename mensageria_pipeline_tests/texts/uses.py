"""Where the code says a sentence, and by which key: read from its source."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline_tests.fakes.dagster_server import ROOT

PACKAGE = ROOT / "mensageria_pipeline"


@dataclass(frozen=True, slots=True)
class Use:
    """One call that is given a key. Exactly one of `keys`, `prefix` and `expression` is filled."""

    module: str
    line: int
    keys: tuple[str, ...] = ()
    """Written out."""
    prefix: str = ""
    """What the key begins with, where its end is put in at run time."""
    expression: str = ""
    """What gives the key, where it is neither."""


@cache
def uses() -> tuple[Use, ...]:
    return tuple(use for path in sorted(PACKAGE.rglob("*.py")) for use in _in_module(path))


@cache
def literals(room: str = "") -> frozenset[str]:
    """Every text in the code, or in one room of it, that is no docstring."""
    found: set[str] = set()
    for path in (PACKAGE / room).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose)
        found |= {node.value for node in constants if isinstance(node.value, str)}
    return frozenset(found)


def _in_module(path: Path) -> Iterator[Use]:
    name = path.relative_to(PACKAGE).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and _says(node.func):
            yield _use(name, node.args[0])


def _says(function: ast.expr) -> bool:
    return ast.unparse(function) in {"say", "describe", "Doubt.of"} | _errors()


@cache
def _errors() -> frozenset[str]:
    def below(cls: type[MensageriaError]) -> Iterator[str]:
        yield cls.__name__
        for each in cls.__subclasses__():
            yield from below(each)

    return frozenset(below(MensageriaError)) - {"LeaseLostError"}


def _use(module: str, argument: ast.expr) -> Use:
    if keys := tuple(_written(argument)):
        return Use(module, argument.lineno, keys=keys)
    if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
        return Use(module, argument.lineno, prefix=str(argument.values[0].value))
    if isinstance(argument, ast.BinOp) and isinstance(argument.left, ast.Constant):
        return Use(module, argument.lineno, prefix=str(argument.left.value))
    return Use(module, argument.lineno, expression=ast.unparse(argument))


def _written(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant):
        yield str(argument.value)
    elif isinstance(argument, ast.IfExp):
        yield from _written(argument.body)
        yield from _written(argument.orelse)

"""The text of a definition with other values in it: comments and order stay as a person wrote them."""

import io
from collections.abc import Mapping, MutableMapping
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

_WIDTH = 120


def changed_text(text: str, said: Mapping[str, Any]) -> str:
    """`text` once it says `said`, and nothing else."""
    writer = YAML()
    writer.width = _WIDTH
    writer.preserve_quotes = True
    buffer = io.StringIO()
    try:
        found = writer.load(text)
        if not isinstance(found, CommentedMap):
            found = CommentedMap()
        _change(found, said)
        writer.dump(found, buffer)
        if yaml.safe_load(buffer.getvalue()) == said:
            return buffer.getvalue()
    except (YAMLError, yaml.YAMLError):
        pass
    return yaml.safe_dump(dict(said), allow_unicode=True, sort_keys=False)  # what it says is more than how it looks


def _change(found: MutableMapping[str, Any], said: Mapping[str, Any]) -> None:
    for key in [key for key in found if key not in said]:
        del found[key]
    for key, value in said.items():
        before = found.get(key)
        if isinstance(value, Mapping) and isinstance(before, MutableMapping):
            _change(before, value)
        elif key not in found or before != value:
            is_quoted = isinstance(before, DoubleQuotedScalarString) and isinstance(value, str) and "\n" not in value
            found[key] = DoubleQuotedScalarString(value) if is_quoted else _written(value)


def _written(value: Any) -> Any:
    """Text in quotes where another reader of YAML would take it for a number, a date or yes and no."""
    if isinstance(value, Mapping):
        return CommentedMap((key, _written(each)) for key, each in value.items())
    if isinstance(value, list | tuple):
        return [_written(each) for each in value]
    if not isinstance(value, str):
        return value
    if "\n" in value:
        return LiteralScalarString(value)
    return value if _is_plain(value) else DoubleQuotedScalarString(value)


def _is_plain(value: str) -> bool:
    try:
        return bool(yaml.safe_load(value) == value)
    except (yaml.YAMLError, ValueError):
        return False

"""A definition's or template's YAML: small, plain, and without aliases.

Aliases make a file of 1 KB a value of gigabytes ("billion laughs": 6 GB in four minutes, tried), and say nothing that a
campaign needs to say.
"""

from pathlib import Path
from typing import Any

import yaml

from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.storage.files import read_plain

LARGEST_BYTES = 256 * 1024
_DEEPEST = 40
_LONGEST_NUMBER = 100
"""Of characters. A number or date that is longer is none, and some take minutes to be read as one."""


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it, as its wheels are: ten times as fast."""
_TEXT = "tag:yaml.org,2002:str"


class _AliasError(yaml.YAMLError):
    pass


def _check(text: str) -> None:
    """Raises YAMLError for what costs more than its length, before anything is made of it."""
    depth, resolver = 0, yaml.resolver.Resolver()
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent):
            raise _AliasError
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > _LONGEST_NUMBER:
            tag = event.tag or resolver.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
            if tag != _TEXT:
                raise yaml.YAMLError


def read_mapping(path: Path) -> dict[str, Any]:
    """The keys of a file; empty where it says nothing. Raises DefinitionError, which quotes nothing of it."""
    try:
        text = read_plain(path, LARGEST_BYTES).decode("utf-8-sig")
        _check(text)
        raw = yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise DefinitionError(
            "definition_unreadable",
            file=path.name,
            line=mark.line + 1 if mark else "?",
            column=mark.column + 1 if mark else "?",
        ) from None
    except _AliasError:
        raise DefinitionError("definition_alias", file=path.name) from None
    except UnicodeDecodeError:
        raise DefinitionError("definition_encoding", file=path.name) from None
    except OSError:
        raise DefinitionError("definition_unusable", file=path.name, most=LARGEST_BYTES // 1024) from None
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date such as 2026-11-31
        raise DefinitionError("definition_unreadable", file=path.name, line="?", column="?") from None
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise DefinitionError("definition_not_mapping", file=path.name)
    return raw

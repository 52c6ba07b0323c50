"""What is wrong with a definition, for the person who wrote it: the key, what was found, what to write instead."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mensageria_pipeline.contracts.doubts import DOUBTS
from mensageria_pipeline.definition.fields import EXPECTED_BY_PATTERN
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.texts import say

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], raw: dict[str, Any], path: Path) -> M:
    """`raw` as a model. Raises DefinitionError that names each wrong key of the file."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = _telling([dict(each) for each in error.errors(include_url=False)])
        problems = [_problem(model, each) for each in found[:_SHOWN_PROBLEMS]]
        problems += ["…"] * (len(found) > _SHOWN_PROBLEMS)
        raise DefinitionError(
            "definition_invalid",
            file=path.name,
            count=len(found),
            problems="".join(f"\n- {problem}" for problem in problems),
        ) from None


_UNION_BRANCHES = frozenset(
    {
        "str",
        "Template",
        "dict[Channel,str]",
        "function-after[_valid_cron(), str]",
        "function-after[_valid_pattern(), str]",
    }
)


_QUOTED_CHARACTERS = 60
_SHOWN_PROBLEMS = 20
_KEY_CHARACTERS = 120


def _telling(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a key that takes one of several kinds of value, what is wrong with the kind that was written."""
    keys = [_key(error) for error in errors]
    return [
        error
        for error, key in zip(errors, keys, strict=True)
        if not str(error["type"]).endswith("_type")
        or not any(
            other is not error and (other_key == key or other_key[: len(key)] == key)
            for other, other_key in zip(errors, keys, strict=True)
            if len(other_key) > len(key) or not str(other["type"]).endswith("_type")
        )
    ]


def _key(error: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(part)[:_QUOTED_CHARACTERS] for part in error["loc"] if not _is_branch(part))


def _problem(model: type[BaseModel], error: dict[str, Any]) -> str:
    key = ".".join(_key(error))[:_KEY_CHARACTERS]
    if error["type"] == "extra_forbidden":
        keys = ", ".join(model.model_fields)
        return f"{say('definition_unknown_key', key=key)} ({say('definition_known_keys', keys=keys)})"
    shown = "…" if "template" in key else _quoted(error.get("input"))
    return say("definition_problem", key=key, found=shown, expected=_expected(error))


def _quoted(value: object) -> str:
    """A short value as JSON; `…` for a longer one, which is not written out first."""
    if isinstance(value, dict | list | tuple) and len(value) > _QUOTED_CHARACTERS // 2:
        return "…"
    try:
        found = json.dumps(
            value[: _QUOTED_CHARACTERS + 1] if isinstance(value, str) else value, ensure_ascii=False, default=str
        )
    except (ValueError, RecursionError):
        return "…"
    return found if len(found) <= _QUOTED_CHARACTERS else "…"


def _is_branch(part: object) -> bool:
    return str(part).startswith(("dict[", "function-", "constrained-")) or part in _UNION_BRANCHES or part == "[key]"


def _expected(error: dict[str, Any]) -> str:
    """What a key takes, in the operator's language."""
    context = error.get("ctx") or {}
    if error["type"] == "value_error":
        name = str(context.get("error"))
        return say(f"expected_{name}", doubts=", ".join(DOUBTS)) if name in VALUE_ERRORS else str(error["type"])
    if "expected" in context:
        return str(context["expected"]).replace(" or ", ", ")
    bounds = [f"{sign} {context[name]}" for name, sign in _BOUNDS.items() if name in context]
    if "pattern" in context:
        return say(EXPECTED_BY_PATTERN[context["pattern"]])
    key = next((key for prefix, key in _EXPECTED.items() if str(error["type"]).startswith(prefix)), None)
    return " ".join(bounds) or (say(key) if key else str(error["msg"]))


_EXPECTED = {
    "float": "expected_number",
    "int": "expected_whole_number",
    "string": "expected_text",
    "date": "expected_moment",
    "timezone": "expected_moment",
    "dict": "expected_keys",
    "model": "expected_keys",
    "tuple": "expected_list",
    "list": "expected_list",
}
"""Prefix of a pydantic error type → what to write instead."""
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥"}
VALUE_ERRORS = (
    "cron",
    "timezone",
    "not_after",
    "moment_far",
    "pattern",
    "mailbox",
    "url",
    "doubt",
    "template_empty",
    "rate_of_no_provider",
)
"""What the model's own checks say; `expected_<name>` in the catalogue is what to write instead."""

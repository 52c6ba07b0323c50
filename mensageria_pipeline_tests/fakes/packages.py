"""A package beside this one that brings adapters, as pip would install it."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mensageria_pipeline.providers import registry


@contextlib.contextmanager
def installed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, source: str, points: dict[str, str]
) -> Iterator[None]:
    """A module with `source` and its entry points: provider → `module:Adapter`."""
    name = module.replace("_", "-")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    listed = "".join(f"{provider} = {adapter}\n" for provider, adapter in points.items())
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{listed}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    registry._brought.cache_clear()
    yield
    registry._brought.cache_clear()
    sys.modules.pop(module, None)

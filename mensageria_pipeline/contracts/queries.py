"""SQL lives in files: one statement each, named after what it gives."""

from importlib.resources import files


def query(package: str, name: str) -> str:
    """The statement in `<package>/sql/<name>.sql`."""
    return (files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")

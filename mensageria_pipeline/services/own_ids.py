"""What an operator calls the people of their list: the list's own column of codes."""

from collections.abc import Collection

from mensageria_pipeline.contracts.columns import Role, find_roles
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import Intake, list_intakes
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.services.control import definition_of
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.duckdb import literal, open_duckdb

_CONTACT_DIGITS = 10
"""So many digits may be a phone or a CPF, which are masked."""

OwnIds = dict[tuple[str, int], str]
"""(file's hash, row's number) → the list's own code."""


def own_ids(project: Project, partition: str, rows: Collection[tuple[str, int]]) -> OwnIds:
    """The list's own codes of these rows, (file's hash, row's number); without those that have none."""
    mapping = definition_of(project, partition).columns
    found: OwnIds = {}
    wanted: dict[str, set[int]] = {}
    for content_hash, row in rows:
        wanted.setdefault(content_hash, set()).add(row)
    campaign = Partition.parse(partition).campaign
    for intake in [*list_intakes(project.layout, campaign), *list_intakes(project.layout, partition)]:
        if intake.content_hash not in wanted or intake.purged_at:
            continue
        try:
            header = find_roles(intake.columns, mapping, intake.empty).get(Role.ID)
        except InputError:
            header = None
        if header:
            found |= _read(intake, header, wanted[intake.content_hash])
    return found


def _read(intake: Intake, header: str, rows: Collection[int]) -> OwnIds:
    name = '"' + header.replace('"', '""') + '"'
    statement = f"""
        SELECT _row_number, {name}
        FROM read_parquet({literal(intake.path)}, hive_partitioning = false)
        WHERE list_contains($rows, _row_number) AND {name} <> ''
    """  # noqa: S608 - the header is quoted
    with open_duckdb() as connection:
        answer = connection.execute(statement, {"rows": list(rows)}).fetchall()
    return {(intake.content_hash, number): _shown(code) for number, code in answer}


def _shown(code: str) -> str:
    """A code as it is; masked where it reaches or identifies a person outside the list."""
    is_contact = "@" in code or sum(letter.isdigit() for letter in code) >= _CONTACT_DIGITS
    return mask(code) if is_contact else code

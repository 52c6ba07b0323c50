"""raw_base → validated_recipients and rejected_recipients, held to their pandera contracts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import pandera.errors
import pandera.pandas as pa
import pyarrow

from mensageria_pipeline.contracts.campaign import CampaignDefinition
from mensageria_pipeline.contracts.columns import Roles, recognize
from mensageria_pipeline.contracts.dataset import Stamp, write_dataset
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.names import column_key
from mensageria_pipeline.contracts.queries import open_duckdb
from mensageria_pipeline.contracts.raw_base import ROW_FIELDS, Intake, list_intakes, raw_fingerprint
from mensageria_pipeline.contracts.recipients import (
    Fate,
    RejectedRecipients,
    ValidatedRecipients,
    arrow_schema,
)
from mensageria_pipeline.errors import ContractError, StaleInputError
from mensageria_pipeline.recipients.fates import CONTENT_RULES, FateJudge, Row, SendMemory
from mensageria_pipeline.recipients.normalize import TextNeeds, normalize
from mensageria_pipeline.texts import Language, say


@dataclass(slots=True)
class RecipientsReport:
    """What became of the rows."""

    validated: Stamp
    rejected: Stamp
    row_count: int
    fates: Mapping[str, int]
    codes: Mapping[str, int]
    """Reason code → rows, of rows that are not planned."""
    columns: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    """Role → header, of the latest intake."""


def validate_recipients(
    layout: Layout,
    partition: str,
    definition: CampaignDefinition,
    memory: SendMemory,
    needs_of: Callable[[Sequence[str]], TextNeeds],
) -> RecipientsReport:
    """Judge every row of every intake of the partition and write both tables.

    `needs_of` says, for an intake's headers, what the message's text asks of its rows. Raises InputError when a
    base has no usable address column, and ContractError when rows are not conserved.
    """
    intakes = list_intakes(layout, partition)
    if not intakes:
        raise StaleInputError("step_missing", asset=Asset.RAW_BASE, campaign=partition)
    judge = FateJudge(definition.one_message_per, memory)
    frames, roles = [], None
    for position, intake in enumerate(intakes):
        roles = recognize(intake.columns, definition.columns, definition.channel)
        frames.append(_judged(intake, position, roles, needs_of(intake.columns), judge))
    rows = pd.concat(frames, ignore_index=True)
    _refer(rows)
    _supersede(rows)
    return _write(layout, partition, definition, intakes, rows, roles)


def _judged(intake: Intake, position: int, roles: Roles, needs: TextNeeds, judge: FateJudge) -> pd.DataFrame:
    rows = _load(intake)
    judged = normalize(rows[list(intake.columns)], roles, needs)
    judged["position"] = position
    has_address = judged["code"].isin(["", *CONTENT_RULES])
    judged["corrected_by"] = judged["known_as"].where(~has_address, judged["person"])
    judged["intake"], judged["file_name"] = intake.content_hash, intake.file_name
    judged["row_number"], judged["fields"] = rows["_row_number"], rows[ROW_FIELDS]
    columns = (judged[name].tolist() for name in ("row_number", "channel", "address", "person", "code"))
    decisions = judge.decide([Row(position, *values) for values in zip(*columns, strict=True)])
    return judged.assign(
        fate=[d.fate.value for d in decisions],
        code=[d.code for d in decisions],
        revision=[d.revision for d in decisions],
        refers_to=[-1 if d.refers_to is None else d.refers_to for d in decisions],
    )


def _load(intake: Intake) -> pd.DataFrame:
    """The intake's rows with their cells once more as one JSON text, keyed as templates call them."""
    keys: dict[str, str] = {}
    for header in intake.columns:
        keys.setdefault(column_key(header) or header, header)
    pairs = ", ".join(f"{_quoted(key)} := {_quoted(header)}" for key, header in keys.items())
    query = (
        f"SELECT *, to_json(struct_pack({pairs}))::VARCHAR AS {ROW_FIELDS} FROM read_parquet(?) ORDER BY _row_number"  # noqa: S608 - identifiers are quoted
    )
    with open_duckdb() as connection:
        return pd.DataFrame(connection.sql(query, params=[str(intake.path)]).df())


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _refer(rows: pd.DataFrame) -> None:
    """Turn positions of earlier rows into their intake, file and row number."""
    refers = rows["refers_to"]
    target = rows.loc[refers.where(refers >= 0, 0), ["intake", "file_name", "row_number"]].reset_index(drop=True)
    has = refers >= 0
    rows["refers_to_intake"] = target["intake"].where(has, "")
    rows["refers_to_file"] = target["file_name"].where(has, "")
    rows["refers_to_row"] = target["row_number"].where(has, 0)


def _supersede(rows: pd.DataFrame) -> None:
    """Mark rejected rows whose person came in well with a later intake."""
    came_in = rows[(rows["fate"] == Fate.PLANNED) & (rows["corrected_by"] != "")]
    last = came_in.drop_duplicates("corrected_by", keep="last").set_index("corrected_by")
    label = last["intake"] + ":" + last["row_number"].astype("str")
    came_later = rows["corrected_by"].map(last["position"]).fillna(-1) > rows["position"]
    is_open = (rows["fate"] == Fate.REJECTED) & (rows["code"] != "id_conflict")
    rows["superseded_by"] = rows["corrected_by"].map(label).where(is_open & came_later, "").astype("str")


def _write(
    layout: Layout,
    partition: str,
    definition: CampaignDefinition,
    intakes: Sequence[Intake],
    rows: pd.DataFrame,
    roles: Roles | None,
) -> RecipientsReport:
    planned = rows[rows["fate"] == Fate.PLANNED]
    refused = _with_sentences(rows[rows["fate"] != Fate.PLANNED])
    expected = sum(intake.row_count for intake in intakes)
    if len(planned) + len(refused) != expected:
        raise ContractError(
            "rows_not_conserved", campaign=partition, expected=expected, found=len(planned) + len(refused)
        )
    fates = {fate.value: int((rows["fate"] == fate.value).sum()) for fate in Fate}
    codes = {str(code): int(count) for code, count in refused["code"].value_counts().items()}
    columns = tuple(dict.fromkeys(header for intake in intakes for header in intake.columns))
    facts = {
        "intakes": [i.content_hash for i in intakes],
        "rows": expected,
        "fates": fates,
        "codes": codes,
        "columns": columns,
    }
    inputs = {Asset.RAW_BASE.value: raw_fingerprint(intakes), "definition": definition.judging_version}
    tables = (
        (Asset.VALIDATED_RECIPIENTS, ValidatedRecipients, planned),
        (Asset.REJECTED_RECIPIENTS, RejectedRecipients, refused),
    )
    validated, rejected = (
        write_dataset(
            layout.table(asset, partition), arrow_schema(model),
            [_checked(model, frame, asset)], inputs=inputs, facts=facts,
        )
        for asset, model, frame in tables
    )  # fmt: skip
    headers = {role.value: header for role, header in roles.headers.items()} if roles else {}
    return RecipientsReport(validated, rejected, expected, fates, codes, columns, headers)


def _with_sentences(refused: pd.DataFrame) -> pd.DataFrame:
    cells = [refused[name].tolist() for name in ("code", "column", "refers_to_row", "refers_to_file")]
    reasons = [
        [say(code, language, column=column, row=row, file=file) for code, column, row, file in zip(*cells, strict=True)]
        for language in (Language.PT_BR, Language.EN)
    ]
    return refused.assign(
        value_masked=[mask(value) for value in refused["value"].tolist()],
        reason=reasons[0],
        reason_en=reasons[1],
        suggestion=[_suggestion(code, column) for code, column in zip(cells[0], cells[1], strict=True)],
        person=refused["known_as"],
    )


def _suggestion(code: str, column: str) -> str:
    if code in {"missing_address", "missing_field"}:
        return say("suggest_fill", Language.PT_BR, column=column)
    if code.startswith(("invalid_", "unknown_", "phone_")):
        return say("suggest_correct", Language.PT_BR, column=column)
    if code == "unrenderable":
        return say("suggest_correct", Language.PT_BR, column=column)
    if code == "id_conflict":
        return say("suggest_edition", Language.PT_BR)
    return say("suggest_none", Language.PT_BR)


def _checked(model: type[pa.DataFrameModel], frame: pd.DataFrame, asset: Asset) -> pyarrow.Table:
    """The frame in the contract's columns and types. Foreign errors quote values: only rules cross."""
    columns = model.to_schema().columns
    types = {name: "int64" if "int" in str(column.dtype) else "str" for name, column in columns.items()}
    shaped = frame[list(columns)].astype(types).reset_index(drop=True)
    try:
        model.validate(shaped, lazy=True)
    except pandera.errors.SchemaErrors as error:
        broken = error.failure_cases[["column", "check"]].drop_duplicates()
        problems = "; ".join(f"{column}: {check}" for column, check in broken.itertuples(index=False))
        raise ContractError("contract_broken", table=asset.value, problems=problems) from None
    return pyarrow.Table.from_pandas(shaped, schema=arrow_schema(model), preserve_index=False)

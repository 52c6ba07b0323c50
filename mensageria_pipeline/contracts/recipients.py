"""validated_recipients and rejected_recipients: who may be messaged, and who not and why."""

from enum import StrEnum

import pandera.pandas as pa
import pyarrow
from pandera.typing.pandas import Series

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.fate import Fate


class PersonKind(StrEnum):
    """What a person is known by."""

    ID = "id"
    CPF = "cpf"
    CNPJ = "cnpj"
    ADDRESS = "address"


class ValidatedRecipients(pa.DataFrameModel):
    """1 row per person and channel that may be messaged, in the order of arrival."""

    intake: Series[str] = pa.Field(str_length={"min_value": 64, "max_value": 64}, description="sha256 of the file")
    file_name: Series[str] = pa.Field(description="name the file arrived under")
    row_number: Series[int] = pa.Field(ge=1, description="row as a spreadsheet shows it")
    person: Series[str] = pa.Field(str_length={"min_value": 1}, description="id, CPF, CNPJ or normalized address")
    person_kind: Series[str] = pa.Field(isin=list(PersonKind), description="what `person` is")
    document: Series[str] = pa.Field(
        description="CPF or CNPJ where the row has one, both with a space between; else empty"
    )
    channel: Series[str] = pa.Field(isin=list(Channel), description="push, email, sms, whatsapp or webhook")
    address: Series[str] = pa.Field(
        str_length={"min_value": 1, "max_value": 4096}, description="normalized address on the channel"
    )
    address_kind: Series[str] = pa.Field(
        description="email; mobile, landline, foreign; fid, fcm_token, apns, expo, web_push, other; url"
    )
    revision: Series[int] = pa.Field(ge=0, description="0; higher for a new address after a dead one")
    fields: Series[str] = pa.Field(str_startswith="{", description="the row's cells as JSON, for templates")

    class Config:
        strict = True
        ordered = True
        unique = ["intake", "row_number", "channel"]  # noqa: RUF012 - pandera's own shape


class RejectedRecipients(pa.DataFrameModel):
    """1 row per row that will not be messaged, with its fate, a code and a sentence."""

    intake: Series[str] = pa.Field(str_length={"min_value": 64, "max_value": 64}, description="sha256 of the file")
    file_name: Series[str] = pa.Field(description="name the file arrived under")
    row_number: Series[int] = pa.Field(ge=1, description="row as a spreadsheet shows it")
    fate: Series[str] = pa.Field(
        isin=[f for f in Fate if f is not Fate.PLANNED],
        description="rejected, duplicate, repeated, suppressed, erased",
    )
    code: Series[str] = pa.Field(description="reason, one word per rule")
    column: Series[str] = pa.Field(description="header of the offending column; empty where none is")
    value_masked: Series[str] = pa.Field(description="the offending value, masked")
    reason: Series[str] = pa.Field(description="the reason as a sentence, pt-BR")
    reason_en: Series[str] = pa.Field(description="the reason as a sentence, English")
    suggestion: Series[str] = pa.Field(description="what to do, pt-BR")
    correction: Series[str] = pa.Field(description="value that was probably meant; empty where there is none")
    person: Series[str] = pa.Field(description="id or CPF where the row has one; else empty")
    channel: Series[str] = pa.Field(description="channel where it is known; else empty")
    refers_to_intake: Series[str] = pa.Field(description="intake of the row it duplicates or repeats; else empty")
    refers_to_row: Series[int] = pa.Field(ge=0, description="row it duplicates or repeats; 0 where none is")
    superseded_by: Series[str] = pa.Field(description="intake:row of the correction that came in; else empty")

    class Config:
        strict = True
        ordered = True


def arrow_schema(model: type[pa.DataFrameModel]) -> pyarrow.Schema:
    """The Parquet schema of a pandera model: text is string, whole numbers are int64."""
    columns = model.to_schema().columns
    return pyarrow.schema(
        [
            pyarrow.field(name, pyarrow.int64() if "int" in str(column.dtype) else pyarrow.string(), nullable=False)
            for name, column in columns.items()
        ]
    )


def descriptions(model: type[pa.DataFrameModel]) -> dict[str, str]:
    """Column → what it is, for Dagster and the data dictionary."""
    return {name: column.description or "" for name, column in model.to_schema().columns.items()}

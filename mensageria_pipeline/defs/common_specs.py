"""What every asset shares: the partitions, the project as a resource, and errors that people can read."""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import (
    ContractError,
    MensageriaError,
    StaleInputError,
    TemplateError,
    internal_error,
)
from mensageria_pipeline.providers.choice import check_providers
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import configured_language
from mensageria_pipeline.texts import say

_logger = logging.getLogger(__name__)
campaigns = dg.DynamicPartitionsDefinition(name="mensageria_campaigns")
OWNERS = ["team:mensageria"]
CAMPAIGN_TAG = "mensageria/campaign"
TRIGGER_TAG = "mensageria/trigger"
_LANGUAGE = configured_language()


def describe(key: str) -> str:
    """What the UI says of a definition, which is made at import, before the language of the process is set."""
    return say(key, _LANGUAGE)


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn errors into dg.Failure with a sentence. Foreign ones may quote personal data: only their place crosses."""
    try:
        yield
    except MensageriaError as error:
        _logger.error(error.text(), extra={"key": error.key})  # noqa: TRY400 - a sentence, no traceback
        raise dg.Failure(error.text(), allow_retries=False) from None
    except dg.Failure:
        raise
    except Exception as error:  # noqa: BLE001 - the border to Dagster's event log
        _logger.error(internal_error(error))  # noqa: TRY400 - its text may be personal
        raise dg.Failure(internal_error(error), allow_retries=False) from None


def definition_of(project: Project, partition: Partition) -> CampaignDefinition:
    """The campaign's definition, with providers that exist."""
    definition = load_definition(project.layout, partition.campaign)
    check_providers(partition.campaign, definition)
    return definition


def failed_check(error: MensageriaError, asset: str) -> dg.AssetCheckResult | None:
    """The check that an error breaks, as its failed result; None where it breaks none."""
    checks = {TemplateError: "placeholders", StaleInputError: "input_fingerprint"}
    name = checks.get(type(error))
    if isinstance(error, ContractError):
        name = "contract" if error.key == "contract_broken" else "rows_conserved"
    specs = {check.name for check in CHECKS.get(asset, ())}
    if name not in specs:
        return None
    return dg.AssetCheckResult(
        passed=False,
        check_name=name,
        asset_key=dg.AssetKey(asset),
        metadata={say("meta_reason"): error.text()},
        severity=dg.AssetCheckSeverity.ERROR,
    )


def _check(name: str, asset: str, description: str, *, blocking: bool = True) -> dg.AssetCheckSpec:
    """A check with a result per campaign: one campaign's failure must not hide another's success."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # partitions on a check: new in 1.13, held by the tests
        return dg.AssetCheckSpec(
            name, asset=asset, description=description, blocking=blocking, partitions_def=campaigns
        )


CHECKS: dict[str, Sequence[dg.AssetCheckSpec]] = {
    "raw_base": (_check("files_usable", "raw_base", describe("description_check_files_usable"), blocking=False),),
    "validated_recipients": (
        _check("contract", "validated_recipients", describe("description_check_contract")),
        _check("rows_conserved", "validated_recipients", describe("description_check_rows_conserved")),
    ),
    "messages": (
        _check("placeholders", "messages", describe("description_check_placeholders")),
        _check("rows_conserved", "messages", describe("description_check_messages_planned")),
    ),
    "send_results": (
        _check("input_fingerprint", "send_results", describe("description_check_input_fingerprint")),
        _check("messages_conserved", "send_results", describe("description_check_messages_conserved")),
        _check("complete", "send_results", describe("description_check_complete"), blocking=False),
    ),
}


def passed(name: str, asset: str, metadata: Mapping[str, Any]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, check_name=name, asset_key=dg.AssetKey(asset), metadata=dict(metadata))


def partition_of(context: dg.AssetExecutionContext) -> Partition:
    return Partition.parse(context.partition_key)

"""The errors that stop a run, and nothing else: the outcome of a message is a value, not an exception.

    MensageriaError
    ├── SettingsError        the environment or .env
    ├── DefinitionError      data/campaigns/<campaign>.yaml
    ├── TemplateError        a template, or a placeholder the base cannot fill
    ├── InputError           a file that arrived
    ├── ContractError        rows that break the contract of their step, or are not conserved
    ├── StaleInputError      a step launched over data that belongs to another version
    └── LedgerError          the record of what was sent cannot be read or written
        └── LeaseLostError   another run has taken over

Each carries a key of the text catalogue and its values, so that the same error reads in Portuguese and
in English. Values are codes, names and counts, never a person's data.
"""

import traceback
from pathlib import Path

from mensageria_pipeline.texts import Language, say


class MensageriaError(Exception):
    """What was found, what was expected and what to do, in the operator's language."""

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(key)

    def text(self, language: Language | None = None) -> str:
        return say(self.key, language, **self.values)

    def __str__(self) -> str:
        return self.text()


class SettingsError(MensageriaError):
    pass


class DefinitionError(MensageriaError):
    pass


class TemplateError(MensageriaError):
    pass


class InputError(MensageriaError):
    pass


class ContractError(MensageriaError):
    pass


class StaleInputError(MensageriaError):
    pass


class LedgerError(MensageriaError):
    pass


class LeaseLostError(LedgerError):
    def __init__(self, campaign: str) -> None:
        super().__init__("lease_lost", path=campaign)


def internal_error(error: Exception) -> str:
    """A foreign exception as a sentence: its type and place. Its text may quote personal data, and stays here."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno} ({frames[-1].name})" if frames else "?"
    return say("internal_error", type=type(error).__name__, where=where)

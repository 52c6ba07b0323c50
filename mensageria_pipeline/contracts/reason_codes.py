"""Why a row is not messaged: one closed set. A new rule is one entry here and its two sentences in the catalogue.

The catalogue has, under the code itself, the sentence that a rejected row gets and, under `code_<code>`, the few words
that charts and counts show. A test finds an entry that lacks one.
"""

from enum import StrEnum
from typing import Self

from mensageria_pipeline.texts import Language, say


class Suggestion(StrEnum):
    """What to do about a row, as a key of the catalogue."""

    NOTHING = "suggest_none"
    FILL = "suggest_fill"
    CORRECT = "suggest_correct"
    MOVE_CELLS = "suggest_cells"
    COMPLETE_TABLE = "suggest_lookup"
    NEW_EDITION = "suggest_edition"


class ReasonCode(StrEnum):
    """Each with what to do about it, and whether it is a rule about content: what is planned and was sent already is
    not taken back by one, while a rule about addresses or people holds whatever happened before."""

    suggestion: Suggestion
    is_content_rule: bool

    def __new__(
        cls,
        value: str,
        suggestion: Suggestion = Suggestion.NOTHING,
        is_content_rule: bool = False,  # noqa: FBT001 - a column of the table below
    ) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.suggestion, member.is_content_rule = suggestion, is_content_rule
        return member

    # The address.
    MISSING_ADDRESS = "missing_address", Suggestion.FILL
    INVALID_EMAIL = "invalid_email", Suggestion.CORRECT
    EMAIL_TYPO = "email_typo", Suggestion.CORRECT
    INVALID_PHONE = "invalid_phone", Suggestion.CORRECT
    PHONE_LANDLINE = "phone_landline", Suggestion.CORRECT
    PHONE_SERVICE_NUMBER = "phone_service_number", Suggestion.CORRECT
    PHONE_DIGIT_MISSING = "phone_digit_missing", Suggestion.CORRECT
    PHONE_WITHOUT_AREA = "phone_without_area", Suggestion.CORRECT
    PHONE_LOST_DIGITS = "phone_lost_digits", Suggestion.CORRECT
    INVALID_TOKEN = "invalid_token", Suggestion.CORRECT
    TOKEN_LOST_DIGITS = "token_lost_digits", Suggestion.CORRECT
    TOKEN_OF_OTHER_PROVIDER = "token_of_other_provider", Suggestion.CORRECT
    INVALID_URL = "invalid_url", Suggestion.CORRECT
    UNKNOWN_CHANNEL = "unknown_channel", Suggestion.CORRECT
    ERROR_KEY = "error_key", Suggestion.CORRECT
    # The person.
    INVALID_CPF = "invalid_cpf", Suggestion.CORRECT
    INVALID_CNPJ = "invalid_cnpj", Suggestion.CORRECT
    ID_LOST_DIGITS = "id_lost_digits", Suggestion.CORRECT
    ID_CONFLICT = "id_conflict", Suggestion.NEW_EDITION
    # The content.
    MISSING_FIELD = "missing_field", Suggestion.FILL, True
    ERROR_VALUE = "error_value", Suggestion.CORRECT, True
    VALUE_LOST_DIGITS = "value_lost_digits", Suggestion.CORRECT, True
    UNRENDERABLE = "unrenderable", Suggestion.CORRECT, True
    LOOKUP_MISSING = "lookup_missing", Suggestion.COMPLETE_TABLE, True
    NOT_ALLOWED = "not_allowed", Suggestion.CORRECT, True
    NO_MATCH = "no_match", Suggestion.CORRECT, True
    OUT_OF_RANGE = "out_of_range", Suggestion.CORRECT, True
    NOT_A_DATE = "not_a_date", Suggestion.CORRECT, True
    # The row's cells.
    EXTRA_CELLS = "extra_cells", Suggestion.MOVE_CELLS
    MISSING_CELLS = "missing_cells", Suggestion.MOVE_CELLS
    CUT_ROW = "cut_row", Suggestion.MOVE_CELLS
    BROKEN_QUOTES = "broken_quotes", Suggestion.MOVE_CELLS
    # Rows that came before, and messages that were sent.
    DUPLICATE_PERSON = "duplicate_person"
    DUPLICATE_ADDRESS = "duplicate_address"
    REPEATED_ROW = "repeated_row"
    ALREADY_CORRECTED = "already_corrected"
    ALREADY_MESSAGED = "already_messaged"
    # Who must not be messaged.
    OPTED_OUT = "opted_out"
    SUPPRESSED_BY_LIST = "suppressed_by_list"
    FORGOTTEN = "forgotten"
    DEAD_ADDRESS = "dead_address"
    ERASED = "erased"

    @property
    def label(self) -> str:
        """A few words, for counts and charts, in the language in use."""
        return say(f"code_{self.value}")

    def sentence(self, language: Language, **values: object) -> str:
        """What is wrong with a row, for the person whose list it is."""
        return say(self.value, language, **values)

    def advice(self, column: str, expected: str, correction: str) -> str:
        """What to do, in Portuguese, as it stands beside the row. `correction`: the value that was probably meant."""
        key: str = self.suggestion
        if correction:
            key = "suggest_value"
        elif expected and self.suggestion is Suggestion.CORRECT:
            key = "suggest_expected"
        return say(key, Language.PT_BR, column=column, expected=expected, value=correction)

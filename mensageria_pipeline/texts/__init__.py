"""Every sentence an operator reads, in Portuguese and in English.

The sentences are in `locales/<language>/LC_MESSAGES/mensageria.po`, under keys; the code knows the keys alone.
`use` sets the language of this process once, at its entry. docs/translating.md says how to add or change a sentence.
"""

from mensageria_pipeline.texts.catalogue import DOUBT_PREFIX, say
from mensageria_pipeline.texts.language import Language, current, use, use_here

__all__ = ["DOUBT_PREFIX", "Language", "current", "say", "use", "use_here"]

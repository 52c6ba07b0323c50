"""Words that come from outside (headers of lists, names, notes, codes, providers' texts), shown as they are.

Streamlit reads what it shows as Markdown: a picture in it is fetched, a link is live.
"""

import re
import string

_ESCAPED = str.maketrans({letter: f"\\{letter}" for letter in string.punctuation})
_BREAK = "\u2060"
"""Word joiner, without width: links, emojis and icons are looked for once Markdown's escapes are undone."""
_LIVE = re.compile(r"(?<=:)(?=[\w/+-])|(?<=@)(?=[-\w]+\.)|(?<=www)(?=\.)", re.IGNORECASE)


def plain(words: object) -> str:
    """`words` on one line, without markup, pictures or links."""
    line = " ".join(str(words).split())
    return _LIVE.sub(_BREAK, line).translate(_ESCAPED)

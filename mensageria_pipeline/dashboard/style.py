"""What Streamlit has no setting for: room on the page, and its own English words in Portuguese."""

import streamlit as st

from mensageria_pipeline import texts
from mensageria_pipeline.texts import Language, say

_ROOM = """
[data-testid="stMainBlockContainer"] { padding-top: 2.75rem; padding-bottom: 2rem; }
[data-testid="stMainBlockContainer"] h1 { font-size: 2rem; padding-bottom: .5rem; }
[data-testid="stMainBlockContainer"] h2 { font-size: 1.25rem; padding: .5rem 0; }
[data-testid="stCaptionContainer"] { opacity: 1; color: #56616c; }
[data-testid="stMetricValue"] { font-size: 1.5rem; }
[data-testid="stMetric"] { padding: 0; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 2.75rem 1rem 1rem; }
  [data-testid="stMetricValue"] { font-size: 1.2rem; }
}
"""
_WORDS = """
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"] p { font-size: 0; }
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"] p::after {
  content: "%(upload)s"; font-size: .875rem;
}
"""


def apply() -> None:
    """On every page, for this visitor's language."""
    st.html(css())


def css() -> str:
    """What the page gets: words of ours alone."""
    words = _WORDS % {"upload": say("dash_choose_file")} if texts.current() is Language.PT_BR else ""
    return f"<style>{_ROOM}{words}</style>"

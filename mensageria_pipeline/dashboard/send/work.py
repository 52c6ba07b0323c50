"""What a visitor has in hand on the page Enviar: a draft, the list they gave, and the step they are at."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import streamlit as st

from mensageria_pipeline.contracts.partition import campaign_key
from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.dashboard.send.draft import Draft
from mensageria_pipeline.dashboard.send.sample import Sample
from mensageria_pipeline.dashboard.uploads import uploaded_file
from mensageria_pipeline.definition.explain import validated
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.intake.inspection import Inspection, inspect_file
from mensageria_pipeline.services.dry_run import scratch_folder
from mensageria_pipeline.storage.dataset import share_file
from mensageria_pipeline.texts import say

_READ_BY = frozenset({"sheet", "columns", "channel", "accept", "strict"})
"""Keys of a definition that say how a list is read."""


class Step(StrEnum):
    """`send_step_<value>` in the catalogue names each."""

    LIST = "list"
    MESSAGE = "message"
    WHEN = "when"
    CHECK = "check"
    RELEASE = "release"


STEP = "send_step"
"""Where Streamlit keeps which step is shown."""


@dataclass(slots=True)
class GivenList:
    """A list that was uploaded, and how it is understood."""

    upload: str
    file_name: str
    read_as: str
    """What of the definition it was read by."""
    found: Inspection = field(repr=False)

    @property
    def sample(self) -> Sample:
        return Sample.of_file(self.found)


def open_draft(campaign: str, name: str = "") -> Draft:
    """The visitor's draft of a campaign: another campaign opens another, a new `name` keeps what was written."""
    layout = frame.project().layout
    draft: Draft | None = st.session_state.get("draft")
    is_new = not layout.definition(campaign).exists()
    if draft is not None and draft.campaign == campaign and is_new == (draft.text is None):
        return draft
    if draft is not None and draft.text is None and is_new and name:
        draft.campaign, draft.said["name"] = campaign, name
        return draft
    draft = Draft.open(layout, campaign, name)
    forget_fields()
    st.session_state["draft"] = draft
    return draft


def forget_fields() -> None:
    """Let every field show what the draft says."""
    for key in [key for key in st.session_state if str(key).startswith("field_")]:
        del st.session_state[key]


def given_list(draft: Draft) -> GivenList | None:
    """The list that was given, read as the draft says."""
    upload = st.session_state.get("given")
    if upload is None:
        return None
    known: GivenList | None = st.session_state.get("list")
    read_as = repr({key: value for key, value in sorted(draft.said.items()) if key in _READ_BY})
    if known and (known.upload, known.read_as) == (upload[0], read_as):
        return known
    st.session_state["list"] = known = _read(draft, upload[0], upload[1], read_as)
    return known


def given_sample(draft: Draft) -> Sample | None:
    """Rows to show messages with: of the list that was given, or of the campaign's latest."""
    given = given_list(draft)
    return given.sample if given else Sample.of_campaign(frame.project().layout, draft.campaign)


def give(upload: str | None, file_name: str) -> bool:
    """Remember an upload, or that there is none any more; True for one that has only just come."""
    before = st.session_state.get("given")
    st.session_state["given"] = given = (upload, file_name) if upload else None
    return given is not None and given != before


def forget_list() -> None:
    """After it was handed over: the field for lists is another one, and so empty."""
    for key in ("given", "list", "checked"):
        st.session_state.pop(key, None)
    st.session_state["uploads_done"] = st.session_state.get("uploads_done", 0) + 1


def key_of(name: str) -> str | None:
    """The campaign of a name; None for an empty one. Raises InputError for one that makes no key."""
    return campaign_key(name) if name.strip() else None


def field_of(name: str, value: Any) -> str:
    """The name of a field that shows what the draft says until somebody changes it."""
    key = f"field_{name}"
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def go_on(step: Step) -> None:
    """A button to the next step."""

    def move() -> None:
        st.session_state[STEP] = step

    label = say("send_next", step=say(f"send_step_{step}"))
    st.button(plain(label), type="primary", icon=":material/arrow_forward:", on_click=move, key=f"to_{step}")


def _read(draft: Draft, upload: str, file_name: str, read_as: str) -> GivenList:
    project = frame.project()
    path = project.layout.definition(draft.campaign)
    said = {key: value for key, value in draft.said.items() if key in _READ_BY}
    definition = validated(CampaignDefinition, said, path)
    with st.spinner(say("dash_checking")), scratch_folder(project.layout) as folder:
        source = folder / Path(file_name).name
        share_file(uploaded_file(project.layout, upload), source)
        return GivenList(upload, file_name, read_as, inspect_file(source, definition, project.settings.limits))

"""Anotações: what people leave on campaigns, and take away again."""

import streamlit as st

from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.services.notes import LONGEST
from mensageria_pipeline.texts import say


def show() -> None:
    st.title(say("dash_notes"))
    campaign = frame.choose_campaign()
    if campaign is None:
        return
    notes = frame.project().notes
    with st.form("note", clear_on_submit=True):
        text = st.text_area(say("dash_note_text"), max_chars=LONGEST, placeholder=say("dash_note_hint"))
        if st.form_submit_button(say("dash_note_add"), icon=":material/add:"):
            notes.add(campaign, text)
            st.toast(say("dash_note_added"), icon="✅")
    for note in notes.of(campaign):
        with st.container(border=True):
            words, button = st.columns([6, 1])
            words.text(note.text)
            words.caption(frame.moment(note.at))
            if button.button(say("dash_note_remove"), key=f"note-{note.number}", icon=":material/delete:"):
                notes.remove(campaign, note.number)
                st.rerun()

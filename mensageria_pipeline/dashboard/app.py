"""Entry of the dashboard: `mensageria dashboard` runs it in Streamlit. Pages are one file each."""

import streamlit as st

from mensageria_pipeline.dashboard import campaign, campaigns, failures, frame, notes, style
from mensageria_pipeline.dashboard.send import page as send
from mensageria_pipeline.texts import say


def main() -> None:
    st.set_page_config(page_title="Mensageria PUSH", page_icon="📨", layout="wide")
    with frame.readable_errors():  # settings that somebody is changing at this moment
        _show()


def _show() -> None:
    frame.choose_language()
    style.apply()
    shown = (
        ("campanhas", campaigns.show, "dash_campaigns", ":material/list:"),
        ("campanha", campaign.show, "dash_campaign", ":material/monitoring:"),
        ("falhas", failures.show, "dash_failures", ":material/error:"),
        ("enviar", send.show, "dash_send", ":material/send:"),
        ("anotacoes", notes.show, "dash_notes", ":material/edit_note:"),
    )
    pages = {
        path: st.Page(page, title=say(title), icon=icon, url_path=path, default=path == shown[0][0])
        for path, page, title, icon in shown
    }
    frame.know(pages)
    frame.run(st.navigation(list(pages.values())))


main()

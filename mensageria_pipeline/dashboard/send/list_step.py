"""Lista: a list is given, and what was understood of it can be put right."""

from functools import partial

import streamlit as st

from mensageria_pipeline.contracts.columns import ADDRESS_ROLES, Channel, Role
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.dashboard.send.check_step import SAID_ABOVE, show_doubt
from mensageria_pipeline.dashboard.send.draft import Draft
from mensageria_pipeline.dashboard.send.work import GivenList, Step, field_of, given_list, go_on
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.grid import ROW_NUMBER
from mensageria_pipeline.intake.inspection import Inspection
from mensageria_pipeline.texts import say

_ROLES = (Role.NAME, *ADDRESS_ROLES, Role.CHANNEL, Role.ID, Role.CPF, Role.CNPJ)

_SEVERAL_CHANNELS = "ambiguous_channel"


def show(draft: Draft) -> None:
    try:
        given = given_list(draft)
    except InputError as error:
        st.warning(plain(error.text()))
        _offer_first_sheet(draft)
        return
    if given is None:
        _known_lists(draft)
        return
    _understood(given)
    places = st.columns(2)
    with places[0]:
        _choose_channel(draft)
    with places[1]:
        _choose_sheet(draft, given.found)
    if given.found.problem_key == _SEVERAL_CHANNELS:
        st.warning(say("send_choose_channel"))
    _choose_columns(draft, given.found)
    _first_rows(given.found)
    for doubt in given.found.reading.doubts:
        if doubt.name not in SAID_ABOVE:
            show_doubt(doubt.masked())
    if not given.found.problem:
        go_on(Step.MESSAGE)
    elif given.found.problem_key != _SEVERAL_CHANNELS:
        st.warning(plain(given.found.problem))


def _known_lists(draft: Draft) -> None:
    """What an existing campaign already has."""
    intakes = list_intakes(frame.project().layout, draft.campaign)
    if not intakes:
        st.info(say("send_no_list"))
        return
    st.caption(say("send_lists_known"))
    st.dataframe(
        [
            {
                say("dash_file"): intake.file_name,
                say("label_rows"): intake.row_count,
                say("send_received"): frame.moment(intake.received_at),
            }
            for intake in intakes
        ],
        hide_index=True,
    )
    go_on(Step.MESSAGE)


def _offer_first_sheet(draft: Draft) -> None:
    """The way on where the definition names a sheet that this workbook does not have."""
    if "sheet" in draft.said and st.button(say("send_first_sheet")):
        draft.put("sheet", None)
        st.rerun()


def _understood(given: GivenList) -> None:
    """One line: how the file was read, and how many rows it has."""
    reading, parts = given.found.reading, [say("count_rows", count=given.found.row_count)]
    parts.append(reading.format + (f" ({reading.packed})" if reading.packed else ""))
    if reading.sheet:
        parts.append(f"{say('label_sheet').lower()} {reading.sheet}")
    if reading.encoding:
        delimiter = {"\t": "TAB"}.get(reading.delimiter or "", reading.delimiter or "")
        parts.append(f"{reading.encoding}, {say('label_delimiter').lower()} {delimiter}")
    if reading.header_row:
        parts.append(say("send_header_row", row=reading.header_row))
    if reading.preamble_count:
        parts.append(say("send_preamble", count=reading.preamble_count))
    if reading.totals_count:
        parts.append(say("send_totals", count=reading.totals_count))
    st.markdown(f"**{say('send_understood')}** {plain(' · '.join(parts))}")


def _choose_sheet(draft: Draft, found: Inspection) -> None:
    sheets = list(found.reading.sheets)
    if len(sheets) < 2:
        return
    key = field_of("sheet", found.reading.sheet if found.reading.sheet in sheets else sheets[0])
    chosen = st.selectbox(say("label_sheet"), sheets, key=key)
    if chosen != found.reading.sheet:
        draft.put("sheet", chosen)
        st.rerun()


def _choose_columns(draft: Draft, found: Inspection) -> None:
    """The role of each column, and the channel of all rows: what was recognized unless somebody says otherwise."""
    by_role = {role: header for header, role in found.roles.items()}
    said: dict[str, str] = draft.part("columns")
    is_wrong = found.problem is not None and found.problem_key != _SEVERAL_CHANNELS
    with st.expander(say("send_columns"), expanded=is_wrong):
        st.caption(say("send_columns_help"))
        places = st.columns(3)
        for place, role in enumerate(_ROLES):
            options = ["", *found.columns]
            key = field_of(f"role_{role.value}", said.get(role.value) if said.get(role.value) in options else "")
            shown_as = partial(_column_name, recognized=by_role.get(role.value) or "—")
            chosen = places[place % 3].selectbox(say(f"role_{role.value}"), options, key=key, format_func=shown_as)
            if chosen:
                said[role.value] = chosen
            else:
                said.pop(role.value, None)
    if said != draft.part("columns"):
        draft.put("columns", said)
        st.rerun()


def _column_name(header: str, recognized: str) -> str:
    return header or say("send_automatic", found=recognized)


def _choose_channel(draft: Draft) -> None:
    """The channel of rows that do not say theirs."""
    channels = ["", *(channel.value for channel in Channel)]
    key = field_of("channel", draft.said.get("channel") or "")
    chosen = st.selectbox(
        say("label_channel"),
        channels,
        key=key,
        format_func=lambda channel: say(f"channel_{channel}") if channel else say("dash_channel_of_list"),
        help=say("send_channel_help"),
    )
    if chosen != (draft.said.get("channel") or ""):
        draft.put("channel", chosen)
        st.rerun()


def _first_rows(found: Inspection) -> None:
    """Masked: a screen is seen by others than its reader."""
    st.caption(say("send_first_rows"))
    st.dataframe(
        [
            {say("label_row"): row[ROW_NUMBER]} | {name: mask(row[name]) for name in found.columns}
            for row in found.first_rows
        ],
        hide_index=True,
    )

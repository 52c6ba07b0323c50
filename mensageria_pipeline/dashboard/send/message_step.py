"""Mensagem: what is sent, through whom, and how it looks to who receives it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
import yaml

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.partition import column_key
from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.dashboard.send.draft import Draft
from mensageria_pipeline.dashboard.send.message_view import LAPTOP_PX, TELEPHONE_PX, mail, mail_of_text, telephone
from mensageria_pipeline.dashboard.send.sample import Pictured, Rendering, Sample, render, send_sample
from mensageria_pipeline.dashboard.send.work import Step, field_of, given_sample, go_on
from mensageria_pipeline.definition.explain import validated
from mensageria_pipeline.definition.message import Template
from mensageria_pipeline.definition.model import SIMULATED
from mensageria_pipeline.definition.yaml_file import read_mapping
from mensageria_pipeline.errors import InputError, MensageriaError
from mensageria_pipeline.ledger.test_sends import TestSend
from mensageria_pipeline.providers.registry import known_providers
from mensageria_pipeline.providers.verdict import Verdict
from mensageria_pipeline.storage.placing import put_new
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import money

_PARTS = ("title", "body", "sms")
_FRAME_PX = 420


def show(draft: Draft) -> None:
    sample = given_sample(draft)
    left, right = st.columns([1, 1], gap="large")
    with left:
        _provider(draft)
        _template(draft, sample.headers if sample else ())
        _email(draft)
    with right:
        is_usable = _show_rendering(draft, sample) if sample else _say_no_list()
    if is_usable:
        go_on(Step.WHEN)


def _say_no_list() -> bool:
    """A text can be written before there is a list; how it arrives, nobody can tell yet."""
    st.info(say("send_list_first"))
    return True


def _provider(draft: Draft) -> None:
    said = draft.said.get("provider", SIMULATED)
    if isinstance(said, dict):
        lines = ", ".join(f"{say(f'channel_{channel}')}: {name}" for channel, name in said.items())
        st.caption(plain(f"{say('label_provider')}: {lines}"))
        return
    names = known_providers()
    if said not in names:
        st.warning(plain(say("send_provider_unknown", name=said)))
        said = SIMULATED
    chosen = st.selectbox(
        say("label_provider"),
        names,
        key=field_of("provider", said),
        format_func=lambda name: say("send_simulated") if name == SIMULATED else name,
        help=say("dash_provider_help"),
    )
    if chosen != said:
        draft.put("provider", chosen)


def _template(draft: Draft, headers: Sequence[str]) -> None:
    names = sorted(path.stem for path in frame.project().layout.templates_dir.glob("*.yaml"))
    said = draft.said.get("template")
    if isinstance(said, str) and said not in names:
        st.warning(plain(say("template_file_missing", name=said, known=", ".join(names) or "—")))
        return
    if names:
        chosen = st.selectbox(
            say("dash_template"),
            ["", *names],
            key=field_of("template", said if said in names else ""),
            format_func=lambda name: name or say("dash_write_here"),
        )
        if chosen:
            draft.said["template"] = chosen
            return
    if isinstance(said, str):  # from a saved text to one of its own: what it says is where writing starts
        said = {key: value for key, value in _saved(said).items() if value}
        draft.put("template", said)
        for part in _PARTS:
            st.session_state.pop(f"field_{part}", None)
    _write(draft, headers)


def _saved(name: str) -> dict[str, Any]:
    return read_mapping(frame.project().layout.templates_dir / f"{name}.yaml")


def _write(draft: Draft, headers: Sequence[str]) -> None:
    said = draft.part("template")
    title = st.text_input(say("dash_title"), key=field_of("title", said.get("title", "")))
    body = st.text_area(
        say("dash_body"), key=field_of("body", said.get("body", "")), help=say("dash_body_help"), height=180
    )
    if headers:
        _offer_columns(headers)
    with st.expander(say("send_sms_own"), expanded=bool(said.get("sms"))):
        sms = st.text_area(say("send_sms_text"), key=field_of("sms", said.get("sms", "")), help=say("send_sms_help"))
    changed = said | {"title": title, "body": body, "sms": sms}
    if changed != {"title": "", "body": "", "sms": ""} | said:
        draft.put("template", {key: value for key, value in changed.items() if value})
    _offer_saving(draft)


def _offer_columns(headers: Sequence[str]) -> None:
    """A click puts a column at the end of the text."""

    def insert() -> None:
        if chosen := st.session_state.get("insert"):
            st.session_state["field_body"] = f"{st.session_state['field_body']}{{{{ {column_key(chosen)} }}}}"
            st.session_state["insert"] = None

    st.pills(say("send_insert"), list(headers), key="insert", on_change=insert, format_func=plain)


def _offer_saving(draft: Draft) -> None:
    with st.popover(say("send_save_template"), icon=":material/bookmark_add:"):
        name = st.text_input(say("send_template_name"), key="template_name")
        if st.button(say("send_save"), key="save_template"):
            _save(name.strip(), draft.part("template"))
            st.toast(plain(say("send_template_saved", name=name.strip())), icon="✅")


def _save(name: str, template: dict[str, Any]) -> None:
    """Raises InputError for a name that is none or taken, and DefinitionError for a text that says nothing."""
    if not name or not all(letter.isalnum() or letter in " _-" for letter in name):
        raise InputError("send_template_bad_name", name=name)
    path = frame.project().layout.templates_dir / f"{name}.yaml"
    validated(Template, template, path)
    if not put_new(path, yaml.safe_dump(template, allow_unicode=True, sort_keys=False).encode()):
        raise InputError("send_template_taken", name=name)


def _email(draft: Draft) -> None:
    """Who an e-mail comes from, where the settings do not say it."""
    with st.expander(say("send_email"), expanded=False):
        said = draft.part("email")
        sender = "sender" if "sender" in said else "from"
        said[sender] = st.text_input(
            say("send_email_from"), key=field_of("email_from", said.get(sender, "")), help=say("send_email_from_help")
        )
        said["reply_to"] = st.text_input(say("send_email_reply"), key=field_of("email_reply", said.get("reply_to", "")))
        if any(said[key] != draft.part("email").get(key, "") for key in (sender, "reply_to")):
            draft.put("email", {key: value for key, value in said.items() if value})


def _show_rendering(draft: Draft, sample: Sample) -> bool:
    """The messages of the first rows; False where the text cannot be used yet, which is said."""
    st.markdown(f"**{say('send_preview')}**")
    try:
        rendering = _rendered(draft.campaign, draft.yaml(), sample)
    except MensageriaError as error:
        st.warning(plain(error.text()))
        return False
    for reason in rendering.refused:
        st.caption(plain(say("send_sample_refused", reason=reason)))
    if rendering.messages:
        place = 0
        if len(rendering.messages) > 1:
            place = (
                st.segmented_control(
                    say("send_person"),
                    range(len(rendering.messages)),
                    default=0,
                    format_func=lambda each: str(each + 1),
                    key="person",
                )
                or 0
            )
        _show_message(rendering.messages[min(place, len(rendering.messages) - 1)])
        _offer_test(draft, sample)
    for text in rendering.missing:
        st.warning(plain(text))
    return True


@st.cache_data(ttl=300, max_entries=50, show_spinner=False)
def _rendered(campaign: str, definition_yaml: str, sample: Sample) -> Rendering:
    return render(frame.project(), campaign, definition_yaml, sample)


def _show_message(shown: Pictured) -> None:
    found, message = shown.message, shown.message.message
    facts = [f"{say(f'channel_{message.channel}')} → {found.address}"]
    if found.request:
        facts.append(say("preview_bytes", bytes=frame.number(found.request.size_bytes)))
    if found.price and found.price.encoding:
        facts.append(say("preview_parts", count=found.price.parts, encoding=found.price.encoding))
    if found.price and found.price.cost is not None:
        facts.append(money(found.price.cost))
    st.caption(plain(" · ".join(facts)))
    if found.refusal:
        st.warning(say("preview_refused", code=plain(found.refusal)))
    if message.channel == Channel.EMAIL:
        st.text(f"{say('send_subject')}: {message.title}")
        width = st.segmented_control(
            say("send_width"),
            [TELEPHONE_PX, LAPTOP_PX],
            default=TELEPHONE_PX,
            format_func=lambda px: say("send_telephone" if px == TELEPHONE_PX else "send_laptop"),
            key="mail_width",
        )
        width = width or TELEPHONE_PX
        st.iframe(mail(shown.page or mail_of_text(message.body), width, _FRAME_PX), height=_FRAME_PX + 20)
        return
    st.html(telephone(message.title, message.body, say(f"channel_{message.channel}")))


def _offer_test(draft: Draft, sample: Sample) -> None:
    with st.popover(say("send_test"), icon=":material/send_to_mobile:"):
        to = st.text_input(say("send_test_to"), key="test_to", help=say("send_test_help"))
        if st.button(say("send_test_now"), key="send_test", disabled=not to.strip()):
            with st.spinner(say("dash_working")):
                _tell(send_sample(frame.project(), draft.campaign, draft.yaml(), sample, to), to)


def _tell(sent: TestSend, to: str) -> None:
    if sent.verdict == Verdict.ACCEPTED:
        st.success(plain(say("send_test_accepted", provider=sent.provider, to=mask(to.strip()))))
    else:
        st.warning(plain(say("trial_failed", provider=sent.provider, verdict=sent.verdict, code=sent.code or "—")))

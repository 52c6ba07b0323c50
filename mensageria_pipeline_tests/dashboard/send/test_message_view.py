"""Messages are shown, and nothing in them is live on the page."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.dashboard.send.message_view import mail, mail_of_text, telephone

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'></div><a href="//e.com">'


class _Seen(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.one_of(st.just(HOSTILE), st.text()))
def test_words_on_a_telephone_are_words(words: str) -> None:
    seen = _Seen(telephone(words, words, "SMS"))
    assert set(seen.tags) == {"div"}


def test_an_e_mail_of_text_is_text() -> None:
    seen = _Seen(mail_of_text(HOSTILE))
    assert seen.tags == ["div"]
    assert seen.text == HOSTILE


def test_an_e_mail_is_shut_in_its_frame() -> None:
    """No scripts, no forms, no way to the page around it; and the whole e-mail is in the frame's own document."""
    seen = _Seen(mail(HOSTILE, 360, 400))
    assert seen.tags == ["iframe"]
    (attributes,) = seen.attributes
    assert attributes["sandbox"] is None
    assert attributes["srcdoc"] == HOSTILE

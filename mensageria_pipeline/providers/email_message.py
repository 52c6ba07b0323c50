"""An e-mail as it travels: headers, text and HTML, images and attachments (RFC 5322, 2045–2049, 2369 and 8058)."""

import base64
import hashlib
import mimetypes
import quopri
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email import encoders
from email.header import Header, decode_header, make_header
from email.message import Message as Part
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import formataddr, formatdate
from pathlib import Path

import css_inline
from inscriptis import get_text
from inscriptis.model.config import ParserConfig

from mensageria_pipeline.contracts.mailbox import ascii_url, mailbox_of
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.definition.message import Email, Template
from mensageria_pipeline.definition.pages import find_file
from mensageria_pipeline.errors import DefinitionError, SettingsError
from mensageria_pipeline.providers.contract import ProviderConfig
from mensageria_pipeline.storage.files import LARGEST_SMALL_BYTES, read_plain
from mensageria_pipeline.storage.limits import MEBIBYTE

ID_HEADER = "X-Mensageria-Message"
"""Our id once more: services such as SES put a Message-ID of their own in the place of ours."""
_IMAGE = re.compile(r"""(<img\b[^>]*?\bsrc\s*=\s*)(["'])([^"':/{}<>\s][^"':/{}<>]*)\2""", re.IGNORECASE)
"""An image that is a file of the campaign: no address, no path, no placeholder."""
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
_TEXT = ParserConfig(display_links=True)
_POLICY = compat32.clone(linesep="\r\n", max_line_length=900)
"""The older of the standard library's two ways of writing, and several times as fast. A link stays on one line."""
_KEPT_IMAGES = 64
_MARKS: Mapping[str, tuple[bytes, ...]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "bmp": (b"BM",),
    "x-ms-bmp": (b"BM",),
    "webp": (b"RIFF????WEBP",),
}
"""MIME subtype → how its files begin. No SVG: mail programs show none, and it is a document that may hold anything."""
_WORD = 75
"""Characters of an encoded word, at most (RFC 2047)."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes along."""

    name: str
    content: bytes = field(repr=False)

    @property
    def kind(self) -> tuple[str, str]:
        """MIME type and subtype, by the name."""
        guessed, packed = mimetypes.guess_type(self.name)
        main, _, sub = (guessed if guessed and not packed else "application/octet-stream").partition("/")
        return main, sub


def text_of(page: str) -> str:
    """A page as the text part of an e-mail says it."""
    return str(get_text(page, _TEXT)).strip()


class EmailWriter:
    """Turns messages of one campaign into e-mails.

    Raises DefinitionError where a file that every e-mail needs is missing.
    """

    def __init__(
        self,
        sender: str,
        options: Email,
        folders: Sequence[Path],
        leave_link: Callable[[str], str | None],
        *,
        is_html: bool,
        pages: Mapping[str, str],
    ) -> None:
        """`sender` is a mailbox; `is_html` says how bodies are written; `pages` are the sources of their template."""
        self.sender_address = _parsed(sender)[1]
        self._from, self._domain = _mailbox(sender), self.sender_address.rpartition("@")[2]
        self._options, self._folders, self._leave_link = options, tuple(folders), leave_link
        self._is_html = is_html
        self._attachments = [self._read(name) for name in options.attachments]
        self._images: dict[str, Attached] = {}
        for page in pages.values():
            for name in images_named(page):
                self._image(name)

    @classmethod
    def of(cls, config: ProviderConfig, default_sender: str | None) -> "EmailWriter":
        """The writer of a campaign. Raises SettingsError where nobody is said to send."""
        definition = config.definition
        sender = definition.email.sender or default_sender
        if not sender:
            raise SettingsError("setting_missing", name="SMTP_FROM", provider="smtp")
        template = definition.template if isinstance(definition.template, Template) else None
        return cls(
            sender,
            definition.email,
            config.folders,
            config.leave_link,
            is_html=template is not None and template.is_html,
            pages=template.pages if template else {},
        )

    def misses_file(self, message: Message) -> bool:
        """Whether the message shows an image that is not there, or is none: its name came from the list."""
        try:
            for name in images_named(message.body) if self._is_html else ():
                self._image(name)
        except DefinitionError:
            return True
        return False

    def write(self, message: Message) -> bytes:
        """The whole e-mail, lines ended as SMTP wants them."""
        return self._made(message).as_bytes(policy=_POLICY)

    def _made(self, message: Message) -> Part:
        email = self._content(message.body)
        if self._attachments:
            text, email = email, MIMEMultipart("mixed")
            email.attach(text)
            for file in self._attachments:
                email.attach(_file_part(file, "attachment"))
        email["From"], email["To"] = self._from, message.address
        subject = " ".join(message.title.split())
        charset = None if subject.isascii() else "utf-8"
        email["Subject"] = Header(subject, charset, maxlinelen=_WORD, header_name="Subject").encode()
        email["Date"] = formatdate(usegmt=True)
        email["Message-ID"] = f"<{message.message_id}@{self._domain}>"
        email[ID_HEADER] = message.message_id
        if self._options.reply_to:
            email["Reply-To"] = _mailbox(self._options.reply_to)
        if link := self._link(message.message_id):
            email["List-Unsubscribe"], email["List-Unsubscribe-Post"] = f"<{link}>", "List-Unsubscribe=One-Click"
        return email

    def shown(self, message: Message) -> tuple[str, str, int]:
        """Headers and kinds of parts, the text, and the size in bytes: for people to look at."""
        email = self._made(message)
        lines = [f"{name}: {make_header(decode_header(str(value)))}" for name, value in email.items()]
        parts = [part for part in email.walk() if not part.is_multipart()]
        lines += [f"[{part.get_content_type()}] {part.get_filename() or ''}".rstrip() for part in parts]
        return "\n".join(lines), self._text(message.body), len(email.as_bytes(policy=_POLICY))

    def page(self, message: Message) -> str | None:
        """The HTML of an e-mail as one file: its images inside. None where it has only text."""
        if not self._is_html:
            return None

        def inside(name: str) -> str:
            image = self._image(name)
            return f"data:{'/'.join(image.kind)};base64,{base64.b64encode(image.content).decode()}"

        return _with_images(_styled(message.body), inside)

    def _content(self, body: str) -> Part:
        """Text alone; or text and HTML side by side, the HTML with its images."""
        text = _text_part(self._text(body), "plain")
        if not self._is_html:
            return text
        html_text = _styled(body)
        names = images_named(html_text)
        page: Part = _text_part(_with_images(html_text, lambda name: f"cid:{_content_id(name)}"), "html")
        if names:
            html, page = page, MIMEMultipart("related")
            page.attach(html)
            for name in names:
                image = _file_part(self._image(name), "inline")
                image["Content-ID"] = f"<{_content_id(name)}>"
                page.attach(image)
        email = MIMEMultipart("alternative")
        email.attach(text)
        email.attach(page)
        return email

    def _text(self, body: str) -> str:
        return f"{text_of(body)}\n" if self._is_html else f"{body.rstrip()}\n"

    def _image(self, name: str) -> Attached:
        if name not in self._images:
            if len(self._images) >= _KEPT_IMAGES:  # one per person, say: keep those of late
                del self._images[next(iter(self._images))]
            self._images[name] = _as_image(self._read(name))
        return self._images[name]

    def _read(self, name: str) -> Attached:
        path = find_file(self._folders, name)
        try:
            return Attached(name, read_plain(path))
        except OSError:
            raise DefinitionError("campaign_file_unusable", file=name, most=LARGEST_SMALL_BYTES // MEBIBYTE) from None

    def _link(self, message_id: str) -> str | None:
        own = self._options.unsubscribe
        link = own.replace("{message_id}", message_id) if own else self._leave_link(message_id)
        return ascii_url(link) if link else None


def _as_image(file: Attached) -> Attached:
    """The file, if it is an image: a list's cell may name one, and shall not name the price list beside it."""
    main, sub = file.kind
    if main != "image" or not any(_is_like(file.content, mark) for mark in _MARKS.get(sub, ())):
        raise DefinitionError("image_unusable", file=file.name[:80])
    return file


def _is_like(content: bytes, mark: bytes) -> bool:
    """Whether a file begins with `mark`, in which `?` stands for any byte."""
    start = content[: len(mark)]
    return len(start) == len(mark) and all(want in {ord("?"), have} for want, have in zip(mark, start, strict=True))


def images_named(html: str) -> list[str]:
    """The images of a page that are files of the campaign, each once."""
    return list(dict.fromkeys(name for _, _, name in _IMAGE.findall(html)))


def _mailbox(text: str) -> str:
    """A mailbox as a header has it, the name encoded where it is no ASCII."""
    return formataddr(_parsed(text), "utf-8")


def _parsed(text: str) -> tuple[str, str]:
    """Name and address. Raises DefinitionError for what is no mailbox."""
    found = mailbox_of(text)
    if found is None:
        raise DefinitionError("mailbox_invalid")
    return found


def _text_part(text: str, subtype: str) -> Part:
    part = MIMENonMultipart("text", subtype, charset="utf-8")
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(quopri.encodestring(text.encode()).decode("ascii"))
    return part


def _file_part(file: Attached, disposition: str) -> Part:
    part = MIMEBase(*file.kind)
    part.set_payload(file.content)
    encoders.encode_base64(part)
    name = file.name if file.name.isascii() else ("utf-8", "", file.name)
    part.add_header("Content-Disposition", disposition, filename=name)
    return part


def _with_images(html: str, address_of: Callable[[str], str]) -> str:
    return _IMAGE.sub(lambda match: f"{match[1]}{match[2]}{address_of(match[3])}{match[2]}", html)


def _styled(html: str) -> str:
    """Styles in their elements: many mail programs drop a page's own."""
    return _INLINER.inline(html) if "<style" in html.lower() else html


def _content_id(name: str) -> str:
    return f"{hashlib.blake2b(name.encode(), digest_size=12).hexdigest()}@mensageria"

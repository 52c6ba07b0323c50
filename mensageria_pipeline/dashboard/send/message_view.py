"""Messages as their recipients would see them: HTML for the page, in which nothing of a message is live."""

from html import escape

TELEPHONE_PX, LAPTOP_PX = 360, 640
_SCREEN = (
    "border:1px solid #c5ccd3;border-radius:22px;padding:18px 14px;background:#e9edf1;color:#1c2733;"
    "font-family:system-ui,sans-serif;font-size:15px;line-height:1.4;max-width:340px"
)
_BUBBLE = "background:#fff;border-radius:14px;padding:10px 14px;overflow-wrap:anywhere;white-space:pre-wrap"


def telephone(title: str, body: str, sender: str) -> str:
    """A notification, an SMS or a chat message on a telephone."""
    heading = f'<div style="font-weight:600">{escape(title)}</div>' if title else ""
    head = f'<div style="font-size:13px;color:#4a5763;margin-bottom:6px">{escape(sender)}</div>'
    bubble = f'<div style="{_BUBBLE}">{heading}{escape(body)}</div>'
    return f'<div style="{_SCREEN}">{head}{bubble}</div>'


def mail(page: str, width_px: int, height_px: int) -> str:
    """A page with the e-mail in a frame of its own: no scripts, no forms, no access to what is around it."""
    return (
        f'<iframe sandbox referrerpolicy="no-referrer" title="E-mail" width="{width_px}" height="{height_px}" '
        'style="border:1px solid #c5ccd3;border-radius:8px;max-width:100%;background:#fff" '
        f'srcdoc="{escape(page)}"></iframe>'
    )


def mail_of_text(body: str) -> str:
    """An e-mail without HTML, as mail programs show one."""
    style = "font:15px/1.5 system-ui,sans-serif;color:#1c2733;white-space:pre-wrap;overflow-wrap:anywhere;margin:16px"
    return f'<div style="{style}">{escape(body)}</div>'

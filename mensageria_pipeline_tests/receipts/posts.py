"""What providers post, as they document it."""

import json
from typing import Any


def zenvia_status(event_id: str, code: str, message_id: str = "", provider_id: str = "", **status: Any) -> bytes:
    """A MESSAGE_STATUS event of Zenvia."""
    return json.dumps(
        {
            "id": event_id,
            "timestamp": "2026-11-25T12:00:00Z",
            "type": "MESSAGE_STATUS",
            "subscriptionId": "s",
            "channel": "sms",
            "message": {
                "id": provider_id,
                "externalId": message_id,
                "from": "loja",
                "to": "5511987654321",
                "direction": "OUT",
                "contentIndex": 0,
            },
            "messageStatus": {"timestamp": "2026-11-25T12:00:01Z", "code": code, "description": "…"} | status,
        }
    ).encode()


def zenvia_answer(event_id: str, text: str, sender: str = "5511987654321") -> bytes:
    """A MESSAGE event of Zenvia: what somebody answered."""
    return json.dumps(
        {
            "id": event_id,
            "timestamp": "2026-11-25T12:00:00Z",
            "type": "MESSAGE",
            "channel": "sms",
            "direction": "IN",
            "message": {
                "id": "i",
                "from": sender,
                "to": "loja",
                "direction": "IN",
                "contents": [{"type": "text", "text": text}],
            },
        }
    ).encode()


def ses(kind: str, detail: dict[str, Any], *, our_id: str = "", ses_id: str = "0100-1", sns: str = "sns-1") -> bytes:
    """An SES notification, as SNS posts it."""
    mail: dict[str, Any] = {"timestamp": "2026-11-25T12:00:00.000Z", "messageId": ses_id, "source": "ola@loja.com.br"}
    if our_id:
        mail["headers"] = [{"name": "X-Mensageria-Message", "value": our_id}, {"name": "Message-ID", "value": "<x@y>"}]
    event = {"notificationType": kind, "mail": mail, kind.lower(): {"timestamp": "2026-11-25T12:00:05.000Z"} | detail}
    return json.dumps({"Type": "Notification", "MessageId": sns, "Message": json.dumps(event)}).encode()


def ses_bounce(our_id: str = "", kind: str = "Permanent", sub: str = "General", **options: Any) -> bytes:
    recipients = [{"emailAddress": "ana@exemplo.com.br", "action": "failed", "status": "5.1.1"}]
    detail = {"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": recipients, "feedbackId": "f-1"}
    return ses("Bounce", detail, our_id=our_id, **options)

"""What Amazon SES reports of e-mails, through SNS or as it is: deliveries, bounces, complaints.

Reference: docs.aws.amazon.com/ses/latest/dg/notification-contents.html, …/event-publishing-retrieving-sns-contents.html
(not reached from here: as known 2026-11). SES puts a Message-ID of its own in the place of ours; our id comes back in a
header where the notifications include headers, else the message is found by the id SES gave when it took it.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mensageria_pipeline.contracts.receipts import Delivery, DeliveryReceipt
from mensageria_pipeline.providers.answers import instant, json_object, storable
from mensageria_pipeline.providers.email_message import ID_HEADER
from mensageria_pipeline.providers.sns import is_sns_address
from mensageria_pipeline.providers.webhooks import WebhookRequest

KINDS: Mapping[str, Delivery] = {
    "send": Delivery.SENT,
    "delivery": Delivery.DELIVERED,
    "deliverydelay": Delivery.DELAYED,
    "open": Delivery.READ,
    "click": Delivery.READ,
    "reject": Delivery.UNDELIVERED,
    "rendering failure": Delivery.UNDELIVERED,
}
"""`notificationType` or `eventType`, in lower case. What a bounce or a complaint is, its type says."""
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure"})
"""Feedback that takes a complaint back, or is about the server."""


def read_receipts(request: WebhookRequest) -> list[DeliveryReceipt]:
    """The report in one post. Raises ValueError for what is none; SNS's own messages report nothing."""
    envelope = json_object(request.body)
    if envelope.get("Type") in {"SubscriptionConfirmation", "UnsubscribeConfirmation"}:
        return []
    event = json_object(str(envelope["Message"]).encode()) if "Message" in envelope else envelope
    kind = str(event.get("notificationType") or event.get("eventType") or "").lower()
    mail = event.get("mail")
    if not kind or not isinstance(mail, dict):
        raise ValueError("no SES notification")
    found = event.get(kind)
    detail: dict[str, Any] = found if isinstance(found, dict) else {}
    delivery = _BY_DETAIL[kind](detail) if kind in _BY_DETAIL else KINDS.get(kind, Delivery.UNLISTED)
    event_id = envelope.get("MessageId") or detail.get("feedbackId") or _digest(request.body)
    return [
        DeliveryReceipt(
            event_id=storable(event_id, 200) or "",
            at=_at(detail, mail),
            delivery=delivery,
            code=_code(kind, detail),
            message_id=_our_id(mail),
            provider_message_id=storable(mail.get("messageId"), 200),
        )
    ]


def confirmation_url(request: WebhookRequest) -> str | None:
    """Where a person confirms that SNS may post here; None for any other message, or an address that is not SNS's."""
    envelope = json_object(request.body)
    url = envelope.get("SubscribeURL") if envelope.get("Type") == "SubscriptionConfirmation" else None
    return str(url) if is_sns_address(url) else None


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _bounce(detail: Mapping[str, Any]) -> Delivery:
    """Only a permanent bounce says that the address does not exist, and not where SES never tried it."""
    is_gone = detail.get("bounceType") == "Permanent" and detail.get("bounceSubType") in {"General", "NoEmail"}
    return Delivery.BOUNCED if is_gone else Delivery.UNDELIVERED


def _complaint(detail: Mapping[str, Any]) -> Delivery:
    is_one = detail.get("complaintFeedbackType") not in _NO_COMPLAINT
    return Delivery.COMPLAINED if is_one else Delivery.UNLISTED


_BY_DETAIL: Mapping[str, Callable[[Mapping[str, Any]], Delivery]] = {"bounce": _bounce, "complaint": _complaint}


def _code(kind: str, detail: Mapping[str, Any]) -> str:
    recipients = detail.get("bouncedRecipients")
    first = recipients[0] if isinstance(recipients, list) and recipients and isinstance(recipients[0], dict) else {}
    words = [detail.get("bounceType"), detail.get("bounceSubType"), detail.get("complaintFeedbackType")]
    return storable(first.get("status") or "/".join(str(word) for word in words if word) or kind, 80) or kind


def _our_id(mail: Mapping[str, Any]) -> str | None:
    headers = mail.get("headers")
    for header in headers if isinstance(headers, list) else ():
        if isinstance(header, dict) and str(header.get("name", "")).lower() == ID_HEADER.lower():
            return storable(header.get("value"), 64)
    return None


def _at(detail: Mapping[str, Any], mail: Mapping[str, Any]) -> datetime | None:
    return instant(detail.get("timestamp")) or instant(mail.get("timestamp"))

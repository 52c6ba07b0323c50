"""Whether a post comes from Amazon SNS, and from the topic that is meant.

Reference: docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html (read 2026-11). SNS signs with RSA
over SHA-1 (version 1) or SHA-256 (version 2); the certificate lies at an address that the post names. Its file is
taken to hold the signing certificate and none above it, so that no chain leads to a root: what vouches for it is that
it came over HTTPS from SNS's own host. Where a file brings more, each has to be signed by the next.
"""

import base64
import binascii
import itertools
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mensageria_pipeline.providers.answers import json_object
from mensageria_pipeline.providers.webhooks import WebhookRequest
from mensageria_pipeline.settings import kinds
from mensageria_pipeline.settings.variables import variable


def _arns(text: str) -> tuple[str, ...]:
    found = tuple(text.replace(",", " ").split())
    if not all(re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,260}", each) for each in found):
        raise ValueError
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsSettings:
    """Receipts of e-mails through Amazon SES and SNS."""

    topics: tuple[str, ...] = variable(
        "RECEIVER_SNS_TOPICS",
        kinds.Kind(_arns, "arn:aws:sns:sa-east-1:123456789012:ses", is_shown=False),
        absent=(),
        about="ARNs of the SNS topics through which SES reports; with them, nothing else may report for smtp.",
    )


_HOST = re.compile(r"sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")
_SIGNER = "sns.amazonaws.com"
_SIGNED: Mapping[str, tuple[str, ...]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""Type of a post → what its signature is over, in this order; a subject only where there is one."""
_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {"1": hashes.SHA1, "2": hashes.SHA256}
_TIMEOUT_S = 5.0
_LARGEST_BYTES = 65_536
_KEPT_CERTIFICATES = 16


def is_sns_address(url: object) -> bool:
    """Whether an address is one of SNS's own, and cannot be mistaken for one."""
    try:
        parts = urlsplit(url) if isinstance(url, str) and url.isascii() and url.isprintable() else None
        port = parts.port if parts else None
    except ValueError:
        return False
    if parts is None or parts.scheme != "https" or port not in {None, 443} or parts.username or "\\" in str(url):
        return False
    return _HOST.fullmatch(parts.hostname or "") is not None


def fetch(url: str) -> bytes:
    """What lies at an address of SNS's. Raises OSError (of requests) or ValueError."""
    with requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False, stream=True) as answer:
        if answer.status_code != requests.codes.ok:
            raise ValueError
        content = answer.raw.read(_LARGEST_BYTES + 1, decode_content=True)
    if len(content) > _LARGEST_BYTES:
        raise ValueError
    return bytes(content)


@dataclass(slots=True)
class SnsProof:
    """Asks of each post whether it is SNS's. Keeps the certificates it fetched. Safe for several threads."""

    topics: tuple[str, ...] = ()
    """ARNs that may post. Empty: any topic, and also SES without SNS."""
    fetch: Callable[[str], bytes] = fetch
    _keys: dict[str, x509.Certificate] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def problem(self, request: WebhookRequest) -> str | None:
        """Why a post is not to be believed, as the key of a sentence; None where it is."""
        post = json_object(request.body)
        if "Type" not in post and "Signature" not in post:  # SES itself, which signs nothing
            return "receiver_not_signed" if self.topics else None
        if self.topics and post.get("TopicArn") not in self.topics:
            return "receiver_other_topic"
        try:
            return None if self._is_signed(post) else "receiver_bad_signature"
        except (OSError, ValueError, KeyError, TypeError, UnicodeEncodeError):
            return "receiver_bad_signature"

    def _is_signed(self, post: Mapping[str, Any]) -> bool:
        url = post["SigningCertURL"]
        if not is_sns_address(url) or not _CERTIFICATE.fullmatch(urlsplit(url).path) or urlsplit(url).query:
            return False
        certificate = self._certificate(url)
        key, algorithm = certificate.public_key(), _HASHES[str(post["SignatureVersion"])]()
        if not isinstance(key, rsa.RSAPublicKey) or not _is_valid_now(certificate):
            return False
        try:
            signature = base64.b64decode(post["Signature"], validate=True)
            key.verify(signature, _text_signed(post), padding.PKCS1v15(), algorithm)
        except (InvalidSignature, binascii.Error):
            return False
        return True

    def _certificate(self, url: str) -> x509.Certificate:
        with self._lock:
            if url in self._keys and _is_valid_now(self._keys[url]):
                return self._keys[url]
        found = _signing_certificate(self.fetch(url))
        with self._lock:
            while len(self._keys) >= _KEPT_CERTIFICATES:
                del self._keys[next(iter(self._keys))]
            self._keys[url] = found
        return found


def _text_signed(post: Mapping[str, Any]) -> bytes:
    names = [name for name in _SIGNED[post["Type"]] if name != "Subject" or post.get("Subject") is not None]
    return "".join(f"{name}\n{_text(post[name])}\n" for name in names).encode()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _signing_certificate(content: bytes) -> x509.Certificate:
    """The first certificate of a file, which has to be SNS's, each signed by the one behind it. Raises ValueError."""
    chain = x509.load_pem_x509_certificates(content)
    for each, issuer in itertools.pairwise(chain):
        try:
            each.verify_directly_issued_by(issuer)
        except (InvalidSignature, TypeError):
            raise ValueError from None
    if not all(map(_is_valid_now, chain)) or _SIGNER not in _names(chain[0]):
        raise ValueError
    return chain[0]


def _names(certificate: x509.Certificate) -> set[str]:
    names = {str(each.value) for each in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)}
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names
    return names | set(alternatives.get_values_for_type(x509.DNSName))


def _is_valid_now(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc

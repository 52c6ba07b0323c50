"""Posts of Amazon SNS: whose they are is proven by their signature, and by nothing that the post itself can say."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mensageria_pipeline.providers.smtp import SmtpProvider
from mensageria_pipeline.providers.sns import SnsProof, is_sns_address
from mensageria_pipeline.providers.webhooks import WebhookRequest
from mensageria_pipeline.settings import Settings

TOPIC = "arn:aws:sns:sa-east-1:123456789012:ses"
URL = "https://sns.sa-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(
    name: str = "sns.amazonaws.com",
    days: tuple[int, int] = (-1, 1),
    key: rsa.RSAPrivateKey = KEY,
    signer: rsa.RSAPrivateKey = KEY,
) -> bytes:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer, subject, key.public_key(), 1, now + timedelta(days=days[0]), now + timedelta(days=days[1])
    ).sign(signer, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def post(version: str = "2", key: rsa.RSAPrivateKey = KEY, **changes: Any) -> dict[str, Any]:
    """A notification as SNS signs it; `changes` are made before it is signed."""
    said = {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": TOPIC,
        "Message": "{}\nlinha",
        "Timestamp": "2026-11-26T00:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": URL,
    } | changes
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{said[name]}\n" for name in names if name in said).encode()
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    return said | {"Signature": base64.b64encode(key.sign(text, padding.PKCS1v15(), algorithm)).decode()}


def problem(said: dict[str, Any], found: Callable[[str], bytes] | None = None, topics: tuple[str, ...] = ()) -> str:
    proof = SnsProof(topics, found or (lambda _url: certificate()))
    return proof.problem(WebhookRequest(json.dumps(said).encode())) or ""


@pytest.mark.parametrize(
    "said",
    [
        post("1"),
        post("2"),
        post(Subject="Aviso"),
        post(Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://sns.sa-east-1.amazonaws.com/?x"),
    ],
)
def test_what_sns_signed_is_believed(said: dict[str, Any]) -> None:
    """In both versions, with and without a subject, confirmations too."""
    assert problem(said, topics=(TOPIC,)) == ""


@pytest.mark.parametrize(
    "said",
    [
        post() | {"Message": "another"},
        post() | {"MessageId": "m-2"},
        post() | {"Subject": "added"},
        post() | {"TopicArn": f"{TOPIC}2"},
        post() | {"Type": "SubscriptionConfirmation"},
        post() | {"Type": ["Notification"]},
        post() | {"Signature": ""},
        post() | {"Signature": "!!!"},
        post() | {"Signature": None},
        post() | {"SignatureVersion": "3"},
        {name: value for name, value in post().items() if name != "Signature"},
        {name: value for name, value in post().items() if name != "SigningCertURL"},
        {"Type": "Notification", "Message": "{}"},
        {"Type": "Other", "Signature": "x"},
        post(key=OTHER),
        post("1") | {"SignatureVersion": "2"},
    ],
)
def test_what_it_did_not_sign_is_not(said: dict[str, Any]) -> None:
    """Changed, unsigned, signed by somebody else, or not a post at all."""
    assert problem(said) == "receiver_bad_signature"


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.sa-east-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.sa-east-1.amazonaws.com.exemplo.com/SimpleNotificationService-0.pem",
        "https://exemplo.com/SimpleNotificationService-0.pem",
        "https://sns.sa-east-1.amazonaws.com@exemplo.com/SimpleNotificationService-0.pem",
        "https://balde.s3.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.a.b.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.sa-east-1.amazonaws.com:8443/SimpleNotificationService-0.pem",
        "https://sns.sa-east-1.amazonaws.com/../x/SimpleNotificationService-0.pem",
        "https://sns.sa-east-1.amazonaws.com/?Action=Publish&x=/SimpleNotificationService-0.pem",
        "https://exemplo.com\\@sns.sa-east-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.sa-east-1.amazonaws.com\n/SimpleNotificationService-0.pem",
        "https://[::1/x.pem",
        "file:///etc/passwd",
        "",
        7,
    ],
)
def test_a_certificate_is_fetched_from_snss_own_host_only(url: object) -> None:
    """Whoever names the certificate could sign anything; nothing is fetched from elsewhere."""

    def fetched(_url: str) -> bytes:
        raise AssertionError("fetched")

    assert problem(post(SigningCertURL=url), fetched) == "receiver_bad_signature"


@pytest.mark.parametrize(
    "content",
    [
        certificate(name="exemplo.com"),
        certificate(days=(-3, -1)),
        certificate(days=(1, 3)),
        b"",
        b"no certificate",
        certificate(signer=OTHER) + certificate(),
        certificate() + certificate(days=(-3, -1)),
    ],
)
def test_a_certificate_is_snss_and_of_today(content: bytes) -> None:
    """Its name, its dates, and, where a file brings more of them, each signed by the next and of today."""
    assert problem(post(), lambda _url: content) == "receiver_bad_signature"


def test_only_the_topics_that_are_meant_may_post() -> None:
    """Anybody can publish to a topic of their own, signed by SNS; with topics named, SES without SNS may not post."""
    assert problem(post(TopicArn=f"{TOPIC}2"), topics=(TOPIC,)) == "receiver_other_topic"
    assert problem({"notificationType": "Bounce"}, topics=(TOPIC,)) == "receiver_not_signed"
    assert problem({"notificationType": "Bounce"}) == ""
    settings = Settings(Path(), Path(), others={"RECEIVER_SNS_TOPICS": TOPIC})
    assert SmtpProvider.proof(settings)(WebhookRequest(b"{}")) == "receiver_not_signed"


def test_a_certificate_is_fetched_once_and_a_failure_is_not_kept() -> None:
    """Not for each post; an address that did not answer is asked again."""
    asked: list[str] = []

    def fetched(url: str) -> bytes:
        asked.append(url)
        if len(asked) == 1:
            raise OSError
        return certificate()

    proof, request = SnsProof((), fetched), WebhookRequest(json.dumps(post()).encode())
    assert [proof.problem(request) for _ in range(4)] == ["receiver_bad_signature", None, None, None]
    assert asked == [URL, URL]


def test_an_address_to_confirm_is_snss_own() -> None:
    """A person is told to open it."""
    assert is_sns_address("https://sns.sa-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=x")
    assert is_sns_address("https://sns.cn-north-1.amazonaws.com.cn/?x")
    for url in ("https://balde.s3.amazonaws.com/", "https://x.amazonaws.com/", "https://sns.x.amazonaws.com:1/", None):
        assert not is_sns_address(url)

"""What providers post is read as they document it; what they did not write is refused."""

import json
from datetime import UTC, datetime

import pytest

from mensageria_pipeline.contracts.receipts import Delivery, OptOutRequest
from mensageria_pipeline.providers.expo import ExpoProvider
from mensageria_pipeline.providers.ses_reports import confirmation_url, read_receipts
from mensageria_pipeline.providers.smtp import SmtpProvider
from mensageria_pipeline.providers.webhooks import WebhookRequest as post  # noqa: N813 - said many times below
from mensageria_pipeline.providers.zenvia import ZenviaProvider
from mensageria_pipeline.receipts.stored import stored_reports
from mensageria_pipeline_tests.receipts.posts import ses, ses_bounce, zenvia_answer, zenvia_status


def test_a_zenvia_status_names_our_message() -> None:
    """`externalId` is our id; the event's id tells repetitions."""
    (report,) = ZenviaProvider.read_receipts(post(zenvia_status("e1", "DELIVERED", "m" * 32, "z-1")))
    assert (report.event_id, report.delivery, report.message_id) == ("e1", Delivery.DELIVERED, "m" * 32)
    assert (report.provider_message_id, report.at) == ("z-1", datetime(2026, 11, 25, 12, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        ("SENT", Delivery.SENT),
        ("READ", Delivery.READ),
        ("NOT_DELIVERED", Delivery.UNDELIVERED),
        ("REJECTED", Delivery.UNDELIVERED),
        ("NOVIDADE", Delivery.UNLISTED),
    ],
)
def test_zenvia_codes_have_their_delivery(code: str, delivery: Delivery) -> None:
    """A code that is not in the table is kept under its own name."""
    (report,) = ZenviaProvider.read_receipts(post(zenvia_status("e1", code, "m")))
    assert (report.delivery, report.code) == (delivery, code)


def test_the_cause_is_the_code_of_a_failed_sms() -> None:
    """What the carrier said is worth more than NOT_DELIVERED."""
    (report,) = ZenviaProvider.read_receipts(
        post(zenvia_status("e1", "NOT_DELIVERED", causes=[{"channelErrorCode": "27"}]))
    )
    assert report.code == "27"


@pytest.mark.parametrize(
    ("text", "wants"),
    [
        ("PARE", True),
        ("Sair.", True),
        ("quero sair da lista", True),
        ("não me mande mais mensagens", True),
        ("Por favor, parem!", True),
        ("não quero mais receber isso", True),
        ("me tira dessa lista", True),
        ("Obrigada!", False),
        ("", False),
        ("Quando sai o resultado?", False),
        ("Posso retirar meu pedido hoje?", False),
        ("Pode cancelar minha consulta de amanhã?", False),
        ("onde fica a retirada", False),
        ("nao consegui receber o pedido", False),
        ("n enviaram ainda", False),
    ],
)
def test_only_an_answer_that_asks_to_leave_is_a_wish(text: str, wants: bool) -> None:
    """Thanks are no opt-out. The phone stays out of what is shown."""
    reports = ZenviaProvider.read_receipts(post(zenvia_answer("e1", text)))
    stored = stored_reports(b"key", "zenvia", ZenviaProvider, reports)
    assert [report.wish for report in stored] == ([OptOutRequest.LEAVE] if wants else [])
    assert [report.answer for report in reports] == [text]
    assert "987654321" not in repr(reports)
    assert not text or text not in repr(reports) + repr(stored)


@pytest.mark.parametrize(
    ("kind", "sub", "delivery"),
    [
        ("Permanent", "General", Delivery.BOUNCED),
        ("Permanent", "NoEmail", Delivery.BOUNCED),
        ("Permanent", "Suppressed", Delivery.UNDELIVERED),
        ("Transient", "MailboxFull", Delivery.UNDELIVERED),
    ],
)
def test_only_a_permanent_bounce_of_a_tried_address_buries_it(kind: str, sub: str, delivery: Delivery) -> None:
    """A full mailbox is no dead address; nor is one that SES did not even try."""
    (report,) = read_receipts(post(ses_bounce("m" * 32, kind, sub)))
    assert (report.delivery, report.code, report.message_id) == (delivery, "5.1.1", "m" * 32)
    assert report.event_id == "sns-1"


def test_ses_deliveries_and_complaints() -> None:
    """A complaint is a wish to leave, too."""
    (delivered,) = read_receipts(post(ses("Delivery", {}, ses_id="0100-9")))
    assert (delivered.delivery, delivered.message_id, delivered.provider_message_id) == (
        Delivery.DELIVERED,
        None,
        "0100-9",
    )
    (complaint,) = read_receipts(post(ses("Complaint", {"complaintFeedbackType": "abuse"})))
    assert (complaint.delivery, complaint.code) == (Delivery.COMPLAINED, "abuse")
    (taken_back,) = read_receipts(post(ses("Complaint", {"complaintFeedbackType": "not-spam"})))
    assert taken_back.delivery is Delivery.UNLISTED
    stored = stored_reports(b"key", "smtp", SmtpProvider, [complaint, taken_back])
    assert [each.wish for each in stored] == [OptOutRequest.LEAVE, None]
    (news,) = read_receipts(post(ses("Subscription", {})))
    assert news.delivery is Delivery.UNLISTED


def test_sns_asks_for_a_confirmation_at_its_own_address_only() -> None:
    """Somebody else's address is never shown as one to open."""
    ask = {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.sa-east-1.amazonaws.com/?Action=Confirm"}
    assert read_receipts(post(json.dumps(ask).encode())) == []
    assert confirmation_url(post(json.dumps(ask).encode())) == ask["SubscribeURL"]
    for url in ("https://exemplo.com/", "http://sns.sa-east-1.amazonaws.com/", "https://amazonaws.com.exemplo.com/"):
        assert confirmation_url(post(json.dumps(ask | {"SubscribeURL": url}).encode())) is None


def test_expo_receipts_by_ticket() -> None:
    """`ok` means passed on, not delivered; ids that are not named are asked for again."""
    provider = ExpoProvider(token="segredo")
    request = provider.build_question(["t-1", "t-2"])
    assert request.url == "https://exp.host/--/api/v2/push/getReceipts"
    assert json.loads(request.body) == {"ids": ["t-1", "t-2"]}
    gone = {"status": "error", "message": "…", "details": {"error": "DeviceNotRegistered"}}
    late = {"status": "error", "message": "…", "details": {"error": "MessageRateExceeded"}}
    reply = json.dumps({"data": {"t-1": {"status": "ok"}, "t-2": gone, "t-3": late}}).encode()
    found = {report.provider_message_id: (report.delivery, report.code) for report in provider.read_reply(200, reply)}
    assert found == {
        "t-1": (Delivery.SENT, None),
        "t-2": (Delivery.BOUNCED, "DeviceNotRegistered"),
        "t-3": (Delivery.UNDELIVERED, "MessageRateExceeded"),
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"<html>", b'{"id": "x"}', b'{"id": "x", "message": 3}', b"\xff"])
def test_what_is_no_report_is_refused(body: bytes) -> None:
    """Nothing is made up from a post that no provider wrote."""
    for read in (ZenviaProvider.read_receipts, read_receipts):
        with pytest.raises(ValueError, match="no "):
            read(post(body))
    with pytest.raises(ValueError, match="no receipts"):
        ExpoProvider().read_reply(500, body)

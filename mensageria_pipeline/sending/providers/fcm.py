"""Firebase Cloud Messaging, HTTP v1: one message per request.

Reference: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send, …/cloud-messaging/error-codes
and …/cloud-messaging/scale-fcm (read 2026-11). FCM has no idempotency key, but a second copy under the same
tag replaces the first one on the device, so in-doubt messages may be sent again.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import google.auth.exceptions
import orjson
from google.auth.transport.requests import Request as GoogleRequest
from google.oauth2.service_account import Credentials

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.sending.pacing import Pace
from mensageria_pipeline.sending.providers.answers import json_object
from mensageria_pipeline.sending.providers.contract import (
    Capabilities,
    ProviderConfig,
    Request,
    Result,
    RetryPolicy,
    SecondCopy,
    Verdict,
)
from mensageria_pipeline.sending.providers.retry_after import retry_after_s

GOOGLE = "https://fcm.googleapis.com"
DEFAULT_RATE_PER_S = 10_000.0
"""A project's default quota is 600,000 a minute."""
RAMP_UP_S = 60.0
MAX_PAYLOAD_BYTES = 4_096
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_FID = re.compile(r"[cdef][A-Za-z0-9_-]{21}")
"""A Firebase installation id: 22 characters, the first four bits 0111. Registration tokens are longer."""
_RESERVED_DATA = re.compile(r"from|gcm.*|google.*|message_type|notification")

ERROR_CODES: Mapping[str, Verdict] = {
    "UNREGISTERED": Verdict.INVALID_ADDRESS,
    # Every address of a list is another project's where the service account is the wrong one: no reason to
    # suppress them, but one to stop.
    "SENDER_ID_MISMATCH": Verdict.MALFORMED,
    "THIRD_PARTY_AUTH_ERROR": Verdict.CREDENTIALS,
    "QUOTA_EXCEEDED": Verdict.THROTTLED,
    "UNAVAILABLE": Verdict.RETRY,
    "INTERNAL": Verdict.UNKNOWN,
    # Of one address among good ones, or of what we built: a few in a row tell.
    "INVALID_ARGUMENT": Verdict.MALFORMED,
}
"""`error.details[].errorCode`."""

STATUS_CODES: Mapping[int, Verdict] = {
    401: Verdict.CREDENTIALS,
    403: Verdict.CREDENTIALS,
    404: Verdict.MALFORMED,
    429: Verdict.THROTTLED,
    503: Verdict.RETRY,
}
"""Where the body names no code that is known. Other 4xx are refusals; any other answer may hide a send."""


class FcmProvider:
    name = "fcm"
    required_settings = ("GOOGLE_APPLICATION_CREDENTIALS",)

    def __init__(
        self, project: str, *, url: str = GOOGLE, token: str | None = None, credentials: Credentials | None = None,
        pace: Pace | None = None,
    ) -> None:  # fmt: skip
        """Either a fixed `token`, or `credentials` that fetch one."""
        self._url = f"{url.rstrip('/')}/v1/projects/{project}/messages:send"
        self._token, self._credentials = token, credentials
        self._headers: dict[str, str] = {}
        self.credential = f"{url}\n{project}"
        self.capabilities = Capabilities(
            mode=Mode.LIVE,
            batch_size=1,
            on_unknown=OnUnknown.RESEND,
            retry=RetryPolicy(first_s=10, floor_s=10, ceiling_s=300, give_up_s=3_600, throttled_s=60),
            pace=pace or Pace(DEFAULT_RATE_PER_S, RAMP_UP_S),
            channels=(Channel.PUSH,),
            second_copy=SecondCopy.REPLACED,
            max_payload_bytes=MAX_PAYLOAD_BYTES,
        )
        if token:
            self._carry(token)

    @classmethod
    def create(cls, config: ProviderConfig) -> "FcmProvider":
        settings = config.settings
        url, rate = settings.fcm_url or GOOGLE, settings.fcm_rate_per_s
        if rate is None and not settings.fcm_url:
            rate = DEFAULT_RATE_PER_S
        pace = Pace(rate, RAMP_UP_S if rate else 0.0)
        if settings.fcm_access_token:
            if not settings.fcm_project_id:
                raise SettingsError("setting_missing", name="FCM_PROJECT_ID", provider=cls.name)
            return cls(settings.fcm_project_id, url=url, token=settings.fcm_access_token, pace=pace)
        if settings.fcm_credentials is None:
            raise SettingsError("setting_missing", name="GOOGLE_APPLICATION_CREDENTIALS", provider=cls.name)
        credentials = _read_credentials(settings.fcm_credentials)
        project = settings.fcm_project_id or str(credentials.project_id or "")
        if not project:
            raise SettingsError("setting_missing", name="FCM_PROJECT_ID", provider=cls.name)
        return cls(project, url=url, credentials=credentials, pace=pace)

    def refusal(self, message: Message) -> str | None:
        if any(_RESERVED_DATA.fullmatch(key) for key in message.data):
            return "reserved_data_key"
        longest = 6 * (len(message.title) + len(message.body))  # bytes of a character in JSON, at most
        if not message.data and longest < MAX_PAYLOAD_BYTES - 100:
            return None
        size = len(orjson.dumps({"notification": _notification(message), "data": _as_strings(message.data)}))
        return "payload_too_large" if size > MAX_PAYLOAD_BYTES else None

    def login_is_due(self) -> bool:
        return self._credentials is not None and not self._credentials.valid

    def log_in(self) -> Verdict | None:
        assert self._credentials is not None  # noqa: S101 - a login is due only with credentials
        try:
            self._credentials.refresh(GoogleRequest())  # type: ignore[no-untyped-call]
        except google.auth.exceptions.GoogleAuthError as error:
            is_passing = error.retryable or isinstance(error, google.auth.exceptions.TransportError)
            return Verdict.RETRY if is_passing else Verdict.CREDENTIALS
        except ValueError:
            return Verdict.CREDENTIALS
        self._carry(str(self._credentials.token))
        return None

    def _carry(self, token: str) -> None:
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def build_request(self, messages: Sequence[Message]) -> Request:
        (message,) = messages
        kind = "fid" if _FID.fullmatch(message.address) else "token"
        content: dict[str, Any] = {
            kind: message.address,
            "notification": _notification(message),
            "android": {"notification": {"tag": message.message_id}},
            "apns": {"headers": {"apns-collapse-id": message.message_id}},
            "webpush": {"headers": {"Topic": message.message_id}},
        }
        if message.data:
            content["data"] = _as_strings(message.data)
        return Request(self._url, self._headers, orjson.dumps({"message": content}))

    def read_response(
        self, messages: Sequence[Message], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Result]:
        (message,) = messages
        answer = json_object(body)
        if status == 200:
            if isinstance(name := answer.get("name"), str):
                return [Result(message.message_id, Verdict.ACCEPTED, None, name[:200])]
            return [Result(message.message_id, Verdict.UNKNOWN, "unreadable_answer")]
        code = _error_code(answer)
        refusal = Verdict.REJECTED if 400 <= status < 500 else Verdict.UNKNOWN
        verdict = ERROR_CODES.get(code or "") or STATUS_CODES.get(status, refusal)
        return [
            Result(
                message.message_id, verdict, code or f"http_{status}", None,
                retry_after_s(headers.get("retry-after")),
            )
        ]  # fmt: skip


def _notification(message: Message) -> dict[str, str]:
    return {"title": message.title, "body": message.body} if message.title else {"body": message.body}


def _as_strings(data: Mapping[str, Any]) -> dict[str, str]:
    """FCM takes strings only: other values as JSON."""
    return {key: value if isinstance(value, str) else orjson.dumps(value).decode() for key, value in data.items()}


def _error_code(answer: Mapping[str, Any]) -> str | None:
    """FCM's own code; else the status Google's APIs share."""
    error = answer.get("error")
    if not isinstance(error, dict):
        return None
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and isinstance(detail.get("errorCode"), str):
            return str(detail["errorCode"])[:80]
    status = error.get("status")
    return status[:80] if isinstance(status, str) else None


def _read_credentials(path: Path) -> Credentials:
    try:
        return Credentials.from_service_account_file(str(path), scopes=[_SCOPE])  # type: ignore[no-untyped-call,no-any-return]
    except (OSError, ValueError, google.auth.exceptions.GoogleAuthError):
        raise SettingsError(
            "setting_invalid", name="GOOGLE_APPLICATION_CREDENTIALS", found=path.name, expected="service account JSON"
        ) from None

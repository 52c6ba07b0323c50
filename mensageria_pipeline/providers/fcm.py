"""Firebase Cloud Messaging, HTTP v1: one message per request.

Reference: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send, …/cloud-messaging/error-codes
and …/cloud-messaging/scale-fcm (read 2026-11). FCM has no idempotency key, but a second copy under the same
tag replaces the first one on the device, so in-doubt messages may be sent again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import google.auth.exceptions
import orjson
from google.auth.transport.requests import Request as GoogleRequest
from google.oauth2.service_account import Credentials

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.tokens import TOKEN_FORMS, TokenKind
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.providers.answers import by_status, json_object
from mensageria_pipeline.providers.contract import (
    Capabilities,
    Pace,
    ProviderConfig,
    Request,
    RetryPolicy,
    SecondCopy,
)
from mensageria_pipeline.providers.retry_after import retry_after_s
from mensageria_pipeline.providers.verdict import About, Meaning, Result, Verdict
from mensageria_pipeline.settings import kinds
from mensageria_pipeline.settings.variables import Need, variable

GOOGLE = "https://fcm.googleapis.com"
DEFAULT_RATE_PER_S = 10_000.0
"""A project's default quota is 600,000 a minute."""
RAMP_UP_S = 60.0
MAX_PAYLOAD_BYTES = 4_096
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_FID = re.compile(TOKEN_FORMS[TokenKind.FID])
"""Registration tokens are longer."""
_RESERVED_DATA = re.compile(r"from|gcm.*|google.*|message_type|notification")
_ESCAPED_BYTES, _AROUND_BYTES, _SURELY_SHORT = 6, 64, 500
"""The most that a character comes to in JSON (\\u001f), what stands around title and body, and how many characters are
far below the limit whatever they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FcmSettings:
    """The `fcm` provider (Firebase Cloud Messaging)."""

    credentials: Path | None = variable(
        "GOOGLE_APPLICATION_CREDENTIALS",
        kinds.PATH,
        need=Need.USUAL,
        is_secret=True,
        about='The key file of a service account with the role "Firebase Cloud Messaging API Admin".',
    )
    project_id: str | None = variable("FCM_PROJECT_ID", kinds.TEXT, about="Another project than the key file's.")
    rate_per_s: float | None = variable(
        "FCM_RATE_PER_SECOND",
        kinds.RATE,
        about="Messages per second. Empty: 10,000, a project's default quota. Reached over a minute, as Google asks.",
    )
    url: str | None = variable(
        "FCM_URL",
        kinds.url("h2c"),
        about="For emulators only: another address (http://, https://, or h2c:// for HTTP/2 without TLS).",
    )
    access_token: str | None = variable(
        "FCM_ACCESS_TOKEN", kinds.KEY, is_secret=True, about="For emulators only: a fixed token."
    )


ERROR_CODES: Mapping[str, Meaning] = {
    "UNREGISTERED": Meaning(Verdict.INVALID_ADDRESS, About.ATTEMPT),
    # Every address of a list is another project's where the service account is the wrong one: no reason to
    # suppress them, but one to stop.
    "SENDER_ID_MISMATCH": Meaning(Verdict.MALFORMED, About.ATTEMPT),
    "THIRD_PARTY_AUTH_ERROR": Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    "QUOTA_EXCEEDED": Meaning(Verdict.THROTTLED, About.ATTEMPT),
    "UNAVAILABLE": Meaning(Verdict.RETRY, About.ATTEMPT),
    "INTERNAL": Meaning(Verdict.UNKNOWN, About.ATTEMPT),
    # Of one address among good ones, or of what we built: a few in a row tell.
    "INVALID_ARGUMENT": Meaning(Verdict.MALFORMED, About.ATTEMPT),
}
"""`error.details[].errorCode`."""

STATUS_CODES: Mapping[int, Meaning] = {
    401: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    403: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    404: Meaning(Verdict.MALFORMED, About.ATTEMPT),
    408: Meaning(Verdict.UNKNOWN, About.ATTEMPT),
    429: Meaning(Verdict.THROTTLED, About.ATTEMPT),
    503: Meaning(Verdict.RETRY, About.ATTEMPT),
}
"""Where the body names no code that is known. Other 4xx are refusals; any other answer may hide a send."""


class FcmProvider:
    name = "fcm"
    answers: ClassVar = (ERROR_CODES, STATUS_CODES)
    id_shape: ClassVar = r"projects/[A-Za-z0-9._:-]{1,60}/messages/[A-Za-z0-9._:%-]{1,120}"
    settings: ClassVar = (FcmSettings,)
    capabilities = Capabilities(
        Mode.LIVE,
        1,
        (Channel.PUSH,),
        frozenset({TokenKind.FID, TokenKind.FCM_TOKEN, TokenKind.OTHER}),
        SecondCopy.REPLACED,
        RetryPolicy(first_s=10, floor_s=10, ceiling_s=300, give_up_s=3_600, throttled_s=60),
        Pace(DEFAULT_RATE_PER_S, RAMP_UP_S),
        MAX_PAYLOAD_BYTES,
    )

    def __init__(
        self,
        project: str,
        *,
        url: str = GOOGLE,
        token: str | None = None,
        credentials: Credentials | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Either a fixed `token`, or `credentials` that fetch one."""
        self._url = f"{url.rstrip('/')}/v1/projects/{project}/messages:send"
        self._token, self._credentials = token, credentials
        self._headers: dict[str, str] = {}
        self.credential = f"{url}\n{project}"
        self.capabilities = replace(type(self).capabilities, pace=pace or type(self).capabilities.pace)
        if token:
            self._carry(token)

    @classmethod
    def create(cls, config: ProviderConfig) -> "FcmProvider":
        settings = config.read(FcmSettings, cls.name)
        url, rate = settings.url or GOOGLE, settings.rate_per_s
        if rate is None and not settings.url:
            rate = DEFAULT_RATE_PER_S
        pace = Pace(rate, RAMP_UP_S if rate else 0.0)
        if settings.access_token:
            if not settings.project_id:
                raise SettingsError("setting_missing", name="FCM_PROJECT_ID", provider=cls.name)
            return cls(settings.project_id, url=url, token=settings.access_token, pace=pace)
        if settings.credentials is None:
            raise SettingsError("setting_missing", name="GOOGLE_APPLICATION_CREDENTIALS", provider=cls.name)
        credentials = _read_credentials(settings.credentials)
        project = settings.project_id or str(credentials.project_id or "")
        if not project:
            raise SettingsError("setting_missing", name="FCM_PROJECT_ID", provider=cls.name)
        return cls(project, url=url, credentials=credentials, pace=pace)

    def refusal(self, message: Message) -> str | None:
        return "reserved_data_key" if any(_RESERVED_DATA.fullmatch(key) for key in message.data) else None

    def payload_bytes(self, message: Message) -> int:
        """Notification and data, without address and options; of a short text the most it can be, which is quicker."""
        character_count = len(message.title) + len(message.body)
        if not message.data and character_count <= _SURELY_SHORT:
            return _ESCAPED_BYTES * character_count + _AROUND_BYTES
        return len(orjson.dumps({"notification": _notification(message), "data": _as_strings(message.data)}))

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
        verdict, about = ERROR_CODES.get(code or "") or by_status(status, STATUS_CODES, Verdict.REJECTED)
        wait_s = retry_after_s(headers.get("retry-after"))
        return [Result(message.message_id, verdict, code or f"http_{status}", None, wait_s, None, about)]


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

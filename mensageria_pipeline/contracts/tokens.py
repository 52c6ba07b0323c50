"""The kinds of push token, each known by its form: lists are judged by them, and providers say which they take."""

from collections.abc import Mapping
from enum import StrEnum


class TokenKind(StrEnum):
    EXPO = "expo"
    APNS = "apns"
    FCM_TOKEN = "fcm_token"  # noqa: S105 - a kind of address
    """A Firebase registration token."""
    FID = "fid"
    """A Firebase installation id: 22 characters, the first four bits 0111."""
    WEB_PUSH = "web_push"
    """A browser's subscription, as JSON: known by being JSON, not by a pattern."""
    OTHER = "other"
    """No form that is known here."""


TOKEN_FORMS: Mapping[TokenKind, str] = {
    TokenKind.EXPO: r"Expo(?:nent)?PushToken\[[^\[\]\s]{1,200}\]",
    TokenKind.APNS: r"(?:[0-9a-fA-F]{2}){32,100}",
    TokenKind.FCM_TOKEN: r"[A-Za-z0-9_-]{8,64}:[A-Za-z0-9_-]{80,}",
    TokenKind.FID: r"[c-f][A-Za-z0-9_-]{21}",
}
"""Kind → the whole of a token of it; the first that fits."""

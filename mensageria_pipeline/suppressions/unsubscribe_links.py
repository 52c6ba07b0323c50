"""The address at which a message's recipient asks to get no more: made when it is sent, known again when opened."""

import hashlib
import hmac

_PREFIX = "/sair"
_MARK_BYTES = 12


def leave_link(public_url: str, key: bytes, partition: str, message_id: str) -> str:
    """`public_url` is where the receiver is reachable; the mark tells our links from guessed ones."""
    return f"{public_url.rstrip('/')}{_PREFIX}/{partition}/{message_id}/{_mark(key, partition, message_id)}"


def is_ours(key: bytes, partition: str, message_id: str, mark: str) -> bool:
    """Whether a link was made by `leave_link`."""
    return hmac.compare_digest(_mark(key, partition, message_id).encode(), mark.encode())


def _mark(key: bytes, partition: str, message_id: str) -> str:
    text = f"leave\x1f{partition}\x1f{message_id}"
    return hashlib.blake2b(text.encode(), key=key, digest_size=_MARK_BYTES).hexdigest()

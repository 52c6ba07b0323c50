"""What is kept of a provider's words: codes and ids of its own, never text.

A provider may quote in any field what it was sent. Codes go to the journal, the warehouse, exports, logs and people's
screens, and stay when a person is forgotten. So every answer and every report passes here, whichever adapter read it.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.receipts import DeliveryReceipt
from mensageria_pipeline.providers.verdict import Result

UNLISTED = "unlisted_code"
"""Stands for a word that may be no code."""
ID_SHAPE = r"[A-Za-z0-9][A-Za-z0-9._:/@+=%~-]{0,119}"
"""Of a provider's id for a message, where its adapter does not say more by `id_shape`."""
_CODE = re.compile(r"[A-Za-z0-9._/:-]{1,40}")
_NUMBER = re.compile(r"[0-9](?:[._/:-]?[0-9]){6}")
"""Seven digits or more, however they are grouped: a phone, a CPF, a CEP with its dash; codes are shorter."""
_OUR_ID = re.compile(r"[0-9a-f]{32}")
_EVENT = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_DIGIT = re.compile(r"[0-9]")
_NO_DIGITS = re.compile(r"[^0-9]+")
_LONG = 6
"""Characters from which on one text inside another is no chance."""
_LONG_NUMBER = 8


def code_of(word: object) -> str | None:
    """A code as it may be kept; `unlisted_code` for what may be a text or somebody's number."""
    if not word:
        return None
    text = str(word)
    return text if _CODE.fullmatch(text) and not _NUMBER.search(text) else UNLISTED


def keeper_for(adapter: Any) -> Callable[[Sequence[Message], list[Result]], list[Result]]:
    """What takes text out of the answers that an adapter has read. Its own listed codes stay."""
    shape = _shape_of(adapter)
    listed = frozenset(str(code) for table in getattr(adapter, "answers", ()) for code in table)

    def keep(messages: Sequence[Message], results: list[Result]) -> list[Result]:
        if len(messages) == len(results) == 1 and messages[0].message_id == results[0].message_id:
            return [_kept(results[0], messages[0], shape, listed)]
        by_id = {message.message_id: message for message in messages}
        together = frozenset(_names_of(messages)) if len(messages) > 1 else frozenset[str]()
        return [_kept(_unmixed(each, together), by_id.get(each.message_id), shape, listed) for each in results]

    return keep


def clean_receipt(receipt: DeliveryReceipt, adapter: Any, key: bytes) -> DeliveryReceipt:
    """A report without texts. An event's id that may be one is replaced by its keyed hash: the same event, the same."""
    event_id, ours, theirs = str(receipt.event_id), receipt.message_id or "", receipt.provider_message_id or ""
    if not _EVENT.fullmatch(event_id) or _NUMBER.search(event_id):
        event_id = hashlib.blake2b(event_id.encode("utf-8", "replace"), key=key, digest_size=16).hexdigest()
    return receipt._replace(
        event_id=event_id,
        code=code_of(receipt.code),
        message_id=ours if _OUR_ID.fullmatch(ours) else None,
        provider_message_id=theirs if _shape_of(adapter).fullmatch(theirs) else None,
    )


def _shape_of(adapter: Any) -> re.Pattern[str]:
    return _compiled(getattr(adapter, "id_shape", ID_SHAPE))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _kept(result: Result, message: Message | None, shape: re.Pattern[str], listed: Collection[str]) -> Result:
    code, provider_id = result.code, result.provider_message_id
    if code and code not in listed:
        code = code_of(code)
        if code and message and (_names_the_person(code, message) or _is_of_the_text(code, message)):
            code = UNLISTED
    if provider_id and not (shape.fullmatch(provider_id) and not (message and _is_quote(provider_id, message))):
        provider_id = None
    if code == result.code and provider_id == result.provider_message_id:
        return result
    return result._replace(code=code, provider_message_id=provider_id)


def _names_of(messages: Sequence[Message]) -> Iterator[str]:
    for message in messages:
        yield from (message.address, message.address.lstrip("+"), message.person, *message.document.split())


def _unmixed(result: Result, together: Collection[str]) -> Result:
    """An answer for many may name one of them in the place of another's code or id."""
    if result.code in together:
        result = result._replace(code=UNLISTED)
    if result.provider_message_id in together:
        result = result._replace(provider_message_id=None)
    return result


def _is_quote(provider_id: str, message: Message) -> bool:
    """Whether an id is what was sent. Words alone tell of one without a digit: a provider's own are never so."""
    if _names_the_person(provider_id, message):
        return True
    return not _DIGIT.search(provider_id) and _is_of_the_text(provider_id, message)


def _names_the_person(word: str, message: Message) -> bool:
    """Whether it holds the address, a document or the name somebody is known by, or a good part of one."""
    folded = word.casefold()
    if _overlaps(folded, message.address) or _overlaps(folded, message.person):
        return True
    return any(_overlaps(folded, name) for name in message.document.split()) if message.document else False


def _overlaps(word: str, name: str) -> bool:
    """Whether one is in the other, or the digits of one in those of the other."""
    folded, length = name.casefold(), len(name)
    if word == folded or (length >= _LONG and folded in word) or (len(word) >= _LONG and word in folded):
        return True
    bare = name.lstrip("+")
    if length < _LONG_NUMBER or not bare.isdigit() or len(bare) < _LONG_NUMBER:
        return False
    number = _NO_DIGITS.sub("", word)
    return bare in number or (len(number) >= _LONG_NUMBER and number in bare)


def _is_of_the_text(word: str, message: Message) -> bool:
    """Whether all its words stand in the message."""
    words = set(_WORD.findall(word.casefold()))
    return bool(words) and words <= set(_words_of((message.title, message.body, *message.data.values())))


def _words_of(texts: Iterable[object]) -> Iterator[str]:
    for text in texts:
        yield from _WORD.findall(str(text).casefold())

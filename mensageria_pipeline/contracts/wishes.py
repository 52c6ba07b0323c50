"""What people ask for when they answer: PARE, SAIR and the many ways to say so."""

import re

from mensageria_pipeline.contracts.names import plain

_LEAVING = re.compile(
    r"\b(?:pare|parem|parar|sair|sai|saia|saiam|stop|cancel\w*|remov\w*|retir[ae]\w*|descadastr\w*|desinscrev\w*"
    r"|unsubscribe|opt ?out)\b"
    r"|\b(?:nao|n)\b (?:\w+ )?(?:mand\w+|envi\w+|perturb\w*|incomod\w*|receber)\b"
    r"|\b(?:nao|n)\b (?:quero|desejo)(?: mais)?(?: nada| isso| receber| mensage\w*| contato)?$"
)
"""What asks to leave, anywhere in an answer in lower case, without accents and marks. In doubt it is no wish."""


def asks_to_leave(answer: str) -> bool:
    """Whether an answer asks for no more messages."""
    words = " ".join(re.sub(r"[^a-z0-9]+", " ", plain(answer)).split())
    return bool(_LEAVING.search(words))

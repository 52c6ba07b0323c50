"""What people ask for when they answer: PARE, SAIR and the many ways to say so."""

import re

from mensageria_pipeline.contracts.partition import plain

_LEAVING = re.compile(
    r"\b(?:pare|parem|parar|sair|sai|saia|saiam|stop|cancel\w*|remov\w*|retir[ae]\w*|descadastr\w*|desinscrev\w*"
    r"|unsubscribe|opt ?out)\b"
    r"|\bme (?:tir|exclu|apag)\w*"
    r"|\b(?:tir|exclu|apag)\w* (?:o |os )?(?:me|meus?|minha|daqui|dess[ae]|dest[ae]|da lista)\b"
    r"|\b(?:nao|n)\b (?:\w+ ){0,3}?(?:mand\w+|envi\w+|perturb\w*|incomod\w*|receber)\b"
    r"|\bpara (?:com|de) |^para(?: por favor| pf| agora| ja)*$"
    r"|\b(?:chega|basta)(?:$| (?:de|por favor|disso|dessas?|desses?)\b)|\bdeix[ae]\w* (?:me )?em paz\b|\bbloque\w+"
    r"|\b(?:nao|n)\b (?:quero|queremos|desejo)(?: mais)?(?: nada| isso| receber| mensage\w*| contato)?$"
    r"|\b(?:nao|n)\b (?:quero|queremos|desejo) mais\b|\b(?:nao|n)\b (?:\w+ ){0,2}?lig(?:a|ar|ue|uem|uei)\b"
    r"|\bnunca mais\b|\bspam\b|\bdenunci\w+|\bdeix[ae] eu em paz\b|\bexclusao\b"
    r"|\b(?:nao|n) (?:tenho|temos|ha) (?:mais )?interesse\b|\bsem interesse\b|^(?:nao|n)(?: mais| obrigad[oa]| quero)*$"
    r"|^(?:p(?:fv?|or favor) )*(?:para|pare|stop)$"
)
"""What asks to leave, anywhere in an answer in lower case, without accents and marks. In doubt it is no wish."""


_COMMAND = re.compile(
    r"(?:por favor |pf |favor |quero |desejo |gostaria de |eu )*"
    r"(?:(?:pare|parem|parar|para|sair|sai|stop)(?: (?:pare|parem|parar|para|sair|sai|stop|all|please))*"
    r"|(?:pare|parem|parar|para) de (?:me )?(?:mandar|enviar|receber|perturbar|incomodar)"
    r"|cancelar|cancele|cancela|cancelar (?:a |o )?(?:inscricao|envio|assinatura)|remover|remova|remove"
    r"|ser (?:removid[oa]|excluid[oa]|descadastrad[oa])|descadastrar|descadastre|descadastro|descadastre me"
    r"|desinscrever|unsubscribe|opt ?out|excluir|exclua|nao autorizo"
    r"|me (?:tir[ae]|remov[ae]|retir[ae]|exclu[ai]|descadastr[ae])"
    r"|nao (?:me )?(?:mande|envie|mandem|enviem|perturbe|incomode)(?: mais)?"
    r"|nao quero(?: mais)?(?: receber)?(?: mais)?)"
    r"(?: (?:por favor|pf|obrigad[oa]|agora|ja|imediatamente|d?[ao] lista|de?s[ts]a lista|d?ess[ae]s?|isso|sms"
    r"|mais|me|mensage(?:m|ns)|torpedos?|whatsapp|(?:o )?(?:meu )?(?:numero|cadastro|telefone|contato)|meus dados"
    r"|de|nada))*"
)
"""A whole answer that commands, and nothing else: `PARE`, `quero sair da lista`, `não me mande mais mensagens`."""


def commands_to_leave(answer: str) -> bool:
    """Whether an answer is a command to send no more, and only that: for answers that no person reads first.

    `Pode cancelar minha consulta?` is none.
    """
    return bool(_COMMAND.fullmatch(_words(answer)))


def asks_to_leave(answer: str) -> bool:
    """Whether an answer asks for no more messages, in whatever words: for lists that people put together."""
    words = _words(answer)
    calm = re.sub(r"([a-z])\1{2,}|(p)\2\b", r"\1\2", words)  # pareee, stopp
    joined = words.replace(" ", "") if re.fullmatch(r"(?:\w )+\w", words) else ""  # s a i r
    return any(_LEAVING.search(each) or _COMMAND.fullmatch(each) for each in (words, calm, joined))


def _words(answer: str) -> str:
    """Lower case, without accents, the words separated by one space."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain(answer)).split())

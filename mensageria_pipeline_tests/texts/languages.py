"""Words that only one of the languages has, to tell which one a text is in."""

import re


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


PORTUGUESE_WORDS = _listed("""
    ainda antes aceita aceitas anotação anotações apaga arquivo arquivos até cada campanha campanhas canal código com
    como custo dados das decidida dias diz edição em endereço enquanto entrega enviada enviadas envio envios
    erro execução falha falhas foi foram gráficos grava indicador latência linha linhas lista listas mensagem mensagens
    modo mostra motivo motivos não nenhuma nome nova num onde origem padrão para partes pela pelo pendente pendentes
    pessoa por provedor que quantidade recebida recebidas recusada rejeitada rejeitadas relatório resultado
    resultados são segundo seu sem simulação sugestão sua também tentativas todas tudo uma uso valor
""")
ENGLISH_WORDS = _listed("""
    accepted address after again and are arguments attempts before campaigns channel commands cost does each failures
    figure from have help outcome outcomes lists messages name not nothing only provider quantity
    reason reasons received rejected row rows sending sent shown suggestion that the their them this
    usage was what where which who with without
""")


def words_of(text: str) -> set[str]:
    """The words of a text, without commands, options, paths, names and types, which are the same in both languages."""
    bare = re.sub(r"`[^`]*`|\"[^\"]*\"|<[^>]*>|\{[^}]*\}|-{1,2}[a-z][\w-]*|\S*[/_.]\w\S*|\([^)]*English\)", " ", text)
    return {word.lower() for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", bare)}

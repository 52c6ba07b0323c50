"""Every sentence an operator reads, in Portuguese and in English.

A key maps to (pt-BR, en). Placeholders are `str.format` names; their values are names, codes and counts,
never a person's data. `use` sets the language of this process once, at its entry.
"""

from contextvars import ContextVar
from enum import StrEnum


class Language(StrEnum):
    PT_BR = "pt-BR"
    EN = "en"


_current = [Language.PT_BR]
_here: ContextVar[Language | None] = ContextVar("language", default=None)


def use(language: Language) -> None:
    """Set the language of this process; entry points call it with the setting MENSAGERIA_LANGUAGE."""
    _current[0] = language


def use_here(language: Language) -> None:
    """Set the language of this thread alone: a process that serves several people has several."""
    _here.set(language)


def current() -> Language:
    return _here.get() or _current[0]


def say(key: str, language: Language | None = None, /, **values: object) -> str:
    """The sentence of `key`, filled. An unknown key is a bug and raises KeyError."""
    portuguese, english = CATALOGUE[key]
    chosen = english if (language or current()) is Language.EN else portuguese
    return chosen.format(**values)


CATALOGUE: dict[str, tuple[str, str]] = {
    # settings and start-up
    "setting_invalid": (
        "A variável {name} vale {found!r}; o esperado é {expected}. Corrija no arquivo .env.",
        "The variable {name} is {found!r}; expected {expected}. Correct it in the .env file.",
    ),
    "setting_missing": (
        "Falta a variável {name}, exigida pelo provedor {provider}. Defina-a no arquivo .env "
        "(veja .env.example). Nada foi enviado.",
        "The variable {name}, which provider {provider} requires, is missing. Set it in the .env file "
        "(see .env.example). Nothing was sent.",
    ),
    "instance_mismatch": (
        "O Dagster está usando {found}, mas os dados estão em {expected}: dois históricos de envio "
        "conviveriam. Inicie com `make dev` ou `mensageria dev`.",
        "Dagster uses {found}, but the data is in {expected}: two send histories would exist side by "
        "side. Start with `make dev` or `mensageria dev`.",
    ),
    # campaign definitions
    "definition_unreadable": (
        "A definição {file} não é um YAML válido (linha {line}, coluna {column}). Confira a indentação e os "
        "dois-pontos nessa linha. Nada foi enviado.",
        "The definition {file} is not valid YAML (line {line}, column {column}). Check indentation and colons "
        "on that line. Nothing was sent.",
    ),
    "definition_invalid": (
        "A definição {file} tem {count} problema(s):{problems}\nCorrija o arquivo. Nada foi enviado.",
        "The definition {file} has {count} problem(s):{problems}\nCorrect the file. Nothing was sent.",
    ),
    "definition_problem": (
        "chave `{key}`: encontrado {found}, esperado {expected}",
        "key `{key}`: found {found}, expected {expected}",
    ),
    "definition_unknown_key": ("chave `{key}` desconhecida", "unknown key `{key}`"),
    "definition_known_keys": ("uma destas: {keys}", "one of: {keys}"),
    "definition_not_mapping": (
        "A definição {file} precisa ter linhas `chave: valor`, e tem outra coisa (uma lista ou um texto). Veja "
        "docs/operations.md. Nada foi enviado.",
        "The definition {file} must have `key: value` lines, and has something else (a list or a text). See "
        "docs/operations.md. Nothing was sent.",
    ),
    "definition_encoding": (
        "A definição {file} não está em UTF-8. Salve-a como UTF-8. Nada foi enviado.",
        "The definition {file} is not in UTF-8. Save it as UTF-8. Nothing was sent.",
    ),
    "definition_misnamed": (
        "A definição {file} não seria lida: o nome esperado é {wanted}. Renomeie o arquivo. Nada foi enviado.",
        "The definition {file} would not be read: the expected name is {wanted}. Rename the file. Nothing was sent.",
    ),
    "unknown_provider": (
        "A definição de {campaign} pede o provedor {found}. Os provedores conhecidos são: {known}.",
        "The definition of {campaign} asks for provider {found}. The known providers are: {known}.",
    ),
    "provider_for_channel": (
        "A definição de {campaign} não diz o provedor do canal {channel}. Ela tem: {found}. Acrescente "
        "`{channel}:` em `provider:`.",
        "The definition of {campaign} names no provider for channel {channel}. It has: {found}. Add "
        "`{channel}:` under `provider:`.",
    ),
    "template_no_text": (
        "O template não tem texto para o canal {channel}. Acrescente `body:` (ou `html:` para e-mail, `sms:` para SMS). "
        "Nada foi enviado.",
        "The template has no text for channel {channel}. Add `body:` (or `html:` for e-mail, `sms:` for SMS). Nothing "
        "was sent.",
    ),
    "campaign_file_missing": (
        "Falta o arquivo {file}, usado nos e-mails da campanha. Coloque-o em uma destas pastas: {folders}. Nada foi enviado.",
        "The file {file}, which the campaign's e-mails use, is missing. Put it into one of these folders: {folders}. "
        "Nothing was sent.",
    ),
    "page_too_many_files": (
        "A página {file} reúne mais de {most} arquivos com extends e include. Simplifique-a. Nada foi enviado.",
        "The page {file} brings together more than {most} files with extends and include. Simplify it. Nothing was sent.",
    ),
    "campaign_name_taken": (
        "O nome {found} gera a mesma chave que {owner} ({key}). Renomeie um dos dois; {found} foi ignorado.",
        "The name {found} gives the same key as {owner} ({key}). Rename one of them; {found} was ignored.",
    ),
    "campaign_name_unusable": (
        "O nome {found} não tem letras nem números para formar uma chave. Renomeie a pasta ou o arquivo.",
        "The name {found} has no letters or digits to make a key of. Rename the folder or file.",
    ),
    "provider_unloadable": (
        "O provedor {name} vem do pacote {package}, que não pôde ser carregado ({problem}). Reinstale ou atualize esse "
        "pacote. Nada foi enviado.",
        "Provider {name} comes from the package {package}, which cannot be loaded ({problem}). Install or update that "
        "package. Nothing was sent.",
    ),
    # what comes back
    "receiver_unproven": (
        "Falta o token, ou ele não é o RECEIVER_TOKEN desta instalação. Envie-o em `Authorization: Bearer …`, ou como "
        "senha em https://recibos:TOKEN@….",
        "The token is missing, or is not this installation's RECEIVER_TOKEN. Send it as `Authorization: Bearer …`, or as "
        "the password in https://recibos:TOKEN@….",
    ),
    "receiver_unknown_provider": (
        "O provedor {provider} não envia recibos por aqui.",
        "Provider {provider} posts no receipts here.",
    ),
    "receiver_too_large": ("O aviso passa de {most} bytes.", "The post is larger than {most} bytes."),
    "receiver_unreadable": (
        "Isto não é um aviso do provedor {provider}.",
        "This is no report of provider {provider}.",
    ),
    "receiver_not_writing": (
        "O aviso não pôde ser gravado. Envie-o de novo mais tarde.",
        "The report could not be written. Post it again later.",
    ),
    "receiver_confirm": (
        "O provedor {provider} pede uma confirmação antes de enviar recibos. Abra este endereço: {url}",
        "Provider {provider} asks for a confirmation before it posts receipts. Open this address: {url}",
    ),
    "receiver_no_token": (
        "Defina RECEIVER_TOKEN no .env: um texto longo e secreto, que os provedores enviam para se identificar. Uma "
        "sugestão: {proposal}",
        "Set RECEIVER_TOKEN in .env: a long secret text, with which providers prove themselves. A proposal: {proposal}",
    ),
    "receiver_started": (
        "Recebendo em {url}: recibos em /recibos/<provedor>, saídas em /sair/…. Termine com Ctrl+C.",
        "Receiving on {url}: receipts at /recibos/<provider>, wishes to leave at /sair/…. End with Ctrl+C.",
    ),
    "receiver_port_taken": (
        "A porta {port} já está em uso. Escolha outra com --port.",
        "Port {port} is in use. Choose another with --port.",
    ),
    "leave_ask": (
        "Deseja deixar de receber nossas mensagens neste endereço?",
        "Do you want no more messages at this address?",
    ),
    "leave_button": ("Sim, não quero mais receber", "Yes, send me no more"),
    "leave_done": (
        "Pronto: você não receberá mais nossas mensagens neste endereço.",
        "Done: you will get no more messages from us at this address.",
    ),
    "leave_unknown": (
        "Este endereço não é válido. Abra o link do e-mail por inteiro.",
        "This address is not valid. Open the whole link of the e-mail.",
    ),
    "receipts_looking": ("Olhando os recibos", "Looking at the receipts"),
    "receipts_taken": ("Recibos desta vez", "Receipts this time"),
    "receipts_unplaced": ("Sem mensagem conhecida", "Without a known message"),
    "receipts_suppressed": ("Endereços suprimidos", "Addresses suppressed"),
    "receipts_settled": ("Dúvidas resolvidas", "Doubts settled"),
    "receipts_unlisted": ("Em palavras desconhecidas", "In unknown words"),
    "receipts_unreadable": ("Pedidos de endereço ilegível", "Wishes from an unreadable address"),
    "receipts_troubled": ("Problema em {campaign}", "Trouble in {campaign}"),
    "receipts_waiting": ("À espera do fim do envio", "Waiting until sending ends"),
    "receipts_asked": ("Respostas de {provider}", "Answers of {provider}"),
    "note_length": ("Uma anotação tem de 1 a {most} caracteres.", "A note has 1 to {most} characters."),
    "note_unknown": ("A campanha {campaign} não tem a anotação {number}.", "Campaign {campaign} has no note {number}."),
    "reporting": ("Gerando o relatório de {campaign}", "Making the report of {campaign}"),
    "exporting": ("Exportando {table}", "Exporting {table}"),
    "exported": ("{count} linha(s) gravada(s) em {file}.", "{count} row(s) written to {file}."),
    "export_unknown": (
        "O warehouse não tem {found}. Ele tem: {known}.",
        "The warehouse has no {found}. It has: {known}.",
    ),
    "export_format": (
        "O arquivo {found} não diz o formato. Use um destes finais: {known}.",
        "The file {found} does not say its format. Use one of these endings: {known}.",
    ),
    "export_too_many_rows": (
        "São {count} linhas, e uma planilha guarda {most}. Use .csv ou .parquet, ou só uma campanha (-c).",
        "There are {count} rows, and a sheet holds {most}. Use .csv or .parquet, or one campaign only (-c).",
    ),
    "sql_more": (
        "Mostradas {shown} de {count} linhas; com --json vêm todas.",
        "{shown} of {count} rows shown; --json gives all.",
    ),
    # dashboard
    "dash_every": ("todos", "all"),
    "dash_campaigns": (
        "Campanhas",
        "Campaigns",
    ),
    "dash_campaign": (
        "Campanha",
        "Campaign",
    ),
    "dash_failures": (
        "Falhas",
        "Failures",
    ),
    "dash_send": (
        "Enviar",
        "Send",
    ),
    "dash_notes": (
        "Anotações",
        "Notes",
    ),
    "dash_nothing_yet": (
        "Ainda não há campanhas. Coloque uma planilha em data/input/<campanha>/, ou use a página Enviar.",
        "There are no campaigns yet. Put a spreadsheet into data/input/<campaign>/, or use the page Send.",
    ),
    "dash_no_messages": (
        "Esta campanha ainda não tem mensagens.",
        "This campaign has no messages yet.",
    ),
    "dash_open": (
        "Abrir a campanha",
        "Open the campaign",
    ),
    "dash_choose_row": (
        "Clique no início de uma linha para ver os detalhes.",
        "Click at the start of a row to see its details.",
    ),
    "dash_search": (
        "Procurar",
        "Search",
    ),
    "dash_search_hint": (
        "parte do nome",
        "part of the name",
    ),
    "dash_state": (
        "Estado",
        "State",
    ),
    "dash_since": (
        "Enviadas desde",
        "Sent since",
    ),
    "dash_progress": (
        "Progresso",
        "Progress",
    ),
    "dash_success": (
        "Sucesso",
        "Success",
    ),
    "dash_last": (
        "Último envio",
        "Last send",
    ),
    "dash_note": (
        "Anotação",
        "Note",
    ),
    "dash_count_of": (
        "Campanhas ({mode})",
        "Campaigns ({mode})",
    ),
    "state_complete": (
        "concluída",
        "complete",
    ),
    "state_pending": (
        "pendente",
        "pending",
    ),
    "state_unknown": (
        "em dúvida",
        "in doubt",
    ),
    "state_prepared": (
        "preparada",
        "prepared",
    ),
    "state_refused": (
        "sem mensagens",
        "no messages",
    ),
    "dash_sending": (
        "Enviando: {done} de {total}",
        "Sending: {done} of {total}",
    ),
    "dash_throughput": (
        "Vazão",
        "Throughput",
    ),
    "dash_eta": (
        "Termina em",
        "Done in",
    ),
    "dash_pause": (
        "Pausar",
        "Pause",
    ),
    "dash_resume": (
        "Retomar",
        "Resume",
    ),
    "dash_cancel": (
        "Cancelar",
        "Cancel",
    ),
    "dash_cancelled": (
        "O que faltava foi cancelado.",
        "What was left is cancelled.",
    ),
    "dash_release": (
        "Liberar o envio",
        "Release for sending",
    ),
    "dash_released": (
        "Liberada: o envio começa em segundos.",
        "Released: sending starts within seconds.",
    ),
    "dash_release_ask": (
        "Enviar agora as mensagens preparadas a pessoas de verdade?",
        "Send the prepared messages to real people now?",
    ),
    "dash_paused": (
        "Em pausa.",
        "Paused.",
    ),
    "dash_is_cancelled": (
        "Cancelada: o que chegar depois também é cancelado, até ser retomada.",
        "Cancelled: what comes later is cancelled too, until it is resumed.",
    ),
    "dash_yes": (
        "Sim",
        "Yes",
    ),
    "dash_working": (
        "Um momento…",
        "One moment…",
    ),
    "dash_delivered": (
        "Entregues",
        "Delivered",
    ),
    "dash_by_provider": (
        "Por provedor e canal",
        "By provider and channel",
    ),
    "dash_compare": (
        "Comparar com",
        "Compare with",
    ),
    "dash_compare_nothing": (
        "Uma das duas não tem mensagens no modo {mode}.",
        "One of the two has no messages in mode {mode}.",
    ),
    "dash_failed_messages": (
        "Mensagens sem sucesso",
        "Messages without success",
    ),
    "dash_refused_rows": (
        "Linhas que não viraram mensagem",
        "Rows that became no message",
    ),
    "dash_no_failures": (
        "Nenhuma mensagem falhou.",
        "No message failed.",
    ),
    "dash_no_refusals": (
        "Todas as linhas viraram mensagem.",
        "Every row became a message.",
    ),
    "dash_person": (
        "Pessoa (mascarada)",
        "Person (masked)",
    ),
    "dash_corrected": (
        "Corrigidas",
        "Corrected",
    ),
    "dash_file": (
        "Arquivo",
        "File",
    ),
    "dash_value": (
        "Valor (mascarado)",
        "Value (masked)",
    ),
    "dash_suggestion": (
        "Sugestão",
        "Suggestion",
    ),
    "dash_rejects": (
        "Baixar rejeitados.xlsx",
        "Download rejeitados.xlsx",
    ),
    "dash_rejects_help": (
        "As linhas como vieram, com o que está errado. Corrija e envie de novo: só as corrigidas saem.",
        "The rows as they came, with what is wrong. Correct and send again: only the corrected ones go out.",
    ),
    "dash_cut": (
        "Mostradas {shown} de {count}.",
        "{shown} of {count} shown.",
    ),
    "dash_retry": (
        "Tentar de novo",
        "Try again",
    ),
    "dash_retry_ask": (
        "Tentar de novo todas as mensagens recusadas, expiradas e canceladas desta campanha?",
        "Try all refused, expired and cancelled messages of this campaign again?",
    ),
    "dash_retry_done": (
        "O envio recomeça em segundos.",
        "Sending starts again within seconds.",
    ),
    "dash_mark_accepted": (
        "Em dúvida: chegaram",
        "In doubt: they arrived",
    ),
    "dash_resend": (
        "Em dúvida: enviar de novo",
        "In doubt: send again",
    ),
    "dash_settled": (
        "Decidido.",
        "Settled.",
    ),
    "dash_note_text": (
        "Nova anotação",
        "New note",
    ),
    "dash_note_hint": (
        "Lista revisada, aprovada por…",
        "List reviewed, approved by…",
    ),
    "dash_note_add": (
        "Anotar",
        "Add",
    ),
    "dash_note_added": (
        "Anotado.",
        "Added.",
    ),
    "dash_note_remove": (
        "Apagar",
        "Delete",
    ),
    "dash_upload": (
        "Lista de destinatários",
        "Recipient list",
    ),
    "dash_upload_help": (
        "Excel, CSV e outros formatos; nada é enviado antes da sua confirmação.",
        "Excel, CSV and others; nothing is sent before you say so.",
    ),
    "dash_campaign_name": (
        "Nome da campanha",
        "Name of the campaign",
    ),
    "dash_has_definition": (
        "A campanha já tem a definição {file}: ela vale para esta lista.",
        "The campaign has the definition {file} already: it holds for this list.",
    ),
    "dash_text": (
        "Texto e envio",
        "Text and sending",
    ),
    "dash_template": (
        "Modelo",
        "Template",
    ),
    "dash_write_here": (
        "escrever aqui",
        "write it here",
    ),
    "dash_provider_help": (
        "simulated não envia nada; um provedor de verdade espera a sua liberação.",
        "simulated sends nothing; a real provider waits for your release.",
    ),
    "dash_channel_of_list": (
        "pela lista",
        "by the list",
    ),
    "dash_title": (
        "Título ou assunto",
        "Title or subject",
    ),
    "dash_body": (
        "Mensagem",
        "Message",
    ),
    "dash_body_help": (
        "Use as colunas da lista: {{{{ nome }}}}, {{{{ valor | moeda }}}}…",
        "Use the list's columns: {{{{ nome }}}}, {{{{ valor | moeda }}}}…",
    ),
    "dash_rate": (
        "Mensagens por segundo, no máximo",
        "Messages per second, at most",
    ),
    "dash_rate_help": (
        "0: tão rápido quanto o provedor permite.",
        "0: as fast as the provider takes.",
    ),
    "dash_check": (
        "Conferir",
        "Check",
    ),
    "dash_checking": (
        "Conferindo a lista…",
        "Checking the list…",
    ),
    "dash_would_become": (
        "O que aconteceria",
        "What would happen",
    ),
    "dash_to_send": (
        "A enviar",
        "To send",
    ),
    "dash_forecast": (
        "Tempo previsto",
        "Forecast",
    ),
    "dash_all_good": (
        "Todas as linhas seriam aceitas.",
        "Every row would be accepted.",
    ),
    "dash_hand_over": (
        "Entregar ao Dagster",
        "Hand over to Dagster",
    ),
    "dash_handed_over": (
        "Entregue.",
        "Handed over.",
    ),
    "dash_hand_over_help": (
        "Grava a lista em data/input/ e a definição em data/campaigns/. Com um provedor de verdade, o envio ainda espera a sua liberação.",
        "Writes the list to data/input/ and the definition to data/campaigns/. With a real provider, sending still waits for your release.",
    ),
    "dash_run_of": (
        "Execução de {campaign}",
        "Run of {campaign}",
    ),
    "dash_run_awaited": (
        "O Dagster ainda não iniciou a execução; isso leva alguns segundos. ({url})",
        "Dagster has not started the run yet; that takes some seconds. ({url})",
    ),
    "dash_no_dagster": (
        "O Dagster não responde em {url}. Inicie-o com `make dev`; a lista espera por ele.",
        "Dagster does not answer at {url}. Start it with `make dev`; the list waits for it.",
    ),
    "dash_in_dagster": (
        "ver no Dagster",
        "see it in Dagster",
    ),
    "dash_counts": (
        "{accepted} de {messages} mensagens aceitas, {pending} pendentes.",
        "{accepted} of {messages} messages accepted, {pending} pending.",
    ),
    "dashboard_missing": (
        'O painel precisa do Streamlit. Instale com: pip install "mensageria-pipeline[dashboard]" (ou `make dashboard`).',
        'The dashboard needs Streamlit. Install it with: pip install "mensageria-pipeline[dashboard]" (or `make dashboard`).',
    ),
    "dashboard_started": (
        "Painel em {url}. Termine com Ctrl+C.",
        "Dashboard at {url}. End with Ctrl+C.",
    ),
    "metric_provider": (
        "Provedor",
        "Provider",
    ),
    "metric_channel": (
        "Canal",
        "Channel",
    ),
    "metric_edition": (
        "Edição",
        "Edition",
    ),
    "metric_messages": (
        "Mensagens",
        "Messages",
    ),
    "metric_accepted": (
        "Aceitas",
        "Accepted",
    ),
    "metric_total_failed": (
        "Falhas",
        "Failed",
    ),
    "metric_unknown": (
        "Em dúvida",
        "In doubt",
    ),
    "metric_pending": (
        "Pendentes",
        "Pending",
    ),
    "metric_attempts": (
        "Tentativas",
        "Attempts",
    ),
    "metric_retries": (
        "Novas tentativas",
        "Retries",
    ),
    "metric_throttled": (
        "Respostas 429",
        "429 answers",
    ),
    "metric_latency_p50_ms": (
        "p50 (ms)",
        "p50 (ms)",
    ),
    "metric_latency_p95_ms": (
        "p95 (ms)",
        "p95 (ms)",
    ),
    "metric_latency_p99_ms": (
        "p99 (ms)",
        "p99 (ms)",
    ),
    "metric_messages_per_minute": (
        "Mensagens/min",
        "Messages/min",
    ),
    "metric_cost": (
        "Custo (R$)",
        "Cost (R$)",
    ),
    # charts
    "chart_outcomes": ("Mensagens por resultado", "Messages by outcome"),
    "chart_messages": ("mensagens", "messages"),
    "chart_reasons": ("Linhas que não viraram mensagem, por motivo", "Rows that became no message, by reason"),
    "chart_rows": ("linhas", "rows"),
    "chart_funnel": ("Das linhas ao que chegou", "From rows to what arrived"),
    "chart_count": ("quantidade", "count"),
    "chart_latency": ("Tempo de resposta por provedor", "Answer time by provider"),
    "chart_latency_axis": ("tempo de resposta (ms, escala logarítmica)", "answer time (ms, logarithmic)"),
    "chart_answers": ("respostas", "answers"),
    "chart_throughput": ("Mensagens enviadas por minuto", "Messages sent per minute"),
    "chart_per_minute": ("mensagens por minuto", "messages per minute"),
    "chart_error_rate": ("Taxa de erro ao longo do tempo", "Error rate over time"),
    "chart_share": ("tentativas com erro", "attempts that failed"),
    "chart_time": ("horário", "time"),
    "chart_comparison": ("Comparação por resultado", "Comparison by outcome"),
    "chart_share_of_messages": ("parte das mensagens", "share of messages"),
    "funnel_rows": ("Linhas recebidas", "Rows received"),
    "funnel_planned": ("Mensagens planejadas", "Messages planned"),
    "funnel_accepted": ("Aceitas pelo provedor", "Accepted by the provider"),
    "funnel_delivered": ("Entregues (segundo recibos)", "Delivered (as receipts tell)"),
    "sql_refused": (
        "O DuckDB não executou a consulta: {problem}",
        "DuckDB did not run the query: {problem}",
    ),
    "sql_only_looks": (
        "Só uma consulta por vez, e só de leitura (SELECT, FROM, DESCRIBE, SUMMARIZE). Nada foi executado.",
        "One query at a time, and only one that reads (SELECT, FROM, DESCRIBE, SUMMARIZE). Nothing was run.",
    ),
    # previews and tests
    "preview_bytes": ("{bytes} bytes", "{bytes} bytes"),
    "preview_parts": ("{parts} parte(s) {encoding}", "{parts} part(s) {encoding}"),
    "preview_cost": (
        "Custo estimado por {provider}: {cost} ({messages} mensagens, {parts} partes).",
        "Estimated cost through {provider}: {cost} ({messages} messages, {parts} parts).",
    ),
    "preview_no_price": ("defina SMS_PRICE", "set SMS_PRICE"),
    "preview_refused": (
        "O provedor não pode enviar esta mensagem: {code}.",
        "The provider cannot send this message: {code}.",
    ),
    "preview_page_written": (
        "E-mail gravado em {file}: abra no navegador. Ele tem dados de uma pessoa.",
        "E-mail written to {file}: open it in a browser. It holds a person's data.",
    ),
    "preview_page_none": (
        "Nenhum e-mail em HTML para gravar em {file}.",
        "No HTML e-mail to write to {file}.",
    ),
    "trial_needs_address": ("Diga para onde: --to voce@exemplo.com.br", "Say where to: --to you@example.com"),
    "trial_address": (
        "O endereço de --to não serve para o canal {channel}. Confira-o, ou diga o canal com --channel.",
        "The address of --to does not fit channel {channel}. Check it, or say the channel with --channel.",
    ),
    "trial_no_message": (
        "A campanha tem {count} mensagem(ns) no canal {channel}; falta uma para servir de teste. Inclua uma lista com esse "
        "canal, ou escolha outro com --channel.",
        "The campaign has {count} message(s) on channel {channel}; one is missing to test with. Add a list with that "
        "channel, or choose another with --channel.",
    ),
    "trial_ask": (
        "Enviar um teste por {provider} para {address}?",
        "Send a test through {provider} to {address}?",
    ),
    "trial_suppressed": (
        "Este endereço está na lista de supressão ({code}): nem testes vão para ele. Use outro endereço.",
        "This address is on the suppression list ({code}): not even tests go there. Use another address.",
    ),
    "trial_refused": (
        "A mensagem de teste não pode ser enviada ({code}). Nada foi enviado.",
        "The test message cannot be sent ({code}). Nothing was sent.",
    ),
    "trial_accepted": (
        "Teste aceito por {provider} em {took} (id {id}).",
        "Test accepted by {provider} in {took} (id {id}).",
    ),
    "trial_failed": (
        "O teste por {provider} não foi aceito: {verdict}, código {code}.",
        "The test through {provider} was not accepted: {verdict}, code {code}.",
    ),
    "trial_apart": (
        "Registrado à parte: não conta como envio da campanha.",
        "Recorded apart: it is no send of the campaign.",
    ),
    "trial_none": ("Nenhum teste enviado.", "No test was sent."),
    "tick_receipts_nothing": ("Nenhum recibo novo.", "No new receipt."),
    "tick_receipts_running": (
        "A execução {run} ainda está olhando os recibos.",
        "Run {run} is still looking at the receipts.",
    ),
    # people
    "suppression_list_unreadable": (
        "A lista de supressão {file} não pôde ser lida ({reason}). Quem está nela seria contatado: corrija o arquivo, ou "
        "tire-o de data/suppressions/. Nada foi enviado.",
        "The suppression list {file} cannot be read ({reason}). Whoever is on it would be messaged: correct the file, or "
        "take it out of data/suppressions/. Nothing was sent.",
    ),
    "suppression_list_growing": (
        "A lista de supressão {file} ainda está sendo copiada. Espere terminar e execute de novo. Nada foi enviado.",
        "The suppression list {file} is still being copied. Wait for it and run again. Nothing was sent.",
    ),
    "suppression_list_columns": (
        "A lista de supressão {file} precisa de uma coluna que identifique a pessoa (email, telefone, token, id, cpf, "
        "cnpj). Ela tem: {found}. Corrija o cabeçalho, ou tire o arquivo de data/suppressions/. Nada foi enviado.",
        "The suppression list {file} needs a column that a person is known by (email, telefone, token, id, cpf, cnpj). "
        "It has: {found}. Correct the header, or take the file out of data/suppressions/. Nothing was sent.",
    ),
    "campaign_purged": (
        "O prazo dos dados da campanha {campaign} acabou: endereços e textos foram apagados. Nada mais pode ser enviado "
        "por ela; use outro nome de campanha para uma lista nova.",
        "The time of campaign {campaign}'s data is over: addresses and texts were deleted. Nothing more can be sent by "
        "it; use another campaign name for a new list.",
    ),
    "yes_or_no": ("s/N", "y/N"),
    "aborted": ("Nada foi feito.", "Nothing was done."),
    "list_taken_in": (
        "Lista de supressão {file}: {added} supressão(ões) nova(s), {already} já em vigor, {ignored} resposta(s) sem pedido "
        "de saída, {unreadable} linha(s) sem identificação{rows}.",
        "Suppression list {file}: {added} new suppression(s), {already} in force already, {ignored} answer(s) that do not "
        "ask to leave, {unreadable} row(s) that name nobody{rows}.",
    ),
    "person_unknown": (
        "Nenhuma campanha e nenhuma lista de supressão conhece essa pessoa. Confira o número ou o endereço; um id só é "
        "procurado nas colunas de id.",
        "No campaign and no suppression list knows this person. Check the number or address; an id is only looked for "
        "in id columns.",
    ),
    "person_looking": ("Procurando nas campanhas", "Looking through the campaigns"),
    "person_data_written": (
        "Gravado em {file}. São dados pessoais: entregue-os só à própria pessoa.",
        "Written to {file}. This is personal data: hand it to the person alone.",
    ),
    "person_suppressed": (
        "Pronto: essa pessoa não será mais contatada. Para desfazer: `mensageria person allow`.",
        "Done: this person will not be messaged any more. To undo: `mensageria person allow`.",
    ),
    "person_suppressed_already": ("Essa pessoa já não era contatada.", "This person was not being messaged already."),
    "person_allow_ask": (
        "Voltar a contatar essa pessoa? Faça isso só se ela pediu.",
        "Message this person again? Do so only if they asked for it.",
    ),
    "person_allowed": (
        "Pronto: {count} supressão(ões) desfeita(s); o histórico fica.",
        "Done: {count} suppression(s) lifted; the history stays.",
    ),
    "person_not_suppressed": ("Nenhuma supressão em vigor para essa pessoa.", "No suppression stands for this person."),
    "person_forget_ask": (
        "Apagar {rows} linha(s) dessa pessoa ({campaigns}) e não a contatar nunca mais? Não há como desfazer.",
        "Erase {rows} row(s) of this person ({campaigns}) and never message them again? This cannot be undone.",
    ),
    "person_forgetting": ("Apagando", "Erasing"),
    "person_forgotten": (
        "Pronto: {rows} linha(s) de {campaigns} campanha(s) apagadas; a pessoa não será mais contatada. Recibo: {file}",
        "Done: {rows} row(s) of {campaigns} campaign(s) erased; the person will not be messaged again. Receipt: {file}",
    ),
    "person_not_searched": (
        "O arquivo {file} não foi recebido por nenhuma campanha (recusado ou recém-chegado) e não foi examinado: veja se a "
        "pessoa está nele.",
        "The file {file} was taken in by no campaign (refused, or just arrived) and was not searched: see whether the "
        "person is in it.",
    ),
    "person_not_an_email": (
        "Isso não é um e-mail completo. Esperado: nome@dominio.com, ou um id, CPF, CNPJ, telefone ou token.",
        "This is no complete e-mail. Expected: name@domain.com, or an id, CPF, CNPJ, phone or token.",
    ),
    "person_understood": ("Entendido como: {kinds}.", "Understood as: {kinds}."),
    "known_id": ("id", "id"),
    "known_document": ("CPF ou CNPJ", "CPF or CNPJ"),
    "known_email": ("e-mail", "e-mail"),
    "known_phone": ("telefone", "phone"),
    "known_token": ("token", "token"),
    "known_url": ("URL", "URL"),
    "person_original_deleted": ("lista original apagada: {file}", "original list deleted: {file}"),
    "person_forget_backups": (
        "Cópias de segurança, cópias da lista fora de data/ e tabelas em data/lookup/ não são alcançadas: veja "
        "docs/privacy.md.",
        "Backups, copies of the list outside data/ and tables in data/lookup/ are out of reach: see docs/privacy.md.",
    ),
    "person_mention": (
        "A linha {row} de {file} ({campaign}) é de outra pessoa, mas cita esta dentro de um texto: não foi apagada.",
        "Row {row} of {file} ({campaign}) is another person's, but mentions this one inside a text: it was not erased.",
    ),
    "title_happenings": ("O que aconteceu", "What happened"),
    "title_opt_outs": ("Supressões", "Suppressions"),
    "label_happened": ("O que aconteceu", "What happened"),
    "label_known_as": ("Conhecida como", "Known as"),
    "label_source": ("Origem", "Source"),
    "label_last_used": ("Último uso", "Last used"),
    "every_campaign": ("todas", "all"),
    "opt_out_allowed": ("voltou a ser contatável", "may be messaged again"),
    "happened_not_judged": ("Recebida; ainda não avaliada.", "Received; not judged yet."),
    "happened_planned": (
        "Vai receber; a mensagem ainda não foi montada.",
        "Will receive; the message is not made yet.",
    ),
    "happened_outcome": ("{outcome} por {provider} ({mode})", "{outcome} by {provider} ({mode})"),
    "one_accepted": ("Mensagem aceita", "Message accepted"),
    "one_rejected": ("Mensagem recusada", "Message refused"),
    "one_invalid_address": ("Endereço que não existe mais, dito", "Address no longer exists, said"),
    "one_expired": ("O prazo acabou antes do envio", "The deadline passed before sending"),
    "one_cancelled": ("Envio cancelado, seria", "Cancelled, would have been"),
    "one_suppressed": ("Não enviada, pessoa ou endereço suprimido; seria", "Not sent, suppressed; would have been"),
    "one_unknown": ("Em dúvida (pode ter chegado), enviada", "In doubt (may have arrived), sent"),
    "one_pending": ("Ainda não enviada; será", "Not sent yet; will be"),
    "retention_off": (
        "RETENTION_DAYS não está definido: os dados das campanhas ficam até alguém apagá-los.",
        "RETENTION_DAYS is not set: the data of campaigns stays until somebody deletes it.",
    ),
    "purge_nothing": (
        "Nenhuma campanha está sem uso há mais de {days} dias.",
        "No campaign has been out of use for more than {days} days.",
    ),
    "purge_ask": (
        "Apagar endereços e textos de {count} campanha(s)? Contagens e resultados ficam. Não há como desfazer.",
        "Delete addresses and texts of {count} campaign(s)? Counts and outcomes stay. This cannot be undone.",
    ),
    "purged": (
        "{count} campanha(s) sem dados pessoais agora: {campaigns}.",
        "{count} campaign(s) without personal data now: {campaigns}.",
    ),
    "tick_lists_nothing": ("Nenhuma lista nova em {folder}/.", "No new list in {folder}/."),
    "tick_lists_new": ("{count} lista(s) de supressão nova(s).", "{count} new suppression list(s)."),
    "tick_lists_tried": (
        "{count} lista(s) de supressão nova(s): uma execução já cuida delas, ou não conseguiu recebê-las. Veja as execuções "
        "do job `take_in_suppressions`; uma lista alterada é tentada de novo.",
        "{count} new suppression list(s): a run is taking care of them, or could not take them in. See the runs of the job "
        "`take_in_suppressions`; a list that changes is tried again.",
    ),
    "tick_lists_trouble": (
        "As listas de supressão não puderam ser vistas: {reason}",
        "The suppression lists cannot be looked at: {reason}",
    ),
    # templates
    "template_missing": (
        "A campanha {campaign} não tem `template:` na definição, e a base não tem a coluna mensagem. Diga o "
        "texto em `template: body:`. Nada foi enviado.",
        "Campaign {campaign} has no `template:` in its definition, and the base has no column mensagem. Give "
        "the text in `template: body:`. Nothing was sent.",
    ),
    "template_file_missing": (
        "O template {name} não existe em data/templates/. Existem: {known}.",
        "Template {name} does not exist in data/templates/. There are: {known}.",
    ),
    "template_syntax": (
        "O template (campo {field}, linha {line}) não pôde ser lido: {problem}. Um campo se escreve "
        "{{{{ nome }}}}. Nada foi enviado.",
        "The template (field {field}, line {line}) cannot be read: {problem}. A placeholder is written "
        "{{{{ nome }}}}. Nothing was sent.",
    ),
    "placeholders_missing": (
        "O template usa {missing}, mas a base não tem essa(s) coluna(s). Ela tem: {found}. Corrija o template, "
        "a base, ou use {{{{ campo | default('…') }}}}. Nada foi enviado.",
        "The template uses {missing}, but the base has no such column(s). It has: {found}. Correct the "
        "template, the base, or use {{{{ field | default('…') }}}}. Nothing was sent.",
    ),
    # input files
    "file_empty": (
        "O arquivo {file} está vazio. Esperado: uma linha de cabeçalho e ao menos uma linha de dados. Exporte-o "
        "de novo.",
        "The file {file} is empty. Expected: a header line and at least one data line. Export it again.",
    ),
    "file_without_rows": (
        "O arquivo {file} tem cabeçalho ({found}) e nenhuma linha de dados. Exporte-o de novo.",
        "The file {file} has a header ({found}) and no data rows. Export it again.",
    ),
    "file_encrypted": (
        "A planilha {file} está protegida por senha. Salve uma cópia sem senha e coloque-a na mesma pasta.",
        "The workbook {file} is protected by a password. Save a copy without one into the same folder.",
    ),
    "file_text_as_excel": (
        "O arquivo {file} tem nome de Excel, mas é um texto (CSV). Renomeie-o para .csv, ou abra-o no Excel e "
        "salve como .xlsx.",
        "The file {file} is named as Excel but is text (CSV). Rename it to .csv, or open it in Excel and save "
        "it as .xlsx.",
    ),
    "file_excel_as_text": (
        "O arquivo {file} tem nome de CSV, mas é uma planilha do Excel. Renomeie-o para .xlsx ou salve como CSV.",
        "The file {file} is named as CSV but is an Excel workbook. Rename it to .xlsx or save it as CSV.",
    ),
    "file_damaged": (
        "O arquivo {file} está danificado ou não é uma planilha do Excel. Abra-o no Excel e salve de novo.",
        "The file {file} is damaged or not an Excel workbook. Open it in Excel and save it again.",
    ),
    "file_parquet_damaged": (
        "O arquivo {file} está danificado ou não é um Parquet. Grave-o de novo.",
        "The file {file} is damaged or not Parquet. Write it again.",
    ),
    "file_not_csv": (
        "O arquivo {file} não pôde ser lido como CSV (perto da linha {line}). Exporte-o de novo com cabeçalho e um "
        "só separador.",
        "The file {file} cannot be read as CSV (near line {line}). Export it again with a header and one delimiter.",
    ),
    "file_open_quote": (
        "O arquivo {file} tem aspas que abrem e não fecham: linhas inteiras ficariam dentro de uma célula. Exporte-o de "
        "novo, ou remova as aspas soltas.",
        "The file {file} has a quote that opens and never closes: whole rows would end up in one cell. Export it "
        "again, or remove the stray quotes.",
    ),
    "first_line_is_data": (
        "a primeira linha parece conter dados, e não os nomes das colunas",
        "the first line seems to hold data, not the names of the columns",
    ),
    "file_has_nul": (
        "O arquivo {file} tem bytes nulos: não é um texto, ou foi danificado na cópia. Exporte-o de novo.",
        "The file {file} has NUL bytes: it is no text, or was damaged when copied. Export it again.",
    ),
    "file_not_text": (
        "O arquivo {file} não pôde ser lido como texto ({encoding}). Exporte-o de novo em UTF-8.",
        "The file {file} cannot be read as text ({encoding}). Export it again in UTF-8.",
    ),
    "file_mixed_encodings": (
        "O arquivo {file} mistura duas codificações: a linha {line} está em UTF-8, outras em Windows-1252. Nomes sairiam "
        "errados. Junte as partes em um programa só e exporte em UTF-8.",
        "The file {file} mixes two encodings: line {line} is in UTF-8, others in Windows-1252. Names would come out "
        "wrong. Join the parts in one program and export in UTF-8.",
    ),
    "file_line_too_long": (
        "O arquivo {file} tem uma linha longa demais para ser uma linha de lista (limite: 16 células de {limit} "
        "caracteres, INPUT_MAX_CELL_CHARACTERS). Confira as quebras de linha e exporte-o de novo.",
        "The file {file} has a line too long to be a row of a list (limit: 16 cells of {limit} characters, "
        "INPUT_MAX_CELL_CHARACTERS). Check its line breaks and export it again.",
    ),
    "file_cell_too_long": (
        "O arquivo {file} tem uma célula com mais de {limit} caracteres (perto da linha {line}; limite "
        "INPUT_MAX_CELL_CHARACTERS). Encurte-a, ou confira as aspas.",
        "The file {file} has a cell of more than {limit} characters (near line {line}; limit "
        "INPUT_MAX_CELL_CHARACTERS). Shorten it, or check the quotes.",
    ),
    "file_stray_quote": (
        "O arquivo {file} tem aspas soltas perto da linha {line}: linhas inteiras ficariam dentro de uma célula. Remova as "
        "aspas, ou exporte-o de novo.",
        "The file {file} has a stray quote near line {line}: whole rows would end up in one cell. Remove the quote, or "
        "export the file again.",
    ),
    "file_too_wide": (
        "O arquivo {file} tem {found} colunas; o limite é {limit} (INPUT_MAX_COLUMNS). Deixe só as colunas da campanha.",
        "The file {file} has {found} columns; the limit is {limit} (INPUT_MAX_COLUMNS). Keep only the campaign's columns.",
    ),
    "file_too_large": (
        "O arquivo {file} tem, ou descompacta em, mais de {limit} MiB (INPUT_MAX_MEGABYTES). Divida-o em partes, ou "
        "aumente o limite no .env.",
        "The file {file} has, or unpacks to, more than {limit} MiB (INPUT_MAX_MEGABYTES). Split it into parts, or raise "
        "the limit in .env.",
    ),
    "file_needs_memory": (
        "A planilha {file} precisa de mais de {limit} MiB de memória para ser lida (INPUT_MEMORY_MEGABYTES), ou está "
        "danificada. Salve como CSV, ou aumente o limite no .env.",
        "The workbook {file} needs more than {limit} MiB of memory to be read (INPUT_MEMORY_MEGABYTES), or is damaged. "
        "Save it as CSV, or raise the limit in .env.",
    ),
    "file_takes_too_long": (
        "A leitura da planilha {file} passou de {limit} s (INPUT_TIMEOUT_SECONDS). Salve como CSV, ou aumente o limite no "
        ".env.",
        "Reading the workbook {file} took more than {limit} s (INPUT_TIMEOUT_SECONDS). Save it as CSV, or raise the "
        "limit in .env.",
    ),
    "file_markup_as_excel": (
        "O arquivo {file} tem nome de Excel, mas é uma página HTML ou um XML, como alguns sistemas exportam. Abra-o no "
        "Excel e salve como .xlsx.",
        "The file {file} is named as Excel but is an HTML page or XML, as some systems export it. Open it in Excel and "
        "save it as .xlsx.",
    ),
    "file_archive_damaged": (
        "O arquivo compactado {file} está danificado. Compacte-o de novo, ou envie a lista sem compactar.",
        "The archive {file} is damaged. Pack it again, or send the list unpacked.",
    ),
    "file_archive_count": (
        "O arquivo compactado {file} tem {found} arquivos dentro; o esperado é 1. Deixe só a lista.",
        "The archive {file} has {found} files inside; expected 1. Keep only the list.",
    ),
    "file_archive_encrypted": (
        "O arquivo compactado {file} tem senha. Compacte-o sem senha, ou envie a lista sem compactar.",
        "The archive {file} has a password. Pack it without one, or send the list unpacked.",
    ),
    "file_not_jsonl": (
        'A linha {line} do arquivo {file} não é um objeto JSON. Esperado: um objeto por linha, como {{"nome": "Ana"}}.',
        'Line {line} of the file {file} is not a JSON object. Expected: one object per line, like {{"nome": "Ana"}}.',
    ),
    "sheet_missing": (
        "A definição diz `sheet: {sheet}`, mas a planilha {file} tem as abas: {sheets}.",
        "The definition says `sheet: {sheet}`, but the workbook {file} has the sheets: {sheets}.",
    ),
    "doubt_mojibake": (
        "Há acentos quebrados (como JosÃ©): o texto já chegou danificado. Exporte-o de novo em UTF-8.",
        "There are broken accents (like JosÃ©): the text was damaged before it came. Export it again in UTF-8.",
    ),
    "doubt_other_sheets": (
        "Outras abas também têm linhas e ficaram de fora: {sheets}. Para ler outra, diga `sheet:` na definição.",
        "Other sheets have rows too and were left out: {sheets}. To read another, say `sheet:` in the definition.",
    ),
    "doubt_preamble": (
        "{count} linha(s) acima do cabeçalho (linha {row}) ficaram de fora.",
        "{count} line(s) above the header (row {row}) were left out.",
    ),
    "doubt_renamed": (
        "Cabeçalhos repetidos, reservados ou vazios ganharam outro nome: {columns}.",
        "Headers that were repeated, reserved or empty got another name: {columns}.",
    ),
    "doubt_surplus": (
        "Há linhas com mais células do que o cabeçalho ({columns}): serão rejeitadas, porque os valores podem estar fora "
        "de lugar.",
        "There are rows with more cells than the header ({columns}): they will be rejected, because their values may "
        "be out of place.",
    ),
    "doubt_totals": (
        "{count} linha(s) de totais no fim (a partir da linha {row}) ficaram de fora.",
        "{count} line(s) of totals at the end (from row {row} on) were left out.",
    ),
    "rule_column_missing": (
        "A definição tem uma regra (`rules:`) para a coluna {column}, que a base não tem. Ela tem: {found}.",
        "The definition has a rule (`rules:`) for column {column}, which the base does not have. It has: {found}.",
    ),
    "enrich_column_taken": (
        "A definição traz por `enrich:` a(s) coluna(s) {columns}, que a base já tem. Renomeie na tabela de apoio.",
        "The definition brings by `enrich:` the column(s) {columns}, which the base already has. Rename in the table.",
    ),
    "enrich_key_missing": (
        "A definição liga a tabela {table} pela coluna {column}, que a base não tem. Ela tem: {found}.",
        "The definition joins table {table} by column {column}, which the base does not have. It has: {found}.",
    ),
    "lookup_column_missing": (
        "A tabela de apoio {table} não tem a coluna {column}. Ela tem: {found}.",
        "The lookup table {table} has no column {column}. It has: {found}.",
    ),
    "lookup_file_missing": (
        "A tabela de apoio {table} não está em data/lookup/. Estão lá: {known}.",
        "The lookup table {table} is not in data/lookup/. There are: {known}.",
    ),
    "lookup_unreadable": (
        "A tabela de apoio {table} não pôde ser lida. Esperado: CSV em UTF-8 com cabeçalho, Parquet ou DuckDB.",
        "The lookup table {table} cannot be read. Expected: CSV in UTF-8 with a header, Parquet or DuckDB.",
    ),
    "lookup_key_twice": (
        "A tabela de apoio {table} repete valores da chave {key} ({count} a mais): cada linha ficaria duplicada. Deixe uma "
        "linha por valor.",
        "The lookup table {table} repeats values of its key {key} ({count} too many): rows would be doubled. Keep one "
        "row per value.",
    ),
    "file_type_unknown": (
        "O arquivo {file} tem a extensão {found}. Esperado: {expected}. Exporte-o em um desses formatos.",
        "The file {file} has the extension {found}. Expected: {expected}. Export it in one of these.",
    ),
    "file_name_unusable": (
        "O nome do arquivo {file} tem caracteres que o sistema não lê. Renomeie-o sem acentos.",
        "The file name {file} has characters that the system cannot read. Rename it without accents.",
    ),
    "file_gone": (
        "O arquivo {file} sumiu ou não pode ser lido (permissão?). Coloque-o de novo na pasta.",
        "The file {file} is gone or cannot be read (permissions?). Put it into the folder again.",
    ),
    "file_outside": (
        "O arquivo {file} é um atalho para fora da pasta de entrada. Copie o arquivo, em vez do atalho.",
        "The file {file} is a link to outside the input folder. Copy the file instead of the link.",
    ),
    "no_address_column": (
        "A base precisa de uma coluna de endereço (endereco, token, email, telefone). Ela tem: {found}. Renomeie a "
        "coluna, ou diga qual é em `columns:` na definição da campanha.",
        "The base needs an address column (endereco, token, email, telefone). It has: {found}. Rename the "
        "column, or name it under `columns:` in the campaign's definition.",
    ),
    "ambiguous_column": (
        "A base tem mais de uma coluna para {role}: {found}. Diga qual vale em `columns: {role}:` na definição da "
        "campanha.",
        "The base has more than one column for {role}: {found}. Say which one counts in `columns: {role}:` "
        "in the campaign's definition.",
    ),
    "ambiguous_channel": (
        "A base tem endereços de vários canais ({found}) e nenhuma coluna canal. Diga `channel:` na definição da "
        "campanha, ou acrescente a coluna canal.",
        "The base has addresses of several channels ({found}) and no column canal. Say `channel:` in the "
        "campaign's definition, or add the column canal.",
    ),
    "mapped_column_missing": (
        "A definição diz `columns: {role}: {wanted}`, mas a base não tem essa coluna. Ela tem: {found}.",
        "The definition says `columns: {role}: {wanted}`, but the base has no such column. It has: {found}.",
    ),
    "no_input": (
        "A campanha {campaign} não tem nenhum arquivo utilizável em {folder}. {detail}",
        "Campaign {campaign} has no usable file in {folder}. {detail}",
    ),
    "no_input_hint": ("Coloque ali uma planilha (.xlsx, .ods, .csv, …).", "Put a list there (.xlsx, .ods, .csv, …)."),
    "campaign_unknown": (
        "A campanha {campaign} não existe. Existem: {known}.",
        "Campaign {campaign} does not exist. There are: {known}.",
    ),
    # contracts
    "rows_not_conserved": (
        "A conta das linhas não fecha em {campaign}: {expected} linha(s) entraram e {found} têm destino. Isto é um "
        "defeito do programa; nada foi enviado.",
        "The rows of {campaign} do not add up: {expected} row(s) came in and {found} have a fate. This is a "
        "defect of the program; nothing was sent.",
    ),
    "messages_not_conserved": (
        "A conta das mensagens não fecha em {campaign}: {expected} esperadas, {found} encontradas. Isto é um "
        "defeito do programa.",
        "The messages of {campaign} do not add up: {expected} expected, {found} found. This is a defect of the "
        "program.",
    ),
    "contract_broken": (
        "A tabela {table} não cumpre o seu contrato: {problems}. Isto é um defeito do programa; nada foi enviado.",
        "Table {table} breaks its contract: {problems}. This is a defect of the program; nothing was sent.",
    ),
    "dataset_unreadable": (
        "O arquivo {file} em data/processed não pôde ser lido (danificado, ou sem permissão). Restaure-o, ou apague-o e "
        "solte a lista original de novo. Nada foi enviado.",
        "The file {file} in data/processed cannot be read (damaged, or no permission). Restore it, or delete it and "
        "drop the original list again. Nothing was sent.",
    ),
    "step_missing": (
        "{asset} de {campaign} ainda não foi materializado. Materialize-o antes (ou a partição inteira).",
        "{asset} of {campaign} is not materialized yet. Materialize it first (or the whole partition).",
    ),
    "step_stale": (
        "{asset} de {campaign} foi preparado a partir de outra versão de {changed}. Materialize {asset} de novo (ou a "
        "partição inteira). Nada foi enviado.",
        "{asset} of {campaign} was prepared from another version of {changed}. Materialize {asset} again (or "
        "the whole partition). Nothing was sent.",
    ),
    # sending
    "ledger_unwritable": (
        "O registro de envios não pôde ser gravado ({problem}). O envio parou; nada foi perdido. Libere espaço ou "
        "permissão em {path} e rode de novo.",
        "The send ledger cannot be written ({problem}). Sending stopped; nothing is lost. Free space or "
        "permissions in {path} and run again.",
    ),
    "ledger_lost": (
        "O registro de envios em {path} sumiu, mas há resultados de envios reais: um registro novo enviaria tudo de novo. "
        "Restaure um backup (`mensageria restore`); nada foi enviado.",
        "The send ledger in {path} is gone, but there are results of live sends: a new ledger would send everything "
        "again. Restore a backup (`mensageria restore`); nothing was sent.",
    ),
    "ledger_newer": (
        "O registro em {path} foi criado por uma versão mais nova do programa (esquema {found}, esperado até "
        "{expected}). Atualize o programa.",
        "The ledger in {path} was made by a newer version of the program (schema {found}, expected up to "
        "{expected}). Update the program.",
    ),
    "lease_lost": (
        "Outra execução assumiu o envio de {path}; esta parou sem enviar mais nada. Nada foi perdido: acompanhe a outra "
        "com `mensageria status`.",
        "Another run took over the sending of {path}; this one stopped and sends nothing more. Nothing is lost: follow "
        "the other one with `mensageria status`.",
    ),
    "senders_die": (
        "Os processos de envio morreram {count} vezes nesta execução. Confira memória e disco da máquina, e rode de "
        "novo: nada foi perdido.",
        "The sender processes died {count} times in this run. Check the machine's memory and disk, and run again: "
        "nothing is lost.",
    ),
    "as_said": ("{sentence}", "{sentence}"),
    "stopped_credentials": (
        "O provedor {provider} recusou as credenciais (código {code}). {pending} mensagem(ns) continuam pendentes. "
        "Corrija a chave ou a conta de serviço no .env e rode de novo.",
        "Provider {provider} refused the credentials (code {code}). {pending} message(s) stay pending. Correct "
        "the key or the service account in .env and run again.",
    ),
    "stopped_unreachable": (
        "O provedor {provider} não deu nenhuma resposta válida por {seconds} s (último código: {code}). {pending} "
        "mensagem(ns) estão pendentes e {unknown} em dúvida. Confira o endereço e a rede, e rode de novo.",
        "Provider {provider} gave no valid answer for {seconds} s (last code: {code}). {pending} message(s) are "
        "pending and {unknown} in doubt. Check the address and the network, and run again.",
    ),
    "stopped_malformed": (
        "O provedor {provider} recusa mensagens demais como malformadas ou de outro projeto (código {code}); o envio "
        "parou. {pending} mensagem(ns) continuam pendentes. Confira o provedor, o projeto e o texto; as recusadas "
        "voltam com `mensageria retry`.",
        "Provider {provider} refuses too many messages as malformed or of another project (code {code}); sending "
        "stopped. {pending} message(s) stay pending. Check the provider, the project and the text; the refused "
        "ones go again with `mensageria retry`.",
    ),
    "stopped_internal": (
        "O adaptador {provider} falhou com {code}. {pending} mensagem(ns) continuam pendentes. Isto é um defeito do "
        "programa.",
        "Adapter {provider} failed with {code}. {pending} message(s) stay pending. This is a defect of the program.",
    ),
    "stopped_unknown": (
        "{unknown} mensagem(ns) de {campaign} estão em dúvida: podem ter chegado, e nesta execução não serão enviadas de "
        "novo. Confira com o provedor e decida com `mensageria unknown {campaign}`.",
        "{unknown} message(s) of {campaign} are in doubt: they may have arrived, and this run does not send them "
        "again. Check with the provider and decide with `mensageria unknown {campaign}`.",
    ),
    "not_released": (
        "{campaign} usa um provedor real e ainda não foi liberada. Libere com `mensageria run {campaign}`, ou "
        "materialize send_results na interface do Dagster.",
        "{campaign} uses a live provider and is not released yet. Release it with `mensageria run {campaign}`, "
        "or materialize send_results in the Dagster UI.",
    ),
    "waiting": (
        "{pending} mensagem(ns) esperam ({reason}); o envio continua em {due}.",
        "{pending} message(s) are waiting ({reason}); sending resumes at {due}.",
    ),
    "following": (
        "Outra execução está enviando esta campanha: {settled} de {total} decididas. Aguardando.",
        "Another run is sending this campaign: {settled} of {total} settled. Waiting.",
    ),
    "rows_progress": ("{done} de {total} linhas.", "{done} of {total} rows."),
    "progress": ("{settled} de {total} mensagens decididas.", "{settled} of {total} messages settled."),
    "wait_window": ("fora da janela de envio", "outside the send window"),
    "wait_paused": ("em pausa", "paused"),
    "wait_resumed": ("retomada por uma pessoa", "resumed by a person"),
    "wait_throttled": ("o provedor pediu para esperar", "the provider asked to wait"),
    "paused": (
        "{campaign} está em pausa: {pending} mensagem(ns) esperam. Continue com `mensageria resume {campaign}`.",
        "{campaign} is paused: {pending} message(s) are waiting. Go on with `mensageria resume {campaign}`.",
    ),
    "pause_done": (
        "{campaign}: pausa pedida. O que está a caminho recebe seu resultado em segundos; o resto espera por "
        "`mensageria resume {campaign}`.",
        "{campaign}: pause requested. What is on its way gets its outcome within seconds; the rest waits for "
        "`mensageria resume {campaign}`.",
    ),
    "resume_nothing": ("{campaign} não está em pausa nem cancelada.", "{campaign} is neither paused nor cancelled."),
    "resume_done": (
        "{campaign}: retomada. Com o Dagster ligado, o envio continua em segundos; sem ele, `mensageria run {campaign}`.",
        "{campaign}: resumed. With Dagster running, sending goes on within seconds; without it, `mensageria run {campaign}`.",
    ),
    "cancel_ask": (
        "Cancelar tudo o que falta enviar de {campaign}?",
        "Cancel all that is left to send of {campaign}?",
    ),
    "cancel_done": (
        "{campaign}: {count} mensagem(ns) canceladas. Para desfazer: `mensageria resume {campaign}` e "
        "`mensageria retry {campaign} --outcome cancelled`.",
        "{campaign}: {count} message(s) cancelled. To undo: `mensageria resume {campaign}` and "
        "`mensageria retry {campaign} --outcome cancelled`.",
    ),
    "unknown_one_of": ("Use --resend ou --mark, não ambos.", "Use --resend or --mark, not both."),
    "unknown_none": ("{campaign}: nenhuma mensagem em dúvida.", "{campaign}: no message is in doubt."),
    "unknown_more": ("… e mais {count} (todas com --json)", "… and {count} more (all with --json)"),
    "unknown_hint": (
        "{count} mensagem(ns) em dúvida: podem ter chegado. Confira com o provedor e decida: "
        "`mensageria unknown {campaign} --mark accepted`, `--mark rejected` ou `--resend`.",
        "{count} message(s) in doubt: they may have arrived. Check with the provider and decide: "
        "`mensageria unknown {campaign} --mark accepted`, `--mark rejected` or `--resend`.",
    ),
    "unknown_ask_resend": (
        "Quem já recebeu pode receber de novo. Enviar outra vez as mensagens em dúvida de {campaign}?",
        "Who has received it already may receive it again. Resend the in-doubt messages of {campaign}?",
    ),
    "unknown_ask_mark": (
        "Marcar como {mark} todas as mensagens em dúvida de {campaign}?",
        "Mark all in-doubt messages of {campaign} as {mark}?",
    ),
    "unknown_resent": (
        "{campaign}: {count} mensagem(ns) saem de novo na próxima execução (`mensageria run {campaign}`).",
        "{campaign}: {count} message(s) go out again in the next run (`mensageria run {campaign}`).",
    ),
    "unknown_marked": (
        "{campaign}: {count} mensagem(ns) marcadas como {mark}.",
        "{campaign}: {count} message(s) marked as {mark}.",
    ),
    "retry_while_stopped": (
        "{campaign} está em pausa ou cancelada. Retome antes com `mensageria resume {campaign}`.",
        "{campaign} is paused or cancelled. Resume it first with `mensageria resume {campaign}`.",
    ),
    "retry_nothing": (
        "{campaign}: nenhuma mensagem com esses resultados.",
        "{campaign}: no message with these outcomes.",
    ),
    "retry_ask": (
        "Tentar de novo {count} mensagem(ns) de {campaign}?",
        "Try {count} message(s) of {campaign} again?",
    ),
    "retry_done": (
        "{campaign}: nova tentativa de {count} mensagem(ns) concluída. Veja `mensageria status {campaign}`.",
        "{campaign}: {count} message(s) tried again. See `mensageria status {campaign}`.",
    ),
    "control_waiting": (
        "Aguardando terminar a execução que envia {campaign}",
        "Waiting for the run that sends {campaign} to end",
    ),
    "reconcile_nothing": ("Nenhuma execução morta.", "No dead run."),
    "reconcile_continued": (
        "{campaign}: a execução {run} morreu sem avisar; continuação pedida.",
        "{campaign}: run {run} died without a word; its continuation was requested.",
    ),
    "reconcile_marked": (
        "{campaign}: a execução {run}, que morreu sem avisar, foi encerrada.",
        "{campaign}: run {run}, which died without a word, was closed.",
    ),
    "reconcile_failed": (
        "O processo desta execução morreu sem avisar (queda da máquina ou kill -9). Nada foi perdido: rodar de novo "
        "envia só o que falta.",
        "The process of this run died without a word (the machine went down, or kill -9). Nothing is lost: running "
        "again sends only what is left.",
    ),
    "reconcile_canceled": (
        "O processo desta execução morreu enquanto era cancelado.",
        "The process of this run died while it was being cancelled.",
    ),
    "internal_error": (
        "Erro interno: {type} em {where}. Os valores foram omitidos para proteger dados pessoais.",
        "Internal error: {type} at {where}. Values are left out to protect personal data.",
    ),
    # why a row is not messaged: reason codes of rejected_recipients
    "missing_address": (
        "A coluna {column} está vazia: não há para onde enviar.",
        "Column {column} is empty: there is nowhere to send to.",
    ),
    "invalid_email": (
        "O e-mail em {column} não é válido. Esperado: nome@dominio.com.br.",
        "The e-mail in {column} is not valid. Expected: name@domain.com.",
    ),
    "invalid_phone": (
        "O telefone em {column} não é válido. Esperado: DDD e número, com 10 ou 11 dígitos.",
        "The phone in {column} is not valid. Expected: area code and number, 10 or 11 digits.",
    ),
    "phone_lost_digits": (
        "O Excel trocou o telefone em {column} por um número arredondado. Formate a coluna como Texto e exporte de "
        "novo.",
        "Excel replaced the phone in {column} by a rounded number. Format the column as Text and export again.",
    ),
    "invalid_token": (
        "O token em {column} não é válido: tem espaços ou é longo demais.",
        "The token in {column} is not valid: it has spaces or is too long.",
    ),
    "invalid_url": (
        "O endereço em {column} não é uma URL http(s).",
        "The address in {column} is not an http(s) URL.",
    ),
    "unknown_channel": (
        "O canal em {column} não é conhecido. Esperado: push, email, sms, whatsapp ou webhook.",
        "The channel in {column} is not known. Expected: push, email, sms, whatsapp or webhook.",
    ),
    "missing_field": (
        "A coluna {column}, usada no texto da mensagem, está vazia.",
        "Column {column}, which the message's text uses, is empty.",
    ),
    "id_conflict": (
        "Esta pessoa já entrou nesta campanha com outro endereço. Para trocar o endereço, use uma nova edição.",
        "This person is already in this campaign under another address. To change it, use a new edition.",
    ),
    "duplicate_person": (
        "A mesma pessoa já está na linha {row}.",
        "The same person is in row {row} already.",
    ),
    "duplicate_address": (
        "O mesmo endereço já está na linha {row}.",
        "The same address is in row {row} already.",
    ),
    "repeated_row": (
        "Já estava em um arquivo anterior ({file}, linha {row}).",
        "Was in an earlier file already ({file}, row {row}).",
    ),
    "already_corrected": (
        "A linha que esta corrige já tinha sido corrigida ({file}, linha {row}).",
        "The row that this one corrects had been corrected already ({file}, row {row}).",
    ),
    "already_messaged": (
        "Este endereço já recebeu uma mensagem desta edição da campanha, sob outra identificação.",
        "This address has already received a message of this edition of the campaign, under another identity.",
    ),
    "unrenderable": (
        "O texto da mensagem não pôde ser montado com os valores de {column} (um valor ou uma data que não se lê).",
        "The message's text cannot be made with the values of {column} (an amount or date that cannot be read).",
    ),
    "dead_address": (
        "O provedor informou que este endereço não existe mais.",
        "The provider said that this address no longer exists.",
    ),
    "extra_cells": (
        "A linha tem mais células do que o cabeçalho (coluna {column}): os valores podem estar fora de lugar.",
        "The row has more cells than the header (column {column}): its values may be out of place.",
    ),
    "email_typo": (
        "O domínio do e-mail na coluna {column} parece digitado errado.",
        "The domain of the e-mail in column {column} looks mistyped.",
    ),
    "phone_landline": (
        "O número na coluna {column} é um telefone fixo: não recebe SMS.",
        "The number in column {column} is a landline: it receives no SMS.",
    ),
    "phone_service_number": (
        "O número na coluna {column} é de serviço (0800, 0300…): não recebe mensagens.",
        "The number in column {column} is a service number (0800, 0300…): it receives no messages.",
    ),
    "phone_digit_missing": (
        "O celular na coluna {column} tem um dígito a menos (esperado: DDD e nove dígitos).",
        "The mobile number in column {column} has one digit too few (expected: area code and nine digits).",
    ),
    "phone_without_area": (
        "O telefone na coluna {column} não tem DDD.",
        "The phone in column {column} has no area code.",
    ),
    "token_lost_digits": (
        "O token na coluna {column} virou um número arredondado (como 5,5E+12): os dígitos se perderam.",
        "The token in column {column} became a rounded number (like 5.5E+12): its digits are lost.",
    ),
    "token_of_other_provider": (
        "O token na coluna {column} é de outro serviço de push, que não é o desta campanha.",
        "The token in column {column} is of another push service than the campaign's.",
    ),
    "id_lost_digits": (
        "O identificador na coluna {column} virou um número arredondado (como 1,2E+10): os dígitos se perderam.",
        "The identifier in column {column} became a rounded number (like 1.2E+10): its digits are lost.",
    ),
    "invalid_cpf": (
        "O CPF na coluna {column} não confere com os seus dígitos verificadores.",
        "The CPF in column {column} does not match its check digits.",
    ),
    "invalid_cnpj": (
        "O CNPJ na coluna {column} não confere com os seus dígitos verificadores.",
        "The CNPJ in column {column} does not match its check digits.",
    ),
    "lookup_missing": (
        "O valor da coluna {column} não está na tabela de apoio da campanha.",
        "The value of column {column} is not in the campaign's lookup table.",
    ),
    "not_allowed": (
        "O valor da coluna {column} não é um dos permitidos: {expected}.",
        "The value of column {column} is none of those allowed: {expected}.",
    ),
    "no_match": (
        "O valor da coluna {column} não tem a forma esperada: {expected}.",
        "The value of column {column} does not have the expected form: {expected}.",
    ),
    "out_of_range": (
        "O valor da coluna {column} não é um número dentro do esperado: {expected}.",
        "The value of column {column} is no number within what is expected: {expected}.",
    ),
    "not_a_date": (
        "O valor da coluna {column} não é uma data dentro do esperado: {expected}.",
        "The value of column {column} is no date within what is expected: {expected}.",
    ),
    "opted_out": (
        "A pessoa pediu para não receber mensagens.",
        "The person asked to receive no messages.",
    ),
    "suppressed_by_list": (
        "O endereço ou a pessoa está em uma lista de supressão.",
        "The address or the person is on a suppression list.",
    ),
    "forgotten": (
        "A pessoa pediu para ter os seus dados apagados.",
        "The person asked to have their data erased.",
    ),
    "erased": (
        "Os dados desta linha foram apagados a pedido da pessoa.",
        "The data of this row were erased at the person's request.",
    ),
    "code_missing_address": ("sem endereço", "no address"),
    "code_invalid_email": ("e-mail inválido", "invalid e-mail"),
    "code_invalid_phone": ("telefone inválido", "invalid phone"),
    "code_phone_lost_digits": ("telefone arredondado pelo Excel", "phone rounded by Excel"),
    "code_invalid_token": ("token inválido", "invalid token"),
    "code_invalid_url": ("URL inválida", "invalid URL"),
    "code_unknown_channel": ("canal desconhecido", "unknown channel"),
    "code_missing_field": ("campo do texto vazio", "empty field of the text"),
    "code_id_conflict": ("pessoa com outro endereço", "person under another address"),
    "code_duplicate_person": ("pessoa duplicada", "duplicate person"),
    "code_duplicate_address": ("endereço duplicado", "duplicate address"),
    "code_repeated_row": ("já estava em outro arquivo", "was in an earlier file"),
    "code_already_corrected": ("correção repetida", "repeated correction"),
    "code_already_messaged": ("endereço já contatado", "address already messaged"),
    "code_unrenderable": ("valor que não cabe no texto", "value that does not fit the text"),
    "code_extra_cells": ("células a mais", "cells too many"),
    "code_email_typo": ("domínio de e-mail errado", "mistyped e-mail domain"),
    "code_phone_landline": ("telefone fixo", "landline"),
    "code_phone_service_number": ("número de serviço (0800)", "service number (0800)"),
    "code_phone_digit_missing": ("celular com um dígito a menos", "mobile number short of a digit"),
    "code_phone_without_area": ("telefone sem DDD", "phone without area code"),
    "code_token_lost_digits": ("token arredondado pelo Excel", "token rounded by Excel"),
    "code_token_of_other_provider": ("token de outro serviço", "token of another service"),
    "code_id_lost_digits": ("identificador arredondado", "rounded identifier"),
    "code_invalid_cpf": ("CPF inválido", "invalid CPF"),
    "code_invalid_cnpj": ("CNPJ inválido", "invalid CNPJ"),
    "code_lookup_missing": ("fora da tabela de apoio", "not in the lookup table"),
    "code_not_allowed": ("valor não permitido", "value not allowed"),
    "code_no_match": ("forma inesperada", "unexpected form"),
    "code_out_of_range": ("número fora do esperado", "number out of range"),
    "code_not_a_date": ("data fora do esperado", "date out of range"),
    "code_opted_out": ("pediu para não receber", "opted out"),
    "code_suppressed_by_list": ("em lista de supressão", "on a suppression list"),
    "code_forgotten": ("pediu para ser esquecida", "asked to be forgotten"),
    "code_erased": ("apagada a pedido", "erased on request"),
    "code_dead_address": ("endereço que não existe mais", "address that no longer exists"),
    "suggest_fill": ("Preencha a coluna {column}.", "Fill in column {column}."),
    "suggest_correct": ("Corrija a coluna {column}.", "Correct column {column}."),
    "suggest_edition": ("Para mudar o endereço, use uma nova edição.", "To change the address, use a new edition."),
    "suggest_value": (
        "Confira a coluna {column}: há uma proposta na coluna `correcao`.",
        "Check column {column}: there is a proposal in column `correction`.",
    ),
    "suggest_expected": ("Corrija a coluna {column}: {expected}.", "Correct column {column}: {expected}."),
    "suggest_cells": (
        "Confira se há um separador dentro de um valor e exporte de novo.",
        "Check whether a value holds a delimiter, and export again.",
    ),
    "suggest_lookup": (
        "Corrija a coluna {column}, ou acrescente o valor à tabela de apoio.",
        "Correct column {column}, or add the value to the lookup table.",
    ),
    "suggest_none": ("Nada a fazer.", "Nothing to do."),
    # command line
    "no_campaigns": (
        "Nenhuma campanha ainda. Experimente `mensageria demo`.",
        "No campaign yet. Try `mensageria demo`.",
    ),
    "label_campaign": ("Campanha", "Campaign"),
    "label_mode": ("Modo", "Mode"),
    "label_rows": ("Linhas", "Rows"),
    "label_messages": ("Mensagens", "Messages"),
    "label_accepted": ("Aceitas", "Accepted"),
    "label_failed": ("Falhas", "Failed"),
    "label_unknown": ("Em dúvida", "In doubt"),
    "label_pending": ("Pendentes", "Pending"),
    "label_row": ("Linha", "Row"),
    "label_provider": ("Provedor", "Provider"),
    "label_attempt": ("Tentativa", "Attempt"),
    "label_code": ("Código", "Code"),
    "label_when": ("Quando", "When"),
    "label_message": ("Mensagem", "Message"),
    "label_fate": ("Destino", "Fate"),
    "label_reason": ("Motivo", "Reason"),
    "label_outcome": ("Resultado", "Outcome"),
    "label_check": ("Verificação", "Check"),
    "label_found": ("Encontrado", "Found"),
    "label_todo": ("O que fazer", "What to do"),
    "title_fates": ("Linhas por destino", "Rows by fate"),
    "title_codes": ("Não serão enviadas, por motivo", "Not messaged, by reason"),
    "title_outcomes": ("Mensagens por resultado", "Messages by outcome"),
    "mode_simulated": ("simulação", "simulated"),
    "mode_live": ("real", "live"),
    "fate_planned": ("planejadas", "planned"),
    "fate_rejected": ("rejeitadas", "rejected"),
    "fate_duplicate": ("duplicadas", "duplicate"),
    "fate_repeated": ("repetidas", "repeated"),
    "fate_corrected": ("corrigidas depois", "corrected later"),
    "fate_suppressed": ("suprimidas", "suppressed"),
    "fate_erased": ("apagadas", "erased"),
    "outcome_accepted": ("aceitas", "accepted"),
    "outcome_rejected": ("recusadas", "rejected"),
    "outcome_invalid_address": ("endereço inexistente", "invalid address"),
    "outcome_expired": ("expiradas", "expired"),
    "outcome_cancelled": ("canceladas", "cancelled"),
    "outcome_suppressed": ("suprimidas", "suppressed"),
    "outcome_unknown": ("em dúvida", "in doubt"),
    "outcome_pending": ("pendentes", "pending"),
    "interrupted": (
        "Interrompido. O que estava a caminho foi registrado; rode de novo para continuar.",
        "Interrupted. What was under way is recorded; run again to go on.",
    ),
    "step_failed": (
        "A etapa {step} falhou ({type}). Veja a execução na interface do Dagster.",
        "Step {step} failed ({type}). See the run in the Dagster UI.",
    ),
    "preview_counts": (
        "{pending} mensagem(ns) seriam enviadas agora; {settled} já têm resultado.",
        "{pending} message(s) would be sent now; {settled} have an outcome already.",
    ),
    "expected_number": ("um número", "a number"),
    "expected_whole_number": ("um número inteiro", "a whole number"),
    "expected_text": ("um texto", "a text"),
    "expected_moment": ("uma data, como 2026-12-25T09:00", "a date, such as 2026-12-25T09:00"),
    "expected_hours": ("um horário, como 09:00-20:00", "hours, such as 09:00-20:00"),
    "expected_keys": ("linhas `chave: valor`", "`key: value` lines"),
    "expected_list": ("uma lista, como [mon, tue]", "a list, such as [mon, tue]"),
    "preview_nothing_sent": ("Nada foi enviado.", "Nothing was sent."),
    "step_raw_base": ("Lendo {campaign}", "Reading {campaign}"),
    "step_validated_recipients": ("Conferindo {campaign}", "Checking {campaign}"),
    "step_messages": ("Montando mensagens de {campaign}", "Making messages of {campaign}"),
    "preparing": ("Preparando {campaign}", "Preparing {campaign}"),
    "sending": ("Enviando {campaign}", "Sending {campaign}"),
    "dev_started": (
        "Dagster em {url} · planilhas em {folder} · Ctrl+C termina",
        "Dagster at {url} · spreadsheets in {folder} · Ctrl+C ends it",
    ),
    "demo_title": ("Demonstração", "Demo"),
    "demo_summary": (
        "{processed} mensagens processadas, {per_minute} por minuto, latência p95 {p95} ms, {retries} novas tentativas."
        "\n\nOnde está tudo\n  métricas   {warehouse}\n  relatório  {report}\n  definição  {definition}"
        "\n  entrada    {folder}"
        "\n\nO que tentar agora\n  make demo                  de novo: nada é enviado duas vezes"
        "\n  mensageria status          o estado de cada campanha"
        "\n  mensageria preview demo-boas-vindas"
        "\n  make dev                   o Dagster, em http://127.0.0.1:3000; solte uma planilha em data/input/"
        "\n  make dashboard             o painel, em http://127.0.0.1:8501"
        "\n\nRemover a demonstração\n  mensageria demo --clean   (ou: make demo-clean)"
        "\n\nO comando `mensageria` está em .venv/bin/; `source .venv/bin/activate` o põe no PATH.",
        "{processed} messages processed, {per_minute} per minute, latency p95 {p95} ms, {retries} retries."
        "\n\nWhere things are\n  metrics     {warehouse}\n  report      {report}\n  definition  {definition}"
        "\n  input       {folder}"
        "\n\nWhat to try next\n  make demo                  again: nothing is sent twice"
        "\n  mensageria status          the state of every campaign"
        "\n  mensageria preview demo-boas-vindas"
        "\n  make dev                   Dagster, at http://127.0.0.1:3000; drop a spreadsheet into data/input/"
        "\n  make dashboard             the dashboard, at http://127.0.0.1:8501"
        "\n\nRemove the demo\n  mensageria demo --clean   (or: make demo-clean)"
        "\n\nThe command `mensageria` is in .venv/bin/; `source .venv/bin/activate` puts it on the PATH.",
    ),
    "demo_is_live": (
        "A definição {file} foi alterada e usa um provedor real: a demonstração não a envia. Rode `mensageria run`, ou "
        "`mensageria demo --clean` para começar de novo.",
        "The definition {file} was changed and uses a live provider: the demo does not send it. Run `mensageria run`, "
        "or `mensageria demo --clean` to start over.",
    ),
    "demo_has_live": (
        "A campanha {campaign} tem envios reais: a demonstração não apaga o registro deles.",
        "Campaign {campaign} has live sends: the demo does not delete their record.",
    ),
    "demo_removed": ("Demonstração removida.", "Demo removed."),
    "demo_removing": ("Removendo a demonstração", "Removing the demo"),
    "demo_folder_kept": (
        "O restante de {folder} ficou como estava.",
        "The rest of {folder} stays as it was.",
    ),
    "inspecting": ("Examinando {file}", "Inspecting {file}"),
    "inspected_parquet": ("As linhas lidas estão em {file}.", "The rows that were read are in {file}."),
    "label_format": ("Formato", "Format"),
    "label_encoding": ("Codificação", "Encoding"),
    "label_delimiter": ("Separador", "Delimiter"),
    "label_quote": ("Aspas", "Quote"),
    "label_sheet": ("Aba", "Sheet"),
    "label_header_row": ("Linha do cabeçalho", "Header row"),
    "label_channel": ("Canal", "Channel"),
    "label_column": ("Coluna", "Column"),
    "label_role": ("Papel", "Role"),
    "doctor_running": ("Examinando", "Examining"),
    "doctor_no_env": ("sem .env: valores padrão", "no .env: defaults"),
    "doctor_permissions": ("Dê permissão de escrita em {folder}.", "Allow writing to {folder}."),
    "doctor_disk": ("Libere espaço: ao menos {gb} GB.", "Free space: at least {gb} GB."),
    "doctor_no_provider": (
        "não configurado (API_PROVIDER_URL vazia)",
        "not configured (API_PROVIDER_URL is empty)",
    ),
    "doctor_provider": (
        "Confira API_PROVIDER_URL no .env e a rede.",
        "Check API_PROVIDER_URL in .env and the network.",
    ),
    "doctor_alerts_on": ("ligados", "on"),
    "doctor_alerts_off": ("desligados (ALERT_WEBHOOK_URL vazia)", "off (ALERT_WEBHOOK_URL is empty)"),
    "doctor_no_warehouse": ("ainda não publicado", "not published yet"),
    "doctor_warehouse": (
        "Feche programas que abriram o arquivo para escrita; materialize campaign_metrics para refazê-lo.",
        "Close programs that opened the file for writing; materialize campaign_metrics to rebuild it.",
    ),
    "doctor_instance": (
        "Reinicie com `make dev`: a configuração é refeita.",
        "Restart with `make dev`: the configuration is written anew.",
    ),
    "doctor_location": (
        "Rode `dg check defs` e leia o erro.",
        "Run `dg check defs` and read the error.",
    ),
    "check_settings": ("Configuração", "Settings"),
    "check_folder": ("Pasta", "Folder"),
    "check_disk": ("Espaço livre", "Free space"),
    "check_ledger": ("Registro de envios", "Send ledger"),
    "check_definition": ("Definição", "Definition"),
    "check_input": ("Arquivo de entrada", "Input file"),
    "check_provider": ("Provedor http", "Provider http"),
    "check_alerts": ("Avisos de falha", "Failure alerts"),
    "check_warehouse": ("Banco de métricas", "Metrics database"),
    "check_instance": ("Estado do Dagster", "Dagster's state"),
    "check_location": ("Código no Dagster", "Dagster location"),
    "backup_running": ("Copiando o estado", "Copying the state"),
    "backup_done": ("{count} arquivo(s) em {file}.", "{count} file(s) in {file}."),
    "backup_unreadable": (
        "O arquivo {file} não é um backup deste programa (.tar.gz com a pasta state).",
        "The file {file} is not a backup of this program (.tar.gz with the folder state).",
    ),
    "restore_done": ("Estado de {file} restaurado.", "State of {file} restored."),
    "restore_kept": ("O estado anterior ficou em {folder}.", "The former state is kept in {folder}."),
    "restore_while_sending": (
        "Há um envio em curso ({lock}). Pare o Dagster e tente de novo; nada foi alterado.",
        "A sending is under way ({lock}). Stop Dagster and try again; nothing was changed.",
    ),
    # ticks
    "tick_nothing": ("Nenhum arquivo novo em {folder}.", "No new file in {folder}."),
    "tick_growing": (
        "{file}: ainda está sendo copiado, aguardando.",
        "{file}: still being copied, waiting.",
    ),
    "tick_already": (
        "{campaign}: {file} já processado, mesmo conteúdo de {first} (recebido em {at}).",
        "{campaign}: {file} already processed, same content as {first} (received at {at}).",
    ),
    "tick_running": (
        "{campaign}: a execução {run} cuida deste conteúdo ({status}).",
        "{campaign}: run {run} takes care of this content ({status}).",
    ),
    "tick_failed_run": (
        "{campaign}: a execução {run} falhou. Corrija o que ela diz e rode de novo na interface, ou com "
        "`mensageria run {campaign}`.",
        "{campaign}: run {run} failed. Correct what it says and run it again in the UI, or with "
        "`mensageria run {campaign}`.",
    ),
    "tick_started": (
        "{campaign}: execução pedida para {files}.",
        "{campaign}: run requested for {files}.",
    ),
    "tick_started_until_messages": (
        "{campaign}: preparação pedida para {files}; o envio espera liberação (`mensageria run {campaign}`).",
        "{campaign}: preparation requested for {files}; sending waits for release (`mensageria run {campaign}`).",
    ),
    "tick_started_cron": (
        "{campaign}: preparação pedida para {files}; o envio segue a agenda {cron}.",
        "{campaign}: preparation requested for {files}; sending follows the schedule {cron}.",
    ),
    "tick_refused": ("{file}: recusado. {reason}", "{file}: refused. {reason}"),
    "tick_capped": (
        "{count} arquivo(s) ficam para o próximo tick.",
        "{count} file(s) are left for the next tick.",
    ),
    "agenda_nothing": ("Nada vence agora.", "Nothing is due now."),
    "agenda_resumed": (
        "{campaign}: a espera acabou ({reason}); envio retomado.",
        "{campaign}: the wait is over ({reason}); sending resumes.",
    ),
    "agenda_occurrence": (
        "{campaign}: ocorrência de {due}, partição {partition}.",
        "{campaign}: occurrence of {due}, partition {partition}.",
    ),
    "agenda_no_intake": (
        "{campaign}: a ocorrência de {due} passou sem nenhuma base recebida.",
        "{campaign}: the occurrence of {due} passed with no base received.",
    ),
    "agenda_not_released": (
        "{campaign}: há mensagens novas desde a liberação; libere de novo com `mensageria run {campaign}`.",
        "{campaign}: there are new messages since the release; release again with `mensageria run {campaign}`.",
    ),
    "tick_trouble": ("{campaign}: {reason}", "{campaign}: {reason}"),
    # alerts
    "alert_run_failed": (
        "Mensageria PUSH: a execução {run} da campanha {campaign} falhou. {reason}",
        "Mensageria PUSH: run {run} of campaign {campaign} failed. {reason}",
    ),
}

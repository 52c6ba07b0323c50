"""Lists of people not to be messaged: taken in once, in force before judging and while sending, undone by no list."""

from pathlib import Path

import pytest

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.services.preparation import take_in_lists
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.suppressions.identity import Keys, known_as
from mensageria_pipeline.suppressions.opt_out_lists import ImportSummary
from mensageria_pipeline.suppressions.opt_out_phrases import asks_to_leave, commands_to_leave
from mensageria_pipeline_tests.workbench import Workbench

LIST = "id;nome;cpf;email\n1;Ana;529.982.247-25;ana@exemplo.com\n2;Bia;;bia@exemplo.com\n3;Caio;;caio@exemplo.com\n"


def take_in(bench: Workbench) -> ImportSummary:
    return take_in_lists(bench.project)


def fates(bench: Workbench, campaign: str = "a") -> dict[int, str]:
    """Row number → fate and code."""
    bench.prepare(campaign)
    planned = bench.rows(Asset.VALIDATED_RECIPIENTS, campaign)
    refused = bench.rows(Asset.REJECTED_RECIPIENTS, campaign)
    found = {row["row_number"]: "planned" for row in planned}
    return found | {row["row_number"]: f"{row['fate']}:{row['code']}" for row in refused}


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ("email\nANA@Exemplo.com \n", 2),
        ("cpf\n52998224725\n", 2),
        ("CPF/CNPJ\n529.982.247-25\n", 2),
        ("id\n2\n", 3),
        ("endereco\nbia@exemplo.com\n", 3),
        ("endereco;canal\nbia@exemplo.com;e-mail\n", 3),
        ("telefone;email\n;caio@exemplo.com\n", 4),
        ("nome;email;campanha\nCaio;caio@exemplo.com;A\n", 4),
        ("id\n\u200b2\u00a0\n", 3),
        ("id\n2.0\n", 3),
        ('id\n"=""2"""\n', 3),
        ("email\nAna <ana@\u2060exemplo.com>\n", 2),
        ("endereco\nmailto:bia@exemplo.com\n", 3),
    ],
)
def test_a_person_is_known_by_any_column(bench: Workbench, content: str, row: int) -> None:
    """The list's columns need not be those of the base; a CPF counts although the base knows the person by an id."""
    bench.define("a")
    bench.drop("a", LIST)
    bench.suppress(content)
    expected = dict.fromkeys((2, 3, 4), "planned") | {row: "suppressed:suppressed_by_list"}
    assert fates(bench) == expected


@pytest.mark.parametrize(
    "content",
    ["email;canal\nana@exemplo.com;sms\n", "email;campanha\nana@exemplo.com;outra\n"],
)
def test_other_channels_and_campaigns_are_not_concerned(bench: Workbench, content: str) -> None:
    bench.define("a")
    bench.drop("a", LIST)
    bench.suppress(content)
    assert set(fates(bench).values()) == {"planned"}


def test_a_folder_holds_the_lists_of_one_campaign(bench: Workbench) -> None:
    bench.suppress("email\nana@exemplo.com\n", "Só B/lista.csv")
    for campaign in ("a", "so-b"):
        bench.define(campaign)
        bench.drop(campaign, LIST)
    assert set(fates(bench).values()) == {"planned"}
    assert fates(bench, "so-b")[2] == "suppressed:suppressed_by_list"


def test_only_answers_that_ask_to_leave_count(bench: Workbench) -> None:
    """An export of an SMS inbox: PARE and SAIR leave, a thank-you does not."""
    bench.define("a")
    bench.drop("a", "telefone;nome\n11987654321;Ana\n11987654322;Bia\n11987654323;Caio\n11987654324;Davi\n")
    bench.suppress(
        "telefone;mensagem\n+55 11 98765-4321;PARE\n11987654322; sair, por favor\n11987654323;obrigado!\n"
        "11987654324;não parei de gostar\n"
    )
    assert fates(bench) == {2: "suppressed:opted_out", 3: "suppressed:opted_out", 4: "planned", 5: "planned"}
    (imported,) = bench.project.ledger.suppressions.lists()
    assert (imported.row_count, imported.ignored, imported.unreadable) == (4, 2, 0)


def test_a_list_is_taken_in_once_and_nothing_reactivates(bench: Workbench) -> None:
    """The same content, a shorter list, a deleted file: whoever was suppressed stays so."""
    bench.define("a")
    bench.drop("a", LIST)
    path = bench.suppress("email\nana@exemplo.com\nbia@exemplo.com\n")
    (first,) = take_in(bench).new
    assert (first.counts.added, first.counts.already) == (2, 0)
    assert not take_in(bench).new
    path.write_text("email\nbia@exemplo.com\n")
    (second,) = take_in(bench).new
    assert (second.counts.added, second.counts.already) == (0, 1)
    path.unlink()
    assert fates(bench)[2] == "suppressed:suppressed_by_list"


def test_a_list_that_came_after_the_plan_holds_while_sending(bench: Workbench) -> None:
    """By address, and by a person the address does not tell."""
    bench.define("a")
    bench.drop("a", LIST)
    bench.prepare("a")
    bench.suppress("email\nbia@exemplo.com\n", "emails.csv")
    bench.suppress("cpf\n529.982.247-25\n", "cpfs.csv")
    tally = bench.send("a").tally
    assert (tally.outcomes["accepted"], tally.outcomes["suppressed"]) == (1, 2)


def test_lifting_is_a_persons_word_and_stays_readable(bench: Workbench) -> None:
    """Then a new list may suppress again."""
    bench.suppress("email\nana@exemplo.com\n")
    take_in(bench)
    suppressions = bench.project.ledger.suppressions
    keys = [key for key, _, _ in Keys(bench.project.ledger.key).of(known_as("ana@exemplo.com"), [Channel.EMAIL])]
    assert suppressions.allow(keys, "teste") == 1
    bench.define("a")
    bench.drop("a", LIST)
    assert fates(bench)[2] == "planned"
    bench.suppress("email\nana@exemplo.com\noutra@exemplo.com\n", "nova.csv")
    take_in(bench)
    events = [(record.event.value, record.source) for record in suppressions.history(keys)]
    assert events == [("suppressed", "lista.csv"), ("allowed", "teste"), ("suppressed", "nova.csv")]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("nome\nAna\n", "suppression_list_columns"),
        ("11987654321\n11987654322\n", "suppression_list_columns"),
        ("", "suppression_list_unreadable"),
    ],
)
def test_a_list_that_cannot_be_read_stops_everything(bench: Workbench, content: str, key: str) -> None:
    """Whoever is on it would be messaged."""
    bench.define("a")
    bench.drop("a", LIST)
    bench.ingest("a")
    bench.suppress(content)
    with pytest.raises(InputError) as caught:
        bench.validate("a")
    assert caught.value.key == key
    assert "lista.csv" in caught.value.text()
    assert "11987654321" not in caught.value.text()


def test_rows_that_name_nobody_are_said(bench: Workbench) -> None:
    bench.suppress("email;canal\n;\nana;email\nbia@exemplo.com;email\n")
    (imported,) = take_in(bench).new
    assert imported.counts.unreadable == 1
    assert imported.unreadable_rows == [3]


def test_the_ledger_holds_no_address(bench: Workbench, tmp_path: Path) -> None:
    """Only keyed hashes."""
    bench.suppress("email;cpf\nana@exemplo.com;52998224725\n")
    take_in(bench)
    stored = b"".join(path.read_bytes() for path in bench.layout.ledger_dir.rglob("*") if path.is_file())
    assert b"ana@exemplo" not in stored
    assert b"52998224725" not in stored


def test_every_document_of_a_row_counts(bench: Workbench) -> None:
    """A CNPJ beside a CPF, also while sending; and a CNPJ whose zeros Excel ate."""
    bench.define("a")
    bench.drop("a", "id;nome;cpf;cnpj;email\n1;Ana;52998224725;11.222.333/0001-81;ana@exemplo.com\n")
    bench.prepare("a")
    bench.suppress("cnpj\n11222333000181\n")
    assert bench.send("a").tally.outcomes["suppressed"] == 1
    bench.define("b")
    bench.drop("b", "nome;cnpj;email\nLoja;12345000165;loja@exemplo.com\n")
    bench.suppress("cnpj\n00012345000165\n", "zeros.csv")
    bench.prepare("b")
    assert [row["code"] for row in bench.rows(Asset.REJECTED_RECIPIENTS, "b")] == ["suppressed_by_list"]


def test_a_list_that_cannot_be_read_keeps_no_other_out(bench: Workbench) -> None:
    """It stops what begins; what is being sent already gets the good ones."""
    bench.suppress("nome\nAna\n", "a-ruim.csv")
    bench.suppress("email\nana@exemplo.com\n", "b-boa.csv")
    with pytest.raises(InputError, match="a-ruim"):
        take_in(bench)
    assert [each.file_name for each in bench.project.ledger.suppressions.lists()] == ["b-boa.csv"]


def test_running_senders_see_what_comes_in_whatever_the_clock_says(bench: Workbench) -> None:
    """By the number of the event: a large list is stamped long before it is committed."""
    suppressions = bench.project.ledger.suppressions
    known = suppressions.suppression_set(Mode.SIMULATED, "a")
    bench.suppress("email\nana@exemplo.com\n")
    take_in(bench)
    news = suppressions.added(Mode.SIMULATED, "a", known.mark)
    assert len(news.addresses) == 1
    assert not suppressions.added(Mode.SIMULATED, "a", news.mark)


@pytest.mark.parametrize(
    ("answer", "leaves"),
    [
        ("Pare", True),
        ("quero SAIR", True),
        ("Por favor, parem", True),
        ("não me mande mais nada", True),
        ("N quero receber", True),
        ("Não desejo receber", True),
        ("cancelar inscrição", True),
        ("STOP", True),
        ("Parece ótimo, quero!", False),
        ("Saiba mais", False),
        ("não parei de gostar", False),
        ("ok", False),
        ("Não quero perder essa promoção", False),
    ],
)
def test_an_answer_is_read_by_its_words(bench: Workbench, answer: str, leaves: bool) -> None:
    bench.suppress(f"telefone;resposta\n11987654321;{answer}\n")
    assert take_in(bench).new[0].counts.ignored == (not leaves)


def test_an_id_that_lost_its_digits_names_nobody(bench: Workbench) -> None:
    """The list says that it could not read the row: whoever is meant would be messaged."""
    bench.suppress("id\n1.23E+15\n#REF!\n12\n")
    (imported,) = take_in(bench).new
    assert (imported.counts.unreadable, list(imported.unreadable_rows)) == (2, [2, 3])


def test_a_list_in_a_folder_of_a_campaigns_folder_stops_everything(bench: Workbench) -> None:
    """Nobody looked there, and whoever was on it was messaged."""
    bench.suppress("email\nana@exemplo.com\n", name="a/2026-11/lista.csv")
    with pytest.raises(InputError) as caught:
        take_in_lists(bench.project)
    assert caught.value.key == "suppression_list_deep"


@pytest.mark.parametrize(
    "answer",
    [
        "não quero mais receber mensagens",
        "me tira dessa lista",
        "me tire da lista",
        "exclua meu cadastro",
        "Exclua meus dados",
        "não me mande mais isso",
        "para de mandar mensagem",
        "para com isso",
        "Chega!",
        "chega de mensagens",
        "me deixa em paz",
        "vou bloquear vocês",
        "nunca mais me mande",
        "Não quero mais mensagens suas",
        "não me liguem",
        "não ligue mais",
        "não queremos",
        "deixa eu em paz",
        "S A I R",
        "pareee",
        "stopp",
        "pfv para",
        "isso é spam",
        "vou denunciar",
        "nao tenho interesse",
        "não, obrigado",
        "NÃO",
        "Não mais",
        "exclusão",
    ],
)
def test_answers_that_ask_in_other_words_are_heard(answer: str) -> None:
    assert asks_to_leave(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "PARE PARE PARE",
        "STOP ALL",
        "Pare de enviar",
        "parem de me mandar mensagem",
        "quero parar de receber",
        "cancelar inscrição",
        "quero ser removido",
        "remover numero",
        "DESCADASTRE-ME",
        "Exclua meus dados",
        "não autorizo",
        "PARA",
        "para por favor",
        "para de me mandar mensagem",
    ],
)
def test_commands_in_other_words_are_obeyed(answer: str) -> None:
    """In a list of answers too: every command asks to leave."""
    assert commands_to_leave(answer)
    assert asks_to_leave(answer)


@pytest.mark.parametrize(
    "answer",
    ["Pode cancelar minha consulta?", "quero parar de fumar", "tira uma dúvida?", "excluir o boleto de maio", "ok"],
)
def test_other_wishes_are_no_commands(answer: str) -> None:
    assert not commands_to_leave(answer)


@pytest.mark.parametrize("answer", ["o pedido chega quando?", "para mim está bom", "quero sim", "para quando fica?"])
def test_other_answers_are_no_wishes(answer: str) -> None:
    assert not asks_to_leave(answer)

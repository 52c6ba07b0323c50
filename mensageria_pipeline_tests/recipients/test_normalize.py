"""Addresses and persons, normalized the same way every time; the first broken rule is named."""

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mensageria_pipeline.contracts.clean_text import key_sql, key_text
from mensageria_pipeline.contracts.columns import Channel, recognize
from mensageria_pipeline.recipients.addresses import judge_addresses
from mensageria_pipeline.recipients.identities import cpf_is_valid, ids_of, is_error, restored_cpf
from mensageria_pipeline.recipients.normalize import Demands, TextNeeds, normalize, trimmed
from mensageria_pipeline.recipients.phones import phone_e164
from mensageria_pipeline.recipients.row_checks import _filled


def judge(channel: Channel | None = None, required: tuple[str, ...] = (), **columns: list[str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="str")
    return normalize(trimmed(frame), Demands(recognize(list(columns), {}, channel), TextNeeds(required)))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("(11) 99999-8888", "+5511999998888"),
        ("011 99999 8888", "+5511999998888"),
        ("5511999998888", "+5511999998888"),
        ("+55 11 3333-4444", "+551133334444"),
        ("1133334444", "+551133334444"),
        ("+351 912 345 678", "+351912345678"),
        ("12345", ""),
        ("(01) 99999-8888", ""),
        ("11 19999-8888", ""),
        ("não tem", ""),
    ],
)
def test_phones_become_e164(raw: str, expected: str) -> None:
    """Area code and number as Brazilians write them; other countries with their plus."""
    assert phone_e164(pd.Series([raw], dtype="str"))[0] == expected


@given(st.lists(st.text(alphabet="0123456789+() -.E,", max_size=20), min_size=1, max_size=5))
def test_normalizing_a_phone_again_changes_nothing(raw: list[str]) -> None:
    """A normalized list that comes back is the same list."""
    once = phone_e164(pd.Series(raw, dtype="str"))
    good = once[once != ""]
    assert list(phone_e164(good)) == list(good)


_LOCAL = st.text("abcXYZ019._+-", min_size=1, max_size=12)
_DOMAINS = st.sampled_from(["gmail.com", "exemplo.com.br", "AÇAÍ.com", "gmial.com", "a_b.com", "x", "sub.dominio.io"])
_RAW = st.one_of(
    st.builds(lambda user, domain: f"{user}@{domain}", _LOCAL, _DOMAINS),
    st.text(max_size=20),
    st.text("0123456789+() -.", max_size=18),
    st.sampled_from(["ExponentPushToken[abc]", "a" * 64, "https://a.b/c?d"]),
)


@settings(max_examples=200, deadline=None)
@given(channel=st.sampled_from(Channel), raw=st.lists(_RAW, min_size=1, max_size=5))
def test_an_address_that_is_normalized_stays_as_it_is(channel: Channel, raw: list[str]) -> None:
    """On every channel: what came out goes in again as the same address, and breaks no other rule."""
    once = judge_addresses(channel, pd.Series([text.strip() for text in raw], dtype="str"))
    good = once[once["address"] != ""].reset_index(drop=True)
    again = judge_addresses(channel, good["address"])
    assert again[["address", "kind", "code"]].to_dict() == good[["address", "kind", "code"]].to_dict()


def test_cpf_gets_its_leading_zeros_back() -> None:
    """Excel ate them; a CPF has eleven digits."""
    raw = pd.Series(["1234567890", "012.345.678-90", "abc", ""], dtype="str")
    assert list(restored_cpf(raw)) == ["01234567890", "01234567890", "abc", ""]


def test_each_rule_has_its_code_and_names_its_column() -> None:
    """A reason that a person can act on."""
    judged = judge(
        id=["1", "2", "3", "4", "5", "6", "7"],
        canal=["email", "e-mail", "SMS", "sms", "pombo", "", "push"],
        endereco=["Ana@Exemplo.com", "sem-arroba", "123", "5,51199E+12", "x", "(11) 98888-7777", ""],
    )
    assert judged["code"].tolist() == [
        "",
        "invalid_email",
        "invalid_phone",
        "phone_lost_digits",
        "unknown_channel",
        "",
        "missing_address",
    ]
    assert judged["address"].tolist()[0] == "ana@exemplo.com"
    assert judged["address"].tolist()[5] == "+5511988887777"
    assert judged["column"].tolist()[4] == "canal"
    assert judged["column"].tolist()[1] == "endereco"


def test_without_a_channel_the_form_of_the_address_decides() -> None:
    """A generic address column may mix kinds."""
    judged = judge(endereco=["a@b.com.br", "11 98888-7777", "tok-123", "https://x.y/z"])
    assert judged["channel"].tolist() == ["email", "sms", "push", "webhook"]
    assert judged["code"].tolist() == [""] * 4


def test_a_channel_takes_its_own_column_first() -> None:
    """With e-mail and phone side by side, each row's channel picks."""
    judged = judge(canal=["email", "sms"], email=["a@b.co", "a@b.co"], telefone=["11988887777", "11988887777"])
    assert judged["address"].tolist() == ["a@b.co", "+5511988887777"]


def test_required_fields_may_not_be_empty() -> None:
    """Nobody receives 'Olá, !'."""
    judged = judge(required=("nome",), nome=["Ana", "  ", None], token=["a", "b", "c"])
    assert judged["code"].tolist() == ["", "missing_field", "missing_field"]


def test_a_person_is_their_id_else_cpf_else_address() -> None:
    """The same person under two columns is one."""
    judged = judge(id=["7", "", ""], cpf=["1", "1", ""], token=["a", "b", "c"])
    assert judged["person"].tolist() == ["7", "00000000001", "c"]
    assert judged["person_kind"].tolist() == ["id", "cpf", "address"]


@pytest.mark.parametrize(
    ("raw", "address", "code"),
    [
        ("00351912345678", "+351912345678", ""),
        ("0044 7911 123456", "+447911123456", ""),
        ("0055 11 98765-4321", "+5511987654321", ""),
        ("0 15 11 98765-4321", "+5511987654321", ""),
        ("(0xx11) 98765-4321", "+5511987654321", ""),
        ("(+55) 11 98765-4321", "+5511987654321", ""),
        ("11 98765\u20114321", "+5511987654321", ""),
        ("11987654321.0", "+5511987654321", ""),
        ("1188887777", "+5511988887777", ""),
        ("1198765432", "", "phone_digit_missing"),
        ("99999999999", "", "invalid_phone"),
    ],
)
def test_phones_as_people_and_programs_write_them(raw: str, address: str, code: str) -> None:
    """What may be somebody else's number is none."""
    found = judge_addresses(Channel.WHATSAPP, pd.Series([raw], dtype="str")).iloc[0]
    assert (found["address"], found["code"]) == (address, code)


def test_a_cpf_stored_as_a_fraction_is_that_cpf() -> None:
    """`2499499621.0` is 02499499621; with its last zero taken for a digit it would be somebody else."""
    raw = pd.Series(["2499499621.0", "52998224725.0", "529.982.247-25", "5.2998224725"], dtype="str")
    assert list(restored_cpf(raw)) == ["02499499621", "52998224725", "52998224725", "5.2998224725"]


def test_words_for_nothing_are_nothing() -> None:
    """No token, no person, no text; and no general column in place of an empty one."""
    judged = judge(Channel.PUSH, token=["NULL", "#N/D", "-", "tok-1"], id=["1", "0", "NULL", "N/A"])
    assert list(judged["code"]) == ["missing_address", "missing_address", "missing_address", ""]
    assert list(judged["known_as"]) == ["1", "", "", ""]
    judged = judge(Channel.PUSH, token=["", ""], endereco=["Centro", "x" * 30])
    assert list(judged["code"]) == ["missing_address", ""]


def test_addresses_with_words_around_them_are_proposed_where_they_are_not_sure() -> None:
    """Right, or a proposal that a person confirms; never a guess that is sent."""
    emails = ["ana@x.com;", "mailto:ana@x.com?subject=a", "ana lima@x.com", "ana@x.com; bia@y.com", "a@x.com (casa)"]
    found = judge_addresses(Channel.EMAIL, pd.Series(emails, dtype="str"))
    assert list(found["address"]) == [""] * 5
    assert list(found["suggestion"]) == ["ana@x.com", "ana@x.com", "", "", "a@x.com"]
    phones = ["wa.me/5511988887777", "11 98888-7777 (Ana)", "11 98888-7777 / 11 97777-6666", "ramal 12"]
    found = judge_addresses(Channel.SMS, pd.Series(phones, dtype="str"))
    assert list(found["address"]) == [""] * 4
    assert list(found["suggestion"]) == ["+5511988887777", "+5511988887777", "", ""]


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        ("123\u200b", "123"),
        ("\ufeff123", "123"),
        ("1\u00ad23", "123"),
        ("12\u202f345", "12345"),
        ("12 345", "12 345"),
        ("Ana\u00a0Lima", "Ana Lima"),
        ("Jose\u0301", "José"),
        ("7.0", "7"),
        ("000", ""),
        ("1E+15", ""),
        ("a\u0007b", "ab"),
    ],
)
def test_ids_that_look_alike_are_one(raw: str, ids: str) -> None:
    """And an id without any of that stays as it is: messages that were sent keep their names."""
    assert list(ids_of(pd.Series([raw], dtype="str"))) == [ids]


@given(st.text(max_size=20))
def test_clean_keys_stay_clean_and_printable_ones_as_they_are(text: str) -> None:
    once = key_text(text)
    assert key_text(once) == once
    if all(" " < letter <= "~" for letter in text):
        assert once == text


def test_pandas_and_duckdb_clean_alike() -> None:
    """What a text says, and what a row is judged by, are the same cell."""
    cells = [
        " a ",
        "\u200b\u00a0x\u202c",
        '="0012"',
        "'0012",
        "'s-Gravenhage",
        "a\u200db",
        "❤\ufe0f",
        "NULL\u200b",
        "\\N",
        "12\u202f345",
        "e\u0301",
        "\u3000",
        '="a"b"',
        "it's",
        "#N/D ",
    ]
    frame = pd.DataFrame({"x": cells}, dtype="str")
    texts = duckdb.sql(f"SELECT {_filled('x')} FROM frame").fetchall()
    assert [text or "" for (text,) in texts] == list(trimmed(frame)["x"])
    keys = duckdb.sql(f"SELECT {key_sql('x')} FROM frame").fetchall()
    assert [text for (text,) in keys] == [key_text(cell) for cell in cells[:2]] + ["0012", "0012"] + [
        key_text(cell) for cell in cells[4:]
    ]


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("#REF!", True),
        ("#ref!", True),
        ("#VALOR!", True),
        ("#¡VALOR!", True),
        ("#NOME?", True),
        ("#¿NOMBRE?", True),
        ("#DIV/0!", True),
        ("#NÚM!", True),
        ("#NULO!", True),
        ("####", True),
        ("Err:502", True),
        ("#DESPEJAR!", True),
        ("#CÁLC!", True),
        ("#ERROR!", True),
        ("=PROCV(A2;B:C;2;0)", True),
        ("#promo!", False),
        ("#1", False),
        ("##", False),
        ("Erro", False),
        ("Ernesto", False),
        ("C#", False),
        ("=)", False),
    ],
)
def test_errors_of_spreadsheets_are_told_from_words(value: str, is_one: bool) -> None:
    assert list(is_error(pd.Series([value], dtype="str"))) == [is_one]


def test_a_cpf_in_other_digits_is_none() -> None:
    """Full-width digits pass for digits in Python: it would be a second person."""
    assert not cpf_is_valid("５２９９８２２４７２５")

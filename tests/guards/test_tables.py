"""Columns' names as the words around what stands in their cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga.guards import PIIRedactor
from beluga.testing.strategies import chunkings

REDACTOR = PIIRedactor()

FOUND = {
    "csv": "name,dob,phone\nAna,19850314,5550147\nBo,1990,5550148\n",
    "semicolons": 'name;"tel";Geburtsdatum\n"Roe; Ana";5550147;14.3.85\nBo;5550148;1.2.1990\n',
    "tabs": "Name\tMobile No\tPassport\nAna\t55501470\tX1234567\nBo\t55501471\tC01X00T47\n",
    "markdown": "| Name | Phone | Born |\n|---|:--:|---|\n| Ana | 555 0147 | 3 May 1971 |\n| Bo | 5550148 | 1980 |\n",
    "markdown in small": "a table:\n\nname | work phone | ssn\n--- | --- | ---\nAna | 5550147 | 123456789\nBo | 5550148 | 123456780\n",
    "sql": "INSERT INTO users (name, date_of_birth, mobile) VALUES ('Ana', '1985-03-14', '5550147'), ('Bo', '1980', '5550148');",
    "sql of several lines": "insert into t (id, dob, fax)\nvalues (1, '19850314', '5550147'),\n  (2, '1980', '5550148');\n",
    "french": "nom,date de naissance,téléphone\nAna,14031985,5550147\nBo,1980,5550148\n",
    "spanish": "nombre;fecha_de_nacimiento;celular\nAna;14/03/1985;5550147\nBo;1980;5550148\n",
    "capitals": "CUSTOMER,HOME PHONE,BIRTHDAY\nAna,5550147,14-03-85\nBo,5550148,1980\n",
}
LEFT = {
    "no such column": "order,ref,amount\n5550147,1234567,1985\n",
    "of another kind": "phone_type,phone_count,birth_country\n5550147,5550148,1985\n",
    "beside such a column": "phone,order\n,5550147\n,5550148\n",
    "behind the table": "name,phone\n\nThere were 5550147 of them in 1985.\n",
    "another number of cells": "name,phone\n1,2,5550147\nso,x,5550148\n",
    "a sentence": "Please give your name, phone and dob\n1234567, 7654321, 1985\n",
    "sql without such a column": "INSERT INTO runs (id, steps) VALUES (5550147, 5550148);\nSELECT 5550149;",
    "behind the statement": "INSERT INTO t (id, phone) VALUES (1, '');\nSELECT 5550149 FROM t;",
    "one column": "phone\n5550147 rows\n",
    "code": "def call(name, phone, dob):\n    return 5550147, 1985, 1990\n",
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_a_cell_is_read_with_the_name_of_its_column(text):
    """In every row; a second reading of what is left finds nothing more."""
    left = REDACTOR.redact(text)
    assert left.count("[") == 4
    assert REDACTOR.redact(left) == left


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_what_no_column_names_stays(text):
    """Other columns, other names, and what only looks like a table."""
    assert REDACTOR.redact(text) == text


def test_a_long_table_is_read_to_its_end():
    """A head a thousand lines above counts as much."""
    rows = "".join(f"{n},55{n:05}\n" for n in range(1, 1001))
    assert REDACTOR.redact(f"no,phone\n{rows}").count("[PHONE]") == 1000


def test_words_within_a_cell_still_count():
    """A column that says nothing hides nothing that its cell says."""
    text = "id,dob,note\n1,1985,call me on 555 0147\n2,,born on 3 May 1971\n"
    assert REDACTOR.redact(text) == "id,dob,note\n1,[DATE_OF_BIRTH],call me on [PHONE]\n2,,born on [DATE_OF_BIRTH]\n"


@given(
    st.data(), st.sampled_from([*FOUND.values(), *LEFT.values()]), st.sampled_from(["", "Hello\n", "x" * 900 + "\n"])
)
def test_a_table_that_arrives_in_pieces_is_read_alike(data, text, before):
    """In whatever pieces a table comes, its cells have the same names."""
    text = before + text
    stream = REDACTOR.stream()
    assert "".join(map(stream.feed, data.draw(chunkings(text)))) + stream.close() == REDACTOR.redact(text)

"""Columns' names as the words around what stands in their cells."""

from __future__ import annotations

import time

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
    "psql": " name |    born    | phone \n------+------------+---------\n Ana  | 14/03/1985 | 5550147\n Bo   | 1980       | 5550148\n(2 rows)\n",
    "mysql": "+------+------+---------+\n| name | dob  | phone   |\n+------+------+---------+\n| Ana  | 1985 | 5550147 |\n| Bo   | 1980 | 5550148 |\n",
    "a box": "┌──────┬─────────┬──────┐\n│ Name │ Phone   │ Born │\n├──────┼─────────┼──────┤\n│ Ana  │ 5550147 │ 1985 │\n│ Bo   │ 5550148 │ 1980 │\n",
    "rst grid": "+-----+---------+------+\n| Name| Phone   | Born |\n+=====+=========+======+\n| Ana | 5550147 | 1985 |\n+-----+---------+------+\n| Bo  | 5550148 | 1980 |\n",
    "aligned": "NAME      BORN     PHONE\nAna Ruiz  1985     5550147\nBo        1980     5550148\n",
    "aligned and ruled": "Name    Phone    Born\n----    -------  ----\nAna     5550147  1985\nBo      5550148  1980\n",
    "pandas": "   name    phone   dob\n0   Ana  5550147  1985\n1    Bo  5550148  1980\n",
    "replace": "REPLACE INTO t (id, phone, dob) VALUES (1, '5550147', '1985'), (2, '5550148', '1980');",
    "insert or": "INSERT OR IGNORE INTO t(id, phone, dob) VALUES (1, '5550147', '1985'), (2, '5550148', '1980');",
    "copy": "COPY public.users (id, name, phone, dob) FROM stdin;\n1\tAna\t5550147\t1985\n2\tBo\t5550148\t1980\n\\.\n",
    "html": "<table><tr><th>Name</th><th>Phone</th><th>Born</th></tr><tr><td>Ana</td><td>5550147</td><td>1985</td></tr><tr><td>Bo</td>"
    "<td>5550148</td><td>1980</td></tr></table>",
    "html of many lines": "<table>\n <thead>\n <tr>\n  <th>Phone</th>\n  <th>Born</th>\n </tr>\n </thead>\n <tbody>\n <TR>\n  <td>5550147</td>\n"
    "  <td>1985</td>\n </TR>\n <tr>\n  <td><b>5550148</b></td>\n  <td class='x'>1980</td>\n </tr>\n",
    "html without ends": "<table><tr><td>Phone<td>Born<tr><td>5550147<td>1985<tr><td>5550148<td>1980</table>",
    "html beside": "<tr><th>Phone</th><td>5550147</td></tr><tr><th>Born</th><td>1985</td></tr><tr><td><b>Fax</b></td><td>5550148</td></tr>"
    "<tr><td>Mobile</td>\n<td> 5550149</td></tr>",
}
LEFT = {
    "an html table without such a column": "<table><tr><th>Order</th><th>Steps</th></tr><tr><td>5550147</td><td>1985</td></tr></table>",
    "behind an html table": "<table><tr><th>Name</th><th>Phone</th></tr></table><p>5550147</p>\n<table><tr><td>x</td><td>5550148</td></tr></table>",
    "beside an aligned column": "Order    Phone\n5550147  none\n5550148  none\n",
    "blanks in prose": "We moved.  Phone us at noon.\nThere are 5550147 rows.\n",
    "an aligned table's end": "Name   Phone\nAna    none\n\nThere were   5550147\n",
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


@pytest.mark.parametrize(
    "seed", ["<tr", "<tr><td>phone</td>", "phone\n", "name,phone\n", "a  phone\n", "<TR>", "</table>", "phone  "]
)
def test_a_table_takes_time_with_its_size(seed):
    """Twice the text takes about twice the time, whatever of a table is repeated."""

    def least(size):
        text = (seed * size)[:size]
        times = []
        for _ in range(3):
            begun = time.process_time()
            REDACTOR.redact(text)
            times.append(time.process_time() - begun)
        return min(times)

    assert least(32_000) < 12 * least(8_000) + 0.02


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

"""The language of metric definitions: what it reads, what it refuses, and that SQL and Python agree."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.formulas import parse

COLUMNS = ("shown", "choices", "save")


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("shown", 'sum("shown")'),
        ("shown - choices", '(sum("shown") - sum("choices"))'),
        ("2 * (shown + save)", '(2 * (sum("shown") + sum("save")))'),
        ("choices / shown", '(sum("choices") / nullif(sum("shown"), 0))'),
        ("coalesce(save, 0)", 'coalesce(sum("save"), 0)'),
    ],
)
def test_each_column_is_its_sum(text: str, sql: str) -> None:
    assert parse(text, COLUMNS).sql == sql


def test_it_reads_as_people_write() -> None:
    formula = parse("(shown-choices) / shown", COLUMNS)
    assert (formula.shown, formula.columns) == ("(shown−choices) ÷ shown", ("shown", "choices"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shwn", "no column 'shwn' to sum; expected one of shown, choices, save"),
        ("shown; drop table meta", "not a formula"),
        ("shown)", "not a formula"),
        ("", "not a formula"),
        ("max(shown)", r"'max\(shown\)' is not allowed in a formula; expected columns, whole numbers"),
        ("shown ** 2", "is not allowed"),
        ("shown if save else 1", "is not allowed"),
        ("'x'", "is not allowed"),
        ("1.5 * shown", "is not allowed"),
        ("True", "is not allowed"),
        ("-shown", "is not allowed"),
        ("coalesce(shown)", "is not allowed"),
        ("shown > 1", "is not allowed"),
        ("shown.__class__", "is not allowed"),
        ("[shown for shown in save]", "is not allowed"),
        ("(" * 40 + "shown", "not a formula"),
        ("shown + " * 40 + "1", "at most 300 characters"),
    ],
)
def test_anything_else_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text, COLUMNS)


@pytest.mark.parametrize("text", ["shown", "shown = 1", "shown > save > 1", "shown > 1 or save > 1", "shown != 2"])
def test_a_condition_is_one_comparison(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected two formulas with one of > >= < <= between|not a formula"):
        parse(text, COLUMNS, comparison=True)


FORMULAS = st.recursive(
    st.sampled_from(COLUMNS) | st.integers(0, 9).map(str),
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})")
        | st.tuples(inner, inner).map(lambda parts: f"coalesce({parts[0]}, {parts[1]})")
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(FORMULAS, st.lists(st.tuples(*[st.none() | st.integers(0, 50)] * 3), min_size=1, max_size=4))
def test_sql_and_python_agree(text: str, rows: list[tuple[int | None, ...]]) -> None:
    sums = {
        name: float(sum(given)) if (given := [row[place] for row in rows if row[place] is not None]) else None
        for place, name in enumerate(COLUMNS)
    }
    with duckdb.connect() as connection:
        connection.execute("create table daily (shown bigint, choices bigint, save bigint)")
        connection.executemany("insert into daily values (?, ?, ?)", rows)
        for comparison in (False, True):
            formula = parse(f"{text} > choices" if comparison else text, COLUMNS, comparison=comparison)
            found = connection.execute(f"select {formula.sql} from daily").fetchall()[0][0]
            assert (None if found is None else float(found)) == pytest.approx(formula.value(sums))

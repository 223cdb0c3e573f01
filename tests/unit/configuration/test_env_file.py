"""env files: what docker compose makes of them, and how `rebuild` rewrites them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.configuration.env_file import EnvFileError, parse, quoted, render, rewrite


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("K=plain", "plain"),
        ("K=a=b=c", "a=b=c"),
        ("K=", ""),
        ("K=  spaced  ", "spaced"),
        ("export K=v", "v"),
        ("K='single $x'", "single $x"),
        ('K="double"', "double"),
        ('K="a b"  # said so', "a b"),
        ("K=value # comment", "value"),
        ("K=value#none", "value#none"),
        ("K=#none", "#none"),
        ("K= # comment", ""),
        ("K=it's", "it's"),
        (r'K="say \"hi\""', 'say "hi"'),
        (r'K="two\nlines"', "two\nlines"),
        ("K='two\nlines'", "two\nlines"),
        (r'K="C:\\" # path', "C:\\"),
        ('K="Data Source=tcp:mssql,1433;Password=p;"', "Data Source=tcp:mssql,1433;Password=p;"),
    ],
)
def test_quotes_and_comments(line: str, value: str) -> None:
    assert parse(line, {}) == {"K": value}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("K=abcd$x", "abcd"),
        ("K=abcd$$x", "abcd$x"),
        ("K='abcd$x'", "abcd$x"),
        (r'K="abcd\$x"', "abcd$x"),
        ("K=$HOST/x", "box/x"),
        ('K="${HOST}x"', "boxx"),
        ("K=${NONE:-standard}", "standard"),
        ("K=${EMPTY:-standard}", "standard"),
        ("K=${EMPTY-standard}", ""),
        ("K=${HOST:+there}", "there"),
        ("K=${NONE+there}", ""),
    ],
)
def test_dollar_expands_outside_single_quotes(line: str, value: str) -> None:
    assert parse(line, {"HOST": "box", "EMPTY": ""})["K"] == value


def test_a_name_known_nowhere_is_reported() -> None:
    missing: list[str] = []
    parse("A=1\nB=$A\nC=ab$tail", {}, unset=missing.append)
    assert missing == ["tail"]


def test_blank_lines_comments_bom_and_crlf_are_no_variables() -> None:
    assert parse("\ufeff\r\n# c\r\n  # d=e\r\nA=1\r\n\r\nB=2", {}) == {"A": "1", "B": "2"}


def test_last_of_two_lines_counts_and_earlier_values_are_visible() -> None:
    assert parse("A=1\nB=$A\nA=2", {}) == {"B": "1", "A": "2"}


def test_key_alone_is_taken_from_outside_if_it_is_there() -> None:
    assert parse("HTTPS_PROXY\nOTHER", {"HTTPS_PROXY": "http://p"}) == {"HTTPS_PROXY": "http://p"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("A=1\nMY KEY=2", 'line 2: unexpected character " " in variable name "MY KEY"'),
        ("=x", "line 1: unexpected character"),
        ("\nA='open\nB=2", "line 2: unterminated quoted value 'open"),
        ("A='x' y", "line 1: unexpected text after the closing quote: y"),
        ("A=cost$5", "line 1: invalid template"),
        ("A=${X", "line 1: invalid template"),
        ("A=${X:?needed}", "line 1: required variable X is missing a value: needed"),
    ],
)
def test_what_compose_cannot_read_names_the_line(text: str, complaint: str) -> None:
    with pytest.raises(EnvFileError) as caught:
        parse(text, {})
    assert complaint in str(caught.value)


def test_rewriting_keeps_values_verbatim_and_the_template_order() -> None:
    existing = 'extra="q" $x\nb=\'quoted $y\' \n a=blank key\n#b=off\n# only a comment\n\nb=last\nplain\\"quote=1\\"2\n'
    assert list(rewrite({"a": "A", "b": "B"}, existing).items()) == [
        ("a", "A"),
        ("b", "last"),
        ("extra", '"q" $x'),
        (" a", "blank key"),
        ("#b", "off"),
        ('plain\\"quote', '1"2'),
    ]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
@example("\\")
@example("\\\"$x'")
def test_a_quoted_value_is_read_back(value: str) -> None:
    assert parse(f"K={quoted(value)}\nL=2\n", {"x": "wrong"}) == {"K": value, "L": "2"}


def test_rewriting_twice_changes_nothing() -> None:
    once = render(rewrite({"a": "A"}, "z=1\na=' x '\n"))
    assert once == render(rewrite({"a": "fresh"}, once)) == "a=' x '\nz=1\n"

"""Annotations and values are compared by what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vt_lsp.code.meaning import same_annotation, same_value

SAME_TYPES = [
    ("int", "int"),
    ("Optional[int]", "int | None"),
    ("int | None", "None | int"),
    ("Union[int, None]", "typing.Optional[int]"),
    ("Union[int, str, None]", "t.Optional[Union[str, int]]"),
    ("Union[int, Union[str, None]]", "str | int | None"),
    ("List[int]", "list[int]"),
    ("typing.List[int]", "t.List[int]"),
    ("list[int]", "List['int']"),
    ('"Forward"', "Forward"),
    ("Forward", "models.Forward"),
    ("Optional['Forward']", '"Forward | None"'),
    ("dict", "dict[str, int]"),
    ("Dict", "Dict[str, Any]"),
    ("list", "List[Order]"),
    ("Callable", "Callable[[int], str]"),
    ("Callable[..., int]", "collections.abc.Callable[[str], int]"),
    ("Any", "int"),
    ("dict[str, Any]", "dict[str, int]"),
    ("int", "Mapped[int]"),
    ("str | None", "Mapped[Optional[str]]"),
    ("str", "Annotated[str, Field(max_length=3)]"),
    ("int", "Final[int]"),
    ("int", "ClassVar[int]"),
    ("int", "Required[int]"),
    ("Mapped[int]", "int"),
    ('Literal["a", "b"]', "Literal['b', 'a']"),
    ("Literal['a'] | Literal['b']", "Literal['a', 'b']"),
    ("Literal['a', None]", "Optional[Literal['a']]"),
    ("Sequence[int]", "collections.abc.Sequence[int]"),
    ("Tuple[int, ...]", "tuple[int, ...]"),
    ("Type[Base]", "type[Base]"),
    ("datetime.datetime", "datetime"),
    ("np.ndarray", "ndarray"),
    ("string", "str"),
    ("integer", "int"),
    ("boolean", "bool"),
    ("a string", "str"),
    ("list of str", "list[str]"),
    ("List of strings", "list[str]"),
    ("dict of str to int", "dict[str, int]"),
    ("optional int", "int | None"),
    ("int, optional", "Optional[int]"),
    ("float or None", "float | None"),
    ("str or list of ints", "str or list of ints"),
    ("`int`", "int"),
    ("None", "None"),
    ("typing.Set[int]", "set[int]"),
    ("AbstractSet[int]", "collections.abc.Set[int]"),
]
OTHER_TYPES = [
    ("int", "str"),
    ("int", "float"),
    ("list[int]", "list[str]"),
    ("list[int]", "set[int]"),
    ("dict[str, int]", "dict[str, str]"),
    ("int", "int | None"),
    ("Optional[Order]", "Order"),
    ("int | str", "int | bytes"),
    ("Literal['a']", "Literal['a', 'b']"),
    ("datetime", "str"),
    ("Decimal", "float"),
    ("Mapped[int]", "Mapped[str]"),
    ("Callable[[int], str]", "Callable[[int], int]"),
    ("Callable[[int], str]", "Callable[[int, int], str]"),
    ("string", "int"),
    ("tuple[int, int]", "tuple[int, str]"),
    ("tuple[int, int]", "tuple[int, int, int]"),
    ("list of str", "list[int]"),
    ("Sequence[int]", "Sequence[str]"),
]
UNCLEAR_TYPES = [
    ("OrderId", "int"),
    ("int", "OrderId"),
    ("Foo", "Bar"),
    ("int", "Any"),
    ("dict[str, int]", "dict"),
    ("Sequence[int]", "list[int]"),
    ("Mapping", "dict"),
    ("Foo | None", "Bar | None"),
    ("list[Foo]", "list[Bar]"),
    ("a number between 1 and 3", "int"),
    ("str", "Literal['a']"),
    ("", "int"),
    ("int", ""),
    ("((((", "int"),
    ("[" * 450, "int"),
    ("x" * 10_000, "int"),
    ("int; import os", "int"),
    ("f(x)", "int"),
    ("Literal[Color.RED]", "Literal[Color.BLUE]"),
    ("tuple[int, ...]", "tuple[int, int]"),
]


@pytest.mark.parametrize(("spec", "code"), SAME_TYPES)
def test_same_types(spec: str, code: str) -> None:
    assert same_annotation(spec, code) is True


@pytest.mark.parametrize(("spec", "code"), OTHER_TYPES)
def test_other_types(spec: str, code: str) -> None:
    assert same_annotation(spec, code) is False


@pytest.mark.parametrize(("spec", "code"), UNCLEAR_TYPES)
def test_unclear_types(spec: str, code: str) -> None:
    assert same_annotation(spec, code) is None


SAME_VALUES = [
    ("1_000", "1000"),
    ("0x10", "16"),
    ("5.0", "5"),
    ("1e3", "1000"),
    ("-1", "- 1"),
    ("'a'", '"a"'),
    ("utf-8", '"utf-8"'),
    ("`30`", "30"),
    ("“a”", '"a"'),
    ("'a' 'b'", "'ab'"),
    ("'a' + 'b'", "'ab'"),
    ("60 * 60", "3600"),
    ("3600", "60 * 60"),
    ("1 << 20", "1024 * 1024"),
    ("2**10", "1024"),
    ("null", "None"),
    ("true", "True"),
    ("False", "False"),
    ("[]", "field(default_factory=list)"),
    ("list()", "field(default_factory=list)"),
    ("field(default_factory=list)", "dataclasses.field(default_factory=list, repr=False)"),
    ("an empty list", "[]"),
    ("{}", "dict()"),
    ("set()", "field(default_factory=set)"),
    ("[1, 2]", "field(default_factory=lambda: [1, 2])"),
    ("3", "field(default=3)"),
    ("3", "Field(3, gt=0)"),
    ("3", "Field(default=3)"),
    ("3", "mapped_column(Integer, default=3)"),
    ("[]", "attr.ib(factory=list)"),
    ("(1, 2)", "(1,2)"),
    ("{'a': 1, 'b': 2}", '{"b": 2, "a": 1}'),
    ("{1, 2}", "{2, 1}"),
    ("{1, 2}", "{2, 1, 1}"),
    ("Color.RED", "Color.RED"),
    ("RED", "Color.RED"),
    ("timedelta(seconds=30)", "timedelta(seconds = 30)"),
    ("b'x'", 'b"x"'),
]
OTHER_VALUES = [
    ("True", "False"),
    ("30", "60"),
    ("'a'", '"b"'),
    ("None", "30"),
    ("30", "None"),
    ("[1]", "[1, 2]"),
    ("[]", "None"),
    ("{'a': 1}", "{'a': 2}"),
    ("60 * 60", "60"),
    ("3", "field(default=4)"),
    ("[]", "field(default_factory=dict)"),
    ('"30"', "30"),
    ("0", "True"),
    ("1.5", "1"),
]
UNCLEAR_VALUES = [
    ("30", "TIMEOUT"),
    ("TIMEOUT", "30"),
    ("Color.RED", "Color.BLUE"),
    ("30", 'os.environ.get("T", 30)'),
    ("30", 'getenv("T")'),
    ("30 seconds", "30"),
    ("30", "field(repr=False)"),
    ("[A]", "[B]"),
    ("1", "True"),
    ("[1]", "(1,)"),
    ("30", '"' + "x" * 198 + '"'),
    ("...", "3"),
    ("", "3"),
    ("9 ** 9 ** 9", "3"),
    ("1 / 0", "3"),
    ("(" * 190, "3"),
    ("x" * 9_999, "3"),
    ("__import__('os').system('false')", "3"),
    ("[*x]", "[1]"),
    ("{**x}", "{}"),
    ("a b", "'c'"),
]


@pytest.mark.parametrize(("spec", "code"), SAME_VALUES)
def test_same_values(spec: str, code: str) -> None:
    assert same_value(spec, code) is True


@pytest.mark.parametrize(("spec", "code"), OTHER_VALUES)
def test_other_values(spec: str, code: str) -> None:
    assert same_value(spec, code) is False


@pytest.mark.parametrize(("spec", "code"), UNCLEAR_VALUES)
def test_unclear_values(spec: str, code: str) -> None:
    assert same_value(spec, code) is None


texts = st.one_of(st.text(max_size=40), st.text(alphabet="[](){},|.'\"aNone intlist*=:+-1", max_size=60))


@given(texts, texts)
def test_any_text_is_taken(one: str, other: str) -> None:
    assert same_annotation(one, other) in {True, False, None}
    assert same_value(one, other) in {True, False, None}


literals = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(literals)
def test_a_literal_equals_itself_in_other_clothes(value: object) -> None:
    text = repr(value)
    assert same_value(f" ({text}) ", text) is (True if len(text.encode("utf-8", "replace")) < 200 else None)

"""Raw parameter lists, calls against them, and constructors of dataclasses."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vt_lsp.code.python import read
from vt_lsp.code.signature import Parameter, Signature, bind, constructor_signature, parse_signature


def shape(text: str) -> str:
    """A signature in one line: name, mark of its kind, annotation and default."""
    found = parse_signature(text)
    if found is None:
        return "-"
    marks = {
        "positional-only": "/",
        "positional-or-keyword": "",
        "var-positional": "*",
        "keyword-only": "!",
        "var-keyword": "**",
    }
    items = [
        marks[p.kind] + p.name + (f":{p.annotation}" if p.annotation else "") + (f"={p.default}" if p.default else "")
        for p in found.parameters
    ]
    return " ".join(items) + (" ..." if found.is_partial else "")


SHAPES = [
    ("()", ""),
    ("", ""),
    ("( )", ""),
    ("(self)", "self"),
    ("a, b", "a b"),
    ("(self, a: int = 1, *, b=None, **kw)", "self a:int=1 !b=None **kw"),
    ("(a, /, b, *args: int, c: str)", "/a b *args:int !c:str"),
    ("(a, b,)", "a b"),
    ("(a, ...)", "a ..."),
    ("(a, …)", "a ..."),
    ("(...)", " ..."),
    ("(a[, b])", "a b=..."),
    ("(a[, b[, c]])", "a b=... c=..."),
    ("(start, [stop, [step]])", "start stop=... step=..."),
    ("([a, b])", "a=... b=..."),
    ("(a, b=[])", "a b=[]"),
    ("(a, b=[1, 2])", "a b=[1, 2]"),
    ("(a: dict[str, int], b: Callable[[int, str], None] = f)", "a:dict[str, int] b:Callable[[int, str], None]=f"),
    ("(a={'x': (1, 2)}, b=lambda x, y=1: x)", "a={'x': (1, 2)} b=lambda x, y=1: x"),
    ("(a=',', b=\"(\", c=')')", "a=',' b=\"(\" c=')'"),
    ("(\n    a,  # the first, (really\n    b: int = 1,\n)", "a b:int=1"),
    ("(a: 'x = y' = 3)", "a:'x = y'=3"),
    ("(a=x == y)", "a=x == y"),
    ("(a: Literal['a,b'])", "a:Literal['a,b']"),
    ("(größe: int)", "größe:int"),
    ("(a=..., b=3)", "a=... b=3"),
    ("(1, 2)", "-"),
    ("(a == 1)", "-"),
    ("(a b)", "-"),
    ("(a, a)", "-"),
    ("((a)", "-"),
    ("(a))", "-"),
    ("('x')", "-"),
    ("(a.b)", "-"),
    ("(" * 30_000, "-"),
    ("(a" + ", a" * 30_000 + ")", "-"),
]


@pytest.mark.parametrize(("text", "expected"), SHAPES)
def test_shapes(text: str, expected: str) -> None:
    assert shape(text) == expected


def test_returns_are_handed_through() -> None:
    assert parse_signature("(a)", "int") == Signature((Parameter("a", "positional-or-keyword"),), "int")


def test_self_is_dropped_for_callers() -> None:
    found = parse_signature("(self, a)")
    assert found is not None
    assert [p.name for p in found.bound().parameters] == ["a"]
    star = parse_signature("(*args)")
    assert star is not None
    assert star.bound() == star


BINDINGS = [
    ("(a, b=1)", 1, (), ""),
    ("(a, b=1)", 0, (), "missing-required:a"),
    ("(a, b=1)", 3, (), "too-many-positional:2"),
    ("(a, b=1)", 1, ("c",), "unknown-keyword:c"),
    ("(a, b=1)", 0, ("a", "b"), ""),
    ("(a, *, b)", 2, (), "too-many-positional:1 missing-required:b"),
    ("(a, *, b)", 1, ("b",), ""),
    ("(a, /)", 0, ("a",), "unknown-keyword:a missing-required:a"),
    ("(a, /, **kw)", 1, ("a",), ""),
    ("(*args)", 9, (), ""),
    ("(*args)", 0, ("args",), "unknown-keyword:args"),
    ("(**kw)", 0, ("x", "y"), ""),
    ("(**kw)", 1, (), "too-many-positional:0"),
    ("(a, ...)", 7, ("q",), ""),
    ("()", 0, (), ""),
]


@pytest.mark.parametrize(("text", "positional", "keywords", "expected"), BINDINGS)
def test_bind(text: str, positional: int, keywords: tuple[str, ...], expected: str) -> None:
    signature = parse_signature(text)
    assert signature is not None
    assert " ".join(f"{p.kind}:{p.name}" for p in bind(signature, positional, keywords)) == expected


def test_unpacked_arguments_may_fill_what_lacks() -> None:
    signature = parse_signature("(a, /, b, *, c)")
    assert signature is not None
    assert [p.name for p in bind(signature, 0, (), has_star=True)] == ["c"]
    assert [p.name for p in bind(signature, 0, (), has_double_star=True)] == ["a"]
    assert bind(signature, 0, (), has_star=True, has_double_star=True) == []


@given(
    st.lists(st.sampled_from(["p", "k", "n"]), max_size=5),
    st.lists(st.booleans(), min_size=5, max_size=5),
    st.booleans(),
    st.booleans(),
    st.integers(0, 6),
    st.sets(st.sampled_from(["x0", "x1", "x2", "x3", "x4", "zz"]), max_size=4),
)
def test_bind_agrees_with_python(  # noqa: PLR0917 - hypothesis hands them over
    kinds: list[str],
    defaults: list[bool],
    stars: bool,  # noqa: FBT001
    double: bool,  # noqa: FBT001
    positional: int,
    keywords: set[str],
) -> None:
    order = {"p": 0, "k": 1, "n": 2}
    kinds = sorted(kinds, key=order.__getitem__)
    python = {
        "p": inspect.Parameter.POSITIONAL_ONLY,
        "k": inspect.Parameter.POSITIONAL_OR_KEYWORD,
        "n": inspect.Parameter.KEYWORD_ONLY,
    }
    parameters = []
    seen_default = False
    for index, kind in enumerate(kinds):
        seen_default = defaults[index] or (seen_default and kind != "n")
        default = 1 if (defaults[index] or (kind != "n" and seen_default)) else inspect.Parameter.empty
        parameters.append(inspect.Parameter(f"x{index}", python[kind], default=default))
    if stars:
        place = sum(kind != "n" for kind in kinds)
        parameters.insert(place, inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL))
    if double:
        parameters.append(inspect.Parameter("kw", inspect.Parameter.VAR_KEYWORD))
    real = inspect.Signature(parameters)
    ours = parse_signature(str(real))
    assert ours is not None
    taken = {p.name for p in parameters[:positional] if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD}
    # A name given twice is not asked of bind; and inspect itself errs on positional-only names beside **kw.
    names = tuple(sorted(keywords - taken - {p.name for p in parameters if double and p.kind is python["p"]}))
    try:
        real.bind(*([0] * positional), **dict.fromkeys(names, 0))
        fits = True
    except TypeError:
        fits = False
    assert (bind(ours, positional, names) == []) is fits


def constructor(body: str, *, kw_only: bool = False) -> str:
    facts = read(f"@dataclass\nclass C:\n{body}".encode(), "c.py")
    found = constructor_signature([s for s in facts.symbols if s.kind == "field"], kw_only=kw_only)
    if found is None:
        return "-"
    return " ".join(
        ("!" if p.kind == "keyword-only" else "") + p.name + ("?" if p.default else "") for p in found.parameters
    )


CONSTRUCTORS = [
    (" a: int\n b: str = 'x'\n", "a b?"),
    (" a: int\n N: ClassVar[int] = 3\n b: 'typing.ClassVar[int]' = 3\n", "a"),
    (" a: InitVar[int]\n b: int = field(init=False)\n", "a"),
    (" a: list = field(default_factory=list)\n b: int = field(repr=False)\n", "a? b"),
    (" a: int\n _: KW_ONLY\n b: int = 1\n", "a !b?"),
    (" a: int = field(kw_only=True)\n b: int\n", "b !a"),
    (" a: int = field(kw_only=FLAG)\n", "-"),
    (" a: int = field(**options)\n", "-"),
    (" a: int = Field(3, gt=0)\n b: int = Field(...)\n", "a? b"),
    (" a: int = Field(alias='x')\n", "-"),
    (" _a: int\n", "-"),
    (" a: int\n a: str = ''\n b: int = 1\n", "a? b?"),
    (" a: int = attr.ib(factory=list)\n", "a?"),
]


@pytest.mark.parametrize(("body", "expected"), CONSTRUCTORS)
def test_constructors(body: str, expected: str) -> None:
    assert constructor(body) == expected


def test_a_class_of_named_fields() -> None:
    assert constructor(" a: int\n b: int = field(kw_only=False)\n", kw_only=True) == "b !a"


def test_init_var_takes_the_inner_type() -> None:
    facts = read(b"class C:\n a: InitVar[dict[str, int]]\n", "c.py")
    found = constructor_signature(facts.symbols[1:])
    assert found is not None
    assert found.parameters[0].annotation == "dict[str, int]"


@given(st.text(alphabet="ab,*/=:[]()'\"…. {}lambda#\n", max_size=40))
def test_any_text_is_taken(text: str) -> None:
    found = parse_signature(text)
    assert found is None or isinstance(found, Signature)

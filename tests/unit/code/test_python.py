"""What a Python file defines."""

from __future__ import annotations

import random
import sysconfig
import threading
import time
from pathlib import Path

import pytest

from vt_lsp.code.python import PythonDocument, read
from vt_lsp.models import CodeFacts, Import, Symbol


def facts(source: str, path: str = "m.py") -> CodeFacts:
    return read(source.encode(), path)


def line(symbol: Symbol) -> str:
    """A symbol in one line, without its place."""
    text = f"{symbol.kind} {symbol.name}"
    text += f"({', '.join(symbol.bases)})" if symbol.bases else symbol.signature
    text += f" -> {symbol.returns}" if symbol.returns else ""
    text += f": {symbol.annotation}" if symbol.annotation else ""
    text += f" = {symbol.value}" if symbol.value else ""
    return (
        text + "".join(f" @{d}" for d in symbol.decorators) + (f" [{' '.join(symbol.flags)}]" if symbol.flags else "")
    )


def lines(source: str, path: str = "m.py") -> list[str]:
    return [line(symbol) for symbol in facts(source, path).symbols]


SYMBOLS = {
    # functions
    "def f(): ...": ["function f()"],
    "def f(a: int, /, b=1, *args: str, c, **kw) -> dict[str, int]: pass": [
        "function f(a: int, /, b=1, *args: str, c, **kw) -> dict[str, int]"
    ],
    "async def f(): ...": ["function f() [async]"],
    "@a.b(1)\n@c\ndef f(): ...": ["function f() @a.b(1) @c"],
    "@a  # why\n@b\ndef f(): ...": ["function f() @a @b"],
    "@overload\ndef f(a: int): ...\ndef f(a): ...": ["function f(a: int) @overload [overload]", "function f(a)"],
    "def f[T: int](a: T) -> T: ...": ["function f(a: T) -> T"],
    "def f():\n  x = 1\n  def inner(): ...\n  class C: ...": ["function f()"],
    "def f(\n    a,  # why\n    b=1,\n): ...": ["function f(\n    a,  # why\n    b=1,\n)"],
    "f = lambda x: x": ["variable f = lambda x: x"],
    # classes
    "class C: ...": ["class C"],
    "class C(): ...": ["class C"],
    "class C(A, b.B[int], metaclass=ABCMeta): ...": ["class C(A, b.B[int], metaclass=ABCMeta)"],
    "class C(metaclass=Meta): ...": ["class C(metaclass=Meta) [metaclass]"],
    "class C(*bases): ...": ["class C(*bases) [open]"],
    "class C[T](B[T]): ...": ["class C(B[T])"],
    "class C(Protocol[T]): ...": ["class C(Protocol[T]) [protocol]"],
    "class A:\n class B:\n  class C:\n   x: int": ["class A", "class A.B", "class A.B.C", "field A.B.C.x: int"],
    "@final\n@unique\nclass C(Enum): A = 1": ["class C(Enum) @final @unique [enum]", "enum-member C.A = 1"],
    "@magic\nclass C: ...": ["class C @magic [open]"],
    "@pytest.mark.slow\nclass C: ...": ["class C @pytest.mark.slow"],
    # methods
    "class C:\n def m(self, a=1): ...": ["class C", "method C.m(self, a=1)"],
    "class C:\n @staticmethod\n def m(): ...": ["class C", "method C.m() @staticmethod [static]"],
    "class C:\n @classmethod\n @abc.abstractmethod\n def m(cls): ...": [
        "class C",
        "method C.m(cls) @classmethod @abc.abstractmethod [classmethod abstract]",
    ],
    "class C:\n @property\n def p(self) -> int: ...\n @p.setter\n def p(self, v): ...\n @p.deleter\n def p(s): ...": [
        "class C",
        "property C.p(self) -> int @property",
    ],
    "class C(B):\n @B.p.setter\n def p(self, v): ...": ["class C(B)", "property C.p(self, v) @B.p.setter"],
    "class C:\n @functools.cached_property\n def p(self): ...": [
        "class C",
        "property C.p(self) @functools.cached_property",
    ],
    "class C:\n p = property(get, set)": ["class C", "property C.p = property(get, set)"],
    "class C:\n def __getattr__(self, n): ...": ["class C [open]", "method C.__getattr__(self, n)"],
    "class C:\n if X:\n  def m(self): ...\n else:\n  def m(self, a): ...": [
        "class C",
        "method C.m(self) [conditional]",
        "method C.m(self, a) [conditional]",
    ],
    # fields and attributes
    "class C:\n a: int\n b: str = 'x'\n c = 3\n d, e = 1, 2\n f = g = 4": [
        "class C",
        "field C.a: int",
        "field C.b: str = 'x'",
        "attribute C.c = 3",
        "attribute C.d",
        "attribute C.e",
        "attribute C.f = 4",
        "attribute C.g = 4",
    ],
    "@dataclasses.dataclass(frozen=True)\nclass C:\n a: list = field(default_factory=list)": [
        "class C @dataclasses.dataclass(frozen=True) [dataclass]",
        "field C.a: list = field(default_factory=list)",
    ],
    "class C(NamedTuple):\n a: int = 1": ["class C(NamedTuple) [namedtuple]", "field C.a: int = 1"],
    "class C(TypedDict, total=False):\n a: int": ["class C(TypedDict, total=False) [typeddict]", "field C.a: int"],
    "class C:\n __slots__ = ('a', 'b')\n def __init__(self):\n  self.a: int = 1": [
        "class C",
        "attribute C.__slots__ = ('a', 'b')",
        "method C.__init__(self)",
        "attribute C.a: int = 1",
        "attribute C.b",
    ],
    "class C:\n def __init__(self, x):\n  self.x = x\n  self.y: int | None = None\n  self.x = 2": [
        "class C",
        "method C.__init__(self, x)",
        "attribute C.x = x",
        "attribute C.y: int | None = None",
    ],
    "class C:\n x: int\n def m(self):\n  self.x = 1": ["class C", "field C.x: int", "method C.m(self)"],
    "class C:\n def m(self):\n  self.x = 1\n def n(self):\n  self.x: int = 2": [
        "class C",
        "method C.m(self)",
        "method C.n(self)",
        "attribute C.x: int = 2",
    ],
    "class C:\n def m(self):\n  self.a, (self.b, *self.c) = q\n  for self.d in r: ...\n  with o() as self.e:\n   ...": [
        "class C",
        "method C.m(self)",
        *(f"attribute C.{name}" for name in "abcde"),
    ],
    "class C:\n def m(self):\n  self.a = self.b = 1": [
        "class C",
        "method C.m(self)",
        "attribute C.a = 1",
        "attribute C.b = 1",
    ],
    'class C:\n def m(self):\n  """self.doc = 1"""\n  # self.c = 1\n  self.x == 1\n  f(self.y, z)\n  self.q.r = 1\n'
    "  self.l[0] = 1\n  myself.k = 1\n  g(kw=self.w)": ["class C", "method C.m(self)"],
    "class C:\n def m(this): this.x = 1\n @classmethod\n def n(cls): cls.y = 2": [
        "class C",
        "method C.m(this)",
        "method C.n(cls) @classmethod [classmethod]",
        "attribute C.y = 2",
        "attribute C.x = 1",
    ],
    "class A:\n class B:\n  def m(self): self.x = 1\n def n(self): self.y = 1": [
        "class A",
        "class A.B",
        "method A.B.m(self)",
        "attribute A.B.x = 1",
        "method A.n(self)",
        "attribute A.y = 1",
    ],
    "class C:\n def m(self): setattr(self, 'x', 1)": ["class C", "method C.m(self)", "attribute C.x"],
    "class C:\n def m(self):\n  self.größe = 1\n  äself.x = 1\n  mysetattr(self, q, 1)": [
        "class C",
        "method C.m(self)",
        "attribute C.größe = 1",
    ],
    "class C:\n def m(self, k): setattr(self, k, 1)": ["class C [open]", "method C.m(self, k)"],
    "class C:\n def m(self, **kw): self.__dict__.update(kw)": ["class C [open]", "method C.m(self, **kw)"],
    "class C: ...\nC.x = 3\nC.y: int = 4": ["class C", "attribute C.x = 3", "attribute C.y: int = 4"],
    "class C: ...\nsetattr(C, 'x', 1)\nfor n in names: setattr(C, n, 1)": [
        "class C [open]",
        "variable n",
        "attribute C.x",
    ],
    # enums
    "class E(str, enum.Enum):\n _ignore_ = []\n A = 1\n B = auto()\n C, D = 1, 2\n x: int\n def m(self): ...": [
        "class E(str, enum.Enum) [enum]",
        "attribute E._ignore_ = []",
        "enum-member E.A = 1",
        "enum-member E.B = auto()",
        "enum-member E.C",
        "enum-member E.D",
        "field E.x: int",
        "method E.m(self)",
    ],
    "E = Enum('E', 'A B')": ["class E(Enum) [enum]", "enum-member E.A", "enum-member E.B"],
    "E = enum.IntEnum('E', [('A', 1), ('B', 2)])": [
        "class E(enum.IntEnum) [enum]",
        "enum-member E.A = 1",
        "enum-member E.B = 2",
    ],
    "E = Enum('E', {'A': 1}, module=__name__)": ["class E(Enum) [enum]", "enum-member E.A = 1"],
    "E = Enum('E', names)": ["class E(Enum) [open enum]"],
    # classes that a call makes
    "P = namedtuple('P', 'x, y', defaults=(1,))": ["class P(namedtuple) [namedtuple]", "field P.x", "field P.y = 1"],
    "P = collections.namedtuple('P', ['x', 'y'])": [
        "class P(collections.namedtuple) [namedtuple]",
        "field P.x",
        "field P.y",
    ],
    "P = namedtuple('P', fields)": ["class P(namedtuple) [open namedtuple]"],
    "P = NamedTuple('P', [('a', int), ('b', 'str')])": [
        "class P(NamedTuple) [namedtuple]",
        "field P.a: int",
        "field P.b: 'str'",
    ],
    "T = TypedDict('T', {'a': int}, total=False)": ["class T(TypedDict) [typeddict]", "field T.a: int"],
    # module names
    "A = 1\n_B2 = 2\nc = 3\nD: int = 4\nTimeout: Final = 5\ne: str": [
        "constant A = 1",
        "constant _B2 = 2",
        "variable c = 3",
        "constant D: int = 4",
        "constant Timeout: Final = 5",
        "variable e: str",
    ],
    "type X[T] = list[T]\nY: TypeAlias = int\nZ = NewType('Z', int)\nT = typing.TypeVar('T')": [
        "alias X = list[T]",
        "alias Y: TypeAlias = int",
        "alias Z = NewType('Z', int)",
        "alias T = typing.TypeVar('T')",
    ],
    "x = \\\n  3": ["variable x = 3"],
    "a, (b, *c) = d = q": ["variable a", "variable b", "variable c", "variable d = q"],
    "x[0] = 1\nx.y.z += 1\nf()": [],
    "for i, j in q:\n k = 1": ["variable i", "variable j", "variable k = 1 [conditional]"],
    "with a() as x, b() as (y, z):\n w = 1": ["variable x", "variable y", "variable z", "variable w = 1"],
    "if (n := f()):\n pass\nprint(m := 1)": ["variable n [conditional]"],
    "y = (m := 1)": ["variable y = (m := 1)", "variable m"],
    "def f():\n global X, y\n X = 1": ["function f()", "variable X", "variable y"],
    "X = 1\ndef f():\n global X\n X = 2": ["constant X = 1", "function f()"],
    'def f():\n "global X"': ["function f()"],
    "try:\n def f(): ...\nexcept E as e:\n f = None\nelse:\n g = 1\nfinally:\n h = 1": [
        "function f() [conditional]",
        "variable e [conditional]",
        "variable f = None [conditional]",
        "variable g = 1 [conditional]",
        "variable h = 1 [conditional]",
    ],
    "if A:\n x = 1\nelif B:\n x = 2\nelse:\n if C:\n  x = 3": [f"variable x = {n} [conditional]" for n in (1, 2, 3)],
    "match q:\n case 1:\n  def f(): ...": ["function f() [conditional]"],
    "while q:\n x = 1": ["variable x = 1 [conditional]"],
}


@pytest.mark.parametrize("source", SYMBOLS)
def test_symbols(source: str) -> None:
    assert lines(source) == SYMBOLS[source]


@pytest.mark.parametrize(
    "decorator",
    [
        "dataclass",
        "dataclass(slots=True)",
        "dataclasses.dataclass",
        "attr.s",
        "attr.s(auto_attribs=True)",
        "attrs.define",
        "attrs.frozen(kw_only=True)",
        "define",
        "frozen",
        "pydantic.dataclasses.dataclass",
    ],
)
def test_dataclass_decorators(decorator: str) -> None:
    assert facts(f"@{decorator}\nclass C: ...").symbols[0].flags == ("dataclass",)


IMPORTS = {
    "import a": [Import("a", "a")],
    "import a.b": [Import("a", "a")],
    "import a.b as c, d": [Import("c", "a.b"), Import("d", "d")],
    "from a import b, c as d": [Import("b", "a", "b"), Import("d", "a", "c")],
    "from ..m import (  # why\n    x as y,\n    z,  # q\n)": [Import("y", "m", "x", 2), Import("z", "m", "z", 2)],
    "from . import k": [Import("k", "", "k", 1)],
    "from ...a.b import \\\n  c": [Import("c", "a.b", "c", 3)],
    "from m import *": [Import("*", "m", "*")],
    "from .m import *": [Import("*", "m", "*", 1)],
    "from __future__ import annotations": [Import("annotations", "__future__", "annotations")],
    "if TYPE_CHECKING:\n    from a import B": [Import("B", "a", "B", typing=True)],
    "try:\n    import fast as f\nexcept ImportError:\n    import slow as f": [Import("f", "fast"), Import("f", "slow")],
    "def f():\n    import a": [],
    "import a; import b": [Import("a", "a"), Import("b", "b")],
}


@pytest.mark.parametrize("source", IMPORTS)
def test_imports(source: str) -> None:
    assert list(facts(source).imports) == IMPORTS[source]


def test_an_import_in_a_class_is_its_attribute() -> None:
    assert lines("class C:\n from a import b") == ["class C", "attribute C.b"]


EXPORTS: dict[str, tuple[str, ...] | None] = {
    "x = 1": None,
    "__all__ = ['a', \"b\"]": ("a", "b"),
    "__all__ = ('a',)": ("a",),
    "__all__ = 'a', 'b'": ("a", "b"),
    "__all__: list[str] = []": (),
    "__all__ = ['a'] + ['b']\n__all__ += ['c']\n__all__.extend(['d'])\n__all__.append('e')\n__all__.remove('a')": (
        "b",
        "c",
        "d",
        "e",
    ),
    "__all__ = [  # why\n 'a',  # b\n]": ("a",),
}


@pytest.mark.parametrize("source", EXPORTS)
def test_exports(source: str) -> None:
    assert facts(source).exports == EXPORTS[source]
    assert "dynamic" not in facts(source).flags


FLAGS = {
    "x = 1": (),
    "def f(:": ("errors",),
    "def __getattr__(name): ...": ("getattr",),
    "__all__ = [n for n in dir()]": ("dynamic",),
    "__all__ = ['a'] + b.__all__": ("dynamic",),
    "__all__ = ['a']\n__all__ += b.__all__": ("dynamic",),
    "globals()['x'] = 1": ("dynamic",),
    "globals().update(q)": ("dynamic",),
    "def f(n): globals()[n] = 1": ("dynamic",),
    "x = globals()['y']": (),
    "names = globals()\nfor n in q: names[n] = 1": ("dynamic",),
    "exec(code)": ("dynamic",),
    "def f(): exec(code)": (),
    "sys.modules[__name__] = Lazy()": ("dynamic",),
    "setattr(sys.modules[__name__], n, 1)": ("dynamic",),
    "\0": ("errors",),
}


@pytest.mark.parametrize("source", FLAGS)
def test_flags(source: str) -> None:
    assert facts(source).flags == FLAGS[source]


def test_dynamic_exports_are_none() -> None:
    assert facts("__all__ = ['a']\n__all__ += b.__all__").exports is None


def test_places_are_bytes() -> None:
    data = "é = 1\n@d\ndef größe(ä): ...\nclass C:\n    ö: int = 2\n".encode()
    found = {
        s.name: (data[s.start : s.end].decode(), data[s.name_start :].decode()[: len(s.name)])
        for s in read(data, "").symbols
    }
    assert found["é"] == ("é = 1", "é")
    assert found["größe"] == ("@d\ndef größe(ä): ...", "größe")
    assert found["C"][0] == "class C:\n    ö: int = 2"
    assert found["C.ö"][0] == "ö: int = 2"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark(end: bytes, head: bytes) -> None:
    data = head + end.join([b"class C(B):", b"    def m(self):", b"        self.x = 1", b"y = 2", b""])
    found = read(data, "m.py")
    assert [s.name for s in found.symbols] == ["C", "C.m", "C.x", "y"]
    assert all(data[s.name_start :].startswith(s.name.rpartition(".")[2].encode()) for s in found.symbols)
    assert found.words == "class C B def m self x 1 y 2"
    assert found.flags == ()


def test_a_stub_says_nothing_by_dots() -> None:
    assert lines("x: int = ...", "m.pyi") == ["variable x: int"]
    assert lines("x: int = ...") == ["variable x: int = ..."]


def test_values_are_cut() -> None:
    assert len(facts(f"x = '{'é' * 500}'").symbols[0].value.encode()) <= 202


def test_words() -> None:
    assert facts("x = foo.bar('größe')  # foo ünd\n").words == "x foo bar größe ünd"


def test_errors_keep_what_is_whole() -> None:
    found = facts("class A:\n    def m(self): ...\n\nx = = 1\n\nclass B:\n    y: int\n")
    assert "errors" in found.flags
    assert {"A", "A.m", "B", "B.y"} <= {s.name for s in found.symbols}


def test_an_error_inside_of_a_function_hides_nothing() -> None:
    found = facts("class A:\n    def m(self):\n        x = = (1\n\n    def n(self): ...\n\ny: int\n")
    assert found.flags == ()
    assert [s.name for s in found.symbols] == ["A", "A.m", "A.n", "y"]


def test_an_error_that_may_reach_out_of_a_function_counts() -> None:
    for body in ("return '", 'return """', "return (\n)\n]", "self.x = = 1"):
        found = facts(f"class A:\n    def m(self):\n        {body}\n\n    def n(self): ...\n")
        assert ("errors" in found.flags) == (body != "return '"), body


@pytest.mark.parametrize(
    "body",
    [
        "return 1",
        "x = 1\n        return x  # the end",
        "x = 1\n        # the end",
        "x = (\n1,\n)\n        return x",
        'return """\ndef f():\n    pass\n"""',
        "self.a = 1\n        self.b, c = 2, 3",
        "global made\n        made = 1",
        "with open(x) as self.file:\n            pass",
        "def inner(self):\n            return 1\n        return inner",
        "return \\\n1",
        "setattr(self, 'late', 1)",
    ],
)
def test_bodies_that_are_not_parsed_change_nothing(body: str) -> None:
    """The facts equal those of the whole tree, which an open document reads."""
    for source in (
        f"class A:\n    def m(self, a={{}}, *, b: 'x' = \")\") -> int:\n        {body}\n\n    y: int = 1\n",
        f"class A:\n    @classmethod\n    async def m(cls):  # why\n        {body}",
        f"if x:\n    def m(a):\n        {body}\n# after\nz = 1\n",
    ):
        for text in (source, source.replace("\n", "\r\n"), source.replace("    ", "\t")):
            assert facts(text) == PythonDocument(text.encode(), "a.py").facts


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, b=): ...\ndef g(x): ...", ["function g(x)"]),
        ("def f(a) -> : ...\ndef g(x): ...", ["function g(x)"]),
        ("class C(B, x y):\n a = 1\ny = 2", ["variable y = 2"]),
        ("x = 1 +\ny = 2", ["variable x"]),
        ("x =\ny = 2", ["variable x", "variable y"]),
        ("class C:\n    a: int =\n    b: str = 3", ["class C", "attribute C.a", "attribute C.b", "field C.b: str = 3"]),
    ],
)
def test_what_is_being_typed_is_not_taken_for_code(source: str, expected: list[str]) -> None:
    """A half-typed signature or value says less than the truth, never something else."""
    assert "errors" in facts(source).flags
    assert [found for found in lines(source) if found not in expected] == []
    assert lines(source)


BAD = {
    "empty": b"",
    "parentheses": b"(" * 100_000,
    "closed parentheses": b"x = " + b"(" * 100_000 + b")" * 100_000,
    "brackets as target": b"[" * 50_000 + b"x" + b"]" * 50_000 + b" = 1",
    "tuple of tuples": b"(" * 50_000 + b"x," + b")," * 50_000 + b" = 1",
    "broken UTF-8": b"class \xff\xfe:\n  \xc3 = 1\ndef f\x80(): ...\n",
    "NUL": b"x = 1\0\ny = 2",
    "UTF-16": "class C: ...".encode("utf-16"),
    "deep indentation": b"".join(b" " * n + b"if x:\n" for n in range(600)) + b" " * 600 + b"y = 1",
    "deep classes": b"".join(b" " * n + b"class C:\n" for n in range(300)) + b" " * 300 + b"y = 1",
    "long chain": b"a = " * 20_000 + b"1",
    "long elif": b"if a: b = 1\n" + b"elif a: b = 1\n" * 5_000,
    "long sum": b"x = " + b"1 + " * 50_000 + b"1",
    "export sum": b"__all__ = " + b"['a'] + " * 20_000 + b"['b']",
    "dots": b"." * 50_000,
    "long line": b"x = '" + b"a" * 1_000_000 + b"'",
    "decorators": b"@d\n" * 5_000 + b"def f(): ...",
    "only decorators": b"@d\n" * 5_000,
    "self": b"class C:\n def m(self):\n  " + b"self.x, " * 20_000 + b"y = 1",
    "open string": b'x = """' + b"self.x = 1\n" * 1000,
    "import of nothing": b"import\nfrom\nfrom . import\nfrom x import (\nimport a.b.",
    "class keyword": b"class\ndef\n@\nasync\nclass (:\ndef (:\n",
    "noise": random.Random(7).randbytes(60_000).replace(b"\0", b""),  # noqa: S311 - no secret
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_taken(name: str) -> None:
    start = time.process_time()
    found = read(BAD[name], "bad.py")
    assert time.process_time() - start < 5
    assert all(0 <= s.start <= s.name_start <= s.end <= len(BAD[name]) for s in found.symbols)


def test_cut_and_mutated_code_is_taken() -> None:
    source = Path(__file__).read_bytes()[:6000]
    chance = random.Random(3)  # noqa: S311 - no secret
    for _ in range(60):
        at = chance.randrange(len(source))
        read(source[:at], "cut.py")
        read(source[:at] + chance.randbytes(3) + source[at + chance.randrange(40) :], "mutated.py")


def test_threads_have_parsers_of_their_own() -> None:
    source = Path(__file__).read_bytes()
    expected = read(source, "")
    results: list[CodeFacts] = []
    threads = [threading.Thread(target=lambda: results.append(read(source, ""))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


def _standard_library() -> list[Path]:
    return sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))


def test_the_standard_library_is_read() -> None:
    """What Python's own modules have at run time is what was read, for those that are safe to look into."""
    files = _standard_library()
    assert len(files) > 100
    for path in files:
        found = read(path.read_bytes(), path.name)
        assert "errors" not in found.flags, path.name


@pytest.mark.parametrize("module", ["dataclasses", "inspect", "argparse", "textwrap", "threading", "pathlib", "enum"])
def test_names_exist_at_run_time(module: str) -> None:
    real = __import__(module)
    path = Path(str(real.__file__))
    found = read(path.read_bytes(), path.name)
    defined = {s.name.partition(".")[0] for s in found.symbols} | {i.name for i in found.imports}
    assert "dynamic" in found.flags or set(found.exports or ()) <= defined
    for symbol in found.symbols:
        if symbol.kind not in {"class", "function", "method", "property"} or symbol.flags:
            continue
        value: object = real
        for part in symbol.name.split("."):
            if part.startswith("__") and not part.endswith("__"):
                break
            value = getattr(value, part, None)
            assert value is not None or "." in symbol.name, symbol.name

"""Examples in Python fences: imports, calls and attributes, and what must say nothing."""

from __future__ import annotations

from textwrap import dedent

import pytest

from vt_lsp.models import Claim, Role
from vt_lsp.specs.python_fence import read_fence
from vt_lsp.specs.scope import FenceFacts, FenceScope

USES = ("import", "call", "attribute")


def read(text: str, imports: dict[str, str] | None = None) -> tuple[bytes, FenceFacts]:
    text = dedent(text).lstrip("\n")
    return text.encode(), read_fence(text, FenceScope(imports=imports or {}), lambda offset: offset)


def said(data: bytes, claim: Claim) -> str:
    """A claim in one line: ``kind owner.subject`` and what else it says, with the words of its span."""
    parts = [claim.kind, f"{claim.owner}|{claim.subject}" if claim.owner else claim.subject]
    parts += [f"={claim.expected}"] if claim.expected else []
    parts += [f"({claim.signature})"] if claim.signature else []
    parts += ["@" + data[claim.start : claim.end].decode()]
    parts += ["#" + ",".join(claim.hints)] if claim.hints else []
    return " ".join(parts)


def uses(text: str, imports: dict[str, str] | None = None, *, skip_imports: bool = True) -> list[str]:
    data, facts = read(text, imports)
    kinds = USES[1:] if skip_imports else USES
    return [said(data, claim) for claim in facts.claims if claim.kind in kinds]


class TestImports:
    def test_module_and_names(self) -> None:
        text = """
            import httpx
            import a.b as c
            from httpx import Client, Limits as L
        """
        assert uses(text, skip_imports=False) == [
            "import httpx @httpx",
            "import a.b @a.b",
            "import httpx @httpx",
            "import httpx =Client @Client",
            "import httpx =Limits @Limits",
        ]
        assert dict(read(text)[1].imports) == {
            "httpx": "httpx",
            "c": "a.b",
            "Client": "httpx.Client",
            "L": "httpx.Limits",
        }

    def test_relative_and_future_imports_say_nothing(self) -> None:
        _, facts = read("from . import a\nfrom ..b import c as d\nfrom __future__ import annotations\nd.x\n")
        assert facts == FenceFacts((), ("a", "d"), {})

    def test_a_star_import_makes_earlier_names_unknown(self) -> None:
        text = """
            from m import A
            from n import *
            A.x
            B.y
            from m import C
            C.z
        """
        assert uses(text) == ["attribute m.C|z @z"]

    def test_guarded_imports_are_optional(self) -> None:
        text = """
            try:
                import fast
            except ImportError:
                import slow as fast
            fast.x
        """
        assert uses(text, skip_imports=False) == ["import fast @fast #optional", "import slow @slow #optional"]

    def test_parenthesised_over_lines(self) -> None:
        assert uses("from m import (\n    a,  # x\n    b as c,\n)\n", skip_imports=False) == [
            "import m @m",
            "import m =a @a",
            "import m =b @b",
        ]

    def test_imports_of_earlier_fences_and_shadowing(self) -> None:
        known = {"Client": "httpx.Client"}
        assert uses("Client(a=1)", known) == [
            "call httpx.Client (0;a;;) @Client #carried",
            "call httpx.Client =a @a #carried",
        ]
        assert uses("class Client: ...\nClient(a=1)", known) == []
        assert uses("def Client(): ...\nClient(a=1)", known) == []


class TestCalls:
    @pytest.mark.parametrize(
        ("arguments", "signature"),
        [
            ("", "0;;;"),
            ("1, x", "2;;;"),
            ("*a", "0;;*;"),
            ("**k", "0;;;**"),
            ("1, *a, **k", "1;;*;**"),
            ("x for x in y", "1;;;"),
            ("1, # comment\n 2", "2;;;"),
            ("...", "0;;*;**"),
            ("1, ...", "1;;*;**"),
        ],
    )
    def test_signature(self, arguments: str, signature: str) -> None:
        assert uses(f"import m\nm.f({arguments})") == [f"call m.f ({signature}) @f"]

    def test_each_keyword_is_a_claim_at_its_name(self) -> None:
        data, facts = read("from m import Limits\nLimits(3, größe=1, max_keep=2)\n")
        calls = [claim for claim in facts.claims if claim.kind == "call"]
        assert [(data[c.start : c.end].decode(), c.expected, c.signature) for c in calls] == [
            ("Limits", "", "1;größe,max_keep;;"),
            ("größe", "größe", ""),
            ("max_keep", "max_keep", ""),
        ]

    def test_nested_calls_and_values(self) -> None:
        assert uses("import m\nm.A(b=m.B(c=m.d))") == [
            "call m.A (0;b;;) @A",
            "call m.A =b @b",
            "call m.B (0;c;;) @B",
            "call m.B =c @c",
            "attribute m|d @d",
        ]

    def test_builtins_and_unknown_names_say_nothing(self) -> None:
        assert uses("print(len(x), sep='')\nclient.get(a=1).json()\nfoo.bar.baz\n") == []

    def test_decorators_are_calls(self) -> None:
        text = """
            from fastapi import FastAPI
            app = FastAPI()
            @app.get("/", tags=[])
            def read(): ...
        """
        assert uses(text)[1:] == [
            "call fastapi.FastAPI.get (1;tags;;) @get #instance",
            "call fastapi.FastAPI.get =tags @tags #instance",
        ]


class TestAttributes:
    def test_chains_on_modules(self) -> None:
        assert uses("import httpx\nhttpx.codes.OK") == ["attribute httpx|codes @codes", "attribute httpx.codes|OK @OK"]

    def test_the_imported_part_of_a_chain_is_not_claimed_twice(self) -> None:
        assert uses("import a.b.c\na.b.c.d\na.b.e") == ["attribute a.b.c|d @d", "attribute a.b|e @e"]

    def test_members_of_classes_end_the_chain(self) -> None:
        assert uses("from m import Color\nColor.RED.value\nColor.parse.x") == [
            "attribute m.Color|RED @RED",
            "attribute m.Color|parse @parse",
        ]

    def test_dunders_and_assigned_attributes_say_nothing(self) -> None:
        assert uses("import m\nm.__version__\nm.state = 1\nm.state\nm.count += 1\nm.C.__name__") == ["attribute m|C @C"]

    def test_annotations_and_bases_are_uses(self) -> None:
        assert uses("import m\ndef f(a: m.A, b: list[m.B] = m.c) -> m.D | None: ...\nclass X(m.E): ...") == [
            "attribute m|A @A",
            "attribute m|B @B",
            "attribute m|c @c",
            "attribute m|D @D",
            "attribute m|E @E",
        ]

    def test_fstrings_and_comprehensions_are_uses(self) -> None:
        assert uses("import m\nf'{m.a}'\n[m.b for x in m.c if m.d]") == [
            "attribute m|a @a",
            "attribute m|b @b",
            "attribute m|c @c",
            "attribute m|d @d",
        ]


class TestInstances:
    @pytest.mark.parametrize(
        "binding",
        [
            "x = Client()",
            "x = (await Client())",
            "x: Client = make()",
            "x: 'Client | None' = make()",
            "x = a if (y := Client()) is a else b\nx = y",
            "if (x := Client()): pass",
        ],
    )
    def test_inferred(self, binding: str) -> None:
        found = uses(f"from m import Client\n{binding}\nx.attr\nx.send(1)")
        assert found[-2:] == ["attribute m.Client|attr @attr #instance", "call m.Client.send (1;;;) @send #instance"]

    def test_with_targets(self) -> None:
        text = """
            from m import Client, stream
            async with Client() as x, stream() as y:
                x.attr
                y.attr
            with x.open() as z, w as v, Client() as (p, q):
                z.attr; v.attr; p.attr
            def later(): x.attr
        """
        assert [line for line in uses(text) if line.startswith("attribute")] == [
            "attribute m.Client|attr @attr #instance,entered",
            "attribute m.stream().__aenter__()|attr @attr #result,entered",
            "attribute m.Client.open().__enter__()|attr @attr #result,entered",
            "attribute m.Client|attr @attr #instance,entered",
        ]

    def test_parameters(self) -> None:
        text = """
            from m import Request
            import m as n
            def f(a: Request, b: Optional[n.Request], c: Annotated[Request, 1], d, *e: Request, g: list[Request] = 1):
                a.x; b.x; c.x; d.x; e.x; g.x
        """
        assert uses(text)[1:] == ["attribute m.Request|x @x #instance"] * 3

    def test_caught_exceptions(self) -> None:
        text = """
            import m
            try:
                pass
            except m.Failed as error:
                error.request
            except (m.A, m.B) as other:
                other.request
        """
        assert uses(text) == [
            "attribute m|Failed @Failed",
            "attribute m.Failed|request @request #instance",
            "attribute m|A @A",
            "attribute m|B @B",
        ]

    def test_results(self) -> None:
        text = """
            import httpx
            r = httpx.get("/")
            r.text
            httpx.Client().get("/").json()
        """
        assert uses(text)[1:] == [
            "attribute httpx.get()|text @text #result",
            "call httpx.Client (0;;;) @Client",
            "call httpx.Client.get (1;;;) @get #instance",
            "attribute httpx.Client.get()|json @json #result",
        ]

    def test_rebinding_takes_effect_in_order(self) -> None:
        text = """
            from m import A, B
            x = A()
            x.a
            x = B()
            x.b
            x = unknown()
            x.c
        """
        assert [line for line in uses(text) if line.startswith("attribute")] == [
            "attribute m.A|a @a #instance",
            "attribute m.B|b @b #instance",
        ]

    @pytest.mark.parametrize(
        "binding",
        [
            "if c: x = A()\nelse: x = B()",
            "x = A()\nif c: x = None",
            "x = A()\nx += 1",
            "x = A()\nfor x in y: pass",
            "x = A()\nwhile c: x = next(x)",
            "x, y = A(), B()",
            "x = A() if c else B()",
            "x = A()\ndel x",
            "x = A()\nx = broken(\n",
            "x = A()\nmatch c:\n    case x: pass",
            "x = A()\ndef f():\n    global x\n    x = 3",
            "for x in A(): pass",
            "x = [x for x in A()]",
            "def x(): ...",
            "x = lambda: A()",
        ],
    )
    def test_doubt_is_silent(self, binding: str) -> None:
        assert not [line for line in uses(f"from m import A, B\n{binding}\nx.attr\n") if "attr @" in line]

    def test_branches_that_agree(self) -> None:
        assert (
            uses("from m import A\nif c: x = A()\nelse: x = A(1)\nx.attr")[-1] == "attribute m.A|attr @attr #instance"
        )

    def test_functions_see_what_the_module_settled_on(self) -> None:
        text = """
            from m import A, B
            def f(): x.one; y.two
            def g():
                x = 3
                x.three
            x = A()
            y = A()
            y = B()
        """
        assert [line for line in uses(text) if line.startswith("attribute")] == ["attribute m.A|one @one #instance"]

    def test_values_are_left_to_later_fences(self) -> None:
        _, first = read("import httpx\nclient = httpx.Client()\nr = client.get('/')\nn = 3\n")
        assert dict(first.imports) == {"httpx": "httpx", "client": "httpx.Client()", "r": "httpx.Client.get()"}
        assert uses("r.text\nclient.close()", dict(first.imports)) == [
            "attribute httpx.Client.get()|text @text #result,carried",
            "call httpx.Client.close (0;;;) @close #instance,carried",
        ]
        _, second = read("r = other()", dict(first.imports))
        assert dict(second.imports) == {"r": ""}
        assert uses("r.text", {**first.imports, **second.imports}) == []


class TestSubclasses:
    TEXT = """
        from textual.app import App
        class Clock(App[str]):
            CSS = ""
            def helper(self): ...
            def on_mount(self):
                self.helper(); self.CSS; self.mine = 1; self.mine
                self.title
                self.exit(message="")
                super().__init__(css=1)
            @staticmethod
            def plain(x): x.title
        app = Clock(1)
        app.run(inline=True)
        app.helper(2)
    """

    def test_inherited_members(self) -> None:
        hints = "#instance,inherited"
        assert uses(self.TEXT) == [
            f"attribute textual.app.App|title @title {hints}",
            f"call textual.app.App.exit (0;message;;) @exit {hints}",
            f"call textual.app.App.exit =message @message {hints}",
            f"call textual.app.App.__init__ (0;css;;) @__init__ {hints}",
            f"call textual.app.App.__init__ =css @css {hints}",
            f"call textual.app.App.run (0;inline;;) @run {hints}",
            f"call textual.app.App.run =inline @inline {hints}",
        ]

    @pytest.mark.parametrize("bases", ["App, Mixin", "Unknown", "", "make()", "Generic[T]"])
    def test_other_bases_say_nothing(self, bases: str) -> None:
        text = f"from m import App, Mixin\nfrom typing import Generic\nclass C({bases}):\n    def f(self): self.x()\n"
        assert uses(text) == []

    def test_a_local_class_hands_its_base_on(self) -> None:
        text = """
            from m import App
            class A(App):
                def own(self): ...
            class B(A):
                def f(self): self.own(); self.title
        """
        assert uses(text) == ["attribute m.App|title @title #instance,inherited"]


def test_a_group_of_exceptions_is_no_instance_of_what_it_holds() -> None:
    text = "from m import E\ntry:\n    E.a\nexcept* E as group:\n    group.exceptions\n"
    assert uses(text) == ["attribute m.E|a @a"]
    assert uses(text.replace("except*", "except"))[1:] == ["attribute m.E|exceptions @exceptions #instance"]


def test_what_the_place_says_goes_into_each_claim_and_offsets_go_through_the_map() -> None:
    scope = FenceScope(Role.PLANNED, ("Client",), "client", "open", ("bullet",))
    facts = read_fence(">>> import m\n>>> m.f()\n", scope, lambda offset: offset * 10)
    assert facts.claims == (
        scope.claim("import", "m", 110, 111, hints=("doctest",)),
        scope.claim("call", "m.f", 190, 191, signature="0;;;", hints=("doctest",)),
    )
    assert {(c.role, c.context, c.section, c.status, c.hints) for c in facts.claims} == {
        (Role.PLANNED, ("Client",), "client", "open", ("bullet", "doctest"))
    }


def test_bound_names() -> None:
    text = """
        import m
        class A:
            field: int
            def method(self, p, *args): local = 1
        a, (b, *c) = m.x
        with m.y() as d: pass
        for e in m.z: f = e
        def g(h=1): ...
    """
    assert read(text)[1].bound == (
        "A", "a", "args", "b", "c", "d", "e", "f", "field", "g", "h", "local", "method", "p",
    )  # fmt: skip

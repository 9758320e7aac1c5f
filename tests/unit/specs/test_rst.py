"""reStructuredText: places are exact, any bytes are read in bounded time, an edited document equals a fresh one."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.specs.spans import check
from vt_lsp.models import Role, SpecFacts
from vt_lsp.specs.restructuredtext import RstDocument, read

DOCUMENT = """\
======
Client
======

The ``Client.send()`` method; ``timeout_s`` defaults to ``30``. See `other <other.rst>`_ and src/a/b.py.

.. currentmodule:: shop.client

.. class:: Client(host, port=80)
           Other(host)

   Body \xfc :meth:`send <shop.client.Client.send>`.

   .. method:: send(data, *, retries=3) -> bool

      :param data: the \u2603
      :type data: bytes

      Nested::

          from shop import thing

   .. note:: On the line
      and below :attr:`Client.host`.

Fields
------

====== ====== =======
Field  Type   Default
====== ====== =======
``a``  int    ``5``
====== ====== =======

+-------+---------+
| Name  | Text    |
+=======+=========+
| ``b`` | ``c_d`` |
+-------+---------+

- ``x_y``: int

  - nested ``Foo.bar``

term : int
    ``q_r`` here

.. deprecated:: 1.0
   ``gone_a`` went.

.. autoclass:: shop.client.Pool
   :members: open, close

.. code-block:: python
   :caption: x

   from shop import other

>>> import shop
>>> shop.go()

.. vt-lsp: ignore[x] why

Last ``Last.one``"""
PIECES = [
    "``", "`", ":class:`", "`_", ".. ", "::", "::\n\n    x = 1\n", ".. class:: A(b)\n", "   ", "    ", "\n\n", "\n",
    "- ", "* ", "1. ", "====\n", "----\n", "+--+\n| a|\n+--+\n", "=== ===\na   b\n=== ===\n", ">>> a.b()\n",
    ":param x: y\n", ".. note::\n", ".. code-block:: python\n\n", "|x|", "[1]_", "\xfc", "\u2603", "\t", "\\", "*",
    "word ", "\r\n", "\r", "\x00", "\ufeff", ".. _a:\n", "<b.rst>", "__", "~a.b", ".. vt-lsp: ignore\n",
    ".. list-table::\n\n   * - a\n     - b\n",
]  # fmt: skip


rst = st.lists(st.sampled_from(PIECES), max_size=40).map(lambda parts: "".join(parts).encode())


def test_what_is_claimed_and_where() -> None:
    data = DOCUMENT.encode()
    facts = read(data, "docs/a.rst")
    said = {(c.kind, c.subject): data[c.start : c.end].decode() for c in facts.claims}
    assert (
        said.items()
        >= {
            ("name", "Client.send"): "Client.send",
            ("import", "shop.client"): "shop.client",
            ("function", "shop.client.Client"): "Client",
            ("function", "shop.client.Other"): "Other",
            ("function", "shop.client.Client.send"): "send",
            ("name", "shop.client.Client.send"): "shop.client.Client.send",
            ("parameter", "data"): "data",
            ("name", "Client.host"): "Client.host",
            ("name", "Foo.bar"): "Foo.bar",
            ("name", "shop.client.Pool"): "shop.client.Pool",
            ("name", "shop.client.Pool.open"): "open",
            ("name", "Last.one"): "Last.one",
            ("link", "other.rst"): "other.rst",
            ("path", "src/a/b.py"): "src/a/b.py",
        }.items()
    )
    assert [title for _, title, _, _ in facts.headings] == ["Client", "Fields"]
    (gone,) = [c for c in facts.claims if c.subject == "gone_a"]
    assert "past" in gone.hints
    (signature,) = [c for c in facts.claims if c.subject == "shop.client.Client.send" and c.kind == "function"]
    assert (signature.signature, signature.annotation) == ("(data, *, retries=3)", "bool")
    assert [(types, reason) for _, _, types, reason in facts.ignores] == [(("x",), "why")]


def test_roles_of_places_are_those_of_markdown() -> None:
    text = b"Title\n=====\n\nMigrating\n---------\n\n``a.b``\n\nUsage\n-----\n\n``c.d``\n"
    assert {c.subject: c.role for c in read(text, "docs/a.rst").claims} == {
        "a.b": Role.HISTORICAL,
        "c.d": Role.CURRENT,
    }
    assert {c.role for c in read(text, "docs/changelog.rst").claims} == {Role.HISTORICAL}


@pytest.mark.parametrize("text", [b"`a.b` and ``c.d``\n", b"Requirements\n\na.b\n", b""])
def test_plain_text_claims_nothing(text: bytes) -> None:
    assert read(text, "docs/a.txt") == SpecFacts()


def test_bom_and_line_ends_move_the_spans_only() -> None:
    plain = DOCUMENT.encode()
    expected = [(c.kind, c.subject, c.role, plain[c.start : c.end]) for c in read(plain, "a.rst").claims]
    assert len(expected) > 20
    for data in (b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"), plain.replace(b"\n", b"\r")):
        found = read(data, "a.rst")
        assert [(c.kind, c.subject, c.role, data[c.start : c.end]) for c in found.claims] == expected


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), rst))
def test_any_bytes_are_read(data: bytes) -> None:
    check(data, read(data, "docs/a.rst"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_an_edited_document_equals_a_fresh_one(data: st.DataObject) -> None:
    text = data.draw(st.one_of(st.just(DOCUMENT.encode()), rst))
    document = RstDocument(text, "docs/a.rst")
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + data.draw(st.sampled_from([0, 1, 5, 60])))))
        text = text[:start] + data.draw(st.one_of(st.sampled_from(PIECES).map(str.encode), rst)) + text[end:]
        assert document.edit(text) == read(text, "docs/a.rst")


def test_every_prefix_of_a_document_is_read() -> None:
    data = DOCUMENT.encode()
    for end in range(0, len(data), 7):
        check(data[:end], read(data[:end], "docs/a.rst"))


@pytest.mark.parametrize(
    "data",
    [
        b"``a`` " * 100_000,
        b"`" * 300_000,
        b":class:`a" * 60_000,
        b"- " * 3_000 + b"x",
        b"".join(b" " * n + b".. note::\n\n" for n in range(0, 900, 3)),
        (b"h\n=\n\n``a.b`` `c <d.rst>`_ text\n\n") * 8_000,
        b".. class:: A(b)\n\n   .. method:: c(d)\n\n      :param e: f\n\n" * 4_000,
        b".. function:: a(b)\n" + b"              c(d)\n" * 8_000,
        b"=== ===\n" + b"``a b c``\n" * 8_000 + b"=== ===\n",
        b"a::\n\n    b\n\n" * 8_000,
        b"term\n  def\n\n" * 8_000,
        b"* " * 100_000,
        b"|" * 100_000,
        b".. " * 50_000,
        b"a\n" * 50_000,
        b"(" * 200_000,
        b".. class:: A" + b"(" * 100_000 + b"\n",
    ],
    ids=lambda data: repr(data[:16]),
)
def test_hostile_input_takes_bounded_time(data: bytes) -> None:
    start = time.process_time()
    check(data, read(data, "docs/a.rst"))
    assert time.process_time() - start < 5

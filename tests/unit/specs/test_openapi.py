"""OpenAPI documents in any state: each operation at its place, and no file that takes long."""

from __future__ import annotations

import time

import pytest

from vt_lsp.specs.openapi import OpenApiDocument, read

YAML = b"""openapi: 3.0.3
info:
  title: Shop
paths:
  /orders:
    get:
      responses: {}
    "post":
      responses: {}
  '/orders/{id}':
    parameters: []
    delete: {deprecated: true}
components: {}
"""


def said(data: bytes) -> list[tuple[str, tuple[str, ...], bytes]]:
    return [(claim.subject, claim.bases, data[claim.start : claim.end]) for claim in read(data, "openapi.yaml").claims]


def test_each_operation_stands_at_its_method() -> None:
    assert said(YAML) == [
        ("/orders", ("GET",), b"get"),
        ("/orders", ("POST",), b"post"),
        ("/orders/{id}", ("DELETE",), b"delete"),
    ]


def test_json_is_read_alike() -> None:
    data = b'{"info": {}, "openapi": "3.1.0", "paths": {"/a/{b}": {"get": {}, "x-note": {"get": {}}}}}'
    assert said(data) == [("/a/{b}", ("GET",), b"get")]


@pytest.mark.parametrize("cut", range(60, len(YAML), 7))
def test_half_a_file_says_no_more_than_the_whole(cut: int) -> None:
    assert set(said(YAML[:cut])) <= set(said(YAML))


@pytest.mark.parametrize(
    "data",
    [b"", b"a: 1\n", b'swagger: "2.0"\npaths:\n  /a:\n    get: {}\n', b"# openapi: 2\nopenapi: 2.0\n", b"\xff\x00"],
)
def test_what_is_no_openapi_says_nothing(data: bytes) -> None:
    assert not read(data, "contracts/token.yaml").claims


def test_an_edited_document_equals_a_new_one() -> None:
    document = OpenApiDocument(YAML, "openapi.yaml")
    changed = YAML.replace(b"/orders:", b"/carts:")
    assert document.edit(changed) == document.facts == read(changed, "openapi.yaml")


def bomb() -> bytes:
    lines = [b"openapi: 3.0.0", b"a0: &a0 [x]"]
    lines += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 40)]
    return b"\n".join([*lines, b"paths: {/a: {get: *a39}}"])


@pytest.mark.parametrize(
    "body",
    [
        b"paths:\n" + b"".join(b"  /p%d:\n    get: {}\n    post: {}\n" % n for n in range(5000)),
        b"paths: " + b"{a: " * 5000,
        b"paths: " + b"[" * 10_000,
        b"paths:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 600)),
        b"paths:\r" + b"- " * 1000,
        b"paths:\n" + b"- '\n" * 5000,
        b"paths: " + b'"' * 10_000,
        b"paths:\n" + b"  ? a\n" * 5000,
        bomb().partition(b"\n")[2],
    ],
    ids=["large", "maps", "lists", "deep", "dashes", "quotes", "open", "keys", "aliases"],
)
def test_no_file_takes_long(body: bytes) -> None:
    """Twice the text takes about twice the time: measured against itself, so that a slow machine is no failure."""

    def seconds(data: bytes) -> float:
        start = time.process_time()
        read(data, "openapi.yaml")
        return time.process_time() - start

    once, twice = seconds(b"openapi: 3.0.0\n" + body), seconds(b"openapi: 3.0.0\n" + body + b"\n" + body)
    assert twice < 6 * once + 1

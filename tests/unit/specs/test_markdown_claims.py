"""Small Markdown texts and what they claim: (kind, subject, owner, expected, hints), in the order of the text."""

import textwrap

import pytest

from vt_lsp.models import Claim
from vt_lsp.specs.markdown import read

Row = tuple[str, str, str, str, tuple[str, ...]]


def claims(text: str, path: str = "docs/guide.md") -> tuple[Claim, ...]:
    return read(textwrap.dedent(text).encode(), path).claims


def rows(text: str) -> list[Row]:
    return [(c.kind, c.subject, c.owner, c.expected, c.hints) for c in claims(text)]


def words(text: str) -> list[str]:
    data = textwrap.dedent(text).encode()
    return [data[c.start : c.end].decode() for c in read(data, "docs/guide.md").claims]


NAMES: list[tuple[str, list[Row]]] = [
    ("`Client`", [("name", "Client", "", "", ())]),
    ("`client`", [("name", "client", "", "", ("plain",))]),
    ("`GET`", [("name", "GET", "", "", ("plain",))]),
    ("`send_all`", [("name", "send_all", "", "", ())]),
    ("`Client.send`", [("name", "Client.send", "", "", ())]),
    ("`pkg.mod.Client`", [("name", "pkg.mod.Client", "", "", ())]),
    ("`~pkg.mod.Client`", [("name", "pkg.mod.Client", "", "", ())]),
    ("`send()`", [("name", "send", "", "", ("call",))]),
    ("`.send()`", [("name", "send", "", "", ("member", "call"))]),
    ("`.md` and `.rst`, `.txt`", []),
    ("The `.lock`", [("name", "lock", "", "", ("plain", "member"))]),
    ("`.json()`", [("name", "json", "", "", ("member", "call"))]),
    ("`self.retries`", [("name", "retries", "", "", ("plain", "member"))]),
    ("`def .stream_raw()`", [("name", "stream_raw", "", "", ("member", "call"))]),
    ("`async def send(a)`", [("name", "send", "", "", ("call",))]),
    ("`@route('/x')`", [("name", "route", "", "", ("decorator", "call"))]),
    ("`@cached`", [("name", "cached", "", "", ("decorator",))]),
    ("`class Client`", [("name", "Client", "", "", ())]),
    ("`class Client(Base)`", [("class", "Client", "", "", ("inline",))]),
    ("`Client().send()`", [("name", "Client.send", "", "", ("call",))]),
    ("`pkg.cli:main`", [("name", "pkg.cli.main", "", "", ("entry-point",))]),
    ("`MAX_SIZE = 100`", [("constant", "MAX_SIZE", "", "100", ("inline",))]),
    ("`import pkg.mod`", [("import", "pkg.mod", "", "", ("inline",))]),
    (
        "`from pkg import a, b as c`",
        [("import", "pkg", "", "a", ("inline",)), ("import", "pkg", "", "b", ("inline",))],
    ),
    ("::: pkg.mod.Client", [("name", "pkg.mod.Client", "", "", ("directive",))]),
    ("::: note", []),
    ("[it][pkg.mod.Client]", [("name", "pkg.mod.Client", "", "", ("xref",))]),
    (
        "[`Client`][pkg.mod.Client]",
        [("name", "Client", "", "", ()), ("name", "pkg.mod.Client", "", "", ("xref",))],
    ),
    ("[it][pkg.mod.Client]\n\n[pkg.mod.Client]: https://x.y/", []),
    ("## `Client`", [("name", "Client", "", "", ("heading",))]),
    ("E.g. `Client` does.", [("name", "Client", "", "", ("example",))]),
    ("There is no `Client`.", [("name", "Client", "", "", ("negated",))]),
    (
        "Do not use `Client` or `Server`.",
        [("name", "Client", "", "", ("negated",)), ("name", "Server", "", "", ("negated",))],
    ),
    ("`Client` does not exist.", [("name", "Client", "", "", ("negated",))]),
    (
        "`Old` was renamed. `Other` is here.",
        [("name", "Old", "", "", ("past",)), ("name", "Other", "", "", ())],
    ),
]
NO_CLAIMS = [
    "`True`", "`None`", "`30`", '`"text"`', "`for`", "`--flag`", "`-x`", "`FOO=bar`", "`$HOME`", "`setup.cfg`",
    "`x.py`", "`1.2.3`", "`v1.2`", "`<div>`", "`a b`", "`a-b`", "`example.com`", "`*.py`", "`https://a.b/c.py`",
    "`/etc/hosts.conf`", "`~/x/y.py`", "`$HOME/x.py`", "`src/{name}/x.py`", "`path/to/x.py`", "`src/<pkg>/a.py`",
    "`src/foo.py`", "`text/html`", "`node_modules/x/y.js`", "`owner/repo`", "plain words", "`true`",
    "<!-- `Client` -->", "\\`Client\\`", "`src/YYYY-MM-DD/a.md`", "``", "` `", "[a](https://x.y)",
    "[a](mailto:a@b.c)", "[a](a@b.cd)", "<https://x.y/a.py>",
]  # fmt: skip
PATHS: list[tuple[str, list[Row]]] = [
    ("`src/app/a.py`", [("path", "src/app/a.py", "", "", ())]),
    ("`src/app/`", [("path", "src/app/", "", "", ())]),
    ("`./src/a.py`", [("path", "./src/a.py", "", "", ())]),
    ("`../src/a.py`", [("path", "../src/a.py", "", "", ())]),
    ("`src/a.py:12`", [("path", "src/a.py", "", "", ())]),
    ("`src/a.py:12-30`", [("path", "src/a.py", "", "", ())]),
    ("`src/a.py::test_x[1]`", [("path", "src/a.py", "", "", ())]),
    ("`src/a.py#L10-L20`", [("path", "src/a.py", "", "", ())]),
    ("see src/app/a.py.", [("path", "src/app/a.py", "", "", ("text",))]),
    ("(src/app/a.py)", []),
    ("Edit `a.py` now", [("path", "a.py", "", "", ("bare",))]),
    ("The `a.py` module", [("path", "a.py", "", "", ("bare",))]),
    ("in the file **`setup.cfg`**", [("path", "setup.cfg", "", "", ("bare",))]),
    ("with `a.py` of", []),
    ("`python scripts/x.py --all`", [("path", "scripts/x.py", "", "", ("command",))]),
    ("`uv run python tools/x.py`", [("path", "tools/x.py", "", "", ("command",))]),
    ("`cat scripts/x.py`", []),
    ("{!> ../docs_src/a.py !}", [("path", "../docs_src/a.py", "", "", ("include",))]),
    ("{* ../docs_src/a.py hl[6] *}", [("path", "../docs_src/a.py", "", "", ("include",))]),
    ('```python\n--8<-- "docs/a.py:main"\n```', [("path", "docs/a.py", "", "", ("include",))]),
    (".. literalinclude:: src/a.py", [("path", "src/a.py", "", "", ("include",))]),
    ("```bash\npython tools/x.py\n```", [("path", "tools/x.py", "", "", ("command",))]),
    ("```bash\ncd tools\npython y/x.py\n```", []),
]
LINKS: list[tuple[str, list[Row]]] = [
    ("[a](b.md)", [("link", "b.md", "", "", ())]),
    ("[a](b.md#c-d 't')", [("link", "b.md", "", "c-d", ())]),
    ("[a](#c)", [("link", "", "", "c", ())]),
    ("[a](/b/c.md)", [("link", "/b/c.md", "", "", ("absolute",))]),
    ("[a](<b c.md>)", [("link", "b c.md", "", "", ())]),
    ("![a](img/b%20c.png?raw=1)", [("link", "img/b c.png", "", "", ())]),
    ("[![a](b.png)](c.md)", [("link", "b.png", "", "", ()), ("link", "c.md", "", "", ())]),
    ("[a][r]\n\n[r]: b.md#x", [("link", "b.md", "", "x", ())]),
    ('<img src="a/b.png">', [("link", "a/b.png", "", "", ("html",))]),
    ('text <a href="a.md">b</a>', [("link", "a.md", "", "", ("html",))]),
    ("[a](b(c).md)", [("link", "b(c).md", "", "", ())]),
    ("[a]({{ url }})", []),
]
SENTENCES: list[tuple[str, list[Row]]] = [
    ("`timeout_s` defaults to `30`.", [("default", "timeout_s", "", "30", ("sentence",))]),
    ("The `timeout_s` parameter defaults to 30.", [("default", "timeout_s", "", "30", ("sentence",))]),
    ("`Client.timeout_s` defaults to `None`", [("default", "timeout_s", "Client", "None", ("sentence",))]),
    ("The default value of `retry_count` is `5`.", [("default", "retry_count", "", "5", ("sentence",))]),
    ("`retry_count` (default: `3`)", [("default", "retry_count", "", "3", ("sentence",))]),
    ("`retry_count` (int, default 3)", [("default", "retry_count", "", "3", ("sentence",))]),
    ("`retry_count` has a default of 3.", [("default", "retry_count", "", "3", ("sentence",))]),
    ("`is_on` defaults to `true`.", [("default", "is_on", "", "True", ("sentence",))]),
    ("`timeout_s` defaults to `30` on Windows.", []),
    ("`timeout_s` defaults to the value of `other_s`.", []),
    ("`timeout_s` defaults to 30 seconds.", []),
    ("`HttpClient` is a subclass of `BaseClient`.", [("class", "HttpClient", "", "", ("sentence",))]),
    ("`HttpClient` inherits from `BaseClient` and `Mixin`", [("class", "HttpClient", "", "", ("sentence",))]),
    ("`HttpClient` extends `BaseClient`", [("class", "HttpClient", "", "", ("sentence",))]),
    ("`HttpClient` is not a subclass of `BaseClient`.", []),
    (
        "The `Color` enum has members `RED` and `GREEN`.",
        [("enum-member", "RED", "Color", "", ("sentence",)), ("enum-member", "GREEN", "Color", "", ("sentence",))],
    ),
    ("`MAX_SIZE` is `100`.", [("constant", "MAX_SIZE", "", "100", ("sentence",))]),
    ("`MAX_SIZE` = `100`", [("constant", "MAX_SIZE", "", "100", ("sentence",))]),
    ("When `DEBUG_ON` is `True`, it logs.", []),
    ("`size` is `100`.", []),
]


@pytest.mark.parametrize(("text", "expected"), NAMES + PATHS + LINKS)
def test_spans_become_claims(text: str, expected: list[Row]) -> None:
    assert rows(text) == expected


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_what_is_no_claim(text: str) -> None:
    assert rows(text) == []


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences_state_facts(text: str, expected: list[Row]) -> None:
    assert [row for row in rows(text) if row[0] != "name"] == expected


def test_bases_signatures_and_annotations_are_kept() -> None:
    (derived,) = [c for c in claims("`A1b` inherits from `Bc` and `Cd`") if c.kind == "class"]
    assert derived.bases == ("Bc", "Cd")
    (call,) = claims("`Client(a, b=1) -> int`")
    assert (call.signature, call.annotation) == ("(a, b=1)", "int")
    (stub,) = claims("`class Client(Base, Mixin)`")
    assert stub.bases == ("Base", "Mixin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a `Client.send(x)` b", ["Client.send"]),
        ("a ``  pkg.Client `` b", ["pkg.Client"]),
        ("ä `Client` ö", ["Client"]),
        ("`from pkg import thing`", ["thing"]),
        ("`timeout_s` defaults to `30`", ["timeout_s", "30"]),
        ("`timeout_s` defaults to 30.", ["timeout_s", "30"]),
        ("> quote `Cli\n> ent` and `Server`", ["Server"]),
        ("- a\n  `Client` b", ["Client"]),
        ("> - `a1.b1`:\n>   then `c1.d1`", ["a1.b1", "c1.d1"]),
        ("[x](a%20b.md#c)", ["a%20b.md#c"]),
        ("| `a1` | b |\n|-|-|\n| `Client` | `c_d` |", ["Client", "c_d"]),
    ],
)
def test_spans_are_exact(text: str, expected: list[str]) -> None:
    assert words(text) == expected


# ------------------------------------------------------------------------------------------------- tables and bullets


def facts(text: str) -> list[tuple[str, str, str, str, str]]:
    return [(c.kind, c.subject, c.owner, c.annotation, c.expected) for c in claims(text) if c.kind != "name"]


def test_a_table_of_fields_belongs_to_its_heading() -> None:
    text = r"""
        ## class Order

        | Field | Type | Default | Meaning |
        |-------|------|---------|---------|
        | `id` | `int` | - | the key |
        | `note` | str \| None | `None` | free, see `Note.text` |
        | size | int | 5 | plain |
        | `tags` | `list[str]` | *(unset)* | |
        | [`kind`](#x) | | required | |
        """
    assert facts(text) == [
        ("field", "id", "Order", "int", ""),
        ("field", "note", "Order", "str | None", "None"),
        ("field", "size", "Order", "int", "5"),
        ("field", "tags", "Order", "list[str]", ""),
        ("field", "kind", "Order", "", ""),
    ]
    assert [c.subject for c in claims(text) if c.kind == "name"] == ["Note.text"]


def test_a_table_of_parameters_belongs_to_its_caption() -> None:
    text = """
        `Client.send` takes:

        | Parameter | Description |
        |---|---|
        | `retry_count` | How often. Defaults to `3`. |
        | `--flag` | no name |
        """
    assert facts(text) == [
        ("parameter", "retry_count", "Client.send", "", ""),
        ("default", "retry_count", "Client.send", "", "3"),
    ]


def test_tables_of_members_and_constants() -> None:
    text = """
        ### `Color`

        | Member | Value |
        |---|---|
        | `RED` | `1` |

        | Constant | Value |
        |---|---|
        | `MAX_SIZE` | 100 |
        """
    assert facts(text) == [("enum-member", "RED", "Color", "", "1"), ("constant", "MAX_SIZE", "", "", "100")]


def test_a_table_of_anything_is_only_text() -> None:
    text = "## Order\n\n| Name | Meaning |\n|---|---|\n| `left_pad` | pads |\n"
    assert rows(text) == [("name", "left_pad", "", "", ("table",))]


def test_empty_cells_keep_their_columns() -> None:
    text = "## Order\n\n| Field | Type | Default |\n|---|---|---|\n| `a_b` | | `5` |\n| `c_d` ||`6`|\n"
    assert facts(text) == [("field", "a_b", "Order", "", "5"), ("field", "c_d", "Order", "", "6")]


BULLETS = [
    ("- `max_age`: `int`", [("parameter", "max_age", "Cors", "int", "")]),
    ("- `max_age`: int, the age", [("parameter", "max_age", "Cors", "int", "")]),
    ("- `max_age`: the age", [("parameter", "max_age", "Cors", "", "")]),
    ("- `max_age: int = 5` the age", []),
    (
        "- `max_age: int = 5`: the age",
        [("parameter", "max_age", "Cors", "int", ""), ("default", "max_age", "Cors", "", "5")],
    ),
    (
        "- `max_age` (int, default 5): the age",
        [("parameter", "max_age", "Cors", "int", ""), ("default", "max_age", "Cors", "", "5")],
    ),
    (
        "* `max_age` - Sets it. Defaults to `60`.",
        [("parameter", "max_age", "Cors", "", ""), ("default", "max_age", "Cors", "", "60")],
    ),
    (
        "* `max_age` \u2014 Sets it. Default: `60`.",
        [("parameter", "max_age", "Cors", "", ""), ("default", "max_age", "Cors", "", "60")],
    ),
    (
        "* `max_age`\n\n  Sets it. Defaults to `60`.",
        [("parameter", "max_age", "Cors", "", ""), ("default", "max_age", "", "", "60")],
    ),
    ("* `max_age` is what we want", []),
    ("* `Client` - a class", []),
]


@pytest.mark.parametrize(("text", "expected"), BULLETS)
def test_bullets_document_parameters(text: str, expected: list[tuple[str, str, str, str, str]]) -> None:
    assert facts(f"## Cors\n\n{text}\n") == expected


def test_a_heading_owns_the_defaults_below() -> None:
    assert facts("## `max_age`\n\nSets it. Defaults to 60.\n") == [("default", "max_age", "", "", "60")]


def test_a_bullet_without_owner_is_a_name() -> None:
    assert rows("- `max_age`: the age") == [("name", "max_age", "", "", ("bullet",))]


# ------------------------------------------------------------------------------------------------------------- context

CONTEXTS = [
    ("## Response\n\n`x_y`", ("Response",)),
    ("## The `Client` class\n\n`x_y`", ("Client",)),
    ("### class Client\n\n`x_y`", ("Client",)),
    ("### class Client(Base)\n\n`x_y`", ("Client",)),
    ("## 2. DataTable\n\n`x_y`", ("DataTable",)),
    ("## Create WorkflowMemory class\n\n`x_y`", ("WorkflowMemory",)),
    ("## Usage\n\n`x_y`", ()),
    ("## How it works\n\n`x_y`", ()),
    ("# Library\n\n## `Client.send()`\n\n`x_y`", ("Client.send", "Library")),
    ("# A1b\n\n## B1c\n\n## C1d\n\n`x_y`", ("C1d", "A1b")),
    ("## Thing\n\n::: pkg.mod.Name\n\n`x_y`", ("pkg.mod.Name", "Thing")),
    ("## Thing\n\n**Signature:** `Response(a, b=1)`\n\n`x_y`", ("Response", "Thing")),
    ("- `Parent1` does\n  - `x_y`", ("Parent1",)),
    ("`Client.get` accepts:\n\n- the `x_y`", ("Client.get",)),
    ("`Client.get` is here.\n\n- the `x_y`", ()),
]


@pytest.mark.parametrize(("text", "expected"), CONTEXTS)
def test_context_names_what_the_place_speaks_of(text: str, expected: tuple[str, ...]) -> None:
    (claim,) = [c for c in claims(text) if c.subject == "x_y"]
    assert claim.context == expected


def test_section_is_the_slug_of_the_nearest_heading() -> None:
    (claim,) = [c for c in claims("# A\n\n## The `B1` Way!\n\n`x_y`") if c.subject == "x_y"]
    assert claim.section == "the-b1-way"


# -------------------------------------------------------------------------------------------------------------- fences


@pytest.mark.parametrize("info", ["python", "py", "Python hl_lines=[1]", "{code-block} python", "{.python .x}", "pyi"])
def test_python_fences_are_read(info: str) -> None:
    found = claims(f"```{info}\nclass Order:\n    key: int\n```\n")
    assert [(c.kind, c.subject) for c in found] == [("class", "Order"), ("field", "key")]


@pytest.mark.parametrize(
    "text",
    [
        "~~~python\nfrom pkg import thing\n~~~\n",
        "- item\n\n  ```python\n  from pkg import thing\n  ```\n",
        "> ```python\n> from pkg import thing\n> ```\n",
        "Text:\n\n    from pkg import thing\n\nend\n",
        "!!! note\n    Text.\n\n    ```python\n    from pkg import thing\n    ```\n",
        '=== "Tab"\n\n    ```python\n    from pkg import thing\n    ```\n',
        "```python\n   from pkg import thing\n```\n",
        "```pycon\n>>> from pkg import thing\n```\n",
    ],
)
def test_python_is_found_wherever_it_stands(text: str) -> None:
    claim = claims(text)[-1]
    assert (claim.kind, claim.subject, claim.expected) == ("import", "pkg", "thing")
    assert text.encode()[claim.start : claim.end] == b"thing"


def test_examples_go_on_in_the_next_fence() -> None:
    text = "```python\nfrom pkg import Client\n```\n\nThen:\n\n```python\nClient.send(1)\n```\n"
    assert any(c.kind == "call" and c.subject == "pkg.Client.send" for c in claims(text))


def test_other_languages_claim_nothing() -> None:
    assert rows("```json\n{'a.b': 1}\n```\n\n```rust\nfn main() {}\n```\n\n```\nsome `Text.here`\n```\n") == []


# ------------------------------------------------------------------------------------- anchors, suppressions, headings


def test_anchors() -> None:
    text = """
        # A `b_c` d!

        ## Same

        ## Same

        ## X {#own}

        <a name='old'></a>

        <div id="new">

        (label)=
        # \u00dcber uns
        """
    text = textwrap.dedent(text)
    anchors = read(text.encode(), "a.md").anchors
    assert {"a-b_c-d", "same", "same-1", "same_1", "own", "old", "new", "label", "\u00fcber-uns"} <= set(anchors)


@pytest.mark.parametrize(
    ("text", "covered", "types", "reason"),
    [
        ("<!-- vt-lsp: ignore[missing-file, tree-entry] it is so -->\npara `A1`\n\nnext", "para `A1`", 2, "it is so"),
        ("a `B1` <!-- vt-lsp: ignore -->\nb", "a `B1` <!-- vt-lsp: ignore -->", 0, ""),
        ("<!-- vt-lsp: ignore -->\n\n- a\n- b\n\nc", "- a\n- b\n\n", 0, ""),
        ("- <!-- vt-lsp: ignore -->\n\n  para\n", "para\n", 0, ""),
        ("<!-- vt-lsp: ignore-file why -->\n\na", "<!-- vt-lsp: ignore-file why -->\n\na", 0, "why"),
    ],
)
def test_suppressions(text: str, covered: str, types: int, reason: str) -> None:
    ((start, end, names, why),) = read(text.encode(), "a.md").ignores
    assert (text[start:end], len(names), why) == (covered, types, reason)


def test_no_suppression_in_code_or_at_the_end() -> None:
    assert read(b"```\n<!-- vt-lsp: ignore -->\n```\n\na\n\n<!-- vt-lsp: ignore -->\n", "a.md").ignores == ()


def test_headings_tell_their_sections() -> None:
    text = "# A\na\n## *B* `c`\nb\n# D\n"
    assert read(text.encode(), "a.md").headings == ((1, "A", 0, 19), (2, "B c", 6, 19), (1, "D", 19, 23))


def test_front_matter_binds_its_keys() -> None:
    facts = read(b"---\ntitle: x\nsome_key: `Y1`\n---\n\n```python\nvalue = 1\n```\n", "a.md")
    assert {"title", "some_key", "value"} <= set(facts.bound)
    assert facts.claims == ()

"""What a Python file declares of a web service."""

from __future__ import annotations

import pytest

from vt_lsp.code.python import read
from vt_lsp.code.routes import read_routes


def declared(text: str) -> list[tuple[str, str, str, str]]:
    data = text.encode()
    return [
        (one.kind, one.name, one.owner, one.detail.partition(" ")[0]) for one in read_routes(data, read(data, "a.py"))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@app.get("/a/{b}")\ndef f(b): ...', ("route", "/a/{b}", "app", "GET")),
        ('@app.get("/a/{b:path}")\ndef f(b): ...', ("route", "/a/{b:path}", "app", "GET")),
        ('@router.api_route("/a", methods=["GET", "PUT"])\ndef f(): ...', ("route", "/a", "router", "GET,PUT")),
        ('@bp.route("/a/<int:b>")\ndef f(b): ...', ("route", "/a/{b}", "bp", "GET")),
        ('@blp.route("/a")\nclass A: ...', ("route", "/a", "blp", "*")),
        ('@app.get("/a"\n         "/b")\ndef f(): ...', ("route", "/a/b", "app", "GET")),
        ('P = "/p"\n\n@app.get(P + "/a")\ndef f(): ...', ("route", "/p/a", "app", "GET")),
        ('@app.get(f"/{name}/a")\ndef f(): ...', ("route", "/**/a", "app", "GET")),
        ("@app.get(settings.path)\ndef f(): ...", ("route", "/**", "app", "GET")),
        ('app.add_url_rule("/a", view_func=f, methods=("POST",))', ("route", "/a", "app", "POST")),
        ('self.router.add_api_route("/a", self.f)', ("route", "/a", "self.router", "GET")),
        ('app.include_router(orders.router, prefix="/o")', ("mount", "orders.router", "app", "/o")),
        ('app.register_blueprint(bp, url_prefix="/o")', ("mount", "bp", "app", "=/o")),
        ("def make():\n    from .o import bp as b\n    app.register_blueprint(b)", ("mount", ".o:bp", "app", "")),
        ("for r in routers:\n    app.include_router(get(r))", ("mount", "?", "app", "")),
        ('router = APIRouter(prefix="/o", tags=["x"])', ("router", "router", "router", "/o")),
        ('urlpatterns = [path("a/<int:b>/", f)]', ("route", "/a/{b}/", "urlpatterns", "*")),
        (r'urlpatterns = [re_path(r"^a/(?P<b>\d+)/$", f)]', ("route", "/a/{b}/", "urlpatterns", "*")),
        ('urlpatterns = [path("a/", include("x.urls"))]', ("mount", "x.urls:urlpatterns", "urlpatterns", "/a/")),
    ],
)
def test_a_declaration(text: str, expected: tuple[str, str, str, str]) -> None:
    kind, name, owner, detail = expected
    found = declared(text)
    normal = [(k, n.rstrip("/"), o, d.rstrip("/")) for k, n, o, d in found]
    assert (kind, name.rstrip("/"), owner, detail.rstrip("/")) in normal


@pytest.mark.parametrize(
    "text",
    [
        '@mock.patch("app.orders.get")\ndef test_route(): ...',
        'client.get("/route")',
        '# @app.get("/route")',
        'text = """\n@app.get("/route")\n"""',
        '@app.get("/route"',
        "router = 1\ncache.get(key)",
    ],
)
def test_what_declares_nothing(text: str) -> None:
    assert declared(text) == []


@pytest.mark.parametrize(
    "text", ["@app.get(" * 3000, 'path("a/", include([' * 2000, "urlpatterns = [" * 3000, "'''\n" * 3001]
)
def test_brackets_without_end_are_no_trap(text: str) -> None:
    declared("urlpatterns = []\n" + text)


def test_the_handler_stands_behind_the_methods() -> None:
    data = b'class A:\n    @get("/a")\n    @c\n    async def f(self): ...\n\n@app.get("/b")\ndef g(): ...\n#litestar'
    assert [one.detail for one in read_routes(data, read(data, "a.py"))] == ["GET A.f", "GET g"]

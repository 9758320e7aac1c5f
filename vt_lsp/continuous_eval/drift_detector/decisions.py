"""What an accepted decision record chose, against what the project imports.

Only libraries count whose names leave no doubt: both are packages that the table below knows. A project that uses what
was chosen is right, whatever else it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.document import HOLDS, broken, unknown
from vt_lsp.models import DriftType, Place, Role, Severity

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Verdict

# Kinds of libraries of which a project rarely needs two: names as records write them, with the modules to import.
_POSTGRES = ("psycopg", "psycopg2", "asyncpg", "pg8000")
_KINDS: tuple[dict[str, tuple[str, ...]], ...] = (
    {"requests": ("requests",), "httpx": ("httpx",), "aiohttp": ("aiohttp",), "urllib3": ("urllib3",)},
    {
        "fastapi": ("fastapi",), "flask": ("flask",), "django": ("django",), "starlette": ("starlette", "fastapi"),
        "sanic": ("sanic",), "litestar": ("litestar",), "falcon": ("falcon",), "bottle": ("bottle",),
        "tornado": ("tornado",), "quart": ("quart",), "pyramid": ("pyramid",),
    },
    {
        "click": ("click", "typer"), "typer": ("typer",), "argparse": ("argparse",), "docopt": ("docopt",),
        "fire": ("fire",), "cyclopts": ("cyclopts",),
    },
    {
        "sqlalchemy": ("sqlalchemy", "sqlmodel"), "peewee": ("peewee",), "tortoise": ("tortoise",),
        "sqlmodel": ("sqlmodel",), "pony": ("pony",), "mongoengine": ("mongoengine",), "beanie": ("beanie",),
    },
    {
        "postgresql": _POSTGRES, "postgres": _POSTGRES, "psycopg2": ("psycopg2",), "asyncpg": ("asyncpg",),
        "sqlite": ("sqlite3", "aiosqlite"), "mysql": ("MySQLdb", "pymysql", "aiomysql"), "duckdb": ("duckdb",),
        "mongodb": ("pymongo", "motor"),
    },
    {"pydantic": ("pydantic",), "attrs": ("attr", "attrs"), "marshmallow": ("marshmallow",)},
    {
        "celery": ("celery",), "rq": ("rq",), "dramatiq": ("dramatiq",), "taskiq": ("taskiq",), "arq": ("arq",),
        "huey": ("huey",),
    },
    {"pandas": ("pandas",), "polars": ("polars",)},
    {"structlog": ("structlog",), "loguru": ("loguru",)},
    {
        "pyqt5": ("PyQt5",), "pyqt6": ("PyQt6",), "pyside6": ("PySide6",), "pyside2": ("PySide2",),
        "tkinter": ("tkinter",),
    },
)  # fmt: skip


def judge_choice(claim: Claim, document: Document) -> Verdict:
    """One library was chosen over others of its kind: the project uses another, and not the chosen one."""
    index = document.index
    if claim.role is not Role.CURRENT:
        return unknown("the text does not speak of now")
    kind = next((kind for kind in _KINDS if claim.subject in kind), None)
    if kind is None or not index.scan_done():
        return unknown("not a library that is known, or the first scan is running")
    if any(index.importers(module) for module in kind[claim.subject]):
        return HOLDS
    words = (claim.subject, *kind[claim.subject])
    if any(index.has_word(word) or index.stands_elsewhere(word) for word in words):
        return unknown("the chosen library stands in the code or its configuration")
    used = [(name, path) for name in claim.bases for module in kind.get(name, ()) for path in index.importers(module)]
    if not used:
        return unknown("the project imports neither")
    name, path = used[0]
    files = len({where for _, where in used})
    more = f" (and {files - 1} more)" if files > 1 else ""
    return broken(
        claim, document, DriftType.DECISION_CONTRADICTED,
        f"The record chose `{claim.subject}` over `{name}`, but `{path}`{more} imports `{name}`, and nothing the first",
        code=Place(path, 0, 0), actual=name, severity=Severity.INFORMATION,
        suggestions=[f"Use `{claim.subject}`", "Supersede the decision"],
    )  # fmt: skip

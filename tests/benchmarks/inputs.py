"""What is measured on: Django's source distribution with documents beside it, and generated projects of any size."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.make_claims import write_claims

REQUIREMENT = "Django==5.2.*"
EDITED = "django/db/models/query.py"  # about 2,800 lines, of which documents speak
SPEC = "docs-generated/django/db/models/query.md"
FUNCTIONS = 8  # in each generated file


@dataclass(frozen=True, slots=True)
class Project:
    """A folder to measure on. ``edited`` is a Python file that documents speak of, ``spec`` a document with drift."""

    root: Path
    edited: str
    spec: str

    @property
    def python_files(self) -> list[Path]:
        return sorted(self.root.rglob("*.py"))


def cache_folder() -> Path:
    """Where the inputs are kept between runs, outside the repository."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("VT_LSP_BENCH_CACHE") or Path(home) / "vt-lsp-bench")


def django(cache: Path) -> Project:
    """Django as its authors hand it out (with tests), and documents about it, which are written anew each time."""
    archive = _archive(cache)
    root = cache / "work" / "django"
    if root.exists():
        shutil.rmtree(root)
    root.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as packed:
        packed.extractall(root.parent, filter="data")
    (root.parent / archive.name.removesuffix(".tar.gz")).rename(root)
    write_claims(root, "django")
    with (root / SPEC).open("a", encoding="utf-8") as spec:
        spec.write("\n" + _about_query(EDITED))
    return Project(root, EDITED, SPEC)


def _archive(cache: Path) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    known = sorted(cache.glob("[Dd]jango-*.tar.gz"))
    if not known:
        ask = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "Django", REQUIREMENT]
        subprocess.run([*ask, "-d", str(cache)], check=True)
        known = sorted(cache.glob("[Dd]jango-*.tar.gz"))
    return known[-1]


def generated(cache: Path, count: int, edited: Path) -> Project:
    """``count`` small Python files with a document for every ten, and a copy of ``edited`` with a document about it."""
    root = cache / "work" / f"generated-{count}"
    if root.exists():
        shutil.rmtree(root)
    for start in range(0, count, 100):
        package = root / "shop" / f"part_{start // 100:03d}"
        package.mkdir(parents=True)
        for number in range(start, min(start + 100, count)):
            (package / f"module_{number:05d}.py").write_text(_module(number), "utf-8")
    (root / "shop" / "query.py").write_bytes(edited.read_bytes())
    docs = root / "docs"
    docs.mkdir()
    for start in range(0, count, 10):
        pages = [_section(number) for number in range(start, start + 10)]
        (docs / f"page_{start:05d}.md").write_text("\n".join(pages), "utf-8")
    (docs / "query.md").write_text(_about_query("shop/query.py"), "utf-8")
    return Project(root, "shop/query.py", "docs/query.md")


def _module(number: int) -> str:
    lines = [f'"""Module {number}."""', "", "from __future__ import annotations", ""]
    lines += ["", f"class Item{number}:", f"    limit_{number}: int = {number}", ""]
    lines += [f"    def total_{number}(self, rate: float = 1.5) -> float:", "        return rate", ""]
    for n in range(FUNCTIONS):
        lines += ["", f"def step_{number}_{n}(value: int, *, retries: int = {n}) -> int:", "    count = value"]
        lines += ["    for _ in range(retries):", "        count += 1", "    return count", ""]
    return "\n".join(lines)


def _section(number: int) -> str:
    return (
        f"# Item {number}\n\n`Item{number}.total_{number}(rate=1.5)` gives the total.\n\n"
        f"```python\nclass Item{number}:\n    limit_{number}: int = {number}\n```\n\n"
        f"`step_{number}_3(value, retries=3)` does one step.\n"
    )


def _about_query(path: str) -> str:
    """Of the edited file; one parameter is wrong."""
    module = path.removesuffix(".py").replace("/", ".")
    return (
        f"# Queries\n\nThe file `{path}`.\n\n```python\nfrom {module} import Prefetch, QuerySet\n```\n\n"
        "`QuerySet.iterator(chunk_size=None)` runs through the rows.\n\n"
        "`Prefetch.add_prefix(prefix)` puts a prefix before the path.\n\n"
        "`QuerySet.bulk_update(objs, fields, dry_run=False, batch_size=None)` writes many rows.\n\n"
        "`QuerySet.get_or_create(defaults=None, **kwargs)` finds a row or makes one.\n"
    )

"""Reading and judging take time in proportion to the text, whatever it repeats."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from vt_lsp.engine import Engine
from vt_lsp.settings import Settings
from vt_lsp.specs.readers import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES = 1500
_RATIO = 3.0  # of twice the text; a square takes 4

# Lines that a text repeats, with their number in place of N.
PATTERNS = {
    "ticked tasks": "- [x] TN Implement `func_N` in `src/mod_N.py`\n",
    "ticked tasks with classes": "- [x] N.1 Create `ClassN` with the method `run`\n",
    "open tasks": "- [ ] TN Implement `func_N` in `src/mod_N.py`\n",
    "one paragraph": "the `name_N` and `fN(a, b)` calls\n",
    "backticks": "```` ` x `` y\n",
    "headings": "## Heading `thing_N`\n\n",
    "equal headings": "# Heading\n",
    "fences": "```python\nfrom m import fN\nfN(1)\n```\n\n",
    "unclosed fences": "```python\nx_N = call_N(1)\n",
    "links": "[aN](docs/fN.md#x) ![b](iN.png)\n\n",
    "link definitions": "[aN][rN]\n\n[rN]: docs/N.md\n\n",
    "brackets": "[[[[[[[[[[\n",
    "suppressions": "<!-- vt-lsp: ignore -->\n`aN`\n\n",
    "unclosed comments": "<div><!-- N\n",
    "requirements": "- **FR-N**: The system MUST do `xN`\n",
    "bullets": "- `field_N`: the N (default `N`)\n",
    "ticks": "\u2705 `aN` done\n\n",
    "escapes": "\\` &amp; | ~~`a`~~\n",
}
# Texts of one size that no repeated line makes.
SHAPES: dict[str, Callable[[int], str]] = {
    "one table": lambda n: "| a | b |\n|---|---|\n" + "".join(f"| `f_{i}` | `int` |\n" for i in range(n)),
    "one line": lambda n: " ".join(f"`name_{i}`" for i in range(n)),
    "one word": lambda n: "a_b." * n * 5,
    "blanks": lambda n: "- x" + " " * n * 10 + "y\n",
    "nested lists": lambda n: "".join(f"{'  ' * (i % 50)}- item `name_{i}`\n" for i in range(n)),
    "deep quotes": lambda n: "".join(f"{'> ' * (i % 50)}quote `q{i}`\n" for i in range(n)),
    "one tree": lambda n: "```\np/\n" + "".join(f"\u251c\u2500\u2500 file_{i}.py\n" for i in range(n)) + "```\n",
    "one fence": lambda n: "```python\n" + "".join(f"x{i} = f{i}(a={i})\n" for i in range(n)) + "```\n",
    "front matter": lambda n: "---\n" + "".join(f"k{i}: [a, b]\n" for i in range(n)) + "---\n# x\n",
}


def text_of(name: str, lines: int) -> bytes:
    if name in SHAPES:
        return SHAPES[name](lines).encode()
    return "".join(PATTERNS[name].replace("N", f"{i:05}") for i in range(lines)).encode()


def ratio(work: Callable[[int], object]) -> float:
    """How much longer twice the size takes: the best of several runs, in time of this process alone."""

    def seconds(size: int) -> float:
        begun = time.process_time()
        work(size)
        return time.process_time() - begun

    best = [float("inf"), float("inf")]
    for _ in range(8):
        for n, size in enumerate((LINES, 2 * LINES)):
            best[n] = min(best[n], seconds(size))
        if best[1] < _RATIO * best[0]:
            break
    return best[1] / best[0]


@pytest.mark.parametrize("path", ["docs/a.md", "specs/001-a/tasks.md"])
@pytest.mark.parametrize("name", [*PATTERNS, *SHAPES])
def test_a_document_of_twice_the_size_is_read_in_twice_the_time(name: str, path: str) -> None:
    texts = {size: text_of(name, size) for size in (LINES, 2 * LINES)}
    assert ratio(lambda size: read(texts[size], path)) < _RATIO


@pytest.mark.parametrize("path", ["docs/a.md", "specs/001-a/tasks.md"])
@pytest.mark.parametrize(
    "name",
    [*(name for name in PATTERNS if name not in {"backticks", "brackets", "escapes"}), "one table", "one tree"],
)
def test_twice_the_claims_are_judged_in_twice_the_time(name: str, path: str, tmp_path: Path) -> None:
    code = "".join(f"def g{i}(a, b): ...\n" for i in range(50))
    engines: dict[int, Engine] = {}
    for size in (LINES, 2 * LINES):
        root = tmp_path / str(size)
        (root / path).parent.mkdir(parents=True)
        (root / path).write_bytes(text_of(name, size))
        (root / "m.py").write_text(code)
        (root / "p").mkdir()
        (root / "src").mkdir()
        engines[size] = Engine(root, Settings(history=False), tmp_path / f"cache{size}")
        engines[size].scan()

    def judge(size: int) -> None:
        engines[size].finish_scan()  # everything is due again
        engines[size].check()
        engines[size].drifts()

    try:
        assert ratio(judge) < _RATIO
    finally:
        for engine in engines.values():
            engine.dispose()

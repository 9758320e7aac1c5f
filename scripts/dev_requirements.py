"""Print the group ``dev`` of pyproject.toml; the pip of Debian 12 cannot install a dependency group itself."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"

if __name__ == "__main__":
    groups = tomllib.loads(PYPROJECT.read_text("utf-8"))["dependency-groups"]
    sys.stdout.writelines(f"{requirement}\n" for requirement in groups["dev"])

"""``python -m vt_lsp`` is ``vt-lsp``."""

from __future__ import annotations

import sys

from vt_lsp.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

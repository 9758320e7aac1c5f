"""``make screenshots``: the pictures of the journey through the window, made small for the documentation."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image  # type: ignore[import-not-found, import-untyped, unused-ignore]

TARGET = Path(__file__).parents[3] / "docs/images"
COLOURS = 256
MOST_BYTES = 150_000
# What the pages show; the other pictures are for looking at.
PUBLISHED = ("both-sides", "drift", "go-to-drift", "hover", "peek", "problems", "quick-fix", "spec-view", "walkthrough")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the tests left the pictures")
    folder = parser.parse_args().folder
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in (*(f"vscode-{name}" for name in PUBLISHED), "report", "report-progress"):
        picture = TARGET / f"{name}.png"
        with Image.open(folder / picture.name) as full:
            small = full.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(picture, optimize=True)
        assert picture.stat().st_size < MOST_BYTES, picture


if __name__ == "__main__":
    main()

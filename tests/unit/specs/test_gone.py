"""Names that a document calls deprecated or removed in one place are past in all places."""

from __future__ import annotations

import pytest

from vt_lsp.specs.markdown import read

USE = "\n\n```python\nfrom lib import Old\n\nOld(a=1)\n```\n\nThe class `Old` and `lib.Old` do it.\n"


def past(text: str, path: str = "docs/guide.md") -> list[str]:
    return [claim.subject for claim in read(text.encode(), path).claims if "past" in claim.hints]


@pytest.mark.parametrize(
    "sentence",
    [
        "`Old` is deprecated.",
        "The `Old` class has been deprecated in version 1.0 and finally removed with Lib 2.0 in favor of the SDK.",
        "Therefore, Lib's `Old` has been removed.",
        "Note that `Old` was removed in 2.0.",
        "`Old` was dropped in version 2.",
        "`Old` and `Older` were removed in Lib 2.0.",
        "`Older`, `Old` have been renamed.",
        "`Old` was renamed in favour of `New`.",
        "`Old` was removed and is no longer there.",
    ],
)
def test_a_sentence_makes_a_name_past_wherever_it_stands(sentence: str) -> None:
    text = f"# `Old`\n\n{USE}\n\n## Note\n\n{sentence}\n"
    found = past(text)
    assert found.count("Old") >= 3  # heading, name, the sentence itself
    assert {"lib", "lib.Old"} <= set(found)


@pytest.mark.parametrize(
    "sentence",
    [
        "`Old` is removed from the list.",
        "`Old` is removed when you close it.",
        "`Old` has been removed from the cache.",
        "If `Old` is deprecated, tell us.",
        "Once `Old` has been removed, go on.",
        "Passing `x` to `Old` is deprecated.",
        "The argument `size` of `Old` is deprecated.",
        "Calling `Old` is deprecated.",
        "`Old` is not deprecated.",
        "`Older` is deprecated, use `Old`.",
        "`Old` is deprecated on Windows.",
        "`old` is deprecated.",
        "`Old` was removed.",
    ],
)
def test_near_misses_leave_the_name_as_it_is(sentence: str) -> None:
    found = past(f"# `Old`\n\nText.\n\n## Use\n{USE}\n\n## Note\n\n{sentence}\n")
    assert not {"lib", "lib.Old"} & set(found)


def test_what_takes_the_place_is_still_there() -> None:
    assert set(past("# T\n\n## U\n\n`Old` has been renamed to `New`.\n\n`New`, `Old`\n")) == {"Old"}


def test_a_document_of_the_past_says_nothing_of_now() -> None:
    text = "# T\n\n## Changelog\n\n`Old` is deprecated.\n\n## Use\n\n`Old`\n"
    assert past(text) == ["Old"]

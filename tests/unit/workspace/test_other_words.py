"""Words of files that are not analysed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from vt_lsp.workspace.other_words import OtherWords

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{3,}")


def _written(root: Path, files: dict[str, bytes]) -> list[str]:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return list(files)


@given(
    st.binary(max_size=200).filter(lambda data: b"\0" not in data) | st.text("aZ_09é .\n-", max_size=60).map(str.encode)
)
def test_words_are_names_of_four_characters(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    root = tmp_path_factory.mktemp("words")
    files = _written(root, {"run.sh": data})
    assert OtherWords(root).read(files) == {word.decode() for word in _WORD.findall(data)}


def test_one_language_of_a_catalogue_is_enough(tmp_path: Path) -> None:
    files = _written(
        tmp_path,
        {
            "app/locale/de/LC_MESSAGES/django.po": b'msgid "order_state"',
            "app/locale/fr/LC_MESSAGES/django.po": b'msgid "order_state"',
            "app/locale/fr/LC_MESSAGES/djangojs.po": b'msgid "from_script"',
            "other/locale/fr/LC_MESSAGES/django.po": b'msgid "of_another"',
        },
    )
    words = OtherWords(tmp_path)
    assert words.read(files) >= {"order_state", "from_script", "of_another"}
    (tmp_path / files[0]).write_bytes(b"")
    assert "order_state" in words.read(files)


def test_a_change_is_read_again(tmp_path: Path) -> None:
    files = _written(tmp_path, {"setup.cfg": b"first_word"})
    words = OtherWords(tmp_path)
    assert words.read(files) == {"first_word"}
    (tmp_path / "setup.cfg").write_bytes(b"second_word longer")
    assert words.read(files) == {"second_word", "longer"}

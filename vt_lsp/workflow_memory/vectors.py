"""Static word vectors, where the optional package ``wordllama`` is installed: 256 numbers for a text.

The package is never imported: that takes half a second and configures the log. Its weights and its tokenizer are data
files; the weights are mapped into memory, so that only the rows of words that occur are ever read.
"""

from __future__ import annotations

import importlib.util
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

DIMENSIONS: Final = 256
_WEIGHTS: Final = "weights/l2_supercat_256.safetensors"
_TOKENIZER: Final = "tokenizers/l2_supercat_tokenizer_config.json"
_TENSOR: Final = "embedding.weight"
_SMOOTHING: Final = 1e-3  # Arora, Liang and Ma 2017, "A simple but tough-to-beat baseline for sentence embeddings"
_MOST_CHARACTERS: Final = 4_000


class StaticVectors:
    """Texts to unit vectors (float32, 256 numbers; all zeros for a text without known words)."""

    def __init__(self, table: NDArray[Any], tokenizer: Any) -> None:  # noqa: ANN401 - tokenizers has no types
        self._table = table
        self._tokenizer = tokenizer
        # Ids are given by falling frequency, and frequency falls with rank (Zipf).
        chance = 1.0 / (np.arange(len(table)) + 10.0) / np.log(len(table))
        self._weight = (_SMOOTHING / (_SMOOTHING + chance)).astype(np.float32)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row for each text."""
        rows = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in zip(rows, texts, strict=True):
            ids = self._tokenizer.encode(text[:_MOST_CHARACTERS], add_special_tokens=False).ids
            if ids:
                total = self._weight[ids] @ self._table[ids].astype(np.float32)
                length = float(np.linalg.norm(total))
                row[:] = total / length if length else 0.0
        return rows


def load() -> StaticVectors | None:
    """The vectors of the installed package; None without it, or when its files are not those that we know."""
    package, tokenizers = importlib.util.find_spec("wordllama"), importlib.util.find_spec("tokenizers")
    if package is None or tokenizers is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0])
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - optional

        table = _read_tensor(folder / _WEIGHTS)
        tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
    except Exception as error:  # noqa: BLE001 - an optional extra of whatever version never stops the memory
        log.warning("the static vectors of wordllama cannot be read: %s", error)
        return None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return StaticVectors(table, tokenizer)


def _read_tensor(path: Path) -> NDArray[Any]:
    """The one table of a safetensors file: eight bytes of length, a JSON header, the numbers."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[_TENSOR]
    shape = tuple(entry["shape"])
    if len(shape) != 2 or shape[1] != DIMENSIONS:
        raise ValueError(f"{_TENSOR} has the shape {shape}")
    kind = {"F16": np.float16, "F32": np.float32}[entry["dtype"]]
    return np.memmap(path, kind, "r", offset=8 + length + entry["data_offsets"][0], shape=shape)

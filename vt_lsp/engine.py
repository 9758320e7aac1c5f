"""The composition root: one workspace folder, what it claims and what it has, kept fresh.

One thread owns an engine (the event loop in the server). Only :meth:`Engine.batches` may run in another thread: it
touches no state of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from vt_lsp.models import Claim, CodeFacts, DriftReport, SpecFacts, Summary, Symbol, Verdict
from vt_lsp.settings import Settings
from vt_lsp.workspace.discovery import Listing
from vt_lsp.workspace.scan import Batch


class Engine:
    """Drift of one workspace folder. Paths are relative to the root, with ``/``."""

    def __init__(self, root: Path, settings: Settings, cache_dir: Path | None = None) -> None: ...

    # ---- first scan. The order is: discover (blocking, any thread) -> set_listing -> batches/apply -> finish_scan -> check

    def discover(self, cancelled: Callable[[], bool] = lambda: False) -> Listing: ...
    def set_listing(self, listing: Listing) -> None: ...
    def batches(self, listing: Listing, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Batch]: ...
    def apply(self, batch: Batch) -> None: ...
    def finish_scan(self) -> None: ...

    def check(self, budget: float | None = None) -> frozenset[str]:
        """Judge claims that are due, for at most ``budget`` seconds; the paths whose drifts may look different now."""
        ...

    @property
    def is_due(self) -> bool:
        """Claims wait to be judged."""
        ...

    @property
    def is_complete(self) -> bool:
        """The first scan has ended."""
        ...

    # ---- edits

    def update(self, path: str, data: bytes | None, *, overlay: bool) -> None:
        """The text of one file has changed (None: it is gone); ``overlay``: in the editor, not on disk. Call check() next."""
        ...

    def close(self, path: str) -> None:
        """The editor gave the file back: what lies on disk counts again."""
        ...

    # ---- answers

    def text(self, path: str) -> bytes | None: ...
    def code_facts(self, path: str) -> CodeFacts | None: ...
    def spec_facts(self, path: str) -> SpecFacts | None: ...
    def drifts(self, path: str | None = None) -> Sequence[DriftReport]:
        """All drifts, or those whose spec side or code side lies in ``path``; sorted by place. Suppressed ones are left out."""
        ...

    def paths_with_drifts(self) -> frozenset[str]: ...
    def verdicts(self, path: str) -> Sequence[tuple[Claim, Verdict]]:
        """The claims of one spec, in order, with what is known of each."""
        ...

    def claims_about(self, path: str, symbol: str) -> Sequence[tuple[str, Claim, Verdict]]:
        """Who speaks of a symbol of a code file: (spec path, claim, verdict), also claims on its members."""
        ...

    def symbol_at(self, path: str, offset: int) -> Symbol | None:
        """The innermost symbol of a code file whose definition covers the byte offset."""
        ...

    def find(self, fingerprint: str) -> DriftReport | None:
        """The drift with this fingerprint, or a unique prefix of it (at least 6 characters)."""
        ...

    def summary(self) -> Summary: ...
    def revision(self) -> str | None:
        """The git commit that HEAD names, or None."""
        ...
    def dispose(self) -> None:
        """End workers and close the cache."""
        ...

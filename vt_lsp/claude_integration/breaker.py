"""When a provider that fails is left alone for a while. Pure but for the clock that it is given."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration.failures import STANDING, TRANSIENT
from vt_lsp.claude_integration.messages import Failed, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

_IN_A_ROW: Final = 3  # faults that may go away by themselves, until it rests
_REST: Final = 30.0  # seconds of the first rest; each further one takes twice as long
_LONGEST: Final = 300.0
# What only a person can change is asked again soon, for they may just have changed it, and asking costs little.
_STANDING: Final = 60.0
_LIMITED: Final = 60.0  # after a limit of which nobody says how long it lasts
_LONGEST_LIMIT: Final = 86_400.0


class Breaker:
    """Closed: questions pass. Open: the last failure is told at once. After its rest, one question may try."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin closed."""
        self._clock = clock
        self.failure: Failed | None = None  # why it is open
        self._until = 0.0
        self._faults = 0
        self._rest = _REST
        self._is_trying = False

    def refusal(self) -> Failed | None:
        """Why no question may pass now; None lets one pass, which has to be reported by one of the other methods."""
        if self.failure is None:
            return None
        remaining = self._until - self._clock()
        if remaining <= 0 and not self._is_trying:
            self._is_trying = True
            return None
        failure = self.failure
        return Failed(failure.reason, failure.sentence, max(remaining, 1.0), failure.provider)

    @property
    def opens_in(self) -> float:
        """Seconds until a question may pass; 0 when one may now."""
        return max(0.0, self._until - self._clock()) if self.failure is not None else 0.0

    def succeeded(self) -> None:
        """A question was answered."""
        self.failure, self._faults, self._rest, self._is_trying = None, 0, _REST, False

    def abandoned(self) -> None:
        """A question ended without saying anything of the provider: it was cancelled, or was itself at fault."""
        self._is_trying = False

    def failed(self, failure: Failed) -> None:
        """A question failed."""
        was_trying, self._is_trying = self._is_trying, False
        if failure.reason in STANDING:
            self._open(failure, _STANDING)
        elif failure.reason is Reason.RATE_LIMIT:
            self._open(failure, min(failure.wait or _LIMITED, _LONGEST_LIMIT))
        elif failure.reason in TRANSIENT:
            self._faults += 1
            if was_trying or self._faults >= _IN_A_ROW:
                self._open(failure, self._rest)
                self._rest = min(2 * self._rest, _LONGEST)

    def _open(self, failure: Failed, seconds: float) -> None:
        self.failure, self._until = failure, self._clock() + seconds

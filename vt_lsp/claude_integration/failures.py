"""One clear sentence for each thing that can go wrong, and what is done about it."""

from __future__ import annotations

from typing import Final

from vt_lsp.claude_integration.messages import Failed, Reason

_SENTENCES: Final[dict[Reason, str]] = {
    Reason.NOT_INSTALLED: "{who} is not installed, or not where it is looked for outside of this workspace.",
    Reason.NOT_LOGGED_IN: "{who} does not accept the login: log in again, or renew the key.",
    Reason.FORBIDDEN: "{who} does not allow this account to ask: its permissions have to be changed.",
    Reason.BILLING: "The credit of the account at {who} is used up.",
    Reason.MODEL: "{who} does not know the model: check the setting `claude.model`.",
    Reason.TOO_LONG: "The question with its context is too long for {who}: ask about a smaller place.",
    Reason.RATE_LIMIT: "{who} takes no more questions for now: the limit of the account is reached.",
    Reason.OVERLOADED: "{who} is overloaded at the moment.",
    Reason.SERVER: "{who} has a fault on its side.",
    Reason.CONNECTION: "{who} cannot be reached: check the network or the proxy.",
    Reason.NO_ANSWER: "{who} did not begin to answer in time.",
    Reason.STALLED: "{who} stopped in the middle of its answer.",
    Reason.TOO_SLOW: "{who} did not finish its answer in time.",
    Reason.UNREADABLE: "{who} answered with something unreadable: a proxy may stand between.",
    Reason.REFUSED: "{who} declined to answer this question.",
    Reason.CUT_OFF: "The answer of {who} was longer than it may be, and is cut off.",
    Reason.EMPTY: "{who} gave an empty answer.",
    Reason.BAD_SCHEMA: "The answer of {who} does not have the form that was asked for.",
    Reason.CRASHED: "{who} ended without an answer.",
    Reason.OUTDATED: "{who} is too old to be asked safely: update it.",
    Reason.BUDGET: "The budget of today for {who} is spent: see the setting `claude.dailyBudget`.",
    Reason.BUSY: "Too many questions wait for {who} already.",
    Reason.REPLACED: "A newer question about the same place took the place of this one.",
    Reason.STOPPED: "The question was stopped.",
    Reason.UNTRUSTED: "{who} is off, because this workspace is not trusted.",
    Reason.OFF: "{who} is off, by the setting `claude.enabled` or `claude.provider`.",
    Reason.INTERNAL: "{who} cannot be asked, because of a fault in vt-lsp; the log has its place.",
}
NAMES: Final = {"claude-cli": "Claude", "claude-api": "Claude", "local": "The local model", "offline": "vt-lsp"}

# What may go away by itself: asked again once, and counted by the breaker.
TRANSIENT: Final = frozenset(
    {
        Reason.OVERLOADED, Reason.SERVER, Reason.CONNECTION, Reason.NO_ANSWER, Reason.STALLED, Reason.UNREADABLE,
        Reason.EMPTY, Reason.CRASHED, Reason.TOO_SLOW,
    }
)  # fmt: skip
# Asked again at once; those that took their whole time already are not.
AGAIN: Final = TRANSIENT - {Reason.NO_ANSWER, Reason.TOO_SLOW, Reason.STALLED}
# Stays until somebody changes something: the provider rests.
STANDING: Final = frozenset(
    {Reason.NOT_INSTALLED, Reason.NOT_LOGGED_IN, Reason.FORBIDDEN, Reason.BILLING, Reason.MODEL, Reason.OUTDATED}
)
# Another model would do no better: the project's own facts are next.
FINAL: Final = frozenset({Reason.TOO_LONG, Reason.REFUSED})


def failed(reason: Reason, provider: str, wait: float | None = None, what: str = "") -> Failed:
    """The failure with its sentence; ``wait``: seconds until it may be over; ``what``: another subject."""
    sentence = _SENTENCES[reason].format(who=what or NAMES.get(provider, "Claude"))
    if reason is Reason.RATE_LIMIT and wait:
        sentence = f"{sentence[:-1]}; it says to wait {_duration(wait)}."
    return Failed(reason, sentence, wait, provider)


def of_status(status: int | None, message: str) -> Reason:
    """What an HTTP status of the Messages API means (its documentation, "Errors"); None is no connection."""
    lower = message.lower()
    match status:
        case None:
            return Reason.CONNECTION
        case 401:
            return Reason.NOT_LOGGED_IN
        case 403:
            return Reason.FORBIDDEN
        case 404:
            return Reason.MODEL
        case 413:
            return Reason.TOO_LONG
        case 429:
            return Reason.RATE_LIMIT
        case 529:
            return Reason.OVERLOADED
        case 400 if "too long" in lower:
            return Reason.TOO_LONG
        case 400 if "credit" in lower:
            return Reason.BILLING
        case _:
            return Reason.SERVER


def _duration(seconds: float) -> str:
    return f"{round(seconds)} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"

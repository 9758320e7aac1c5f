"""The last provider: answers from what the project itself knows. Never fails, and says that it is no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration.messages import Capabilities, Delta, Done, Facts, Health, Started

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from vt_lsp.claude_integration.messages import Event, Prompt

LABEL: Final = "_Found by vt-lsp's own rules; no language model was asked._"
NOTHING: Final = "Nothing is recorded about this place: no claim, no definition, no decision."


class OfflineRules:
    """See the module."""

    name = "offline"
    identity = "offline"
    capabilities = Capabilities(remote=False, structured=False, by_model=False)

    async def health(self) -> Health:
        """Always ready."""
        return Health(self.name, ready=True, sentence="The project's own facts can always be asked.")

    async def warm(self, prompt: Prompt) -> None:
        """Nothing can be made ready."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """The facts as Markdown."""
        text = answer(prompt.facts)
        yield Started(self.name)
        yield Delta(text)
        yield Done(text, self.name, by_model=False)

    async def aclose(self) -> None:
        """Nothing to give back."""


def answer(facts: Facts) -> str:
    """What is known, as Markdown, below a label that says where it comes from."""
    rows = (
        ("The spec says", facts.claim, facts.spec_place),
        ("The code has", facts.symbol, facts.code_place),
        ("The difference", facts.difference, ""),
        ("Decided before", facts.decision, ""),
    )
    found = [f"**{title}**{f' ({place})' if place else ''}: {text}" for title, text, place in rows if text or place]
    if facts.ways_out:
        found.append("**Ways out**:\n" + "\n".join(f"- {way}" for way in facts.ways_out))
    return "\n\n".join((LABEL, *(found or [NOTHING])))

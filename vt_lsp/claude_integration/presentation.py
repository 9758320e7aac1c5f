"""What people are told beside an answer: what went out, what it cost, what was proposed; plain text and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vt_lsp.claude_integration.answers import harmless
from vt_lsp.claude_integration.opinions import SAID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.claude_integration.messages import Done, Prepared
    from vt_lsp.claude_integration.proposals import Proposal

_MOST_FILES: Final = 8
BY_MODEL: Final = "Written by a language model: check before you rely on it."


def sent(prepared: Iterable[Prepared], mapped: Iterable[str], estimate: int) -> str:
    """How much of which files goes out, in one line."""
    sizes: dict[str, int] = {}
    held: set[str] = set()
    secrets = 0
    for one in prepared:
        for path, size in one.sent:
            sizes[path] = sizes.get(path, 0) + size
        held.update(one.left_out)
        secrets += one.secrets
    rows = sorted(sizes.items(), key=lambda row: -row[1])
    shown = ", ".join(f"{path} {size:,}" for path, size in rows[:_MOST_FILES])
    more = f" and {len(rows) - _MOST_FILES} more" if len(rows) > _MOST_FILES else ""
    named = f" ({shown}{more})" if rows else ""
    parts = [f"{sum(sizes.values()):,} characters of {_count(len(rows), 'file')}{named}"]
    count = len(set(mapped))
    parts += [f"signatures of {_count(count, 'file')}"] if count else []
    parts += [f"{_count(secrets, 'secret')} masked"] if secrets else []
    parts += [f"held back: {', '.join(sorted(held)[:_MOST_FILES])}"] if held else []
    return f"{', '.join(parts)}; about {estimate:,} tokens"


def cost(done: Done) -> str:
    """Who answered, and what it took, in one line."""
    if not done.by_model:
        return "answered from the project's own facts; no language model was asked"
    who = " ".join(filter(None, (done.provider, done.model)))
    if done.cached:
        return f"{who}: kept from an earlier question, nothing was sent"
    usage = done.usage
    parts = [f"{usage.prompt:,} tokens in" + (f" ({usage.cache_read:,} from its cache)" if usage.cache_read else "")]
    parts.append(f"{usage.output:,} out")
    parts += [f"${usage.cost:.4f}"] if usage.cost is not None else []
    parts.append(f"first word after {done.first:.1f} s, {done.seconds:.1f} s in all")
    return f"{who}: {', '.join(parts)}"


def verdict(data: Any) -> str:  # noqa: ANN401 - JSON that fits the schema of the template
    """A verdict on a requirement, as Markdown."""
    rows = [f"**Claude's opinion: {SAID[data['verdict']]}.** {data['reason']}"]
    for one in data["evidence"]:
        quote = f": `{_inline(one['quote'])}`" if one.get("quote") else ""
        rows.append(f"- `{_inline(one['path'])}` `{_inline(one['symbol'])}`{quote}")
    return "\n".join(rows)


def proposed(proposal: Proposal, diff: str) -> str:
    """A proposal, as Markdown that can do nothing, with what the check said of it; the diff stands as it is."""
    rows = [harmless(proposal.summary)] if proposal.summary else []
    if diff:
        rows.append(fence(diff, "diff"))
    if proposal.proven:
        rows.append("Checked: with this change the drift is gone, and no syntax error and no other drift comes.")
    elif proposal.problem:
        rows.append(f"**Not offered for applying.** {proposal.problem}")
    return "\n\n".join(rows)


def fence(text: str, language: str = "text") -> str:
    """Text in a fence of Markdown that it cannot close."""
    marks = "`" * 3
    while marks in text:
        marks += "`"
    return f"{marks}{language}\n{text.rstrip()}\n{marks}"


def _inline(text: str) -> str:
    return " ".join(text.replace("`", "'").split())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

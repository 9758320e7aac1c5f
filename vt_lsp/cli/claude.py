"""``vt-lsp claude``: whether it can be asked, what it was asked and what that cost, and the answers that are kept."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.claude_integration.assembly import build_chain
from vt_lsp.claude_integration.usage import days_ago, statistics, usage_log
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.scan import find_root, load_user_and_project_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from vt_lsp.claude_integration.chain import Chain
    from vt_lsp.claude_integration.usage import Statistics

FORMAT_VERSION = 1


def run(options: argparse.Namespace) -> int:
    """Do one action; 1 when it is asked for its health, and no model can be asked."""
    configure_log(options)
    if options.action == "stats":
        found = statistics(usage_log().read(days_ago(options.days, time.time())))
        if options.format == "json":
            answer = {"version": FORMAT_VERSION, "days": options.days, **msgspec.to_builtins(found)}
            sys.stdout.write(json.dumps(answer, indent=2) + "\n")
        else:
            sys.stdout.writelines(f"{line}\n" for line in _figures(found, options.days))
        return 0
    root = find_root(options.root, ())
    chain = build_chain(root, load_user_and_project_settings(root))
    return asyncio.run(_clear(chain) if options.action == "clear-cache" else _health(chain))


async def _clear(chain: Chain) -> int:
    try:
        rows = await chain.clear_cache()
    finally:
        await chain.aclose()
    sys.stdout.write(f"{rows} rows of kept answers are gone.\n")
    return 0


async def _health(chain: Chain) -> int:
    try:
        found = await chain.health()
    finally:
        await chain.aclose()
    for one in found:
        version = f" ({one.version})" if one.version else ""
        sys.stdout.write(f"{'yes' if one.ready else 'no':<4}{one.provider:<12}{one.sentence}{version}\n")
    return 0 if any(one.ready and one.provider != "offline" for one in found) else 1


def _figures(found: Statistics, days: float) -> Iterator[str]:
    yield f"Questions in the last {days:g} days: {found.questions}"
    if not found.questions:
        return
    yield f"Answered from what was kept: {found.hits} ({found.hit_rate:.0%}), which saved {found.saved_tokens:,} tokens"
    yield f"Answered by vt-lsp's own rules: {found.offline}"
    for reason, count in sorted(found.failures.items(), key=lambda item: -item[1]):
        yield f"    {count} because of: {reason}"
    yield (
        f"Tokens: {found.prompt_tokens:,} in prompts ({found.read_from_prompt_cache:,} of them from the model's own "
        f"cache), {found.output_tokens:,} in answers"
    )
    yield f"Cost as the provider counts: ${found.cost:.4f}"
    yield (
        f"Until the first text of a model: {found.first_p50:.2f} s (half of the answers), {found.first_p95:.2f} s "
        f"(95 %), {found.first_mean:.2f} s (mean); with kept answers {found.shown_mean:.2f} s (mean)"
    )
    for name, one in found.templates.items():
        yield (
            f"    {name}: {one.questions} asked, {one.hits} kept, {one.prompt_tokens_mean:,.0f} tokens a prompt, "
            f"{one.accepted} accepted, {one.dismissed} dismissed"
        )

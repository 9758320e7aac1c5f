"""Past decisions that fit: found, explained, silent where nothing fits; an index that grew is one that was built."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vt_lsp.workflow_memory.precedent_engine import compare, precedents, ranked
from vt_lsp.workflow_memory.precedent_index import Entry, PrecedentIndex, Situation
from vt_lsp.workflow_memory.vectors import load

RETRY = Entry(
    "D-1",
    "Retry failed payments with exponential back-off",
    "The payment gateway answers late, so failed calls are tried again.",
    when=1,
    tags=frozenset({"payments"}),
    symbols=frozenset({"shop.payments.Gateway.charge"}),
    paths=frozenset({"shop/payments.py"}),
    requirements=frozenset({"REQ-7"}),
)
CACHE = Entry("D-2", "Use Redis for caching", "Catalogue pages are read often and change seldom.", when=2)
NAMES = Entry("D-3", "Name modules after the domain", "People find code by the words of the business.", when=3)
LAYOUT = [
    Entry(f"D-{n}", f"Layout of the {word} page", f"The {word} page has two columns.", when=n)
    for n, word in enumerate("home search basket account help imprint press jobs".split(), 10)
]
ALL = [RETRY, CACHE, NAMES, *LAYOUT]


def shown(situation: Situation, *entries: Entry) -> list[str]:
    return [found.entry.id for found in precedents(PrecedentIndex(entries or ALL), situation)]


def test_the_words_find_it_and_the_reason_says_which() -> None:
    best = precedents(PrecedentIndex(ALL), Situation("Back-off when we retry a payment"))[0]
    assert best.entry.id == "D-1"
    assert best.reasons[0].startswith("similar wording: ")
    assert "retry" in best.reasons[0]


@pytest.mark.parametrize("text", ["", "   ", "the of and", "\0", "Quantum chromodynamics on a lattice"])
def test_nothing_is_shown_where_nothing_fits(text: str) -> None:
    assert shown(Situation(text)) == []


def test_an_empty_memory_answers_nothing() -> None:
    assert precedents(PrecedentIndex(), Situation("Retry payments")) == []


def test_places_count_without_words() -> None:
    best = precedents(PrecedentIndex(ALL), Situation(symbols=frozenset({"shop.payments.Gateway.charge"})))
    assert [found.entry.id for found in best] == ["D-1"]
    assert best[0].reasons == ("same symbol `shop.payments.Gateway.charge`",)
    owner = precedents(PrecedentIndex(ALL), Situation(symbols=frozenset({"shop.payments.Gateway.refund"})))
    assert owner[0].reasons == ("same class `shop.payments.Gateway`",)
    assert shown(Situation(paths=frozenset({"shop/payments.py"}))) == ["D-1"]
    assert shown(Situation(requirements=frozenset({"REQ-7"}))) == ["D-1"]


def test_a_superseded_one_points_to_its_successor() -> None:
    old = dataclasses.replace(CACHE, superseded_by="D-9")
    new = Entry("D-9", "Use Memcached for caching", when=9)
    found = {each.entry.id: each for each in ranked(PrecedentIndex([old, new, *LAYOUT]), Situation("caching"), 5)}
    assert found["D-2"].successor == new
    assert "superseded by Use Memcached for caching" in found["D-2"].reasons


def test_a_good_outcome_raises_and_a_bad_one_lowers() -> None:
    good, bad = dataclasses.replace(CACHE, id="D-a", outcome=1.0), dataclasses.replace(CACHE, id="D-b", outcome=-1.0)
    order = ranked(PrecedentIndex([bad, CACHE, good, *LAYOUT]), Situation("Redis for caching"), 3)
    assert [found.entry.id for found in order] == ["D-a", "D-2", "D-b"]
    assert order[0].reasons[-1] == "its outcome was good"
    assert order[2].reasons[-1] == "its outcome was bad"


def test_an_old_decision_is_found_among_many_newer_ones() -> None:
    newer = [Entry(f"N-{n}", f"Layout of page {n}", "Two columns.", when=10 + n) for n in range(500)]
    assert shown(Situation("retry payments with back-off"), RETRY, *newer)[0] == "D-1"


def test_what_is_the_same_and_what_differs() -> None:
    now = Situation("Retry refunds", symbols=RETRY.symbols, tags=frozenset({"refunds"}))
    difference = compare(RETRY, now)
    assert difference.same == ("symbol: shop.payments.Gateway.charge", "wording: retry")
    assert "tag: payments" in difference.only_then
    assert difference.only_now == ("tag: refunds", "wording: refunds")


def test_odd_text_is_only_text() -> None:
    odd = ["\0\0", "x" * 1_000_000, "é" * 10 + " İstanbul ﬁle \uff21 \ud800 🙂", '") OR 1=1; --', "word " * 200_000]
    index = PrecedentIndex([Entry(str(n), text, text) for n, text in enumerate(odd)])
    for text in odd:
        precedents(index, Situation(text, text))
    assert ranked(index, Situation("istanbul file"), 1)[0].entry.id == "2"


WORDS = st.lists(st.sampled_from("retry cache redis order payment layout page symbol OrderBook".split()), max_size=6)
ENTRIES = st.builds(
    lambda number, title, text, links: Entry(
        f"D-{number}", " ".join(title), " ".join(text), float(number), links=frozenset(f"D-{n}" for n in links)
    ),
    st.integers(0, 7),
    WORDS,
    WORDS,
    st.sets(st.integers(0, 7), max_size=2),
)
CHANGES = st.lists(st.one_of(ENTRIES, st.integers(0, 7).map(lambda number: f"D-{number}")), max_size=25)


@settings(max_examples=150, deadline=None)
@given(CHANGES, WORDS)
def test_an_index_that_grew_equals_one_that_was_built(changes: list[Entry | str], query: list[str]) -> None:
    grown = PrecedentIndex()
    now: dict[str, Entry] = {}
    for change in changes:
        if isinstance(change, str):
            grown.discard(change)
            now.pop(change, None)
        else:
            grown.put(change)
            now.pop(change.id, None)
            now[change.id] = change
    built = PrecedentIndex(now.values())
    situation = Situation(" ".join(query))
    assert ranked(grown, situation, 10) == ranked(built, situation, 10)
    assert len(grown) == len(built) == len(now)


@pytest.mark.skipif(load() is None, reason="the optional package wordllama is not installed")
def test_other_words_for_the_same_are_found_by_meaning() -> None:
    index = PrecedentIndex(ALL, load())
    best = ranked(index, Situation("Speed up by remembering results in memory"), 3)
    assert "D-2" in [found.entry.id for found in best]

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vt_lsp.progress.changes import BurnUp, Change, Entry, Snapshot, burn_up


def texts(*lists: str) -> BurnUp:
    """One snapshot a second; ``a b* c`` are three tasks of which the second is ticked."""
    return burn_up(
        Snapshot(at, tuple(Entry("", word.rstrip("*"), word.endswith("*")) for word in words.split()))
        for at, words in enumerate(lists, start=1)
    )


def test_tasks_appear_are_ticked_unticked_and_go() -> None:
    found = texts("a b", "a* b c", "a* c*", "a c*")
    assert found.changes == (
        Change(1, added=(0, 1)),
        Change(2, added=(2,), ticked=(0,)),
        Change(3, ticked=(2,), removed=(1,)),
        Change(4, unticked=(0,)),
    )
    assert found.present == (0, 2)


def test_a_text_that_says_the_same_changes_nothing() -> None:
    assert len(texts("a b*", "b* a", "a b*").changes) == 1


def test_a_task_whose_words_changed_is_the_same_task() -> None:
    before = Entry("", "Write the parser of the configuration file", done=False)
    after = Entry("", "Write the parser for configuration files", done=True)
    found = burn_up([Snapshot(1, (before,)), Snapshot(2, (after,))])
    assert found.changes[1] == Change(2, ticked=(0,))


def test_a_label_stays_with_its_task_though_all_words_changed() -> None:
    found = burn_up(
        [
            Snapshot(1, (Entry("T001", "Make it", done=False), Entry("T002", "Break it", done=False))),
            Snapshot(
                2, (Entry("T002", "Something that reads otherwise", done=True), Entry("T001", "Make it", done=False))
            ),
        ]
    )
    assert found.changes[1] == Change(2, ticked=(1,))
    assert found.present == (1, 0)


def test_equal_words_are_several_tasks() -> None:
    assert texts("test test test", "test* test test").changes[1] == Change(2, ticked=(0,))


def test_time_does_not_go_backwards() -> None:
    entries = [(Entry("", "a", done=False),), (Entry("", "a", done=True),)]
    found = burn_up([Snapshot(100, entries[0]), Snapshot(50, entries[1])])
    assert found.changes == (Change(100, added=(0,), ticked=(0,)),)


def test_five_thousand_tasks_that_all_change_are_new_ones() -> None:
    old = tuple(Entry("", f"old number {n}", done=False) for n in range(5000))
    new = tuple(Entry("", f"quite another {n}", done=False) for n in range(5000))
    found = burn_up([Snapshot(1, old), Snapshot(2, new)])
    assert len(found.changes[1].removed) == len(found.changes[1].added) == 5000


WORDS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=6)


@given(st.lists(WORDS, max_size=6))
def test_the_changes_lead_to_the_last_text(versions: list[list[tuple[str, bool]]]) -> None:
    snapshots = [Snapshot(n, tuple(Entry("", word, done) for word, done in v)) for n, v in enumerate(versions)]
    found = burn_up(snapshots)
    state: dict[int, bool] = {}
    for change in found.changes:
        state.update(dict.fromkeys(change.added, False))
        state.update(dict.fromkeys(change.ticked, True))
        state.update(dict.fromkeys(change.unticked, False))
        for n in change.removed:
            del state[n]
    assert [state[n] for n in found.present] == [done for _, done in (versions[-1] if versions else [])]
    assert len(state) == len(found.present)


@given(st.lists(WORDS, max_size=6), st.integers(0, 6))
def test_a_history_can_be_gone_on_with(versions: list[list[tuple[str, bool]]], cut: int) -> None:
    snapshots = [Snapshot(n, tuple(Entry("", word, done) for word, done in v)) for n, v in enumerate(versions)]
    assert burn_up(snapshots[cut:], burn_up(snapshots[:cut])) == burn_up(snapshots)

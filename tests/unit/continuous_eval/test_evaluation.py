from __future__ import annotations

from vt_lsp.continuous_eval.compliance import Count
from vt_lsp.continuous_eval.evaluation import Difference, Seen, compare, figures, folders_of
from vt_lsp.models import DriftReport, DriftType, Place, Severity


def drift(name: str, path: str = "docs/a.md", code: str | None = None) -> DriftReport:
    return DriftReport(
        file_path=path,
        spec_reference=f"{path}#x",
        drift_type=DriftType.MISSING_MEMBER,
        severity=Severity.WARNING,
        details=f"no {name}",
        suggestions=(),
        fingerprint=name,
        spec=Place(path, 0, 1),
        code=Place(code, 0, 1) if code else None,
    )


def seen(name: str, since: float, path: str = "docs/a.md") -> Seen:
    return Seen(name, "missing-member", "warning", path, f"no {name}", since)


def names(difference: Difference) -> tuple[list[str], list[str], list[str]]:
    return (
        [one.fingerprint for one in difference.appeared],
        [one.seen.fingerprint for one in difference.resolved],
        sorted(difference.known),
    )


def test_nothing_is_news_at_the_first_look_ever() -> None:
    found = compare(None, [drift("a")], (), 10.0)
    assert names(found) == ([], [], ["a"])
    assert found.known["a"].since == 10.0


def test_what_is_new_appeared_and_what_is_gone_was_resolved() -> None:
    found = compare({"a": seen("a", 1.0), "b": seen("b", 2.0)}, [drift("b"), drift("c")], (), 10.0)
    assert names(found) == (["c"], ["a"], ["b", "c"])
    assert found.resolved[0].age == 9.0
    assert found.known["b"].since == 2.0


def test_what_is_being_typed_neither_appears_nor_is_resolved() -> None:
    known = {"a": seen("a", 1.0)}
    typed = compare(known, [drift("b"), drift("c", "docs/b.md", "src/a.py")], {"docs/a.md", "src/a.py"}, 10.0)
    assert names(typed) == ([], [], ["a"])
    saved = compare(typed.known, [drift("b")], (), 11.0)
    assert names(saved) == (["b"], ["a"], ["b"])


def test_folders_count_all_that_lies_below_them() -> None:
    claims = {"docs/a.md": (3, 5), "docs/more/b.md": (1, 1), "README.md": (0, 2), "empty.md": (0, 0)}
    found = figures([drift("a"), drift("b", "README.md")], claims)
    assert found.specs == {"README.md": Count(0, 1, 1), "docs/a.md": Count(3, 1, 1), "docs/more/b.md": Count(1, 0, 0)}
    assert found.folders == {"": Count(4, 2, 2), "docs": Count(4, 1, 1), "docs/more": Count(1, 0, 0)}
    assert found.total == Count(4, 2, 2)
    assert (found.by_type, found.by_severity) == ({"missing-member": 2}, {"warning": 2})


def test_the_folders_around_a_file() -> None:
    assert folders_of("a.md") == [""]
    assert folders_of("a/b/c.md") == ["", "a", "a/b"]

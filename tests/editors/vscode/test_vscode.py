"""The extension in the real VS Code, newest and oldest: each scenario is one VS Code, and reports several tests.

Its tests run inside the extension host (``tests`` of the scenario), or in the driver outside (``outside``).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
EDITORS = os.environ.get("VT_EDITORS")
LIMIT = 900  # seconds for one scenario; a bound for a hanging one
VERSIONS = {"newest": "code-server", "oldest": "code-server-oldest"}
NEWEST_ONLY = ("ui", "decisions", "starting", "report")
# They look at the screen, and may fail once: menus close when a machine is busy. All else is never repeated.
RETRIED = ("ui", "decisions")
_TEST_NAME = re.compile(r'^ {4}async "(.+)"\(\) \{$', re.MULTILINE)
_MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata><Identity Language="en-US" Id="runner" Version="0.0.1" Publisher="vt-lsp-tests"/></Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation><Dependencies/><Assets/>
</PackageManifest>"""


def _cases() -> Iterator[Any]:
    for version in VERSIONS:
        for file in sorted((HERE / "scenarios").glob("*.cjs")):
            if file.stem in NEWEST_ONLY and version != "newest":
                continue
            for name in _TEST_NAME.findall(file.read_text("utf-8")):
                yield pytest.param(version, file.stem, name, id=f"{version}-{file.stem}-{name}")


def _vsix() -> Path:
    given = os.environ.get("VT_VSIX")
    found = [Path(given)] if given else sorted((REPOSITORY / "dist").glob("vt-lsp-*.vsix"))
    assert len(found) == 1, f"`make vsix` makes one package, here are {found}"
    return found[0]


@pytest.fixture(scope="session")
def extensions(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder of extensions of a version, with ours and the runner of the tests, installed as a user does."""
    runner = tmp_path_factory.mktemp("runner") / "runner.vsix"
    with zipfile.ZipFile(runner, "w") as archive:
        archive.writestr("extension.vsixmanifest", _MANIFEST)
        for file in sorted((HERE / "runner").iterdir()):
            archive.write(file, f"extension/{file.name}")

    @cache
    def installed(version: str) -> Path:
        folder = tmp_path_factory.mktemp(f"extensions-{version}")
        _node("install.mjs", VERSIONS[version], folder / "home", folder / "all", _vsix(), runner)
        return folder / "all"

    return installed


@pytest.fixture(scope="session")
def outcome(extensions: Any, tmp_path_factory: pytest.TempPathFactory, notes: list[str]) -> Any:
    """What became of the tests of a scenario, by name; each scenario is run once."""

    @cache
    def run(version: str, scenario: str) -> dict[str, Any]:
        results = _run(version, scenario, extensions(version), tmp_path_factory, notes)
        failed = [name for name, result in results.items() if result["failure"]]
        if scenario in RETRIED and failed:
            notes.append(f"{version} {scenario}: repeated after {failed}, {results[failed[0]]['failure']}")
            results = _run(version, scenario, extensions(version), tmp_path_factory, notes)
        return results

    return run


def _run(
    version: str, scenario: str, extensions: Path, temporary: pytest.TempPathFactory, notes: list[str]
) -> dict[str, Any]:
    options = {
        "version": VERSIONS[version],
        "extensions": str(extensions),
        "dir": str(temporary.mktemp(f"{version}-{scenario}")),
        "python": sys.executable,
        "repository": str(REPOSITORY),
        "example": str(REPOSITORY / "examples/ordersvc"),
        "shots": os.environ.get("VT_SHOTS") or str(temporary.getbasetemp() / "shots" / f"{version}-{scenario}"),
    }
    output = _node("scenario.mjs", HERE / f"scenarios/{scenario}.cjs", json.dumps(options))
    lines = [json.loads(line) for line in output.splitlines()]
    results = {line["name"]: line for line in lines if "name" in line}
    notes.extend(f"{version} {scenario}: {line['note']}" for line in lines if "note" in line)
    broken = next((line["broken"] for line in lines if "broken" in line), None)
    if broken is not None:
        results["the scenario"] = {"failure": f"{broken}\npictures: {options['shots']}"}
    return results


def _node(script: str, *arguments: object) -> str:
    command = [f"{EDITORS}/node/bin/node", str(HERE / "driver" / script), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except BaseException:
        process.send_signal(signal.SIGTERM)  # it ends VS Code and the browser
        output, _ = process.communicate(timeout=60)
        raise
    assert process.returncode == 0, output
    return output


@pytest.mark.slow
@pytest.mark.skipif(not EDITORS, reason="the editors are installed by `make test-editors`")
@pytest.mark.parametrize(("version", "scenario", "name"), list(_cases()))
def test_in_vs_code(outcome: Any, version: str, scenario: str, name: str) -> None:
    results = outcome(version, scenario)
    if name not in results:
        failures = [f"{other}: {result['failure']}" for other, result in results.items() if result["failure"]]
        pytest.fail(f"it did not run, since this failed before: {failures[:1]}", pytrace=False)
    if results[name]["failure"]:
        pytest.fail(results[name]["failure"], pytrace=False)


def test_scenarios_name_their_tests_once() -> None:
    for file in (HERE / "scenarios").glob("*.cjs"):
        names = _TEST_NAME.findall(file.read_text("utf-8"))
        assert names, file.name
        assert len(names) == len(set(names)), file.name

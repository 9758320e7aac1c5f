"""Templates of questions: Markdown files whose front matter says what they need, what comes back, what it may cost.

The front matter is TOML between lines of ``+++``; below it stand the instructions. Users' own templates lie in the
user's configuration directory (``prompts/NAME.md``) and take the place of ours with the same name. A workspace has
none: what is sent must not be chosen by whoever wrote the repository.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping  # noqa: TC003  msgspec reads the annotations
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from vt_lsp.claude_integration.tokens import estimate
from vt_lsp.settings import did_you_mean

Input = Literal[
    "map", "place-map", "definitions", "neighbours", "precedents", "spec", "drift", "selection",
    "decisions", "change", "piece",
]  # fmt: skip
Budget = Annotated[int, Meta(ge=500, le=200_000)]

OWN: Final = Path(__file__).parent / "templates"

_PLACEHOLDER: Final = re.compile(r"\{\{\s*([\w-]*)\s*\}\}")
_FENCE: Final = "+++"
_MOST_BYTES: Final = 1 << 18
_SHARE: Final = 4  # the instructions take at most one part in so many of the budget
_HOUR: Final = 3600.0


class TemplateError(Exception):
    """A template cannot be used, or not here; the text says which and why, for a person."""


class Front(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the front matter holds.

    ``inputs`` are the parts of the context that go out with it, ``requires`` those without which it makes no sense,
    ``parameters`` what stands in ``{{…}}``. ``budget`` is for all tokens of the prompt, ``max_tokens`` for those of the
    answer, ``keep_hours`` is how long an answer may be given again. ``suggests``: the answer is a proposal that a
    person takes or not. ``schema`` is a JSON Schema for a structured answer.
    """

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    version: Annotated[int, Meta(ge=1)]
    title: Annotated[str, Meta(min_length=1, max_length=120)]
    inputs: tuple[Input, ...] = ()
    requires: tuple[Input, ...] = ()
    parameters: tuple[Literal["target"], ...] = ()
    budget: Budget
    max_tokens: Annotated[int, Meta(ge=1, le=128_000)] = 1024
    effort: Literal["low", "medium", "high"] = "low"
    keep_hours: Annotated[float, Meta(ge=0)] = 168
    suggests: bool = False
    schema: dict[str, Any] | None = None


class Template(Front, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One template: its front matter, its instructions and its file."""

    instructions: str
    source: Path = OWN

    @property
    def is_own(self) -> bool:
        """It came with vt-lsp."""
        return self.source.parent == OWN

    @property
    def keep(self) -> float:
        """Seconds that an answer may be given again."""
        return self.keep_hours * _HOUR

    def render(self, **parameters: str) -> str:
        """The instructions with their parameters filled in.

        Raises:
            TemplateError: one is missing.
        """
        if missing := set(self.parameters) - parameters.keys():
            raise TemplateError(f"the template {self.name} needs {', '.join(sorted(missing))}")
        return _PLACEHOLDER.sub(lambda found: parameters.get(found[1], ""), self.instructions)


def user_directory() -> Path:
    """Where a user's own templates lie."""
    import platformdirs  # noqa: PLC0415 - not before the first question

    return platformdirs.user_config_path("vt-lsp", appauthor=False) / "prompts"


def template_files(directory: Path | None = None) -> list[Path]:
    """All files of templates by name; those in ``directory`` (None: the user's) hide ours of the same name."""
    users = user_directory() if directory is None else directory
    found = {file.stem: file for folder in (OWN, users) for file in _files(folder)}
    return [found[name] for name in sorted(found)]


def _files(directory: Path) -> list[Path]:
    try:
        return sorted(file for file in directory.iterdir() if file.suffix == ".md" and file.is_file())
    except OSError:
        return []


def find_template(name: str, directory: Path | None = None) -> Template:
    """The template of this name: the user's own before ours.

    Raises:
        TemplateError: there is none, or it cannot be used.
    """
    files = {file.stem: file for file in template_files(directory)}
    if name not in files:
        raise TemplateError(f"no template is called {name}{did_you_mean(name, list(files))}")
    template = read_template(files[name])
    if problems := lint(template):
        raise TemplateError(f"{files[name]}: {problems[0]}")
    return template


def read_template(file: Path) -> Template:
    """One template.

    Raises:
        TemplateError: it cannot be read as one.
    """
    try:
        with file.open("rb") as stream:
            head, body = _split(stream.read(_MOST_BYTES + 1))
        front = msgspec.convert(tomllib.loads(head), Front)
    except (OSError, ValueError, RecursionError, msgspec.ValidationError) as error:
        raise TemplateError(f"{file}: {error}") from error
    return Template(**msgspec.structs.asdict(front), instructions=body, source=file)


def _split(data: bytes) -> tuple[str, str]:
    if len(data) > _MOST_BYTES:
        raise ValueError("larger than 256 KiB")
    lines = data.decode("utf-8-sig").splitlines()
    ends = [number for number, line in enumerate(lines) if line.strip() == _FENCE]
    if len(ends) < 2 or ends[0] != 0:
        raise ValueError("it must begin with front matter in TOML between two lines of +++")
    return "\n".join(lines[1 : ends[1]]), "\n".join(lines[ends[1] + 1 :]).strip()


# ---------------------------------------------------------------------------------------------------------------- lint


def lint(template: Template) -> list[str]:
    """What is wrong with a template that can be read, one sentence each."""
    return [*_wrong_words(template), *_wrong_schema(template.schema)]


def _wrong_words(template: Template) -> Iterator[str]:
    if template.name != template.source.stem:
        yield f"its name is {template.name}, that of its file {template.source.stem}"
    if not template.instructions:
        yield "there are no instructions below the front matter"
    used, known = set(_PLACEHOLDER.findall(template.instructions)), set(template.parameters)
    for name in sorted(used ^ known):
        yield f"`{{{{{name}}}}}` is none of its parameters" if name in used else f"the parameter {name} is not used"
    for name in sorted(set(template.requires).difference(template.inputs)):
        yield f"{name} is required, but is none of its inputs"
    spent = estimate(template.instructions)
    if spent > template.budget // _SHARE:
        yield f"the instructions take about {spent} of its {template.budget} tokens: more than a quarter"


def _wrong_schema(schema: Mapping[str, Any] | None) -> Iterator[str]:
    if schema is None:
        return
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - not before the first question

    if schema.get("type") != "object":
        yield 'the schema must be of the type "object"'
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        yield f"the schema is no JSON Schema: {error.message}"


def misfits(data: object, schema: Mapping[str, Any]) -> list[str]:
    """Where a structured answer does not fit its schema, one sentence each; empty where it fits."""
    validator = _validator(json.dumps(schema, sort_keys=True))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


@cache
def _validator(schema: str) -> Any:  # noqa: ANN401 - a class of a library that is imported late
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - not before the first question

    return Draft202012Validator(json.loads(schema))

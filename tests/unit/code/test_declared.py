"""Options and environment variables that code declares."""

from __future__ import annotations

from vt_lsp.models import CodeFacts
from vt_lsp.workspace.reading import facts_of

TEXT = '''
import os, argparse, click, typer
from environs import Env
from decouple import config
from pydantic import Field
from pydantic_settings import BaseSettings

env = Env()


class Settings(BaseSettings):
    class Config:
        env_prefix = "app_"

    port: int = 3
    key: str = Field(validation_alias="OTHER_KEY")


def main(x: "--- a rule"):
    """Give --spoken-of."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-v", "--verbose")
    parser.add_subparsers().add_parser("sub-command")
    parser.add_argument(
        '--out-file'
    )
    os.environ["A"], os.environ.get('B'), os.getenv( "C" ), env.bool("D"), config("E"), os.environ[name]
    environment["NOT"]


@click.option("--yes/--no", envvar="F")
@click.command()
def one(yes): ...


app.add_typer(sub, name="grouped")


@app.command("other")
def three(): ...


@app.command()
def two(dry_run: bool = typer.Option(False, envvar=["G"])): ...
'''


def declared(kind: str) -> dict[str, str]:
    facts = facts_of("a.py", TEXT.encode())
    assert isinstance(facts, CodeFacts)
    for one in facts.declared:
        place = TEXT.encode()[one.start : one.end].decode()
        assert place in {"", one.name}
    return {one.name: one.detail for one in facts.declared if one.kind == kind}


def test_options() -> None:
    found = declared("option")
    assert {name for name, detail in found.items() if detail == "literal"} == {
        "--verbose",
        "--out-file",
        "--yes",
        "--no",
    }
    assert found["--spoken-of"] == ""
    assert found["--dry-run"] == found["--no-dry-run"] == "parameter"
    assert "--a" not in found


def test_commands() -> None:
    assert set(declared("command")) == {"sub-command", "one", "two", "other", "grouped"}


def test_variables() -> None:
    found = declared("environment")
    assert {name for name, detail in found.items() if not detail} == {"A", "B", "C", "D", "E", "F", "G", "OTHER_KEY"}
    assert {name for name, detail in found.items() if detail == "field"} == {"APP_PORT", "APP_KEY"}

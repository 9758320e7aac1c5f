from __future__ import annotations

import inspect
import re
from pathlib import PurePosixPath, PureWindowsPath
from time import perf_counter

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp

from vt_lsp.redaction import LEFT_OUT, Redactor, masked, sounds_secret

HOME = PurePosixPath("/home/alice")
# Put together here, so that no scanner takes this file for a leak.
SHAPES = {
    "anthropic": "sk-ant-" + "api03-" + "Zx9" * 12,
    "openai": "sk-" + "proj-" + "q7Rt" * 8,
    "github": "ghp_" + "a1B2" * 9,
    "github oauth": "gho_" + "a1B2" * 9,
    "github fine-grained": "github_pat_" + "11ABCDEFG0" * 3,
    "gitlab": "glpat-" + "x7" * 10,
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "slack": "xoxb-" + "123456789012-abcdef",
    "google": "AIza" + "Sy0" * 12,
    "stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "jwt": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w5N",
    "bearer": "mF_9.B5f-4.1JqM" + "0123456789",
    "address": "hunter2",
    "npm": "npm_" + "a1B2c3" * 6,
}
AROUND = {"bearer": "Authorization: Bearer {}", "address": "see postgres://shop:{}@db.example.com/orders for it"}
KEY = """\
-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED

MIIBOgIBAAJBAKj34
GkxFhD90vc
-----END RSA PRIVATE KEY-----"""


def text(source: str, plain: str) -> str:
    return Redactor(HOME).text(source, plain)


@pytest.mark.parametrize("source", ["client", "server"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_secret_is_told_by_its_shape(name: str, source: str) -> None:
    plain = "x = f(1)  # " + AROUND.get(name, "{}").format(SHAPES[name]) + "\nnext line"
    clean = text(source, plain)
    assert SHAPES[name] not in clean
    assert len(clean) == len(plain)
    assert clean.endswith("\nnext line")
    assert clean.startswith("x = f(1)  # ")


def test_a_private_key_keeps_its_lines_alone() -> None:
    clean = text("client", f"before\n{KEY}\nafter the key")
    assert "MIIB" not in clean
    assert "GkxF" not in clean
    assert clean.count("\n") == KEY.count("\n") + 2
    assert clean.endswith("-----END RSA PRIVATE KEY-----\nafter the key")
    assert "GkxF" not in text("client", KEY.rpartition("\n")[0])  # its end is missing
    assert "GkxF" not in text("client", f"KEY = '{KEY!r}'")


@pytest.mark.parametrize(
    "line",
    [
        'API_KEY = "{}"',
        "api_key: Final[str] = '{}'",
        '  "clientSecret": "{}",',
        "DB_PASSWORD={}",
        "aws_secret_access_key = {}",
        "password: {}",
        'client = Client(auth_token="{}")',
        'SECRET = SecretStr("{}")',
        'TOKEN = """{}"""',
        'os.environ["SERVICE_TOKEN"] = "{}"',
        '`COOKIE_VALUE = "{}"` is sent',
        'the İstanbul token = "{}"',
        'PASSWORDS = ["{}"]',
    ],
)
def test_a_secret_is_told_by_the_name_that_it_is_assigned_to(line: str) -> None:
    value = "tr0ub4dor-and-3-more"
    assert text("client", line.format(value)) == line.format(masked(value))


@pytest.mark.parametrize(
    "plain",
    [
        "def tokenize(text: str, token_type: TokenType = TokenType.NAME) -> list[Token]:",
        "token = self.next_token_of(stream, position=0)",
        "password = getpass.getpass()",
        "The token is refreshed every hour; see `Session.refresh_token`.",
        "task-runner-with-4-long-words and risk-0-whatever-it-is-called",
        "key = value",
        "https://example.com:8080/docs?a=b@c",
        "/home/alicent and /mnt/home/alice.bak",
    ],
)
def test_code_and_prose_about_secrets_stay(plain: str) -> None:
    assert text("client", plain) == plain


def test_what_an_answer_quotes_beside_a_secret_name_is_left_out() -> None:
    said = 'The constant `DB_PASSWORD` is `"correcthorse"`, the spec says `"batterystaple"`.'
    assert text("server", said) == said.replace("correcthorse", masked("correcthorse")).replace(
        "batterystaple", masked("batterystaple")
    )


def test_a_secret_once_seen_is_left_out_wherever_it_comes_again() -> None:
    redactor = Redactor(HOME)
    redactor.text("client", 'API_KEY = "correcthorsebattery"\nOTHER_TOKEN = "abc123def456"\n')
    assert redactor.text("server", "written: 'correcthorsebattery', abc123def456") == (
        f"written: '{masked('correcthorsebattery')}', {masked('abc123def456')}"
    )
    # A plain word may be a name in the texts of the client; what looks made up is none.
    assert redactor.text("client", "correcthorsebattery abc123def456") == (
        f"correcthorsebattery {masked('abc123def456')}"
    )


def test_values_under_secret_keys_are_left_out_whatever_they_are() -> None:
    redactor = Redactor(HOME)
    data = {
        "method": "initialize",
        "params": {
            "initializationOptions": {
                "apiKey": "x",
                "api_key": 12345,
                "auth": {"Set-Cookie": ["a", "b"], "passphrase": {"deep": "zyxwvut9"}},
                "maxTokensAllowed": True,
                "credential": None,
            },
            "capabilities": {"textDocument": {"semanticTokens": {"tokenTypes": ["class"], "tokenModifiers": []}}},
            "workDoneToken": "1",
            "echo": "zyxwvut9",
        },
    }
    options = redactor.message("client", data)["params"]["initializationOptions"]
    assert options == {
        "apiKey": LEFT_OUT,
        "api_key": LEFT_OUT,
        "auth": {"Set-Cookie": LEFT_OUT, "passphrase": LEFT_OUT},
        "maxTokensAllowed": True,
        "credential": None,
    }
    clean = redactor.message("client", data)["params"]
    assert clean["capabilities"] == data["params"]["capabilities"]  # type: ignore[index]
    assert (clean["workDoneToken"], clean["echo"]) == ("1", masked("zyxwvut9"))


def test_progress_keeps_the_token_by_which_it_is_known() -> None:
    progress = {"method": "$/progress", "params": {"token": "abc", "value": {"kind": "end", "token": "no"}}}
    assert Redactor(HOME).message("server", progress)["params"] == {
        "token": "abc",
        "value": {"kind": "end", "token": LEFT_OUT},
    }
    assert Redactor(HOME).message("server", progress | {"method": "x"})["params"]["token"] == LEFT_OUT


def test_no_key_of_the_protocol_is_taken_for_a_secret() -> None:
    classes = [value for value in vars(lsp).values() if inspect.isclass(value) and attrs.has(value)]
    names = {field.name for value in classes for field in attrs.fields(value)}
    camel = {re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in names}
    assert {"semanticTokens", "workDoneToken"} < camel
    assert {name for name in camel if sounds_secret(name)} == {"token"}  # of progress


def test_a_file_that_sounds_secret_keeps_its_edits() -> None:
    edit = {"changes": {"file:///p/secret_token.py": [{"newText": "x"}]}}
    assert Redactor(HOME).message("server", edit) == edit


@pytest.mark.parametrize(
    ("home", "plain", "clean"),
    [
        (HOME, "file:///home/alice/a.py", "file://~/a.py"),
        (HOME, "open /home/alice: no", "open ~: no"),
        (PurePosixPath("/home/zoë k"), "file:///home/zo%C3%AB%20k/a.py /home/zoë k/b", "file://~/a.py ~/b"),
        (PureWindowsPath("C:\\Users\\Bo"), "file:///c%3A/Users/Bo/a.py", "file://~/a.py"),
        (PureWindowsPath("C:\\Users\\Bo"), "c:\\users\\bo\\a.py", "~\\a.py"),
        (PurePosixPath("/"), "/a/b", "/a/b"),
    ],
)
def test_the_home_directory_is_a_tilde(home: PurePosixPath | PureWindowsPath, plain: str, clean: str) -> None:
    assert Redactor(home).text("client", plain) == clean


@given(st.text(), st.sampled_from(["client", "server"]))
def test_any_text_keeps_its_length_and_lines(plain: str, source: str) -> None:
    clean = Redactor(PurePosixPath("/nobody/lives/here")).text(source, plain)
    assert [len(line) for line in clean.split("\n")] == [len(line) for line in plain.split("\n")]


@pytest.mark.parametrize(
    "unit",
    [
        "token:" + " " * 200,
        "token",
        "token=",
        'token="',
        "eyJ-",
        "sk-",
        "-----BEGIN PRIVATE KEY-----",
        "://a:b",
        "Bearer ",
        "'a",
        'token="\\',
        "-----BEGIN PRIVATE KEY-----\na",
    ],
)
def test_the_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    def seconds(length: int) -> float:
        plain = unit * (length // len(unit))
        taken = []
        for _ in range(3):
            started = perf_counter()
            text("server", plain)
            taken.append(perf_counter() - started)
        return min(taken)

    assert seconds(80_000) < 3 * 8 * seconds(10_000)  # the line is 8 times, a square 64

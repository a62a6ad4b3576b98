"""Nothing is sent anywhere: no module can, and no command tries, nor do its worker processes."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import mkb21sem
from mkb21sem import cli
from tests.hostile.network import sitecustomize
from tests.hostile.specs import SMALL, sample
from tests.hostile.tables import rows, text

PACKAGE = Path(mkb21sem.__file__).parent
SENDERS = {
    *("socket", "ssl", "http", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "ftplib", "smtplib"),
    *("poplib", "imaplib", "telnetlib", "xmlrpc", "webbrowser", "asyncio", "boto3", "paramiko", "sentry_sdk", "fsspec"),
}
READERS = ("read_csv", "read_excel", "read_json", "read_html", "read_table", "read_xml", "read_parquet", "urlopen")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_network_by_import(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        sent = [name for name in names if name in SENDERS or name.partition(".")[0] in SENDERS]
        assert not sent, f"line {node.lineno} imports {sent}"
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in READERS:
            given = node.args[0] if node.args else None
            assert not (isinstance(given, ast.Constant) and "://" in str(given.value)), f"line {node.lineno}"


FILES = ["golf.csv"]
LIGHT = {
    "survey": [*FILES, "--log", "log.csv"],
    "mapping": [*FILES, "--out", "map.csv"],
    "questionnaire": ["--format", "xlsform"],
    "estimate": ["--model", "m.sem", "--data", "t.csv", "--out", "e"],
    "verify": ["e", "--data", "t.csv", "--file", "m.sem"],
    "plan freeze": ["--out", "p.toml"],
    "plan verify": ["p.toml"],
    "export": [*FILES, "--model", "own.sem", "--out", "x"],
}
OWN = ["--model", "own.sem"]
HEAVY = {
    "infer": [*FILES, *OWN, "--draws", "100", "--workers", "2", "--no-robustness", "--out", "i"],
    "power": [*FILES, *OWN, "--n", "100", "--out", "w"],
    "reproduce": ["--data", *FILES, *OWN, "--out", "r"],
    "describe": [*FILES, "--bootstrap", "--out", "d"],
    "validate": [*FILES, "--draws", "10", "--out", "v"],
    "compare": ["golf.csv", "golf2.csv", "--model", "mkb21_measurement", "--out", "c"],
    "synthesize": [*FILES, "--out", "s.csv"],
    "report": [*FILES, *OWN, "--out", "p"],
    "diagram": [*FILES, *OWN, "--out", "g.svg"],
}
PROGRAM = """
import json, sys
from typer.testing import CliRunner
from mkb21sem.cli import app
for name, arguments in json.loads(sys.argv[1]).items():
    done = CliRunner().invoke(app, [*name.split(), *arguments])
    print(name, done.exit_code, " ".join(done.output.split())[-300:], flush=True)
"""


def ran(folder: Path, commands: dict[str, list[str]]) -> list[str]:
    """What a process printed that runs the commands where every call to another machine is noted and refused."""
    wave = rows()
    (folder / "golf.csv").write_bytes(text(wave))
    (folder / "golf2.csv").write_bytes(text(wave))
    sample().to_csv(folder / "t.csv", index=False)
    (folder / "m.sem").write_text(SMALL[0])
    (folder / "own.sem").write_text("REP =~ REP01 + REP02 + REP03\nREP ~ INTENS\n")
    path = os.pathsep.join([str(Path(sitecustomize.__file__).parent), str(PACKAGE.parent)])
    log = folder / "network.log"
    environment = {**os.environ, "PYTHONPATH": path, "NETWORK_LOG": str(log), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROGRAM, json.dumps(commands)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not log.exists(), log.read_text()
    return done.stdout.splitlines()


def test_no_network_by_any_quick_command(tmp_path):
    lines = ran(tmp_path, LIGHT)
    assert [line.rpartition(" 0 ")[0] or line for line in lines if " 0 " not in line] == []
    assert len(lines) == len(LIGHT)


@pytest.mark.slow
def test_no_network_by_any_other_command(tmp_path):
    for line in ran(tmp_path, HEAVY):
        assert line.split()[1] in ("0", "3"), line


def test_no_network_is_asked_of_every_command():
    groups = {group.typer_instance.info.name: group.typer_instance for group in cli.app.registered_groups}
    there = {command.callback.__name__ for command in cli.app.registered_commands}
    there |= {f"{name} {each.callback.__name__}" for name, of in groups.items() for each in of.registered_commands}
    assert there == {*LIGHT, *HEAVY}


def test_no_network_is_noticed_when_there_is_one(tmp_path):
    """The watch works, here and in another process, and a refusal that is caught is noticed too."""
    with pytest.raises(OSError, match="no network in the tests"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    assert sitecustomize.attempts.pop().endswith("192.0.2.1")
    path = str(Path(sitecustomize.__file__).parent)
    environment = {**os.environ, "PYTHONPATH": path, "NETWORK_LOG": str(tmp_path / "log")}
    call = "import socket\ntry: socket.gethostbyname('example.org')\nexcept OSError: pass"
    subprocess.run([sys.executable, "-c", call], env=environment, check=True)
    assert (tmp_path / "log").read_text() == "socket.gethostbyname example.org\n"

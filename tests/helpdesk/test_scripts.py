"""The shell part of the set-up, run on machines that lack something."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ["server", "test", "bench"]


@pytest.fixture
def machine(tmp_path):
    """A checkout in a path with a blank, and a PATH that holds only what is put there."""
    root = tmp_path / "my helpdesk"
    shutil.copytree(ROOT / "script", root / "script")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "date", "id", "env", "sed"):
        (programs / name).symlink_to(shutil.which(name))
    return root


def program(machine: Path, name: str, text: str) -> None:
    path = machine.parent / "bin" / name
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(machine: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(machine.parent / "bin"), "HOME": str(machine.parent)}
    return subprocess.run(
        [str(machine / "script" / name), *arguments],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_machine_without_python_gets_one_clear_line(name, machine):
    found = run(machine, name)

    assert found.returncode == 1
    assert found.stdout == ""
    [line] = found.stderr.splitlines()
    assert line.startswith("Python 3.11 or newer is needed and no Python was found: install one")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_python_that_is_too_old_gets_one_clear_line(name, machine):
    program(machine, "python3", '[ "$1" = --version ] && echo "Python 3.9.2" || exit 1')

    found = run(machine, name)

    assert found.returncode == 1
    [line] = found.stderr.splitlines()
    assert line.startswith("Python 3.11 or newer is needed and Python 3.9.2 was found:")


def test_an_ordinary_user_without_a_package_is_told_what_to_install(machine):
    program(machine, "id", "echo 1000")
    program(machine, "python3", 'case "$*" in *ensurepip*) exit 1;; *print*) echo 3.11;; esac')

    found = run(machine, "server")

    assert found.returncode == 1
    [line] = found.stderr.splitlines()
    expected = (
        "Please install first: python3.11-venv (Debian: sudo apt-get install python3.11-venv)"
    )
    assert line == expected


def test_root_gets_a_missing_package_installed(machine):
    program(machine, "id", "echo 0")
    program(machine, "apt-get", f'echo "$@" >> "{machine}/apt"')
    has_venv = f'*ensurepip*) [ -e "{machine}/apt" ];;'
    program(
        machine, "python3", f'case "$*" in {has_venv} *print*) echo 3.11;; *venv*) exit 1;; esac'
    )

    found = run(machine, "server")

    assert found.stdout == "Installing python3.11-venv …\n"
    calls = (machine / "apt").read_text().splitlines()
    assert calls == ["update", "install -y --no-install-recommends python3.11-venv"]


def a_python(machine: Path) -> Path:
    """A Python that makes environments of itself and notes what it is asked to do."""
    notes = machine.parent / "notes"
    text = f"""case "$*" in
        *sys.version_info*|*ensurepip*) exit 0;;
        "-m venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python;;
        *pip*) echo "$@" >> "{notes}"; [ ! -e "{machine.parent}/broken" ];;
        *) echo "$@" >> "{notes}";;
    esac"""
    program(machine, "python3", text)
    program(machine, "redis-server", "")
    for name in ("mkdir", "cp", "rm"):
        (machine.parent / "bin" / name).symlink_to(shutil.which(name))
    return notes


def test_the_first_start_installs_the_lock_and_the_second_only_starts(machine):
    notes = a_python(machine)
    (machine / "requirements.txt").write_text("Django==5.2\n")

    first = run(machine, "server", "--demo")

    install, start = notes.read_text().splitlines()
    assert (first.returncode, first.stderr) == (0, "")
    assert install.startswith("-m pip install")
    assert "--require-hashes --requirement requirements.txt" in install
    assert start == "manage.py up --demo"
    notes.unlink()
    assert run(machine, "server").stdout == ""
    assert notes.read_text() == "manage.py up\n"


def test_a_changed_lock_is_installed(machine):
    notes = a_python(machine)
    (machine / "requirements.txt").write_text("Django==5.2\n")
    run(machine, "server")
    notes.unlink()

    (machine / "requirements.txt").write_text("Django==5.2.1\n")
    run(machine, "server")

    assert [line.split()[1] for line in notes.read_text().splitlines()] == ["pip", "up"]


def test_a_moved_checkout_gets_a_new_environment(machine):
    a_python(machine)
    (machine / "requirements.txt").write_text("Django==5.2\n")
    run(machine, "server")
    moved = machine.rename(machine.with_name("elsewhere"))

    found = run(moved, "server")

    assert found.stdout == "Installing the packages of requirements.txt …\n"
    assert (moved / ".venv/made-at").read_text() == f"{moved}\n"


def test_an_installation_that_failed_is_tried_again(machine):
    notes = a_python(machine)
    (machine / "requirements.txt").write_text("Django==5.2\n")
    broken = machine.parent / "broken"
    broken.touch()

    failed = run(machine, "server")

    assert failed.returncode == 1
    assert failed.stderr.startswith("The packages of requirements.txt could not be installed")
    broken.unlink()
    assert run(machine, "server").returncode == 0
    assert [line.split()[1] for line in notes.read_text().splitlines()] == ["pip", "pip", "up"]


def test_ci_runs_the_tests_and_nothing_else():
    lines = (ROOT / ".ci/run").read_text().splitlines()

    assert lines == ["#!/bin/sh", 'exec "$(dirname "$0")/../script/test"']
    assert os.access(ROOT / ".ci/run", os.X_OK)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_has_hashes_and_no_index_address(name):
    text = (ROOT / name).read_text()

    requirements = re.findall(r"^[A-Za-z0-9].*==", text, re.MULTILINE)
    hashed = re.findall(r"^[A-Za-z0-9].*==.*\\\n +--hash=sha256:", text, re.MULTILINE)
    assert len(requirements) == len(hashed) > 50
    assert "://" not in text
    assert "--index" not in text

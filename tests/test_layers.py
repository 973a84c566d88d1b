"""What import-linter cannot say: the domain of work, people and promises know no HTTP."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OF_THE_WEB = {"django.http", "django.shortcuts", "django.views", "django.urls"}


@pytest.mark.parametrize("app", ["tickets", "sla"])
def test_the_domain_of_work_knows_no_http(app):
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / app).rglob("*.py"))
        for name in imported(path)
        if any(name == one or name.startswith(f"{one}.") for one in OF_THE_WEB)
    ]

    assert found == []


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names

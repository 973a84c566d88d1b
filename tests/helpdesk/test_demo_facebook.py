"""The demo's page at Facebook (Demo), connected to a stand-in that really listens."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings as project

import graph_standin
from channels.facebook import connecting
from channels.facebook.models import FacebookPage
from graph_standin import Standin
from helpdesk import processes
from helpdesk.demo import facebook, standin, welcome_text
from tenants.models import Tenant

NAMES = ("APP_ID", "APP_SECRET", "VERIFY_TOKEN", "GRAPH_URL", "DIALOG_URL")


@pytest.fixture
def switched(settings, monkeypatch):
    """Switches the stand-in on in this process alone; what it changes is taken back."""
    for name in NAMES:
        setattr(settings, f"FACEBOOK_{name}", getattr(settings, f"FACEBOOK_{name}"))
        monkeypatch.setenv(f"FACEBOOK_{name}", "")

    def switch(port: int) -> None:
        settings.FACEBOOK_PORT = port
        standin.switch_on()

    return switch


@pytest.fixture
def running(switched) -> Iterator[Standin]:
    app = {"app_id": standin.APP_ID, "app_secret": standin._secret("app secret")}
    with graph_standin.running(**app) as found:
        found.staff.add_page(standin.PAGE_NAME, page=standin.PAGE_ID)
        switched(urlsplit(found.base_url).port)
        yield found


@pytest.fixture
def demo_tenant(tenant: Tenant) -> Tenant:
    Tenant.objects.filter(pk=tenant.pk).update(slug="demo")
    return tenant


def test_services_find_the_stand_in_in_their_environment(switched, tmp_path):
    switched(8712)

    names = [program.name for program in processes.services(tmp_path / "ready")]

    assert "facebook" in names
    assert os.environ["FACEBOOK_GRAPH_URL"] == project.FACEBOOK_GRAPH_URL == "http://127.0.0.1:8712"
    assert "http://127.0.0.1:8712/" in welcome_text()
    # `ps` shows everybody the command line.
    assert os.environ["FACEBOOK_APP_SECRET"] not in " ".join(processes.commands()["facebook"])


def test_an_app_at_meta_keeps_the_stand_in_away(switched, settings, tmp_path):
    settings.FACEBOOK_APP_ID = "4711"

    switched(8712)

    assert settings.FACEBOOK_APP_ID == "4711"
    assert "facebook" not in [one.name for one in processes.services(tmp_path / "ready")]
    assert "Facebook" not in welcome_text()


def test_first_start_connects_the_page_and_lets_people_write(running, demo_tenant):
    assert facebook.open_page()

    page = FacebookPage.objects.get()
    assert (page.page_id, page.name, page.state) == (standin.PAGE_ID, standin.PAGE_NAME, "active")
    said = [one.text for one in running.world.messages.values()]
    assert said == [text for _name, texts in facebook.DIRECT for text in texts]
    posts = [one.message for one in running.world.entries.values()]
    assert posts == [text for _name, text in facebook.WALL]


def test_second_start_changes_nothing(running, demo_tenant):
    facebook.open_page()
    token = FacebookPage.objects.get().token
    before = len(running.world.messages)

    assert facebook.open_page()

    assert FacebookPage.objects.get().token == token
    assert len(running.world.messages) == before


def test_a_stand_in_that_has_forgotten_everything_gets_the_page_anew(running, demo_tenant):
    facebook.open_page()
    token = FacebookPage.objects.get().token
    running.world.tokens.clear()

    facebook.open_page()

    assert FacebookPage.objects.get().token != token


def test_a_page_that_somebody_disconnected_stays_so(running, demo_tenant):
    facebook.open_page()
    connecting.disconnect(FacebookPage.objects.get())

    facebook.open_page()

    assert FacebookPage.objects.get().state == FacebookPage.State.DISCONNECTED


def test_a_start_without_the_stand_in_goes_on_without_it(switched, demo_tenant):
    switched(9)

    assert not facebook.open_page(patience=0)


def test_the_stand_in_takes_its_secrets_from_the_environment():
    secret = {"FACEBOOK_APP_ID": "1", "FACEBOOK_APP_SECRET": "s", "FACEBOOK_VERIFY_TOKEN": "v"}
    command = [sys.executable, "-m", "graph_standin", "--webhook-url", "http://x", "--port", "-1"]

    without = subprocess.run(command, capture_output=True, text=True, env={})
    given = subprocess.run(command, capture_output=True, text=True, env=secret)

    assert "--app-secret" in without.stderr
    # It got as far as listening.
    assert "port must be" in given.stderr

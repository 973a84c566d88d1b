"""A tenant's own host names: proven, chosen, led to, given back."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from tenants import domain_proof, domains
from tenants.domain_proof import SystemResolver
from tenants.domains import (
    DomainInUseError,
    DomainTakenError,
    TooManyClaimsError,
)
from tenants.models import Domain, DomainClaim

HOST = "hilfe.teehaus.example"
URL = "/desk/einstellungen/domains/"
Result = DomainClaim.Result


class Table:
    """A DNS of two entries."""

    def __init__(self, *, names=(), addresses=()):
        self._names, self._addresses = set(names), list(addresses)

    def names(self, host):
        return self._names

    def addresses(self, host):
        return self._addresses


ALIAS = Table(names=["alpha.localhost"], addresses=["192.0.2.1"])
HERE = Table(addresses=["127.0.0.1"])


@contextmanager
def website(answer, *, status=200, headers=()) -> Iterator[list[str]]:
    """A website of the tenant's, on this machine; yields the hosts and paths asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(f"{self.headers['Host']}{self.path}")
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield asked, server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def desk(client, admin):
    client.force_login(admin)
    return client


def claim_of(tenant, host=HOST):
    return domains.claim(tenant, host)


def read(host, path="/", **headers):
    return Client(headers={"host": host, **headers}).get(path)


def test_an_alias_of_the_tenants_own_host_is_proof(tenant):
    found = domains.check(claim_of(tenant), ALIAS)

    assert (found.domain, found.is_primary) == (HOST, False)
    assert not DomainClaim.objects.exists()
    assert tenant.host == "alpha.localhost"


@pytest.mark.parametrize(
    ("dns", "result"),
    [
        (Table(), Result.NOT_FOUND),
        (Table(names=["beta.localhost"], addresses=["192.0.2.1"]), Result.PRIVATE),
        (HERE, Result.PRIVATE),
        (Table(addresses=["10.0.0.1"]), Result.PRIVATE),
        (Table(addresses=["169.254.169.254"]), Result.PRIVATE),
        (Table(addresses=["::1"]), Result.PRIVATE),
        (Table(addresses=["::ffff:127.0.0.1"]), Result.PRIVATE),
        (Table(addresses=["64:ff9b::10.0.0.1"]), Result.PRIVATE),
        (Table(addresses=["2002:a00:1::1"]), Result.PRIVATE),
        (Table(addresses=["::10.0.0.1"]), Result.PRIVATE),
        (Table(addresses=["fec0::1"]), Result.PRIVATE),
        (Table(addresses=["8.8.8.8", "10.0.0.1"]), Result.PRIVATE),
        (Table(addresses=["224.0.0.1"]), Result.PRIVATE),
    ],
)
def test_what_proves_nothing_or_leads_inside_is_refused(tenant, dns, result):
    claim = claim_of(tenant)

    assert domains.check(claim, dns) is None
    claim.refresh_from_db()
    assert claim.result == result
    assert not Domain.objects.filter(domain=HOST).exists()


def test_a_file_with_the_token_is_proof(tenant, settings, monkeypatch):
    settings.DOMAIN_CHECK_PRIVATE = True
    claim = claim_of(tenant)
    with website(claim.token.encode() + b"\n") as (asked, port):
        monkeypatch.setattr(domain_proof, "PORTS", {"http": port})

        assert domains.check(claim, HERE).domain == HOST

    assert asked == [f"{HOST}{claim.path}"]


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        (b"something else", {}),
        (b"", {}),
        (b"x" * 10_000_000, {}),
        (b"TOKEN", {"status": 404}),
        (b"", {"status": 302, "headers": [("Location", "http://127.0.0.1/")]}),
    ],
    ids=["wrong", "empty", "endless", "not found", "led elsewhere"],
)
def test_another_answer_is_no_proof(tenant, settings, monkeypatch, answer, options):
    settings.DOMAIN_CHECK_PRIVATE = True
    claim = claim_of(tenant)
    answer = answer.replace(b"TOKEN", claim.token.encode())
    with website(answer, **options) as (asked, port):
        monkeypatch.setattr(domain_proof, "PORTS", {"http": port})

        assert domains.check(claim, HERE) is None

    claim.refresh_from_db()
    assert (len(asked), claim.result) == (1, Result.ELSEWHERE)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_website_that_dribbles_keeps_nobody_waiting(tenant, settings, monkeypatch, scheme):
    settings.DOMAIN_CHECK_PRIVATE = True
    claim = claim_of(tenant)
    stop = threading.Event()

    def dribble(listening):
        # As headers without an end, and as a handshake of which the length alone is said.
        begin = b"HTTP/1.1 200 OK\r\nX: " if scheme == "http" else b"\x16\x03\x03\x40\x00"
        with suppress(OSError), listening.accept()[0] as caller:
            caller.sendall(begin)
            while not stop.wait(0.1):
                caller.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=dribble, args=[listening], daemon=True)
        thread.start()
        monkeypatch.setattr(domain_proof, "PORTS", {scheme: listening.getsockname()[1]})
        monkeypatch.setattr(domain_proof, "LONGEST_LOOK", 0.5)
        began = monotonic()
        try:
            assert domains.check(claim, HERE) is None
        finally:
            took = monotonic() - began
            stop.set()
            thread.join()

    assert took < 15
    claim.refresh_from_db()
    assert claim.result == Result.ELSEWHERE


def test_a_tenant_looks_at_one_name_at_a_time(tenant, other_tenant):
    first, second, theirs = claim_of(tenant), claim_of(tenant, f"a.{HOST}"), claim_of(other_tenant)
    meanwhile = []

    class Slow(Table):
        def names(self, host):
            meanwhile.append(domains.check(second, ALIAS))
            meanwhile.append(domains.check(theirs, Table(addresses=["10.0.0.1"])))
            return set()

    domains.check(first, Slow())

    assert meanwhile == [None, None]
    theirs.refresh_from_db()
    second.refresh_from_db()
    assert (second.checked_at, theirs.result) == (None, Result.PRIVATE)
    assert domains.check(second, ALIAS).domain == second.host


def test_our_own_server_never_holds_a_token(tenant, other_tenant):
    claim = claim_of(other_tenant)

    for host in (HOST, "alpha.localhost", "beta.localhost"):
        assert claim.token not in read(host, claim.path).content.decode()


def test_the_machines_resolver_answers_nothing_for_what_is_nothing():
    resolver = SystemResolver()

    assert resolver.addresses("gibt-es-nicht.invalid") == []
    assert resolver.names("gibt-es-nicht.invalid") == set()


def test_a_host_belongs_to_one_tenant(tenant, other_tenant):
    mine, theirs = claim_of(tenant), claim_of(other_tenant)
    assert mine.token != theirs.token
    domains.check(mine, ALIAS)

    assert domains.check(theirs, Table(names=["beta.localhost"])) is None

    theirs.refresh_from_db()
    assert theirs.result == Result.TAKEN
    with pytest.raises(DomainTakenError):
        claim_of(other_tenant)
    domain = domains.remove(tenant, Domain.objects.get(domain=HOST).pk)
    assert domain.domain == HOST
    DomainClaim.objects.filter(pk=theirs.pk).update(checked_at=now() - timedelta(minutes=1))
    theirs.refresh_from_db()
    assert domains.check(theirs, Table(names=["beta.localhost"])).tenant == other_tenant


def test_two_proofs_in_the_same_moment_give_the_host_to_one(fresh_tenant):
    claims = [claim_of(fresh_tenant) for _ in range(2)]
    barrier, found = threading.Barrier(2), []
    alias = Table(names=[domains.own_host(fresh_tenant)])

    def prove(claim):
        try:
            connection.set_tenant(fresh_tenant)
            barrier.wait(10)
            found.append(domains.check(claim, alias))
        finally:
            connection.close()

    threads = [threading.Thread(target=prove, args=[claim]) for claim in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one is None for one in found) == [False, True]
    assert Domain.objects.filter(domain=HOST).count() == 1


def test_two_choices_in_the_same_moment_leave_one_main_name(fresh_tenant):
    hosts = [
        Domain.objects.create(
            domain=f"{name}.{fresh_tenant.slug}.example",
            tenant=fresh_tenant,
            is_primary=False,
            proven_at=now(),
        )
        for name in ("a", "b")
    ]
    barrier = threading.Barrier(2)

    def choose(domain):
        try:
            connection.set_tenant(fresh_tenant)
            barrier.wait(10)
            for _ in range(5):
                domains.choose_primary(fresh_tenant, domain.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=choose, args=[host]) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert fresh_tenant.domains.filter(is_primary=True).count() == 1


def test_readers_of_another_name_are_led_to_the_main_one(tenant):
    own = domains.check(claim_of(tenant), ALIAS)
    domains.choose_primary(tenant, own.pk)

    led = read("alpha.localhost:8000", "/supportlevel/?a=1&b=%2F")

    assert led.status_code == 301
    assert led["Location"] == f"http://{HOST}:8000/supportlevel/?a=1&b=%2F"
    assert led["Cache-Control"] == "no-store"
    assert read(HOST).status_code == 200
    # Nowhere else, whatever the path.
    assert read("alpha.localhost", "//boese.example/x")["Location"].startswith(f"http://{HOST}/")


def test_what_is_sent_or_asked_by_a_script_stays(tenant):
    own = domains.check(claim_of(tenant), ALIAS)
    domains.choose_primary(tenant, own.pk)
    browser = Client(headers={"host": "alpha.localhost"})

    assert browser.post("/sprache/", {"language": "en", "next": "/"}).status_code == 302
    assert read("alpha.localhost", **{"hx-request": "true"}).status_code == 200
    assert read("alpha.localhost", "/kontakt/widget.js").status_code == 200


def test_the_forms_of_an_own_domain_are_accepted_there_alone(tenant, admin):
    own = domains.check(claim_of(tenant), ALIAS)
    domains.choose_primary(tenant, own.pk)
    browser = Client(headers={"host": HOST}, enforce_csrf_checks=True)
    token = browser.get("/konto/anmelden/").context["csrf_token"]
    form = {"login": admin.email, "password": "x", "csrfmiddlewaretoken": str(token)}

    def send(origin):
        return browser.post("/konto/anmelden/", form, headers={"origin": origin}).status_code

    assert send(f"http://{HOST}") == 200
    assert send("http://boese.example") == 403


def test_the_main_name_and_the_installations_stay(tenant):
    given = tenant.domains.get()
    with pytest.raises(DomainInUseError):
        domains.remove(tenant, given.pk)
    own = domains.check(claim_of(tenant), ALIAS)
    domains.choose_primary(tenant, own.pk)
    for pk in (given.pk, own.pk):
        with pytest.raises(DomainInUseError):
            domains.remove(tenant, pk)

    domains.choose_primary(tenant, given.pk)
    domains.remove(tenant, own.pk)

    assert read(HOST).status_code == 404


def test_another_tenants_names_are_not_there(desk, tenant, other_tenant):
    theirs, waiting = other_tenant.domains.get(), claim_of(other_tenant)

    assert desk.post(f"{URL}{theirs.pk}/").status_code == 404
    assert desk.post(f"{URL}{theirs.pk}/loeschung/").status_code == 404
    assert desk.post(f"{URL}wartend/{waiting.pk}/pruefung/").status_code == 404
    desk.post(f"{URL}wartend/{waiting.pk}/loeschung/")
    assert DomainClaim.objects.filter(pk=waiting.pk).exists()
    assert waiting.token not in desk.get(URL).content.decode()


def test_an_admin_asks_for_a_name_and_reads_what_to_do(desk, tenant):
    response = desk.post(URL, {"host": " https://Hilfe.Teehaus.example/ "}, follow=True)

    page = response.content.decode()
    claim = tenant.domain_claims.get()
    assert claim.host == HOST
    assert "alpha.localhost." in page
    assert claim.token in page
    desk.post(URL, {"host": HOST})
    assert tenant.domain_claims.get().token == claim.token


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "a b.de",
        "www.teehaus.example",
        "teehaus.example/pfad",
        "teehaus.example:8000",
        "user@teehaus.example",
        "-x.de",
        "x" * 64 + ".de",
        "<script>alert(1)</script>.de",
        "alpha.localhost",
        "beta.localhost",
    ],
)
def test_what_is_no_free_host_name_is_refused(desk, host):
    response = desk.post(URL, {"host": host})

    assert response.status_code == 422
    assert "<script>alert" not in response.content.decode()
    assert not DomainClaim.objects.exists()


def test_a_name_with_umlauts_is_kept_as_the_dns_knows_it(desk, tenant):
    desk.post(URL, {"host": "hilfe.müller.example"})

    assert tenant.domain_claims.get().host == "hilfe.xn--mller-kva.example"


def test_not_too_many_names_wait(tenant):
    for number in range(domains.MOST_CLAIMS):
        claim_of(tenant, f"n{number}.example.org")

    with pytest.raises(TooManyClaimsError):
        claim_of(tenant)


def test_a_claim_is_not_looked_at_twice_in_a_moment(tenant):
    claim = claim_of(tenant)
    domains.check(claim, Table())
    claim.refresh_from_db()

    assert domains.check(claim, ALIAS) is None


def test_domains_are_for_admins(client, agent, customer):
    for person in (agent, customer):
        client.force_login(person)
        assert client.get(URL).status_code == 404
        assert client.post(URL, {"host": HOST}).status_code == 404
    assert not DomainClaim.objects.exists()


def test_who_has_passkeys_is_counted_before_another_name_becomes_the_main_one(
    client, admin, customer, tenant
):
    """A passkey belongs to the host it was made on (WebAuthn's RP ID)."""
    client.force_login(admin)
    Domain.objects.create(domain=HOST, tenant=tenant, is_primary=False, proven_at=now())
    assert "Passkey" not in client.get(URL).content.decode()
    for user in (admin, customer):
        for name in ("Telefon", "Laptop"):
            user.authenticator_set.create(type="webauthn", data={"name": name})

    page = client.get(URL).content.decode()

    assert "2 Personen" in page
    assert "Notfallcode" in page
    Domain.objects.filter(domain=HOST).delete()
    assert "Passkey" not in client.get(URL).content.decode()

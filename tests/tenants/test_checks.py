import itertools

from django.core.checks import run_checks
from django.db import connection

from tenants.checks import no_transaction_pooling, sessions_are_kept


def pooled(*processes):
    turns = itertools.cycle(processes)
    return lambda: next(turns)


def test_the_real_database_keeps_sessions(tenant):
    assert no_transaction_pooling(databases=["default"]) == []


def test_a_pooler_that_gives_both_the_idle_process_is_refused(tenant, monkeypatch):
    """PgBouncer in transaction mode hands its last used server connection to whoever is next."""
    monkeypatch.setattr(connection, "copy", lambda: connection)
    monkeypatch.setattr(connection, "close", lambda: None)

    [error] = no_transaction_pooling(databases=["default"])

    assert error.id == "tenants.E001"
    assert "session" in error.hint


def test_a_pooler_that_goes_round_is_refused():
    server = pooled(11, 12, 13)

    assert not sessions_are_kept(server, server)


def test_sessions_of_their_own_are_right():
    assert sessions_are_kept(pooled(11), pooled(12))


def test_without_a_database_the_check_asks_nothing(monkeypatch):
    monkeypatch.setattr(connection, "copy", lambda: 1 / 0)

    assert no_transaction_pooling() == []
    assert no_transaction_pooling(databases=[]) == []


def test_the_check_runs_where_a_database_is_named(tenant, monkeypatch):
    monkeypatch.setattr("tenants.checks.sessions_are_kept", lambda first, second: False)

    found = {error.id for error in run_checks(databases=["default"])}

    assert "tenants.E001" in found

"""A statement that PostgreSQL keeps says what it always said, in the tenant it is asked in."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, NotSupportedError, connection, transaction
from django_tenants.utils import schema_context

from accounts.models import Team
from tenants import plans
from tenants.plans import KEPT_FROM, Statement
from tenants.prepared import Prepared

BY_NAME = "SELECT id, name FROM accounts_team WHERE name = %s"


def kept() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


def test_only_what_is_asked_again_and_again_is_kept(tenant):
    team, before = Team.objects.create(name="Nord"), kept()
    by_name = Statement(BY_NAME, name="by_name")

    for times in range(1, 10):
        assert by_name.rows("Nord") == [(team.pk, "Nord")]
        assert bool(kept() - before) == (times >= KEPT_FROM)
    assert by_name.row("niemand") is None


def test_each_tenant_has_a_plan_of_its_own(tenant, other_tenant):
    by_name, before = Prepared(lambda name: Team.objects.filter(name=name), "muster"), kept()
    here = Team.objects.create(name="Nord")
    with schema_context(other_tenant.schema_name):
        Team.objects.create(name="Süd")
        there = Team.objects.create(name="Nord")

    for _ in range(10):
        assert by_name.all("Nord") == [here]
        with schema_context(other_tenant.schema_name):
            [found] = by_name.all("Nord")
            assert (found.pk, by_name.first("Süd") is None) == (there.pk, False)
        assert by_name.first("Süd") is None
    assert len(kept() - before) == 2


def test_a_plan_is_made_anew_after_a_while(tenant, monkeypatch):
    monkeypatch.setattr(plans, "RENEWED_AFTER", 5)
    by_name, before, names = Statement(BY_NAME, name="by_name"), kept(), set()

    for _ in range(12):
        by_name.rows("Nord")
        new = kept() - before
        assert len(new) <= 1
        names |= new
    assert len(names) > 1


def test_what_goes_wrong_with_an_old_plan_is_an_error_of_the_database(tenant, monkeypatch):
    by_name = Statement(BY_NAME, name="by_name")
    for _ in range(KEPT_FROM + 1):
        by_name.rows("Nord")
    monkeypatch.setattr(plans, "RENEWED_AFTER", 1)

    before = transaction.savepoint()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    with pytest.raises(DatabaseError):
        by_name.rows("Nord")
    transaction.savepoint_rollback(before)

    assert by_name.rows("Nord") == []


def test_a_connection_keeps_only_so_many(tenant, monkeypatch):
    monkeypatch.setattr(plans, "MOST_KEPT", 3)
    statements = [Statement(BY_NAME, name=f"by_name_{number}") for number in range(6)]

    for statement in statements:
        for _ in range(KEPT_FROM):
            assert statement.rows("Nord") == []

    assert len([name for name in kept() if name.startswith("by_name_")]) <= 3


def test_a_table_that_changes_below_a_plan_costs_one_try(tenant):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE changing (id bigint, name varchar(10))")
    everything = Statement("SELECT * FROM changing WHERE id = %s", name="everything")
    for _ in range(KEPT_FROM + 1):
        everything.rows(1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE changing ADD COLUMN more text")

    with pytest.raises(NotSupportedError), transaction.atomic():
        everything.rows(1)

    assert everything.rows(1) == []

"""A prepared query asks what its queryset asks, in the tenant it is asked in."""

from __future__ import annotations

import pytest
from django.db.transaction import TransactionManagementError
from django_tenants.utils import schema_context

from accounts.models import User
from channels.models import InboundRecord
from tenants.prepared import Prepared
from tests.factories import AgentFactory, CustomerFactory, open_ticket
from tickets.models import Ticket

SAMPLE = "muster@muster.invalid"


def people() -> Prepared[User]:
    return Prepared(
        lambda email, role: (
            User.objects.get_queryset()
            .filter(email=email, role=role, is_active=True)
            .select_related("membership__organisation")
        ),
        SAMPLE,
        "x",
    )


def test_the_objects_are_those_of_the_queryset_related_ones_included(
    tenant, django_assert_num_queries
):
    eva, other = CustomerFactory(email="eva@x.example"), CustomerFactory()
    found = people()
    found.first(other.email, "customer")

    with django_assert_num_queries(1):
        person = found.first("eva@x.example", "customer")
        organisation = person.organisation

    assert person == eva
    assert organisation == eva.organisation
    assert {field: getattr(person, field) for field in ("name", "joined_at", "language")} == {
        field: getattr(User.objects.get(pk=eva.pk), field)
        for field in ("name", "joined_at", "language")
    }
    assert not person._state.adding


def test_a_relation_that_is_not_there_is_none(tenant):
    agent = AgentFactory(email="jana@x.example")

    assert people().first("jana@x.example", "agent") == agent
    assert people().first("jana@x.example", "agent").organisation is None


def test_nothing_found_is_none(tenant):
    assert people().first("niemand@x.example", "customer") is None
    assert people().all("niemand@x.example", "customer") == []


def test_each_call_gives_objects_of_its_own(tenant):
    CustomerFactory(email="eva@x.example")
    found = people()

    first, second = (found.first("eva@x.example", "customer") for _ in range(2))
    first.name = "Geändert"

    assert second.name != "Geändert"


def test_columns_with_a_form_of_their_own_are_read_as_the_orm_reads_them(tenant):
    from tests.channels.mail import accepted, written

    record = accepted(written())
    by_key = Prepared(lambda pk: InboundRecord.objects.filter(pk=pk), -1)

    assert by_key.first(record.pk).recipients == ["support@alpha.localhost"]


def test_a_query_prepared_in_one_tenant_asks_the_tenant_it_is_used_in(tenant, other_tenant):
    CustomerFactory(email="eva@x.example")
    found = people()
    assert found.first("eva@x.example", "customer") is not None

    with schema_context(other_tenant.schema_name):
        assert found.first("eva@x.example", "customer") is None


def test_a_sample_that_is_not_in_the_query_is_an_error(tenant):
    unused = Prepared(
        lambda email, role: User.objects.get_queryset().filter(email=email), SAMPLE, 7
    )

    with pytest.raises(ValueError, match="not in the query"):
        unused.all("eva@x.example", 8)


def test_a_lock_is_only_taken_where_it_lasts(fresh_tenant):
    ticket = open_ticket()
    locked = Prepared(lambda pk: Ticket.objects.select_for_update().filter(pk=pk), -1)

    from django.db import transaction

    with transaction.atomic():
        assert locked.first(ticket.pk) == ticket
    with pytest.raises(TransactionManagementError):
        locked.first(ticket.pk)

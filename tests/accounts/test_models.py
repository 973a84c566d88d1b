import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import Membership, Organisation, OrganisationDomain, User
from sla.tiers import tier_of
from tests.factories import AgentFactory, CustomerFactory


def test_one_address_is_one_person_whatever_its_case(tenant):
    user = User.objects.create_customer("Anna.Berg@Kunden.Example", "Anna Berg")

    assert user.email == "anna.berg@kunden.example"
    assert User.objects.with_address(" ANNA.berg@kunden.EXAMPLE ").get() == user
    assert User.objects.get_by_natural_key("Anna.Berg@kunden.example") == user
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_customer("anna.berg@KUNDEN.example")


def test_the_database_refuses_a_second_spelling(tenant, customer):
    with pytest.raises(IntegrityError, match="user_email_lower"), transaction.atomic():
        User.objects.get_queryset().filter(pk=customer.pk).update(email="Kundin@Kunden.Example")


def test_the_same_address_in_another_tenant_is_another_person(tenant, other_tenant):
    user = User.objects.create_customer("anna@kunden.example", "Anna Berg")

    connection.set_tenant(other_tenant)

    assert not User.objects.with_address(user.email).exists()
    assert User.objects.create_customer("anna@kunden.example", "Anna B.").name == "Anna B."


def test_a_stranger_gets_an_organisation_with_the_default_tier(tenant):
    user = User.objects.create_customer("anna@kunden.example", "Anna Berg")

    assert user.organisation.name == "Anna Berg"
    assert tier_of(user.organisation).name == "Basis"
    assert not user.has_usable_password()


def test_a_mail_domain_leads_to_its_organisation(tenant):
    firm = Organisation.objects.open("Teehaus Nord GmbH")
    OrganisationDomain.objects.create(organisation=firm, domain="Teehaus.Example")

    user = User.objects.create_customer("anna@teehaus.example", "Anna Berg")

    assert user.organisation == firm
    assert not user.membership.is_admin


def test_whom_an_organisation_is_opened_for_administers_it(tenant):
    user = User.objects.create_customer("anna@gmx.de", "Anna Berg")

    assert (str(user.organisation), user.membership.is_admin) == ("Anna Berg", True)


def test_a_free_mail_domain_belongs_to_nobody(tenant):
    firm = Organisation.objects.open("Teehaus Nord GmbH")

    with pytest.raises(ValidationError, match=r"gmx\.de"):
        OrganisationDomain.objects.create(organisation=firm, domain="GMX.de")


def test_a_person_belongs_to_exactly_one_organisation(tenant, customer):
    firm = Organisation.objects.open("Teehaus Nord GmbH")

    customer.join(firm, Membership.Role.ADMIN)

    membership = Membership.objects.get(user=customer)
    assert (membership.organisation, membership.is_admin) == (firm, True)


def test_agents_are_those_who_may_sign_in_and_answer(tenant):
    agent = AgentFactory()
    AgentFactory(is_active=False)
    CustomerFactory()

    assert list(User.objects.agents().exclude(role=User.Role.ADMIN)) == [agent]


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Jana Lind", "JL"), ("Jana von der Lind", "JL"), ("Jana", "J"), ("", "K"), ("(…)", "?")],
)
def test_initials(name, initials):
    assert User(name=name, email="kunde@kunden.example").initials == initials

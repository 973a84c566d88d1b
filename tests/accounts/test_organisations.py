import pytest

from accounts.models import Membership
from accounts.organisations import change_role
from tests.factories import CustomerFactory

Role = Membership.Role


def test_a_member_becomes_administrator_and_a_member_again(customer):
    customer.join(customer.organisation)

    change_role(customer.organisation, customer, Role.ADMIN)

    assert Membership.objects.get(user=customer).is_admin

    change_role(customer.organisation, customer, Role.MEMBER)

    assert not Membership.objects.get(user=customer).is_admin


def test_the_role_somebody_has_already_changes_nothing(customer, django_assert_num_queries):
    with django_assert_num_queries(3):
        change_role(customer.organisation, customer, Role.ADMIN)

    assert Membership.objects.get(user=customer).is_admin


def test_who_has_left_the_organisation_gets_no_role_in_it(customer):
    before = customer.organisation
    customer.join(CustomerFactory().organisation)

    with pytest.raises(Membership.DoesNotExist):
        change_role(before, customer, Role.ADMIN)

    assert not Membership.objects.get(user=customer).is_admin

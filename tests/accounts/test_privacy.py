"""What the apps say they keep of a person."""

from accounts import privacy
from accounts.privacy import Section


def test_an_app_that_registers_twice_has_one_section(monkeypatch, customer):
    monkeypatch.setattr(privacy, "_sections", {})
    privacy.register(Section("notes", "Notes", export=lambda user: [user.email]))
    privacy.register(Section("notes", "Notes", export=lambda user: {"email": user.email}))
    (section,) = privacy.sections()
    assert section.export(customer) == {"email": customer.email}
    assert section.files(customer) is None
    section.erase(customer)

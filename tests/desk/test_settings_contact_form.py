import pytest
from django.test import Client

from channels.models import ContactForm
from tests.channels.contact import forget_limits, sent

PAGE = "/desk/einstellungen/kontaktformular/"
PREVIEW = f"{PAGE}vorschau/"


@pytest.fixture(autouse=True)
def _cache(tenant):
    forget_limits()
    yield
    forget_limits()


@pytest.fixture
def chief(client, admin) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


def test_an_admin_says_what_it_says_and_where(chief):
    values = {
        "is_enabled": "on",
        "origins": "https://www.Shop.example/kontakt\n\nmüller.de\nhttps://www.shop.example",
        "title_de": "  Wie können\nwir helfen? ",
        "greeting_en": "Hello!",
    }

    response = chief.post(PAGE, values)

    form = ContactForm.current()
    assert response.status_code == 302
    assert form.is_enabled
    assert form.allowed_origins == ["https://www.shop.example", "https://xn--mller-kva.de"]
    assert form.texts == {"de": {"title": "Wie können wir helfen?"}, "en": {"greeting": "Hello!"}}
    assert "Hello!" in chief.get("/kontakt/").content.decode()
    assert "Hello!" in chief.get("/kontakt/widget.js").content.decode()


def test_what_is_no_website_is_named_and_nothing_is_saved(chief):
    response = chief.post(PAGE, {"origins": "https://shop.example\n*.shop.example"})

    assert response.status_code == 422
    assert "*.shop.example" in response.context["form"].errors["origins"][0]
    assert ContactForm.current().is_enabled


def test_more_websites_than_can_be_listed_are_refused(chief):
    many = "\n".join(f"https://shop{number}.example" for number in range(51))

    assert chief.post(PAGE, {"origins": many}).status_code == 422


def test_the_line_to_copy_loads_this_tenants_script(chief):
    line = '<script src="http://alpha.localhost/kontakt/widget.js" async></script>'

    assert chief.get(PAGE).context["line"] == line


def test_the_preview_says_what_is_typed_and_may_stand_in_our_frame_alone(chief):
    response = chief.get(PREVIEW, {"lang": "en", "title": '"><script>x', "theme": "dark"})

    page = response.content.decode()
    assert 'data-title="&quot;&gt;&lt;script&gt;x"' in page
    assert 'data-lang="en"' in page
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", [PAGE, PREVIEW])
def test_for_everybody_else_there_is_no_such_page(client, agent, customer, address):
    for user in (agent, customer):
        client.force_login(user)
        assert client.get(address).status_code == 404


def test_an_agent_sees_that_the_address_is_not_confirmed(client, agent):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(agent)

    page = client.get(f"/desk/tickets/{sent().number}/").content.decode()

    assert "Address not confirmed" in page
    assert "Contact form" in page

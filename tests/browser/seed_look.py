"""The second tenant's own look, and the domains of both."""

from __future__ import annotations


def own_look(slug):
    """The second tenant looks as it wants; the first wants names of its own."""
    from io import BytesIO

    from django.utils.timezone import now
    from PIL import Image, ImageDraw

    from tenants import domains, logos
    from tenants.models import Branding, Domain, DomainClaim, Tenant

    tenant = Tenant.current()
    if slug != "demo":
        file = BytesIO()
        picture = Image.new("RGBA", (480, 96), (0, 0, 0, 0))
        ImageDraw.Draw(picture).rounded_rectangle((4, 4, 476, 92), 40, fill="#7a1f5c")
        picture.save(file, "PNG")
        logo = logos.redrawn(file.getvalue())
        Branding.objects.create(
            tenant=tenant,
            name="Zweitmarke hilft",
            logo=logos.store(logo),
            logo_width=logo.width,
            logo_height=logo.height,
            accent_light="#7a1f5c",
            accent_dark="#f0a6d4",
            imprint_url="https://zweitmarke.example/impressum",
            privacy_url="https://zweitmarke.example/datenschutz",
        )
    own = Domain.objects.create(
        domain=f"hilfe.{slug}.example", tenant=tenant, is_primary=False, proven_at=now()
    )
    claim = domains.claim(tenant, f"support.{slug}.example")
    DomainClaim.objects.filter(pk=claim.pk).update(
        checked_at=now(), result=DomainClaim.Result.NOT_FOUND
    )
    return {"domain": own.pk, "domain_claim": claim.pk}

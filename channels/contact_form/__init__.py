"""The contact form: a page of the portal, and a widget on the tenant's own website."""

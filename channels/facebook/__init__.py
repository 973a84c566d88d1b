"""Facebook: direct messages and the wall of a tenant's pages, over Meta's Graph API."""

"""Asking a customer by mail what they thought of an answer; off until a tenant wants it."""

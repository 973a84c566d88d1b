"""The ways in and out: intake, outbox, and one package per channel."""

"""The mails to colleagues who take part in a ticket: that they do, and copies of its answers."""

"""What happens to tickets; sent inside the act's transaction, so that a receiver can fail it."""

from django.dispatch import Signal

# ticket=…, message=…: a customer's first message
ticket_opened = Signal()
# ticket=…, message=…: a customer wrote on an existing ticket
customer_wrote = Signal()
# ticket=…, message=…: a human's public answer is committed; the ticket is in its state after it
answered = Signal()
# ticket=…, message=…: something public is to leave; channels/ takes it from here
queued = Signal()
# ticket=…, message=…, at=…: the first hop took the answer; the promise is kept
delivered = Signal()
# ticket=…, message=…, cause=…, at=…: the first hop refused or the mail bounced; the ticket is in
# its state after it
delivery_failed = Signal()
# ticket=…, before=…, after=…, by=…, at=…: somebody moved the ticket, by no answer; without `by`, a
# rule of ours did
state_changed = Signal()
# ticket=…, at=…: the requester's address is proven to be theirs
sender_confirmed = Signal()
# ticket=…, into=…, at=…: a ticket goes on in another one
merged = Signal()
# ticket=…, into=…, merged_at=…, at=…: it is on its own again
merge_undone = Signal()
# ticket=…, at=…: an agent answers it another way than it came
channel_changed = Signal()
# ticket=…, participants=…, by=…: colleagues of the requester take part from now on
shared = Signal()
# ticket=…, at=…: it belongs to another organisation now, because its requester does
organisation_changed = Signal()

"""What happens to people and organisations; higher layers act in the same transaction."""

from django.dispatch import Signal

# Sent with organisation=… inside the transaction that creates it; sla/ assigns the default tier.
organisation_created = Signal()
# Sent with user=… inside the transaction in which their mailbox is proven to be theirs.
address_confirmed = Signal()
# Sent with user=… and organisation=… before a person leaves one for another, in that transaction;
# a receiver that answers False keeps them there.
leaving = Signal()
# Sent without more in a tenant's schema, every ten minutes: what is too old may go.
tidying = Signal()
# Sent with user=… as the last step of an act that gave a person another organisation; what moves
# along with them has moved. Not for who joins by their mail domain: alone before, they leave
# nothing to others.
moved = Signal()
# Sent with team=… and by=… inside the transaction that removes a team, before it is gone.
team_dissolved = Signal()

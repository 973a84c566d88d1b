"""Support tiers, business time, promises and the order of the queue."""

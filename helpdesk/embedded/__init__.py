"""PostgreSQL and Redis for those who bring none: where they are, their start and their end.

Settings ask for `database_url` and `redis_url`, which start nothing. `manage.py up` runs the
servers under the process manager; `start` runs them on their own, for tests and single commands.
"""

from helpdesk.embedded.errors import EmbeddedError
from helpdesk.embedded.redis import broker_url
from helpdesk.embedded.servers import database_url, redis_url, start, status, stop

__all__ = [
    "EmbeddedError",
    "broker_url",
    "database_url",
    "redis_url",
    "start",
    "status",
    "stop",
]

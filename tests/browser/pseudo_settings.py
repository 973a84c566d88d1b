"""The settings of the helpdesk with the pseudo-locale as its German."""

import os
from pathlib import Path

from helpdesk.settings import *  # noqa: F403

LOCALE_PATHS = [Path(os.environ["PSEUDO_LOCALES"])]

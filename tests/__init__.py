"""The tests. None of them is timed: how long a drawn example takes depends on what else the machine does."""

import freezegun
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# freezegun looks at every attribute of every module, and Square's package imports its models only then, with a frozen
# `datetime` of which pydantic can make no schema (freezegun 1.5.5, squareup 46.0.0). The clock stays frozen after it.
freezegun.configure(extend_ignore_list=["square"])

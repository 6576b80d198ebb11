"""What holds for all tests."""

import signal

from hypothesis import HealthCheck, settings

# No test depends on how long something takes, and none on what an earlier run found.
settings.register_profile("quince", deadline=None, database=None,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quince")

# A shell lets what it starts in the background ignore ctrl-C, and that is handed down. The programs
# under test must not, wherever the tests themselves run.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

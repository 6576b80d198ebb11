"""The simulated computer: its engines, its hosts, and what looks into a run."""

import os

# Nothing here multiplies matrices. Without this, importing NumPy starts a thread for each core,
# which costs each command 50 ms of processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

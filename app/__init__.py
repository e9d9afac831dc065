"""HTTP service and command line."""

import os

# OpenBLAS reads this when numpy is imported. The matrices here are small, so its threads wait for
# each other longer than they compute, the more so beside other workers; and with one thread sums
# are the same on every machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

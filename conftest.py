"""One thread of linear algebra for each process of the tests: they run on all cores already."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is first loaded, here and in child processes

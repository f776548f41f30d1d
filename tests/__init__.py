"""The tests; what the program keeps of its user lies in a folder of theirs, not in the home of whoever runs them.

The workers of one run share it, as they share the built sample: what one has kept counts for the others.
"""

import atexit
import os
import shutil
import tempfile

if "EMS_TESTS_STATE" not in os.environ:
    os.environ["EMS_TESTS_STATE"] = tempfile.mkdtemp(prefix="ems-state-")
    atexit.register(shutil.rmtree, os.environ["EMS_TESTS_STATE"], ignore_errors=True)
os.environ["XDG_STATE_HOME"] = os.environ["EMS_TESTS_STATE"]

"""What is measured rather than tested: each room is a command, `uv run python -m tests.bench.<room> --help`."""

import os

# As app.py and train.py do, before any room loads TensorFlow.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

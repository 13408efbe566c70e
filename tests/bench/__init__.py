"""What is measured rather than tested: each room is a command, `uv run python -m tests.bench.<room> --help`."""

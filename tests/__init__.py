"""The tests, wing by wing, and in bench/ what is measured rather than tested."""

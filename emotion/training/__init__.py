"""The steps of train.py."""

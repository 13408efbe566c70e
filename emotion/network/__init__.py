"""Pixels in, seven probabilities out; with training, the only wing that knows Keras."""

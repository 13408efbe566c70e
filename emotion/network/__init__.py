"""The network: pixels in, seven probabilities out."""

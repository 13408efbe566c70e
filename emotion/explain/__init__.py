"""Which parts of a face drove a classifier's answer; the classifier is a function, nothing more."""

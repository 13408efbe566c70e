"""The one way of a photo, from file to explanation, and what can be taken home of it."""

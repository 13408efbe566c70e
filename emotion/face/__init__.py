"""A picture file in, framed 48x48 faces out."""

"""FER2013 in all its forms, and anybody's class folders."""

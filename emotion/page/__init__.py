"""The page: layout, events, texts and pictures."""

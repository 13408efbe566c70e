"""What stands between a visitor and the page."""

"""How often the network is right, how sure it may be, and on which photos it fails."""

"""From terms to networks: what every node of the language means, entry by entry."""

"""Who may see what: roles, the ways to sign in, tokens, forms that cannot be forged, and the log of look-ups."""

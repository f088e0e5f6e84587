"""Networks mod p at random inputs, in code of its own: every step of a proof has to vanish."""

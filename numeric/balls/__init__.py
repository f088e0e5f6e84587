"""Ball arithmetic: terms in Arb, their derivatives, features, and certified comparison."""

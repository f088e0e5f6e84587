"""Exact evaluation: mod p with exponentials as homomorphisms, and over ℚ."""

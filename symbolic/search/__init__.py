"""Proposes proofs; nothing here is trusted."""

"""Recurrent forms of attention, and online learning."""

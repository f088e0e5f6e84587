"""Checkers for scalar polynomials that are right, unless a claim's variable tells them to misbehave."""

FAKES = {checker: f"tests.verification.fakes.{checker}" for checker in ("symbolic", "numeric", "gpu")}

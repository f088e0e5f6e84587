"""Stress: batched kernels on millions of instances, each held against a bound that is derived for it."""

from .device.backend import survey as survey
from .examination import examine as examine
from .examination import stress as stress

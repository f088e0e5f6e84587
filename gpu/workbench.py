"""A comparison on a device: its audits and its kernels, made once a process."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from equivalences.language.comparison import Comparison

from .compile.kernel import Kernel, compile_comparison
from .device.audit import Audit, audit_of
from .device.backend import Backend, usable_backend
from .device.model import Precision
from .membership import Condition, conditions_of
from .stress import Outcome, Shard, run_shard

Conditions: TypeAlias = Sequence[tuple[Condition, Kernel]]


@dataclass(frozen=True)
class Workbench:
    """Runs shards of one comparison; to be called with each.

    It travels to other processes if ``load`` does, and is made once in each.

    Attributes:
        load: gives the comparison.
        device: the name of a usable backend.
    """

    load: Callable[[], Comparison]
    device: str

    def __reduce__(self) -> tuple[Any, ...]:
        return workbench_of, (self.load, self.device)

    @cached_property
    def comparison(self) -> Comparison:
        """What is compared."""
        return self.load()

    @cached_property
    def backend(self) -> Backend:
        """The device."""
        return usable_backend(self.device)

    @cached_property
    def _kernels(self) -> dict[tuple[tuple[tuple[str, int], ...], Precision], Kernel]:
        return {}

    def kernel(self, sizes: Mapping[str, int], dtype: Precision) -> Kernel:
        """Both sides compiled for these sizes.

        Raises:
            Unsupported: a side has no batched form.
        """
        key = (tuple(sizes.items()), dtype)
        if key not in self._kernels:
            audit = audit_of(self.device, dtype)
            assert isinstance(audit, Audit), "a workbench is made for a device with a model"
            self._kernels[key] = compile_comparison(self.comparison, sizes, audit.model)
        return self._kernels[key]

    @cached_property
    def _conditions(self) -> dict[tuple[tuple[tuple[str, int], ...], Precision], Conditions]:
        return {}

    def conditions(self, sizes: Mapping[str, int], dtype: Precision) -> Conditions:
        """The hypotheses that an instance may violate, compiled for these sizes.

        Raises:
            Unsupported: one of them has no batched form.
        """
        key = (tuple(sizes.items()), dtype)
        if key not in self._conditions:
            model = self.kernel(sizes, dtype).model
            self._conditions[key] = [
                (condition, compile_comparison(condition.sides, sizes, model))
                for condition in conditions_of(self.comparison)
            ]
        return self._conditions[key]

    def __call__(self, shard: Shard) -> Outcome:
        """What came of a shard."""
        sizes = dict(shard.sizes)
        kernel, conditions = self.kernel(sizes, shard.dtype), self.conditions(sizes, shard.dtype)
        return run_shard(self.comparison, kernel, self.backend, shard, conditions)


@lru_cache(maxsize=16)
def workbench_of(load: Callable[[], Comparison], device: str) -> Workbench:
    """The workbench of this process."""
    return Workbench(load, device)

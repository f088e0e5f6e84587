"""The programs of one comparison, each unrolled once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features, Index
from equivalences.language.evidence import Instance

from .arithmetic import Rationals
from .execution import Execution, refusal
from .program import Program

Key = tuple[tuple[str, int], ...]


@dataclass
class Programs:
    """Programs of a comparison by sizes and indices."""

    comparison: Comparison
    known: dict[Key, Program] = field(default_factory=dict)
    widths: dict[Key, int] = field(default_factory=dict)

    def at(self, sizes: Mapping[str, int], indices: Mapping[str, int] | None = None) -> Program:
        """The program at these sizes and indices, feature axes included."""
        positions = indices or {}
        key = (*sorted(sizes.items()), *sorted(positions.items()))
        if key not in self.known:
            self.known[key] = Program(self.comparison, sizes, positions)
        return self.known[key]

    def of(self, instance: Instance) -> Program:
        """The program of an instance's sizes."""
        given = self.comparison.given
        indices = {n: int(x[0]) for n, x in instance.values.items() if isinstance(given[n], Index)}
        return self.at(instance.sizes, indices)

    def any(self, sizes: Mapping[str, int]) -> Program:
        """A program of these sizes, with every index at 0."""
        given = self.comparison.given
        return self.at(self.sized(sizes), {n: 0 for n, d in given.items() if isinstance(d, Index)})

    def sized(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """The sizes with those of feature axes: as many features as there are points."""
        axes = {d.features for d in self.comparison.given.values() if isinstance(d, Features)}
        if not axes:
            return dict(sizes)
        key = tuple(sorted(sizes.items()))
        if key not in self.widths:
            indices = {n: 0 for n, d in self.comparison.given.items() if isinstance(d, Index)}
            program = Program(self.comparison, {**sizes, **dict.fromkeys(axes, 1)}, indices)
            self.widths[key] = max(1, program.points())
        return {**sizes, **dict.fromkeys(axes, self.widths[key])}

    def completed(self, instance: Instance) -> Instance:
        """The instance with the variables that hypotheses tie down, where those are rational and exist."""
        program = self.of(instance)
        lowering = program.lowering()
        nodes = {name: lowering.variable(name, ()) for name in self.comparison.realised}
        values = dict(instance.values)
        for name, node in nodes.items():
            steps = program.plan(node)
            if not refusal(steps, Rationals().reads, 1):
                execution = Execution([Rationals()], instance.values)
                try:
                    execution.run(steps)
                except ZeroDivisionError:
                    continue
                values[name] = tuple(Fraction(int(x.p), int(x.q)) for x in execution.entries(node))
        return Instance(instance.sizes, values)

"""Layer-causal gradient descent: every layer has a loss of its own, and no gradient passes between layers.

A layer's input is detached, so that its update is a function of itself and of the layers below it, as a forward
pass's is. At the last layer it is the update of plain gradient descent.

Source: arXiv:2311.07772; the statements are decided in `equivalences/claims/causality/layer_causality.py` and
`update_schedules.py`. Like its public code this projects the layers' outputs, not those of their attention.
"""

from collections.abc import Callable, Iterable
from typing import Literal

import torch
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]
Schedule = Literal["at once", "in turn"]


class LCGD:
    """Steps of layer-causal gradient descent on a stack of layers.

    Parameters that do not require gradients stay as they are; the loss's own, those of a read-out, always do.

    Args:
        layers: from the bottom, an `nn.Sequential` for instance; each maps one tensor to one.
        loss: of a layer's output and the targets, the frozen read-out included.
        rate: the learning rate.
        schedule: "at once" updates all layers from activations before the update, as one backward pass of the
            summed losses does; "in turn" lets a layer see what the updated layers below it say. The updates
            differ by O(rate²), and not at all in the first layer.

    Raises:
        ValueError: two layers share a parameter, no layer has one, or there is no such schedule.
    """

    def __init__(
        self, layers: Iterable[nn.Module], loss: Loss, rate: float, *, schedule: Schedule = "at once"
    ) -> None:
        if schedule not in ("at once", "in turn"):
            raise ValueError(f"no schedule {schedule!r}: at once or in turn")
        self.layers = list(layers)
        self.loss, self.rate, self.schedule = loss, rate, schedule
        self.parameters = [[p for p in layer.parameters() if p.requires_grad] for layer in self.layers]
        every = [id(p) for own in self.parameters for p in own]
        if not every:
            raise ValueError("no layer has a parameter to train")
        if len(set(every)) < len(every):
            raise ValueError("two layers share a parameter: its update could not be layer-causal")

    def losses(self, x: Tensor, targets: Tensor) -> list[Tensor]:
        """Each layer's loss on its detached input; a backward pass of their sum is layer-causal.

        Args:
            x: what the first layer takes.
            targets: what the loss takes.

        Returns:
            A scalar for each layer.
        """
        result = []
        for layer in self.layers:
            x = layer(x.detach())
            result.append(self.loss(x, targets))
        return result

    def step(self, x: Tensor, targets: Tensor) -> list[float]:
        """One update of all layers.

        Args:
            x: what the first layer takes.
            targets: what the loss takes.

        Returns:
            The layers' losses before their own updates.
        """
        if self.schedule == "at once":
            losses = self.losses(x, targets)
            trained = [p for own in self.parameters for p in own]
            self.descend(trained, torch.stack(losses).sum())
        else:
            losses = []
            for layer, own in zip(self.layers, self.parameters, strict=True):
                losses.append(self.loss(layer(x), targets))
                self.descend(own, losses[-1])
                with torch.no_grad():
                    x = layer(x)
        return [float(loss.detach()) for loss in losses]

    def descend(self, parameters: list[nn.Parameter], loss: Tensor) -> None:
        """Subtract rate times the gradient from the parameters, in place."""
        if not parameters:
            return
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        with torch.no_grad():
            for p, g in zip(parameters, gradients, strict=True):
                if g is not None:
                    p.sub_(g, alpha=self.rate)

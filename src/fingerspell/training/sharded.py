"""A network whose weights FSDP2 has spread over processes: spread them, gather them, and back.

Every process must call these.
"""

from typing import Any

from torch import nn, optim
from torch.distributed.checkpoint import state_dict as dcp
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard

_WHOLE = dcp.StateDictOptions(full_state_dict=True, cpu_offload=True)
_FROM_FIRST = dcp.StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)


def shard(module: nn.Module, mesh: DeviceMesh) -> nn.Module:
    """Spread the weights of a network; each part of it is put together only while it computes."""
    processes = mesh["data_parallel"]
    for part in module.children():
        if any(True for _ in part.parameters()):
            fully_shard(part, mesh=processes)
    fully_shard(module, mesh=processes)
    return module


def full_state(
    model: nn.Module, optimizer: optim.Optimizer | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """State of a sharded network and of its optimiser, by the names of the whole network.

    The first process gets it, on the CPU; the others get nothing.
    """
    if optimizer is None:
        return dict(dcp.get_model_state_dict(model, options=_WHOLE)), {}
    module, state = dcp.get_state_dict(model, optimizer, options=_WHOLE)
    return dict(module), dict(state)


def load_full_state(
    model: nn.Module,
    module: dict[str, Any],
    optimizer: optim.Optimizer | None = None,
    state: dict[str, Any] | None = None,
) -> None:
    """Spread what `full_state` gathered over the processes that there are now."""
    dcp.set_model_state_dict(model, module, options=_FROM_FIRST)
    if optimizer is not None and state is not None:
        dcp.set_optimizer_state_dict(model, optimizer, state, options=_FROM_FIRST)

"""The layers of a network that cannot change, and the rest of it, as two networks.

Frozen layers say the same of the same image in every epoch, so it is enough to ask them once.
"""

from operator import attrgetter
from typing import NamedTuple

from torch import fx, nn
from torch.nn.modules import activation, flatten, linear, pooling

# Modules of PyTorch whose layers without weights do the same in training and in evaluation.
_FIXED = {module.__name__ for module in (activation, flatten, linear, pooling)}


class Cut(NamedTuple):
    """A network cut where its frozen layers end; both parts share its layers.

    Attributes:
        frozen: views float [N, 3, S, S] to features [N, ...].
        rest: features to the network's outputs; it has all of the network's layers and their names.
    """

    frozen: fx.GraphModule
    rest: nn.Module


def cut(network: nn.Module) -> Cut | None:
    """Cut a network in training mode, some of whose parameters are frozen.

    None where that is not possible: its first layers learn, several tensors would have to be kept of
    an image, something is done in training only, or `torch.fx` cannot follow it.
    """
    try:
        graph, evaluated = _traced(network, training=True), _traced(network, training=False)
    except (TypeError, ValueError, RuntimeError, NotImplementedError):
        return None
    end = _last_fixed(graph, network) if str(graph) == str(evaluated) else None
    if end is None:
        return None
    frozen = fx.GraphModule(network, _until(graph, end))
    frozen.eval()
    rest = fx.GraphModule(network, _after(graph, end))
    return Cut(frozen, _with_all_layers(rest, network))


class _Tracer(fx.Tracer):
    """Looks only into parts of which some parameters are frozen and others are not."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:  # noqa: ARG002
        is_mixed = len({parameter.requires_grad for parameter in m.parameters()}) > 1
        return not (is_mixed and any(m.children()))


def _traced(network: nn.Module, *, training: bool) -> fx.Graph:
    """What is done with an image; the parts' modes stay as they are."""
    modes = {part: part.training for part in network.modules()}
    try:
        return _Tracer().trace(network.train(training))
    finally:
        for part, mode in modes.items():
            part.training = mode


def _last_fixed(graph: fx.Graph, network: nn.Module) -> fx.Node | None:
    """The one result of frozen layers that others use; None if there is none, or several."""
    fixed: set[fx.Node] = set()
    for node in graph.nodes:
        if node.op != "output" and fixed.issuperset(node.all_input_nodes) and _is_fixed(node, network):
            fixed.add(node)
    ends = [node for node in fixed if not fixed.issuperset(node.users)]
    return ends[0] if len(ends) == 1 and ends[0].op != "placeholder" else None


def _is_fixed(node: fx.Node, network: nn.Module) -> bool:
    """Whether it gives the same in each epoch, if what it is given is the same."""
    if node.op == "get_attr":
        return not attrgetter(str(node.target))(network).requires_grad
    if node.op != "call_module":
        return True
    layer = network.get_submodule(str(node.target))
    parameters = list(layer.parameters())
    if not parameters:
        return type(layer).__module__ in _FIXED
    return not any(parameter.requires_grad for parameter in parameters)


def _until(graph: fx.Graph, end: fx.Node) -> fx.Graph:
    part = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in graph.nodes:
        copies[node] = part.node_copy(node, copies.__getitem__)
        if node is end:
            break
    part.output(copies[end])
    return part


def _after(graph: fx.Graph, end: fx.Node) -> fx.Graph:
    part = fx.Graph()
    copies = {end: part.placeholder("features")}
    for node in graph.nodes:
        if node is not end and copies.keys() >= set(node.all_input_nodes) and node.op != "placeholder":
            copies[node] = part.node_copy(node, copies.__getitem__)
    return part


def _with_all_layers(part: fx.GraphModule, network: nn.Module) -> nn.Module:
    """The part with the network's own layers, in their order, the unused ones too."""
    for name in dict(part.named_children()):
        delattr(part, name)
    for name, layer in network.named_children():
        part.add_module(name, layer)
    for name, parameter in network.named_parameters(recurse=False):
        part.register_parameter(name, parameter)
    return part

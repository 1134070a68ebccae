"""Pictures that look the same: perceptual hashes, and the graph of those that nearly agree.

The hash is pHash's (C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
2010) with signs: a bit for each of 8x8 low frequencies of the picture, set where it is above zero.
Two pictures are near-duplicates where their hashes differ in at most `MAX_DISTANCE` of 64 bits.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, pairwise

import numpy as np
from numpy.typing import NDArray

from fingerspell.data.index import Picture
from fingerspell.errors import DataError

THUMBNAIL_PX = 32
MAX_DISTANCE = 3  # bits; docs/data.md says how it was chosen
_FREQUENCIES = np.arange(1, 9)  # along each axis: 8 * 8 = 64 bits; 0 is brightness, not shape
_ZERO = 0.01  # rounding makes less than this of the zeros of a flat picture
_PORTION = 1 << 17  # edges counted at a time: 30 MB for 29 classes


def perceptual_hashes(thumbnails: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hash greys uint8 [N, 32, 32] to uint64 [N]."""
    basis = _cosines()
    low = basis @ thumbnails.astype(np.float32) @ basis.T  # [N, 8, 8]
    bits = low.reshape(len(low), -1) > _ZERO
    return np.packbits(bits, axis=1).view(">u8").ravel().astype(np.uint64)


@cache
def _cosines() -> NDArray[np.float32]:
    """Rows of the orthonormal DCT-II, float32 [8, 32]."""
    phase = np.pi * (np.arange(THUMBNAIL_PX) + 0.5) / THUMBNAIL_PX
    rows = np.cos(_FREQUENCIES[:, None] * phase) * np.sqrt(2 / THUMBNAIL_PX)
    return np.asarray(rows, np.float32)


def hashes_of(pictures: Iterable[Picture]) -> NDArray[np.uint64]:
    """The perceptual hashes of N pictures of an index, uint64 [N].

    Raises:
        DataError: a picture has none.
    """
    pictures = tuple(pictures)
    try:
        return np.array([int(picture.phash, 16) for picture in pictures], np.uint64)
    except (ValueError, OverflowError):
        raise DataError(
            "the index lacks perceptual hashes: make it again with `data check --fix`."
        ) from None


def near_pairs(hashes: NDArray[np.uint64], max_distance: int = MAX_DISTANCE) -> NDArray[np.int64]:
    """All pairs of hashes that differ in at most `max_distance` bits, int64 [P, 2], each once.

    Of `max_distance + 1` bands of bits, two such hashes agree in at least one. So only hashes that
    agree in a band are compared (multi-index hashing; Norouzi, Punjani and Fleet, CVPR 2012).
    """
    bands = _bands(max_distance + 1)
    found = [np.empty((0, 2), np.int64)]
    for number, band in enumerate(bands):
        for pairs in _agreeing(hashes & band):
            difference = hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]
            keep = np.bitwise_count(difference) <= max_distance
            for earlier in bands[:number]:  # agreeing there too, it is found already
                keep &= (difference & earlier) != 0
            found.append(pairs[keep])
    return np.sort(np.concatenate(found), axis=1)


def _bands(n: int) -> list[np.uint64]:
    """`n` masks that share the 64 bits out."""
    edges = np.linspace(0, 64, n + 1).astype(int).tolist()
    return [np.uint64((1 << high) - (1 << low)) for low, high in pairwise(edges)]


def _agreeing(values: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
    """All pairs of equal values, int64 [P, 2], in portions."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    left = np.arange(len(order))
    for step in count(1):
        left = left[left + step < len(order)]
        left = left[ordered[left] == ordered[left + step]]
        if not len(left):
            return
        yield np.stack([order[left], order[left + step]], axis=1)


@dataclass(frozen=True)
class Lookalikes:
    """Which of N pictures are near-duplicates of each other.

    Equal hashes are one node, so that a thousand pictures of the same empty wall cost no more than one.

    Attributes:
        node: of each picture, int64 [N].
        edges: pairs of different nodes that nearly agree, int64 [P, 2].
    """

    node: NDArray[np.int64]
    edges: NDArray[np.int64]

    @classmethod
    def of(cls, hashes: NDArray[np.uint64], max_distance: int = MAX_DISTANCE) -> "Lookalikes":
        """Find the near-duplicates among the hashes uint64 [N] of N pictures."""
        nodes, node = np.unique(hashes, return_inverse=True)
        return cls(node, near_pairs(nodes, max_distance))

    @classmethod
    def within_classes(
        cls, hashes: NDArray[np.uint64], labels: NDArray[np.str_], max_distance: int = MAX_DISTANCE
    ) -> "Lookalikes":
        """Find the near-duplicates among the pictures of each class, but not across classes."""
        node = np.empty(len(hashes), np.int64)
        edges = [np.empty((0, 2), np.int64)]
        n_nodes = 0
        for label in np.unique(labels):
            members = labels == label
            part = cls.of(hashes[members], max_distance)
            node[members] = part.node + n_nodes
            edges.append(part.edges + n_nodes)
            n_nodes = int(node[members].max()) + 1
        return cls(node, np.concatenate(edges))

    def joined(self, pairs: NDArray[np.int64]) -> "Lookalikes":
        """The same with more pairs of pictures, int64 [P, 2], that are known to be alike otherwise."""
        known = np.sort(self.node[pairs], axis=1)
        different = known[known[:, 0] != known[:, 1]]
        edges = np.concatenate([np.sort(self.edges, axis=1), different])
        return Lookalikes(self.node, np.unique(edges, axis=0))

    def count(self, keys: NDArray[np.int64], n_keys: int) -> NDArray[np.int64]:
        """Count the pairs within and between kinds of pictures.

        Args:
            keys: the kind of each picture, from 0 to `n_keys - 1`, int64 [N].
            n_keys: number of kinds K.

        Returns:
            Pairs with one picture of kind i and one of kind j, int64 [K, K], symmetric.
        """
        members = self._members(keys, n_keys)
        ordered = np.zeros((n_keys, n_keys))  # [i, j]: kind i at the one end, kind j at the other
        for start in range(0, len(self.edges), _PORTION):
            a, b = self.edges[start : start + _PORTION].T
            ordered += members[a].T @ members[b]
        equal = members.T @ members
        between = ordered + ordered.T + equal
        np.fill_diagonal(between, np.diag(ordered) + (np.diag(equal) - members.sum(axis=0)) / 2)
        return between.astype(np.int64)

    def resembles(self, those: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether each picture is a near-duplicate of one of `those`, bool [N] (or is one itself)."""
        held = np.bincount(self.node[those], minlength=int(self.node.max(initial=-1)) + 1) > 0
        near = held.copy()
        near[self.edges[held[self.edges[:, 1]], 0]] = True
        near[self.edges[held[self.edges[:, 0]], 1]] = True
        return near[self.node]

    def examples(self, keys: NDArray[np.int64], limit: int) -> list[tuple[int, int]]:
        """At most `limit` pairs of pictures of different kinds, one for each pair of nodes."""
        n_nodes = int(self.node.max(initial=-1)) + 1
        order = np.lexsort((keys, self.node))
        first = order[np.searchsorted(self.node[order], np.arange(n_nodes))]  # of the lowest kind
        last = order[np.searchsorted(self.node[order], np.arange(n_nodes), side="right") - 1]
        loops = np.repeat(np.arange(n_nodes), 2).reshape(-1, 2)
        a, b = np.concatenate([loops, self.edges]).T
        # Where the lowest of the one is the highest of the other and the other way round, all are one.
        pairs = np.where(
            (keys[first[a]] != keys[last[b]])[:, None],
            np.stack([first[a], last[b]], axis=1),
            np.stack([last[a], first[b]], axis=1),
        )
        mixed = pairs[keys[pairs[:, 0]] != keys[pairs[:, 1]]]
        return [(int(i), int(j)) for i, j in mixed[:limit]]

    def _members(self, keys: NDArray[np.int64], n_keys: int) -> NDArray[np.float64]:
        """Pictures of each kind in every node, [nodes, K]; floats, whose products are fast."""
        n_nodes = int(self.node.max(initial=-1)) + 1
        flat = np.bincount(self.node * n_keys + keys, minlength=n_nodes * n_keys)
        return flat.reshape(n_nodes, n_keys).astype(np.float64)

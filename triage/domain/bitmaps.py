"""Sets of past calls as packed bits: call number i is bit i of a row of 64-bit words.

Bits beyond the last call may be anything while sets are combined; `everyone` cuts them off.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Bitmap = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]

WORD = 64
_ALL = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def nobody(rows: int) -> Bitmap:
    return np.zeros(-(-rows // WORD), np.uint64)


def everyone(rows: int) -> Bitmap:
    """All calls, and no bit beyond them."""
    bits = np.full(-(-rows // WORD), _ALL)
    if rows % WORD:
        bits[-1] = (1 << rows % WORD) - 1
    return bits


def pack(flags: Flags) -> Bitmap:
    bits = nobody(len(flags))
    packed = np.packbits(flags, bitorder="little")
    bits.view(np.uint8)[: len(packed)] = packed
    return bits


def unpack(bits: Bitmap, rows: int) -> Flags:
    return np.unpackbits(bits.view(np.uint8), count=rows, bitorder="little").view(np.bool_)


def of_rows(chosen: Sequence[int], rows: int) -> Bitmap:
    """The set of these calls."""
    flags = np.zeros(rows, np.bool_)
    flags[np.asarray(chosen, np.int64)] = True
    return pack(flags)


def rows_in(bits: Bitmap, rows: int) -> Numbers:
    """The numbers of the calls in the set, ascending."""
    return np.flatnonzero(unpack(bits, rows))


def holds_at(bits: Bitmap, chosen: Numbers) -> Flags:
    """For each of these calls, whether it is in the set."""
    shifted = bits[chosen >> 6] >> (chosen & 63).astype(np.uint64)
    flags: Flags = (shifted & np.uint64(1)).astype(np.bool_)
    return flags


def size(bits: Bitmap) -> int:
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


def union(sets: Iterable[Bitmap], rows: int) -> Bitmap:
    """The calls that are in any of these; of one set itself, so it is not to be changed."""
    several = list(sets)
    if len(several) < 2:
        return several[0] if several else nobody(rows)
    bits = several[0] | several[1]
    for one in several[2:]:
        bits |= one
    return bits


def intersection(sets: Iterable[Bitmap], rows: int) -> Bitmap:
    """The calls that are in all of these; of one set itself, so it is not to be changed."""
    several = list(sets)
    if len(several) < 2:
        return several[0] if several else everyone(rows)
    bits = several[0] & several[1]
    for one in several[2:]:
        bits &= one
    return bits


# --- numbers, one for each call, as a list of bitmaps: the lowest binary digit first ------------


def add_up(addends: Iterable[tuple[int, Bitmap]], rows: int) -> list[Bitmap]:
    """For each call the sum of the weights, none negative, of the sets that it is in.

    A tree of full adders: each replaces three bits of one place by one of it and one of the next.
    """
    places: list[list[Bitmap]] = []
    for weight, bits in addends:
        for place in range(weight.bit_length()):
            if place == len(places):
                places.append([])
            if weight >> place & 1:
                places[place].append(bits)
    total: list[Bitmap] = []
    place = 0
    while place < len(places):
        column = places[place]
        if len(column) > 1 and place + 1 == len(places):
            places.append([])
        while len(column) > 2:
            a, b, c = column.pop(), column.pop(), column.pop()
            either = a ^ b
            column.insert(0, either ^ c)
            places[place + 1].append(a & b | either & c)
        if len(column) == 2:
            a, b = column
            column[:] = [a ^ b]
            places[place + 1].append(a & b)
        total.append(column[0] if column else nobody(rows))
        place += 1
    return total


def at_least(number: int, total: Sequence[Bitmap], rows: int) -> Bitmap:
    """The calls whose number is at least this one."""
    if number >> len(total) > 0:
        return nobody(rows)
    bits = everyone(rows)
    for place, digit in enumerate(total):
        bits = digit & bits if number > 0 and number >> place & 1 else digit | bits
    return everyone(rows) if number <= 0 else bits


def greater(first: Sequence[Bitmap], second: Sequence[Bitmap], rows: int) -> Bitmap:
    """The calls whose first number is greater than the second."""
    bits = nobody(rows)
    for place in range(max(len(first), len(second))):
        if place >= len(second):
            bits = bits | first[place]
        elif place >= len(first):
            bits = bits & ~second[place]
        else:
            one, other = first[place], second[place]
            bits = one & ~other | bits & ~(one ^ other)
    return bits

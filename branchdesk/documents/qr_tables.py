"""The linear algebra of one QR version at level M: data codewords in, a packed bitmap out.

For a fixed version and level every module is an affine function over GF(2) of the data bits
(ISO/IEC 18004:2015, 7.5 and 7.7: Reed-Solomon and placement are linear, the mask and the function
patterns are constants). So a symbol is one constant XOR one big integer per nibble of data, and the
integer already is the bitmap: one bit a module, rows padded to whole bytes, top row first.

This module knows versions 10 and 11 only, the two that a voucher token needs, and no payloads.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import xor

_FIELD_POLYNOMIAL = 0x11D
_FORMAT_GENERATOR, _FORMAT_XOR, _LEVEL_M = 0x537, 0x5412, 0b00
_VERSION_GENERATOR = 0x1F25
# Vouchers of one grant have their first digits in common, so what those add is remembered.
_HEAD_CODEWORDS, _HEADS_MAX = 124, 256
_NIBBLES = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))

# ISO/IEC 18004:2015, table 10; i is the row and j the column.
_MASKS: tuple[Callable[[int, int], bool], ...] = (
    lambda i, j: (i + j) % 2 == 0,
    lambda i, j: i % 2 == 0,
    lambda i, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: (i * j) % 2 + (i * j) % 3 == 0,
    lambda i, j: ((i * j) % 2 + (i * j) % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + (i * j) % 3) % 2 == 0,
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where a version keeps its alignment patterns and how level M splits its codewords."""

    alignment: tuple[int, ...]
    parity_codewords: int
    block_codewords: tuple[int, ...]


# ISO/IEC 18004:2015, tables 9 and E.1.
_SHAPES = {
    10: _Shape((6, 28, 50), 26, (43, 43, 43, 43, 44)),
    11: _Shape((6, 30, 54), 30, (50, 51, 51, 51, 51)),
}


class SymbolTables:
    """Precomputed integers of one (version, M, mask).

    ``nibbles[2 * i]`` and ``nibbles[2 * i + 1]`` say what the high and the low nibble of data
    codeword i add to the bitmap; ``constant`` is the bitmap of nothing but zero bits.
    """

    def __init__(self, size_modules: int, constant: int, nibbles: list[tuple[int, ...]]) -> None:
        self.size_modules = size_modules
        self._bytes = size_modules * ((size_modules + 7) // 8)
        self._constant = constant
        self._head, self._tail = nibbles[: 2 * _HEAD_CODEWORDS], nibbles[2 * _HEAD_CODEWORDS :]
        self._heads: dict[bytes, int] = {}

    def bitmap(self, data: bytes) -> bytes:
        """Return the packed bitmap of ``data``, which has ``data_codewords(version)`` bytes."""
        head = data[:_HEAD_CODEWORDS]
        modules = self._heads.get(head)
        if modules is None:
            if len(self._heads) >= _HEADS_MAX:
                self._heads.clear()
            self._heads[head] = modules = _sum(self._head, head, self._constant)
        modules = _sum(self._tail, data[_HEAD_CODEWORDS:], modules)
        return modules.to_bytes(self._bytes, "big")


def _sum(tables: Sequence[tuple[int, ...]], data: bytes, start: int) -> int:
    """Return ``start`` XOR what every nibble of ``data`` adds to it."""
    digits = data.hex().encode().translate(_NIBBLES)
    return reduce(xor, map(tuple.__getitem__, tables, digits), start)


def data_codewords(version: int) -> int:
    """Return how many data codewords a symbol of this version holds at level M."""
    return sum(_SHAPES[version].block_codewords)


@lru_cache(maxsize=4)
def symbol_tables(version: int, mask: int) -> SymbolTables:
    """Build the tables of a version and mask; some twenty milliseconds and four megabytes."""
    grid = _Grid(version)
    basis = _data_basis(_SHAPES[version], list(grid.data_positions()))
    nibbles = [_combinations(basis[bit : bit + 4]) for bit in range(0, len(basis), 4)]
    constant = grid.function_modules(mask) ^ grid.mask_modules(mask)
    return SymbolTables(grid.size, constant, nibbles)


def _combinations(bits: list[int]) -> tuple[int, ...]:
    """Return the XOR of every subset of four integers, the first being the highest bit."""
    sums = [0]
    for value in reversed(bits):
        sums += [value ^ earlier for earlier in sums]
    return tuple(sums)


class _Grid:
    """Positions of one version; a module is a power of two in the packed bitmap."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.size = version * 4 + 17
        self.row_bytes = (self.size + 7) // 8
        self._function: dict[tuple[int, int], bool] = {}
        self._place_finders()
        self._place_timing_and_alignment()
        self._place_version()
        # Format information is written per mask; here its modules are only kept free of data.
        for row, column in self._format_positions():
            self._function[row, column] = False

    def power(self, row: int, column: int) -> int:
        """Return the integer with only this module dark."""
        stride = self.row_bytes * 8
        return 1 << (self.size - 1 - row) * stride + (stride - 1 - column)

    def function_modules(self, mask: int) -> int:
        """Return finders, timing, alignment, version and the format information of ``mask``."""
        placed = sum(self.power(*at) for at, dark in self._function.items() if dark)
        fields = _LEVEL_M << 3 | mask
        bits = (fields << 10 | _remainder(fields << 10, _FORMAT_GENERATOR)) ^ _FORMAT_XOR
        for number, at in enumerate(self._format_positions()):
            if bits >> (14 - number % 15) & 1:
                placed |= self.power(*at)
        return placed | self.power(self.size - 8, 8)

    def mask_modules(self, mask: int) -> int:
        """Return what the mask adds to the data modules."""
        flips = _MASKS[mask]
        return sum(self.power(*at) for at in self._data_modules() if flips(*at))

    def data_positions(self) -> Iterator[int]:
        """Yield the module of every codeword bit in placement order (7.7.3)."""
        return (self.power(*at) for at in self._data_modules())

    def _data_modules(self) -> Iterator[tuple[int, int]]:
        rows = range(self.size - 1, -1, -1)
        for pair, right in enumerate((*range(self.size - 1, 6, -2), 5, 3, 1)):
            for row in rows if pair % 2 == 0 else reversed(rows):
                for column in (right, right - 1):
                    if (row, column) not in self._function:
                        yield row, column

    def _place_finders(self) -> None:
        far = self.size - 7
        for top, left in ((0, 0), (0, far), (far, 0)):
            for row in range(top - 1, top + 8):
                for column in range(left - 1, left + 8):
                    if 0 <= row < self.size and 0 <= column < self.size:
                        ring = max(abs(row - top - 3), abs(column - left - 3))
                        self._function[row, column] = ring in (0, 1, 3)

    def _place_timing_and_alignment(self) -> None:
        for step in range(8, self.size - 8):
            self._function[6, step] = self._function[step, 6] = step % 2 == 0
        centres = _SHAPES[self.version].alignment
        corners = {(6, 6), (6, centres[-1]), (centres[-1], 6)}
        for middle in ((row, column) for row in centres for column in centres):
            if middle not in corners:
                for row in range(middle[0] - 2, middle[0] + 3):
                    for column in range(middle[1] - 2, middle[1] + 3):
                        ring = max(abs(row - middle[0]), abs(column - middle[1]))
                        self._function[row, column] = ring != 1

    def _place_version(self) -> None:
        bits = self.version << 12 | _remainder(self.version << 12, _VERSION_GENERATOR)
        for number in range(18):
            dark = bool(bits >> number & 1)
            long, short = number // 3, self.size - 11 + number % 3
            self._function[long, short] = self._function[short, long] = dark

    def _format_positions(self) -> list[tuple[int, int]]:
        """Return both copies of the format information, each from its highest bit down."""
        near = [0, 1, 2, 3, 4, 5, 7, 8]
        first = [(8, at) for at in near] + [(at, 8) for at in reversed(near[:-1])]
        last = self.size - 1
        second = [(last - at, 8) for at in range(7)] + [(8, last - at) for at in range(7, -1, -1)]
        # The module that is always dark lies between the two halves of the second copy.
        return [*first, *second, (last - 7, 8)]


def _data_basis(shape: _Shape, positions: list[int]) -> list[int]:
    """Return what each data bit adds to the bitmap: its own module and those of its parity."""
    modules = [positions[bit : bit + 8] for bit in range(0, len(positions), 8)]
    order = _interleaved(shape)
    basis: list[int] = []
    for block, count in enumerate(shape.block_codewords):
        parity = [
            _combinations(modules[order[block, count + number]][half : half + 4])
            for number in range(shape.parity_codewords)
            for half in (0, 4)
        ]
        remainders = _unit_remainders(count, shape.parity_codewords)
        for number in range(count):
            own = modules[order[block, number]]
            for bit in range(8):
                code = remainders[number].translate(_TIMES_POWER[7 - bit])
                basis.append(_sum(parity, code, own[bit]))
    return basis


def _interleaved(shape: _Shape) -> dict[tuple[int, int], int]:
    """Return where codeword n of a block lands in the final sequence (7.6)."""
    blocks = range(len(shape.block_codewords))
    longest = max(shape.block_codewords)
    data = [(b, n) for n in range(longest) for b in blocks if n < shape.block_codewords[b]]
    parity = [
        (b, shape.block_codewords[b] + n) for n in range(shape.parity_codewords) for b in blocks
    ]
    return {codeword: place for place, codeword in enumerate(data + parity)}


def _unit_remainders(count: int, degree: int) -> list[bytes]:
    """Return, for each of ``count`` data codewords, the parity of the value 1 there."""
    generator = [1]
    root = 1
    for _ in range(degree):
        shifted = [*generator, 0]
        scaled = [0, *(_times(value, root) for value in generator)]
        generator = [a ^ b for a, b in zip(shifted, scaled, strict=True)]
        root = _times(root, 2)
    remainder = generator[1:]
    found = []
    for _ in range(count):
        found.append(bytes(remainder))
        carry = remainder[0]
        moved = [*remainder[1:], 0]
        remainder = [
            value ^ _times(carry, part) for value, part in zip(moved, generator[1:], strict=True)
        ]
    return found[::-1]


def _field() -> tuple[list[int], list[int]]:
    """Return powers and logarithms of GF(256); the powers run twice to save a modulo."""
    powers, logarithms, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value <<= 1
        if value & 0x100:
            value ^= _FIELD_POLYNOMIAL
    return powers, logarithms


_POWERS, _LOGARITHMS = _field()


def _times(left: int, right: int) -> int:
    """Multiply in GF(256)."""
    if not left or not right:
        return 0
    return _POWERS[_LOGARITHMS[left] + _LOGARITHMS[right]]


# Multiplication by 2 to the power of 0 to 7, as translations of whole byte strings.
_TIMES_POWER = tuple(bytes(_times(value, 1 << bit) for value in range(256)) for bit in range(8))


def _remainder(value: int, generator: int) -> int:
    """Divide binary polynomials and return the remainder (BCH, annexes C and D)."""
    while (excess := value.bit_length() - generator.bit_length()) >= 0:
        value ^= generator << excess
    return value

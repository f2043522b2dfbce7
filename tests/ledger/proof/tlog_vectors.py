"""Published test vectors of the formats that `ledger.proof` speaks, copied from their sources, and a tree to grow.

Sources: transparency-dev/merkle (`rfc6962/rfc6962_test.go`, `testonly/constants.go`), golang.org/x/mod
(`sumdb/note/note_test.go`, `sumdb/tlog/tile_test.go`), C2SP and transparency-dev/formats (`note/note_cosigv1_test.go`),
transparency-dev/tessera (`testdata/log`, `append_lifecycle_test.go`).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from ledger.proof.frontier import Frontier
from ledger.proof.merkle import HASH_SIZE, hash_leaves
from ledger.proof.tiles import ENTRIES, TILE_HEIGHT, TILE_WIDTH, Tile

# RFC 6962 over SHA-256.
LEAF_OF_NOTHING = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
LEAF_OF_L123456 = "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
NODE_OF_N123_N456 = "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
LEAVES = [bytes.fromhex(leaf) for leaf in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION_0_IN_8 = (
    "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c= Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4= "
    "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ="
)
CONSISTENCY_6_TO_8 = (
    "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o= yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA= "
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc="
)

# Signed notes of Go; the seed of EnochRoot is 32 zero bytes.
PETER_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
NOTE_TEXT = (b"If you think cryptography is the answer to your problem,\n"
             b"then you don't know what your problem is.\n")
PETER_LINE = ("— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6Ry"
              "yBwJnAM=\n")
ENOCH_LINE = ("— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc"
              "+QQ=\n")
VKEY_OF_WRONG_LENGTH = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="
VKEY_OF_WRONG_ALGORITHM = "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

# The note of C2SP signed-note.
C2SP_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = ("This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Zt"
             "g1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n").encode()
COSIGNATURE_BLOB = ("ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXO"
                    "RmnFBOBA==")
COSIGNATURE_TIME = 1727964367

# The golden log of Tessera, its checkpoints as they are served, and what was derived from them.
WORDS = b"one two three four five six seven eit nain ten ileven twelf threeten fourten fivten".split()
GOLDEN_ORIGIN = "example.com/log/testdata"
GOLDEN_SKEY = "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
GOLDEN_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
GOLDEN = {
    0: ("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "M9e0lhxJACzE1KoUdqKuPa+9p6R7dSW8BlEvrg/noo8FkGg6PbJo"
        "RNOcdjqjOq89wVvTA60eubCc4oufo5BvIVEgtQc="),
    1: ("0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek=", "M9e0lhr9kuLxGdAtaUrhm84TQffVsLdcy808sN0a3WyniNlfcr9+"
        "bywoiIke1YYciCNjJGkCgIlQ8b16jhsmg/SChAM="),
    2: ("T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=", "M9e0llH4NKmlf0u7C8tkJioQOmi7l5ELqljXgKRg6R3G5JJ7vx7e"
        "mDWo5fpqKuA/Dk/jRrI6il+7QCVirNhyUAWGoAk="),
    3: ("Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=", "M9e0lvAQRtH832pk2RTbeSeZMkp4FZSdJYFBUjO5SKxuRbywPUF3"
        "cx+HUrb50kjd3rUWW/fj53Wj1dwcwh9bGQnqVAg="),
    8: ("bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY=", "M9e0lq1EK37dHtgv9O3UzPxisw5vwIPcJsX9ab0xt4mvVfbdUR1f"
        "bMjN6sBFYpBoBEmD4+cWhj/AVgI5MitCO5+mews="),
    10: ("y8/gZsZCtitsMan09tY+k8I7Qpr7Y5fbO2tLi9GQnfU=", "M9e0lrmwaVEOWFZ+HS5ITnRd2YMOSWE5QeoYu+6DHwJLnJ+SVeJ2"
         "ZiYeD7lVC5oGJx76gbfLSyCUEq6D8JkarrsuiQQ="),
    15: ("rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=", "M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKub"
         "Mt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI="),
}
WITNESS_SKEY = "PRIVATE+KEY+Wit1+55ee4561+AeadRiG7XM4XiieCHzD8lxysXMwcViy5nYsoXURWGrlE"
WITNESS_VKEY = "Wit1+9b3fb2d5+BFhZSmQj9+SoL+p/nN0Hh76xXmF7QcHfytUrI1XfSClk"
WITNESS_TIME = 1700000000
WITNESS_LINE = ("— Wit1 mz+y1QAAAABlU/EAYEDMPd8Ge7XzsHcNU+F3AzavfsuzhRT3gC4BORiySViMAWQq5znn5g+ruu+iDztzMS3EeF6xr4ug"
                "+O66ORoSAw==\n")
INCLUSION_6_IN_15 = (
    "ThcgoV2DYcK+VCxBUDWAlNxmLy2r7dq7dK7+OlgQKWs= ycRkkNklus5eMVRUvkD1pK321vMrA+jjOiZKU8aOcY4= "
    "zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co= 5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks="
)
CONSISTENCY_10_TO_15 = (
    "+aOLtO2sRhNENZkJokiDScXfm3SIduSzvll41DTaUUI= UaHiSrgbkmaCsusBntn9ux0S2PsqH1y6DHQAxe6wrPg= "
    "Oy+stN8Ie64lJ90ILA9yEeOWSzBgC+6RjoKksiWsR7Y= bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY="
)


def hashes_of(line: str) -> list[bytes]:
    """The base64 hashes of a line."""
    return [base64.b64decode(word) for word in line.split()]


def golden_note(size: int, *more: str) -> bytes:
    """A checkpoint of the golden log exactly as it is published, with more signature lines where given."""
    root, signature = GOLDEN[size]
    lines = "".join(more)
    return f"{GOLDEN_ORIGIN}\n{size}\n{root}\n\n— {GOLDEN_ORIGIN} {signature}\n{lines}".encode()


def tiles_of(size: int) -> Iterator[Tile]:
    """Every hash tile of a tree of `size` leaves, by level from 0, the partial one last."""
    level = 0
    while count := size >> TILE_HEIGHT * level:
        yield from _row(level, count)
        level += 1


def bundles_of(size: int) -> Iterator[Tile]:
    """Every entry bundle of a log of `size` leaves."""
    return _row(ENTRIES, size)


def partial_tiles(frontier: Frontier) -> list[tuple[Tile, bytes]]:
    """The partial tiles as they are served at its size, by level."""
    return [
        (Tile(level, frontier.size >> TILE_HEIGHT * (level + 1), len(hashes) // HASH_SIZE), hashes)
        for level, hashes in enumerate(frontier.edge) if hashes
    ]


class Tree:
    """A grown tree that serves its tiles; `reads` counts them."""

    def __init__(self, leaf_hashes: list[bytes], *, batches: tuple[int, ...] = ()) -> None:
        cuts = sorted({0, *batches, len(leaf_hashes)})
        self.frontier, self.reads = Frontier(), 0
        self.tiles: dict[Tile, bytes] = {}
        for start, end in pairwise(cuts):
            self.frontier, full = self.frontier.append(leaf_hashes[start:end])
            self.tiles.update({Tile(tile.level, tile.index): tile.hashes for tile in full})
        self.tiles.update(partial_tiles(self.frontier))

    def read_tile(self, tile: Tile) -> bytes:
        self.reads += 1
        return self.tiles[tile]


@cache
def numbered_leaves(count: int) -> list[bytes]:
    """The leaf hashes of `count` different entries."""
    return hash_leaves(b"entry %d" % number for number in range(count))


def entries_in(bundle: bytes) -> list[bytes]:
    """The entries of a bundle, as somebody else would read them: the log itself only writes them."""
    entries, place = [], 0
    while place < len(bundle):
        start = place + 2
        place = start + int.from_bytes(bundle[place:start], "big")
        assert place <= len(bundle), "an entry is cut"
        entries.append(bundle[start:place])
    return entries


def flips(data: bytes, *, bits: tuple[int, ...] = ()) -> list[tuple[int, bytes]]:
    """`data` with one bit flipped, for every byte: one bit each (which one moves along), or the bits given."""
    return [
        (place, data[:place] + bytes([byte ^ 1 << bit]) + data[place + 1:])
        for place, byte in enumerate(data) for bit in bits or (place % 8,)
    ]


def _row(level: int, count: int) -> Iterator[Tile]:
    full, rest = divmod(count, TILE_WIDTH)
    for index in range(full):
        yield Tile(level, index)
    if rest:
        yield Tile(level, full, rest)

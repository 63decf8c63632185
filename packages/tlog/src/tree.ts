import { type Bytes, floor, ProtocolError } from '@commonhold/protocol'
import { HASH_BYTES, TILE_WIDTH } from './layout.ts'
import { emptyRoot, tileRoots } from './merkle.ts'
import { consistencyRanges, foldRange, inclusionRanges, type Range, rangeRuns } from './ranges.ts'

/**
 * A Merkle tree in memory (RFC 6962): 32.1 bytes a leaf, since only the levels that tiles hold are kept and what lies
 * between is hashed again on demand (at most 255 nodes for one element of a proof). It serves as a `TileReader` too.
 */
export class Tree {
  readonly #levels: HashList[] = [new HashList()]

  /** Number of leaves. */
  get size(): number {
    return this.#list(0).length
  }

  /** Appends leaf hashes, n x 32 bytes (`hashLeavesJoined`). Many at a time are cheaper than one by one. */
  append(leafHashes: Uint8Array): void {
    if (leafHashes.length % HASH_BYTES !== 0) throw new Error('leaf hashes are 32 bytes each')
    let added = leafHashes
    for (let level = 0; added.length > 0; level++) {
      const list = this.#list(level)
      const whole = floor(list.length / TILE_WIDTH)
      list.push(added)
      added = tileRoots(list.slice(whole * TILE_WIDTH, floor(list.length / TILE_WIDTH) * TILE_WIDTH))
    }
  }

  /**
   * Root over the first `size` leaves, now or at any earlier time.
   *
   * @throws {ProtocolError} `log.missing` if the tree has fewer.
   */
  root(size: number = this.size): Bytes {
    this.#mustHave(size)
    return size === 0 ? emptyRoot() : this.#hash({ start: 0, end: size })
  }

  /**
   * Siblings of leaf `index` from the bottom to the root of the first `size` leaves (RFC 6962, 2.1.1).
   *
   * @throws {ProtocolError} `log.missing` unless index < size <= this.size.
   */
  inclusionProof(index: number, size: number = this.size): Bytes[] {
    this.#mustHave(size)
    return inclusionRanges(index, size).map((range) => this.#hash(range))
  }

  /**
   * Proof that the first `oldSize` leaves are a prefix of the first `size` (RFC 6962, 2.1.2); empty for oldSize 0.
   *
   * @throws {ProtocolError} `log.missing` unless oldSize <= size <= this.size.
   */
  consistencyProof(oldSize: number, size: number = this.size): Bytes[] {
    this.#mustHave(size)
    return consistencyRanges(oldSize, size).map((range) => this.#hash(range))
  }

  /** @throws {ProtocolError} `log.missing` if the tile does not have `width` hashes yet. */
  readTile(level: number, index: number, width: number): Bytes {
    const from = index * TILE_WIDTH
    const list = this.#levels[level]
    if (list === undefined || from + width > list.length) {
      throw new ProtocolError('log.missing', `no tile ${index} of width ${width} at level ${level}`)
    }
    return list.slice(from, from + width).slice()
  }

  #mustHave(size: number): void {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.size) {
      throw new ProtocolError('log.missing', `the log has ${this.size} entries, not ${size}`)
    }
  }

  #hash(range: Range): Bytes {
    return foldRange(rangeRuns(range), ({ level, from, to }) => this.#list(level).slice(from, to))
  }

  #list(level: number): HashList {
    const list = this.#levels[level] ?? new HashList()
    this.#levels[level] = list
    return list
  }
}

/** Growing run of hashes. */
class HashList {
  #bytes = new Uint8Array(TILE_WIDTH * HASH_BYTES)
  length = 0

  push(hashes: Uint8Array): void {
    const used = this.length * HASH_BYTES
    if (used + hashes.length > this.#bytes.length) {
      const grown = new Uint8Array(2 * (used + hashes.length))
      grown.set(this.#bytes.subarray(0, used))
      this.#bytes = grown
    }
    this.#bytes.set(hashes, used)
    this.length += hashes.length / HASH_BYTES
  }

  /** A view of hashes [from, to): copy it before it leaves the tree. */
  slice(from: number, to: number): Bytes {
    return this.#bytes.subarray(from * HASH_BYTES, to * HASH_BYTES)
  }
}

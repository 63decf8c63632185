import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SparseVector } from '@commonhold/kernels'
import { sha256Hex, utf8 } from '@commonhold/protocol'
import fc from 'fast-check'
import { type ClusterItem, clusterLeaders } from '../src/index.ts'

const vector = (weights: ReadonlyMap<number, number>): SparseVector => {
  const ids = [...weights.keys()].sort((a, b) => a - b)
  return { ids: Uint32Array.from(ids), weights: Int8Array.from(ids, (id) => weights.get(id)!) }
}
const item = (
  name: string,
  weights: readonly (readonly [number, number])[],
  terms: readonly number[],
): ClusterItem => ({
  id: sha256Hex(utf8(name)),
  vector: vector(new Map(weights)),
  terms: Uint32Array.from([...new Set(terms)].sort((a, b) => a - b)),
})

/** Every item against every leader, in bigint: the definition. */
function naiveLeaders(items: readonly ClusterItem[]): number[] {
  const leaders: ClusterItem[] = []
  return items.map((one) => {
    const found = leaders.findIndex((leader) => sameVector(one, leader) || sameTerms(one, leader))
    if (found >= 0) return found
    leaders.push(one)
    return leaders.length - 1
  })
}

function sameVector({ vector: a }: ClusterItem, { vector: b }: ClusterItem): boolean {
  const norm = ({ weights }: SparseVector): bigint =>
    weights.reduce((sum, w) => sum + BigInt(w) * BigInt(w), 0n)
  const inB = new Map(Array.from(b.ids, (id, i) => [id, b.weights[i]!]))
  const dot = a.ids.reduce((sum, id, i) => sum + BigInt(a.weights[i]!) * BigInt(inB.get(id) ?? 0), 0n)
  return dot > 0n && dot * dot * 100n >= 81n * norm(a) * norm(b)
}

function sameTerms({ terms: a }: ClusterItem, { terms: b }: ClusterItem): boolean {
  const shared = a.filter((id) => b.includes(id)).length
  return shared > 0 && 5 * shared >= 4 * new Set([...a, ...b]).size
}

describe('leader clustering', () => {
  test('joins at cosine 9/10 exactly, and not below', () => {
    // (10, 0) against (9, sqrt 19): 19 = 9 + 9 + 1.
    const leader = item('a', [[1, 10]], [1])
    const at = item(
      'b',
      [
        [1, 9],
        [2, 3],
        [3, 3],
        [4, 1],
      ],
      [2],
    )
    const below = item(
      'c',
      [
        [1, 9],
        [2, 3],
        [3, 3],
        [4, 1],
        [5, 1],
      ],
      [3],
    )
    assert.deepEqual([...clusterLeaders([leader, at, below]).leaderOf], [0, 0, 1])
  })

  test('joins at Jaccard 4/5 exactly, and not below', () => {
    const leader = item('a', [], [1, 2, 3, 4, 5])
    const at = item('b', [], [1, 2, 3, 4])
    const below = item('c', [], [1, 2, 3, 4, 6])
    assert.deepEqual([...clusterLeaders([leader, at, below]).leaderOf], [0, 0, 1])
  })

  test('compares with leaders only: near-duplicates of a member that are far from the leader start anew', () => {
    const items = [
      item('a', [], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      item('b', [], [2, 3, 4, 5, 6, 7, 8, 9, 10]),
      item('c', [], [3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ]
    assert.deepEqual([...clusterLeaders(items).leaderOf], [0, 0, 1])
  })

  test('an item like nothing, or empty, leads itself', () => {
    const { leaders, leaderOf } = clusterLeaders([item('a', [], []), item('b', [], [])])
    assert.deepEqual([...leaderOf], [0, 1])
    assert.equal(leaders.length, 2)
  })

  test('compares vectors whose products exceed 2^53 exactly', () => {
    // 100 x norm^2 is about 2^63: doubles cannot hold the comparison.
    const weights = Array.from({ length: 60_000 }, (_, id) => [id, 127] as const)
    const same = item('b', weights, [2])
    assert.deepEqual([...clusterLeaders([item('a', weights, [1]), same]).leaderOf], [0, 0])
  })

  const few = fc.array(fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 9 })), { maxLength: 6 })
  const lists = fc
    .array(fc.tuple(few, fc.array(fc.nat(7), { maxLength: 7 })), { maxLength: 25 })
    .map((rows) => rows.map(([weights, terms], i) => item(`${i}`, weights, terms)))

  test('is what comparing every item with every leader gives', () => {
    fc.assert(
      fc.property(lists, (items) =>
        assert.deepEqual([...clusterLeaders(items).leaderOf], naiveLeaders(items)),
      ),
    )
  })

  test('continues from the leaders of an earlier call as if it had not stopped', () => {
    fc.assert(
      fc.property(lists, fc.nat(25), (items, stop) => {
        const whole = clusterLeaders(items)
        const first = clusterLeaders(items.slice(0, stop))
        const second = clusterLeaders(items.slice(stop), first.leaders)
        assert.deepEqual([...first.leaderOf, ...second.leaderOf], [...whole.leaderOf])
        assert.deepEqual(second.leaders, whole.leaders)
      }),
    )
  })
})

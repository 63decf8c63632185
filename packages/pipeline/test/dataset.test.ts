import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId } from '@commonhold/protocol'
import { NO_ROUND, type RoundResult } from '../src/index.ts'
import { TestCommunity } from './support/community.ts'
import { naiveRoot } from './support/naive-root.ts'
import { items, joinAll, reviewAll } from './support/round.ts'
import { LABELS } from './support/texts.ts'

function reviewed(count: number): { readonly community: TestCommunity; readonly ids: readonly EventId[] } {
  const community = new TestCommunity({ labels: LABELS })
  joinAll(community)
  community.openRound()
  const ids = items(count).map((item) => community.submit(item))
  reviewAll(community, NO_ROUND)
  community.closeReviews()
  return { community, ids }
}

/** docs/spec/pipeline.md, section 5, with the canonical encoding written out: keys ascending, no white space. */
function leafOf(
  { view }: TestCommunity,
  { leader, item, label, standing }: RoundResult['rows'][number],
): Buffer {
  const content = view.contributions.get(item)?.content
  return Buffer.from(
    `{"cluster":"${leader}","content":"${content}","item":"${item}","label":"${label}","standing":"${standing}"}`,
  )
}

for (const count of [9, 17, 33]) {
  test(`the data set's root over ${count} items is the RFC 6962 root of the rows in log order`, () => {
    const { community, ids } = reviewed(count)
    const { rows, claims } = community.run()
    assert.deepEqual(
      rows.map(({ item }) => item),
      ids,
    )
    assert.equal(claims.datasetRoot, naiveRoot(rows.map((row) => leafOf(community, row))).toString('hex'))
  })
}

test('erased content leaves training, the hold-out and the root', () => {
  const { community, ids } = reviewed(18)
  const whole = community.run()
  const erased = new Set([whole.holdOut[0], ids[4]])
  const gone = new Set([...erased].map((id) => community.view.contributions.get(id as EventId)?.content))
  const result = community.run(NO_ROUND, 1_000_000n, (digest) =>
    gone.has(digest) ? undefined : community.read(digest),
  )
  assert.deepEqual(
    result.rows.map(({ item }) => item),
    ids.filter((id) => !erased.has(id)),
  )
  assert.ok(!result.holdOut.some((leader) => erased.has(leader)))
  assert.equal(result.claims.metrics.trained, 16)
  assert.equal(
    result.claims.datasetRoot,
    naiveRoot(result.rows.map((row) => leafOf(community, row))).toString('hex'),
  )
})

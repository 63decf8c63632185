/** The data set of a round: what the release is trained on, in one order, under one root. */

import type { Example } from '@commonhold/learning'
import type { Digest, EventId } from '@commonhold/protocol'
import type { Corpus, Item } from './corpus.ts'
import { merkleRootOf } from './merkle-root.ts'
import type { AcceptedCluster } from './state.ts'

export type DatasetRow = AcceptedCluster & { readonly text: string }

/**
 * Rows in log order of their items. Clusters whose text was erased are left out, of training and of the root.
 */
export function datasetRows(
  accepted: ReadonlyMap<EventId, AcceptedCluster>,
  corpus: Corpus,
): readonly DatasetRow[] {
  const byItem = new Map(Array.from(accepted.values(), (cluster) => [cluster.item, cluster]))
  const rows: DatasetRow[] = []
  for (const [id, { text }] of corpus.items) {
    const cluster = byItem.get(id)
    if (cluster !== undefined && text !== '') rows.push({ ...cluster, text })
  }
  return rows
}

/**
 * `datasetRoot`: the RFC 6962 root over one leaf per row, canonical {cluster, content, item, label, standing}. The text
 * enters by its salted digest, so that the root outlives an erasure.
 */
export function datasetRoot(rows: readonly DatasetRow[], corpus: Corpus): Digest {
  const leaves = rows.map(({ leader, item, label, standing }) => {
    return {
      cluster: leader,
      content: (corpus.items.get(item) as Item).contribution.content,
      item,
      label,
      standing,
    }
  })
  return merkleRootOf(leaves)
}

export const examplesOf = (rows: readonly DatasetRow[]): readonly Example[] =>
  rows.map(({ text, label }) => ({ text, label }))

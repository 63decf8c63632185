// The rules that the demonstration's data must keep (docs/demonstration.md), counted in the files themselves.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  DEFAULT_RECIPE,
  evaluateClassifier,
  trainClassifier,
  valuationVectors,
  words,
} from '@commonhold/learning'
import { type Digest, taggedHash } from '@commonhold/protocol'
import { type ClusterItem, clusterLeaders } from '@commonhold/review'
import { copies } from '../src/demo/behaviour.ts'
import { type Kind, type Request, readCast } from '../src/demo/people.ts'
import { DEMO_ROUNDS, DEMO_SEED } from '../src/demo/stage.ts'

const cast = readCast()
const { requests, gold, people, categories } = cast
const kindOf = new Map(people.map(({ handle, kind }) => [handle, kind]))
const share = (part: number, whole: number): number => part / whole

describe('the cast', () => {
  test('has the sizes that the demonstration promises', () => {
    assert.ok(requests.length >= 600)
    assert.ok(categories.length >= 12)
    assert.ok(people.filter(({ role }) => role === 'contributor').length >= 15)
    assert.equal(people.filter(({ role }) => role === 'reviewer').length, 8)
    assert.equal(people.filter(({ role }) => role === 'organiser').length, 1)
  })

  test('has a careless reviewer, a copier, a label flipper and somebody with a vocabulary of junk, one of each', () => {
    for (const kind of ['careless', 'copier', 'flipper', 'junk'] satisfies readonly Kind[]) {
      const some = people.filter((person) => person.kind === kind)
      assert.equal(some.length, 1, kind)
      assert.equal(some[0]?.role, kind === 'careless' ? 'reviewer' : 'contributor')
    }
  })

  test('names people and categories once, and cares differently', () => {
    assert.equal(new Set(people.map(({ handle }) => handle)).size, people.length)
    assert.equal(new Set(categories.map(({ id }) => id)).size, categories.length)
    for (const { care } of people) assert.ok(Number.isInteger(care) && care >= 0 && care <= 100)
    const cares = people.filter(({ kind }) => kind === 'honest').map(({ care }) => care)
    assert.ok(Math.max(...cares) - Math.min(...cares) >= 10)
  })
})

describe('the requests', () => {
  test('are well formed: known authors, categories and rounds, different ids, no empty text', () => {
    const ids = new Set(categories.map(({ id }) => id))
    const all = [...requests, ...gold]
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
    for (const { id, author, truth, also, round, text, lang } of all) {
      const where = `${id} of ${author}`
      assert.ok(kindOf.has(author), where)
      assert.ok(ids.has(truth), where)
      assert.ok(also === '' || (ids.has(also) && also !== truth), where)
      assert.ok(Number.isInteger(round) && round >= 1 && round <= DEMO_ROUNDS, where)
      assert.ok(text.trim() === text && text.length >= 10, where)
      assert.ok(lang === 'en' || lang === 'es', where)
    }
  })

  test('are of every category and of every contributor in every round', () => {
    for (let round = 1; round <= DEMO_ROUNDS; round++) {
      const own = requests.filter((request) => request.round === round)
      for (const { id } of categories) assert.ok(own.filter(({ truth }) => truth === id).length >= 10, id)
      for (const { handle, role, kind } of people) {
        if (role === 'contributor' && kind !== 'copier')
          assert.ok(
            own.some(({ author }) => author === handle),
            `${handle} in round ${round}`,
          )
      }
    }
  })

  test('are partly in Spanish, gold as well', () => {
    for (const some of [requests, gold]) {
      const spanish = share(some.filter(({ lang }) => lang === 'es').length, some.length)
      assert.ok(spanish >= 0.1 && spanish <= 0.5, String(spanish))
    }
  })

  test('are ambiguous in at least one case of twenty', () => {
    assert.ok(share(requests.filter(({ also }) => also !== '').length, requests.length) >= 0.05)
  })

  test('come with gold for at least one item of twenty in each round', () => {
    for (let round = 1; round <= DEMO_ROUNDS; round++) {
      const own = requests.filter((request) => request.round === round).length
      const questions = gold.filter((request) => request.round === round).length
      assert.ok(share(questions, own + questions + copies(cast, DEMO_SEED, round).length) >= 0.05)
    }
  })
})

/** Clusters by the pipeline's own rule. @returns the size of each. */
function clusterSizes(texts: readonly string[]): readonly number[] {
  const vectors = valuationVectors(texts)
  const numberOf = new Map<string, number>()
  const items = texts.map((text, i): ClusterItem => {
    const terms = new Set<number>()
    for (const word of words(text)) {
      if (!numberOf.has(word)) numberOf.set(word, numberOf.size)
      terms.add(numberOf.get(word) as number)
    }
    const id = createHash('sha256').update(String(i)).digest('hex') as Digest
    const vector = vectors[i] as ClusterItem['vector']
    return { id, vector, terms: Uint32Array.from(terms).sort((a, b) => a - b) }
  })
  const { leaders, leaderOf } = clusterLeaders(items)
  const sizes = leaders.map(() => 0)
  for (const leader of leaderOf) sizes[leader] = (sizes[leader] as number) + 1
  return sizes
}

const textsOf = (some: readonly Request[]): readonly string[] => some.map(({ text }) => text)

describe('by our own rule', () => {
  const written = [...requests, ...gold]
  const sizes = clusterSizes(textsOf(written))

  test('fewer than one request in fifty nearly repeats another', () => {
    const repeats = written.length - sizes.length
    assert.ok(share(repeats, written.length) < 0.02, `${repeats} of ${written.length}`)
  })

  test('what the copier hands in is found: nearly all of it joins the cluster that it copies', () => {
    const taken = Array.from({ length: DEMO_ROUNDS }, (_, i) => copies(cast, DEMO_SEED, i + 1)).flat()
    assert.ok(taken.length >= 20)
    const found = taken.length - (clusterSizes(textsOf([...written, ...taken])).length - sizes.length)
    assert.ok(share(found, taken.length) >= 0.9, `${found} of ${taken.length}`)
  })
})

test('authors who are held out are not classified as if they had been seen: below 0.99', () => {
  const honest = requests.filter(({ author }) => kindOf.get(author) === 'honest')
  const authors = Array.from(new Set(honest.map(({ author }) => author))).sort()
  // Every fourth author, by a lot that looks at nothing but the name.
  const tickets = authors.map((author) => ({ author, at: taggedHash('test-split', author) }))
  const held = new Set(
    tickets
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .slice(0, Math.ceil(authors.length / 4))
      .map(({ author }) => author),
  )
  const examples = (some: readonly Request[]) => some.map(({ text, truth }) => ({ text, label: truth }))
  const train = examples(honest.filter(({ author }) => !held.has(author)))
  const tested = examples(honest.filter(({ author }) => held.has(author)))
  const labels = categories.map(({ id }) => id).sort()
  const model = trainClassifier(train, labels, DEFAULT_RECIPE, taggedHash('test-seed'))
  const { correct, total, majority } = evaluateClassifier(model, tested)
  assert.equal(total, tested.length)
  assert.ok(share(correct, total) < 0.99, `${correct} of ${total}`)
  assert.ok(correct > 2 * majority.correct, 'and there is something to learn')
})

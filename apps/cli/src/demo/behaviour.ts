/**
 * How the demonstration's invented people answer (docs/demonstration.md). Every rule was fixed before any pay was
 * looked at; chance is a hash of the published seed, so every run is the same.
 */
import { compareText, taggedHash } from '@commonhold/protocol'
import type { Cast, Person, Request } from './people.ts'

/** Requests that the copier takes each round. */
const COPIES = 30

/** A number in [0, n) from the seed and what it is for. */
export function chance(seed: string, n: number, ...purpose: readonly string[]): number {
  return Number.parseInt(taggedHash('demonstration', seed, ...purpose).slice(0, 12), 16) % n
}

/** A category other than `truth`: what a slip of the hand gives. */
function slip(cast: Cast, seed: string, truth: string, ...purpose: readonly string[]): string {
  const others = cast.categories.map(({ id }) => id).filter((id) => id !== truth)
  return others[chance(seed, others.length, 'slip', ...purpose)] as string
}

/**
 * What a person with care says of a request: where two categories fit, the second in two of five cases; otherwise the
 * truth in `care` percent of cases and a slip in the others.
 */
function careful(cast: Cast, seed: string, person: Person, request: Request, act: string): string {
  if (request.also !== '' && chance(seed, 5, 'ambiguous', act, person.handle, request.id) < 2)
    return request.also
  if (chance(seed, 100, 'care', act, person.handle, request.id) < person.care) return request.truth
  return slip(cast, seed, request.truth, act, person.handle, request.id)
}

/** The label that an author gives to a request of their own. */
export function authorLabel(cast: Cast, seed: string, person: Person, request: Request): string {
  switch (person.kind) {
    case 'flipper': {
      // Always the next category of the list: consistently wrong, which is the worst for a model.
      const at = cast.categories.findIndex(({ id }) => id === request.truth)
      return (cast.categories[(at + 1) % cast.categories.length] as { readonly id: string }).id
    }
    case 'junk':
    case 'organiser':
      return request.truth
    default:
      return careful(cast, seed, person, request, 'author')
  }
}

/**
 * The label that a reviewer gives; undefined is "not sure". Nobody can tell what junk means: who reads it says so in nine
 * of ten cases and guesses otherwise.
 */
export function reviewerLabel(
  cast: Cast,
  seed: string,
  person: Person,
  request: Request,
): string | undefined {
  if (person.kind === 'careless' && chance(seed, 100, 'asleep', person.handle, request.id) >= person.care) {
    // Clicks the first category without reading.
    return (cast.categories[0] as { readonly id: string }).id
  }
  const kindOfAuthor = cast.people.find(({ handle }) => handle === request.author)?.kind
  if (kindOfAuthor === 'junk') {
    if (chance(seed, 10, 'guess', person.handle, request.id) > 0) return undefined
    const all = cast.categories
    return (all[chance(seed, all.length, 'junk', person.handle, request.id)] as { readonly id: string }).id
  }
  return careful(
    cast,
    seed,
    person.kind === 'careless' ? { ...person, care: 100 } : person,
    request,
    'review',
  )
}

/**
 * What the copier hands in after the others of a round: their texts with the first word dropped and a full stop at the
 * end, under the label that the copied author gave.
 */
export function copies(cast: Cast, seed: string, round: number): readonly Request[] {
  const copier = cast.people.find(({ kind }) => kind === 'copier')
  if (copier === undefined) return []
  const honest = new Map(
    cast.people.filter(({ kind }) => kind === 'honest').map((person) => [person.handle, person]),
  )
  return cast.requests
    .filter(
      (request) =>
        request.round === round && honest.has(request.author) && request.text.split(' ').length >= 12,
    )
    .map((request) => ({ request, ticket: taggedHash('demonstration', seed, 'copy', request.id) }))
    .sort((a, b) => compareText(a.ticket, b.ticket))
    .slice(0, COPIES)
    .map(({ request }) => ({
      ...request,
      id: `copy-${request.id}`,
      author: copier.handle,
      text: `${request.text
        .split(' ')
        .slice(1)
        .join(' ')
        .replace(/[.!?]*$/, '')}.`,
      truth: authorLabel(cast, seed, honest.get(request.author) as Person, request),
      also: '',
    }))
}

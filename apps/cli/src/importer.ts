/** What the two commands that sign files have in common: who signs, and how the file was read. */
import { createHash } from 'node:crypto'
import type { P256Signer } from '@commonhold/keys'
import { type Community, memberKeyName, memberOf, memberSigner } from '@commonhold/node'
import { type Digest, digest, labelId, organisersOf, ProtocolError } from '@commonhold/protocol'
import type { Context } from './command.ts'
import { optional } from './command.ts'
import { localHandles } from './names.ts'
import { problemAt, shown } from './table/index.ts'

/** Takes a file's bytes as they are read and gives their digest, an import's name, at the end. */
export function fileDigest(): { readonly onBytes: (bytes: Uint8Array) => void; readonly end: () => Digest } {
  const hash = createHash('sha256')
  return { onBytes: (bytes) => void hash.update(bytes), end: () => digest(hash.digest('hex')) }
}

/**
 * The organiser who signs: `--as`, else the only one whose key lies in this home.
 *
 * @throws {ProtocolError} `key.unknown`, `member.not_allowed`, `usage.invalid`.
 */
export function importSigner(context: Context, community: Community): P256Signer {
  const organisers = new Set(organisersOf(community.view))
  const given = optional(context, 'as')
  if (given !== undefined) {
    if (!community.keys.has(memberKeyName(given)))
      throw new ProtocolError('key.unknown', `no key of "${given}" lies in this home`)
    const signer = memberSigner(community, given)
    if (organisers.has(memberOf(community.view, signer))) return signer
    throw new ProtocolError('member.not_allowed', `only an organiser imports, and "${given}" is none`)
  }
  const handles = Array.from(localHandles(community))
    .filter(([member]) => organisers.has(member))
    .map(([, handle]) => handle)
  if (handles.length === 1) return memberSigner(community, handles[0] as string)
  throw handles.length === 0
    ? new ProtocolError('member.not_allowed', "no organiser's key lies in this home: import where it does")
    : new ProtocolError('usage.invalid', `say who imports: --as ${handles.join(' or --as ')}`)
}

/** The options that say how a file is read, as they are typed. */
export const readingOf = (context: Context, names: readonly string[]): string =>
  names
    .flatMap((name) => {
      const column = optional(context, name)
      return column === undefined ? [] : [`--${name} ${column}`]
    })
    .join(' ')

/** @returns a check that gives a label as the charter writes it. */
export function charterLabels({ view }: Community, file: string): (line: number, label: string) => string {
  const labels = new Set(view.founding?.charter.labels ?? [])
  return (line, label) => {
    const id = labelId(label)
    if (labels.has(id)) return id
    const what = `the label ${shown(label)} is not in the charter`
    throw problemAt('contribution.label_unknown', file, line, what)
  }
}

/** Percent, or nothing to say before there is something. */
export const progressOf = (what: string, done: number, total: number): string =>
  `${what} ${done} of ${total} (${Math.floor((100 * done) / Math.max(total, 1))} %)`

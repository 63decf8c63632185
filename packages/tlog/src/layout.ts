/** Where the files of a log are (c2sp.org/tlog-tiles, "APIs"; docs/spec/log.md, 2). Paths are relative to the log. */
import { floor, ProtocolError } from '@commonhold/protocol'

/** Hashes in a full tile, entries in a full bundle or pack. */
export const TILE_WIDTH = 256
export const HASH_BYTES = 32

export type TileAddress =
  | { readonly kind: 'hashes'; readonly level: number; readonly index: number; readonly width: number }
  | { readonly kind: 'entries' | 'addenda'; readonly index: number; readonly width: number }

/** Tile of hashes: `tile/<level>/<index>[.p/<width>]`. */
export const tilePath = (level: number, index: number, width: number = TILE_WIDTH): string =>
  path(String(level), index, width)

/** Bundle of entries: `tile/entries/<index>[.p/<width>]`. */
export const entriesPath = (index: number, width: number = TILE_WIDTH): string =>
  path('entries', index, width)

/** Pack of addenda: `tile/addenda/<index>[.p/<width>]`. */
export const addendaPath = (index: number, width: number = TILE_WIDTH): string =>
  path('addenda', index, width)

function path(folder: string, index: number, width: number): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new Error(`tile index ${index}`)
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) throw new Error(`tile width ${width}`)
  // Groups of three digits, all but the last with an x: a folder never has the name of a file.
  let groups = String(index % 1000).padStart(3, '0')
  for (let rest = floor(index / 1000); rest > 0; rest = floor(rest / 1000)) {
    groups = `x${String(rest % 1000).padStart(3, '0')}/${groups}`
  }
  return `tile/${folder}/${groups}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

const PATH = /^tile\/(entries|addenda|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/

/**
 * Reads a path that came from outside, for example a URL.
 *
 * @throws {ProtocolError} `log.bad_tile` unless `text` is the one path of some tile, bundle or pack.
 */
export function parseTilePath(text: string): TileAddress {
  const [, folder = '', groups = '', partial] = PATH.exec(text) ?? []
  const index = Number(groups.replace(/[x/]/g, ''))
  const width = partial === undefined ? TILE_WIDTH : Number(partial)
  const address: TileAddress =
    folder === 'entries' || folder === 'addenda'
      ? { kind: folder, index, width }
      : { kind: 'hashes', level: Number(folder), index, width }
  const valid =
    folder !== '' &&
    Number.isSafeInteger(index) &&
    width >= 1 &&
    width <= TILE_WIDTH &&
    (address.kind !== 'hashes' || address.level <= 63)
  // Writing it again refuses leading zeros, empty groups and `.p/256`.
  if (!valid || addressPath(address) !== text)
    throw new ProtocolError('log.bad_tile', 'not the path of a tile')
  return address
}

const addressPath = (address: TileAddress): string =>
  path(address.kind === 'hashes' ? String(address.level) : address.kind, address.index, address.width)

export * from './addenda.ts'
export * from './append.ts'
export * from './bundle.ts'
export * from './checkpoint.ts'
export * from './cosignature.ts'
export * from './layout.ts'
export { emptyRoot, leafHash, nodeHash } from './merkle.ts'
export {
  formatNote,
  formatSignature,
  type Note,
  type NoteSignature,
  type NoteSigner,
  noteSigner,
  openNote,
  parseNote,
  type Signed,
  type SignNote,
  signNote,
} from './note.ts'
export * from './proof.ts'
export * from './proof-file.ts'
export * from './read.ts'
export * from './tiles.ts'
export * from './tree.ts'
export { formatVkey, type NoteKeyType, noteKeyId, parseVkey, type Vkey } from './vkey.ts'

/** What every kernel does before it computes: a memory laid out by hand, and an instance of the module on it. */
import { ceil, fromBase64 } from '@commonhold/protocol'

const PAGE = 65_536
const ALIGNMENT = 16
/** The modules have no static data, but address 0 stays free: it stands for "none". */
const FIRST = 1024

/** The most that a kernel's memory may have: addresses stay below 2^31. */
export const MAX_MEMORY_BYTES = 0x7fff0000

export type Instance<Kernel> = { readonly kernel: Kernel; readonly buffer: ArrayBuffer }

/**
 * @param base64 - the module, compiled once, synchronously and at first use: small enough for a browser's worker and main
 *   thread alike.
 * @returns what makes an instance with its own memory of at least so many bytes, all zero.
 */
export function wasmModule<Kernel>(base64: string): (bytes: number) => Instance<Kernel> {
  let compiled: WebAssembly.Module | undefined
  return (bytes) => {
    compiled ??= new WebAssembly.Module(fromBase64(base64))
    const memory = new WebAssembly.Memory({ initial: ceil(bytes / PAGE) })
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
    return { kernel: exports as Kernel, buffer: memory.buffer }
  }
}

/** Hands out aligned regions one after the other; `size()` is what a memory must hold. */
export function layout(): { readonly place: (bytes: number) => number; readonly size: () => number } {
  let size = FIRST
  return {
    place: (bytes) => {
      const at = size
      size += bytes + ALIGNMENT - (bytes % ALIGNMENT)
      return at
    },
    size: () => size,
  }
}

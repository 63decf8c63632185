import { memoryBlockStore } from '../src/index.ts'
import { blockStoreSuite } from './block-store-suite.ts'

blockStoreSuite('memory', () => {
  const store = memoryBlockStore()
  return Promise.resolve({ store, reopen: () => Promise.resolve(store), close: () => Promise.resolve() })
})

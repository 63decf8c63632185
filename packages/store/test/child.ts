/** A command on a home, run as a process of its own: `child.ts HOME hold|crash|append`. */
import { createHash } from 'node:crypto'
import { digest, utf8 } from '@commonhold/protocol'
import { type AppendEntry, createSequencer, openPostgres, openStore } from '../src/index.ts'

const [home = '', action = '', run = ''] = process.argv.slice(2)

const server = await openPostgres({ home, command: `test ${action}` })
console.log(`open ${server.pid}`)
if (action === 'hold') {
  process.once('SIGTERM', () => void server.close().then(() => console.log('closed')))
  // Keeps the process until it is told to end.
  const clock = setInterval(() => undefined, 1000)
  process.once('SIGTERM', () => clearInterval(clock))
} else if (action === 'crash') {
  throw new Error('a bug, on purpose')
} else {
  await appendForever()
}

/** Says `ack INDEX TEXT` for each entry once it is durable; ends with code 3 when the log fails. */
async function appendForever(): Promise<void> {
  const store = await openStore(server.connectionConfig)
  const lease = await store.log.lease()
  const decide = (text: string): AppendEntry => {
    const content = utf8(`about ${text}`)
    const name = digest(createHash('sha256').update(content).digest('hex'))
    return { bytes: utf8(text), addenda: [{ digest: name, bytes: content }] }
  }
  const onFailure = (): void => process.exit(3)
  const sequencer = createSequencer({ lease, nextIndex: await store.log.size(), decide, onFailure })
  let count = 0
  const submitter = async (): Promise<void> => {
    for (;;) {
      const text = `${run}-${count++}`
      const { index } = await sequencer.submit(text)
      process.stdout.write(`ack ${index} ${text}\n`)
    }
  }
  await Promise.all(Array.from({ length: 16 }, submitter))
}

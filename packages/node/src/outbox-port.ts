/** The chain's outbox in the store: calls and receipts as JSON. */
import type { OutboxCall, OutboxStore } from '@commonhold/chain'
import type { Store } from '@commonhold/store'
import type { Address, Hash, Hex } from 'viem'

type PlainCall = { readonly to: string; readonly data: string; readonly value?: string }

/** The outbox keeps JSON: wei as a decimal string. */
export const plainCall = ({ to, data, value }: OutboxCall): PlainCall =>
  value === undefined ? { to, data } : { to, data, value: value.toString() }

export function outboxPort({ outbox }: Pick<Store, 'outbox'>): OutboxStore {
  return {
    pending: async () =>
      (await outbox.pending()).map(({ id, call, raw, hash }) => {
        const { to, data, value } = call as PlainCall
        return {
          id,
          call: {
            to: to as Address,
            data: data as Hex,
            ...(value === undefined ? {} : { value: BigInt(value) }),
          },
          ...(raw === undefined ? {} : { raw: raw as Hex }),
          ...(hash === undefined ? {} : { hash: hash as Hash }),
        }
      }),
    saveRaw: (id, raw, hash) => outbox.saveRaw(id, raw, hash),
    done: (id, receipt) =>
      outbox.done(
        id,
        JSON.stringify(receipt, (_, value: unknown) =>
          typeof value === 'bigint' ? value.toString() : value,
        ),
      ),
  }
}

// Flattens solc's storageLayout into one row per value that a storage proof can show.

type Variable = {
  readonly label: string
  readonly offset: number
  readonly slot: string
  readonly type: string
}

type Type = {
  readonly encoding: string
  readonly numberOfBytes: string
  readonly members?: readonly Variable[]
  readonly base?: string
  readonly value?: string
}

export type StorageLayout = {
  readonly storage: readonly Variable[]
  readonly types: Readonly<Record<string, Type>> | null
}

/** `slot`: of the variable, or what is added to keccak256(key . mapping's slot) below a mapping. */
export type Place = {
  readonly slot: number
  readonly offset: number
  readonly bytes: number
  readonly mapping?: number
}

/** Rows by path, as `active.promised.money`, `deposited[0]`, `claimed[].money`. */
export function flattenStorage(layout: StorageLayout): Readonly<Record<string, Place>> {
  const rows: Record<string, Place> = {}

  const visit = (name: string, slot: number, offset: number, typeName: string, mapping?: number): void => {
    const type = layout.types?.[typeName]
    if (!type) throw new Error(`unknown storage type ${typeName}`)
    const bytes = Number(type.numberOfBytes)
    if (type.encoding === 'mapping') {
      rows[name] = { slot, offset: 0, bytes }
      // Nobody proves mappings of mappings (allowances, used nonces) here.
      const nested = layout.types?.[type.value ?? '']?.encoding === 'mapping'
      if (type.value !== undefined && !nested) visit(`${name}[]`, 0, 0, type.value, slot)
    } else if (type.members) {
      for (const member of type.members) {
        visit(`${name}.${member.label}`, slot + Number(member.slot), member.offset, member.type, mapping)
      }
    } else if (type.encoding === 'inplace' && type.base !== undefined) {
      const each = Number(layout.types?.[type.base]?.numberOfBytes)
      if (each !== 32) throw new Error(`${name}: only arrays of whole words are described`)
      for (let i = 0; i < bytes / each; i++) visit(`${name}[${i}]`, slot + i, 0, type.base, mapping)
    } else {
      rows[name] = { slot, offset, bytes, ...(mapping === undefined ? {} : { mapping }) }
    }
  }

  for (const { label, slot, offset, type } of layout.storage) {
    visit(label.replace(/^_/, ''), Number(slot), offset, type)
  }
  return rows
}

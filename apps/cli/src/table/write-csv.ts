/** One CSV record without its line end (RFC 4180): a field is quoted where it must be. */
export const csvLine = (fields: readonly (string | number | bigint)[]): string => fields.map(field).join(',')

const field = (value: string | number | bigint): string => {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Texts, labels and names are other people's: written raw, their control characters would command the terminal. */

// C0, DEL and C1; and the bidirectional controls, which show a line in another order than it has (Unicode UAX 9).
const CONTROLS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** As JSON writes them. */
const escaped = (character: string): string =>
  character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Lines as they are, tabs too; every other control is spelled out. */
export const printable = (text: string): string =>
  text.replace(CONTROLS, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  )

/** In one line: what somebody else wrote cannot pass for a line of ours. */
export const oneLine = (text: string): string => text.replace(CONTROLS, escaped)

/** JSON.stringify leaves DEL, C1 and bidi controls as they are; outside its strings there are none of them. */
export const printableJson = (json: string): string =>
  json.replace(CONTROLS, (character) => (character < ' ' ? character : escaped(character)))

/** `commonhold classify`: what the community's live release says of a text. */
import { labelText, ProtocolError } from '@commonhold/protocol'
import type { Command } from '../command.ts'
import { labelName } from '../format.ts'
import { readRelease } from '../release.ts'

export const classify: Command = {
  name: 'classify',
  summary: "Label a text with the community's live release",
  args: 'TEXT',
  options: {},
  run: async (context) => {
    const text = (context.args[0] as string).normalize('NFC')
    if (text.trim() === '') throw new ProtocolError('usage.invalid', 'the text is empty')
    const { predict } = await import('@commonhold/learning')
    const { model, hash, round } = await readRelease(context, 'classify')
    const { label, confidence, known } = predict(model, text)
    const share = `${(confidence / 10_000).toFixed(1)} %`
    context.output.say(
      known
        ? `${labelName(label)}  (confidence ${share})`
        : `don't know  (best guess ${labelName(label)}, confidence ${share})`,
    )
    context.output.result({
      label: known ? labelText(label) : null,
      guess: labelText(label),
      confidence: confidence / 1_000_000,
      known,
      modelHash: hash,
      round,
    })
    return 0
  },
}

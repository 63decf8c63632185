import { type UnixMillis, unixMillis, type View } from '@commonhold/protocol'

/** Monday 5 January 2026, nine o'clock: the logical clock begins there. */
export const DEMO_START = Date.UTC(2026, 0, 5, 9)
const PER_ENTRY_MS = 45_000
const AFTER_PAYOUT_MS = 2 * 86_400_000

/** Time as a function of the log alone: 45 seconds an entry, and two days after every posted payout root. */
export function demoClock(view: View): UnixMillis {
  const posted = view.rounds.filter((round) => round.posted !== undefined).length
  return unixMillis(DEMO_START + view.size * PER_ENTRY_MS + posted * AFTER_PAYOUT_MS)
}

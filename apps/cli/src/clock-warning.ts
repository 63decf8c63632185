/** A log's time never goes back: entries written under a clock that ran ahead make everybody wait until it is true. */
import type { UnixMillis } from '@commonhold/protocol'

/** Clocks that nobody sets drift by minutes. */
const TOLERATED_MS = 10 * 60_000
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** @returns a line where the log's last time lies further ahead of `now` than clocks drift. */
export function clockWarning(last: UnixMillis, now: UnixMillis): string | undefined {
  const ahead = last - now
  if (ahead <= TOLERATED_MS) return undefined
  return `the log's last time is ${spanText(ahead)} ahead of this machine's clock: claims and invites wait until then`
}

function spanText(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.floor(ms / DAY_MS)} days`
  if (ms >= 2 * HOUR_MS) return `${Math.floor(ms / HOUR_MS)} hours`
  return `${Math.floor(ms / 60_000)} minutes`
}

/** The app's one logger: JSON lines on standard error. Neither addresses nor contents of requests are logged. */
import { destination, type Logger, pino } from 'pino'

export const createLogger = (level: string): Logger =>
  pino({ level, base: null }, destination({ fd: 2, sync: true }))

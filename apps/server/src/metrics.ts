/** Figures for Prometheus, on a port of their own: nothing of them is meant for the public. */
import type { Community } from '@commonhold/node'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Publishing } from './publishing.ts'

export type Metrics = {
  readonly registry: Registry
  readonly requests: Histogram<'method' | 'route' | 'status'>
  readonly submissions: Counter<'outcome'>
}

/** Seconds: from a cached read to a write behind a slow disk. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export function createMetrics(community: Community, publishing: Publishing): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
  gauge('commonhold_log_entries', 'Entries in the log', () => community.view.size)
  gauge(
    'commonhold_checkpoint_entries',
    'Entries that the last checkpoint covers',
    () => publishing.last?.size ?? 0,
  )
  gauge('commonhold_members', 'Members', () => community.view.members.size)
  gauge('commonhold_contributions', 'Contributions', () => community.view.contributions.size)
  return {
    registry,
    requests: new Histogram({
      name: 'commonhold_http_request_seconds',
      help: 'Time to the response by route',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS,
      registers: [registry],
    }),
    submissions: new Counter({
      name: 'commonhold_submissions_total',
      help: 'Envelopes by what became of them: admitted, repeated or the code of the refusal',
      labelNames: ['outcome'],
      registers: [registry],
    }),
  }
}

/** One payload of each type; they need not follow each other in a log. */
export type Payload = Readonly<Record<string, unknown>>

export type Names = {
  readonly community: string
  readonly founder: string
  readonly member: string
  readonly memberKey: string
  readonly spareKey: string
  readonly invite: string
  readonly file: string
  readonly content: string
  readonly unclaimed: string
  readonly gold: string
  readonly salt: string
}

const hex = (digit: string, count: number): string => digit.repeat(count)
const address = (digit: string): string => `0x${hex(digit, 40)}`
const hash32 = (digit: string): string => `0x${hex(digit, 64)}`
const block = { number: 7, hash: hash32('b') }

const founding = (founder: string, node: string): Payload => ({
  v: 1,
  type: 'community.founded',
  nonce: hex('0', 32),
  founder,
  node,
  log: { origin: 'log.example/commonhold', ed25519: 'log.example+00000000+AQ==', p256: 'log.example+1+/w==' },
  rules: { version: '0.1.0', digest: hex('1', 64) },
  charter: {
    kind: 'classify',
    labels: ['calefacci%C3%B3n', 'heating', 'plumbing'],
    join: 'invite',
    imported: 'review',
    reviews: { first: 2, most: 5, acceptPpm: 800_000 },
    recipe: { epochs: 4, quote: 'a "b" \\ c', nested: [{ z: 0, a: [true, false, null] }, []] },
    neighbours: 10,
    averageRounds: 4,
    holdOut: { shareBasisPoints: 1_000, most: 1_000 },
    sponsors: { base: 3_500, value: 3_500, reviews: 2_000, improvers: 1_000 },
    payToDelayMs: 86_400_000,
    activationDelaySeconds: 86_400,
  },
  addenda: [hex('2', 64)],
})

function byMembers(names: Names): Payload[] {
  const { member, file, content, salt } = names
  const row = { file, row: 3, label: 'plumbing' }
  return [
    { type: 'member.invited', invite: names.invite, count: 3, expires: 1_800_000_000_000 },
    { type: 'member.joined', key: names.memberKey, invite: salt, addenda: [hex('3', 64)] },
    { type: 'member.role.granted', who: names.founder, role: 'reviewer' },
    { type: 'member.key.added', key: names.spareKey },
    { type: 'member.key.revoked', key: names.spareKey },
    { type: 'member.payout.set', address: address('a') },
    { type: 'contribution.submitted', label: 'heating', content, addenda: [content], lang: 'es-419' },
    { type: 'import.started', file, rows: 4, holds: 'contributions' },
    { type: 'import.author', file, author: names.unclaimed, addenda: [content] },
    { type: 'contribution.imported', ...row, content, addenda: [content], author: names.unclaimed },
    { type: 'review.imported', ...row, item: hex('4', 64), worker: names.unclaimed },
    { type: 'review.submitted', round: 1, item: hex('4', 64), label: 'plumbing' },
    { type: 'review.submitted', round: 1, item: hex('5', 64) },
    { type: 'gold.committed', round: 1, commitments: [names.gold] },
    { type: 'gold.revealed', round: 1, item: hex('4', 64), label: 'plumbing', salt },
  ].map((fields, i) => ({
    v: 1,
    community: names.community,
    member,
    nonce: String(i).padStart(32, '0'),
    ...fields,
  }))
}

const amounts = (sponsors: string): Payload => ({
  sponsors,
  customers: '0',
  pool: sponsors,
  allocated: '99',
  promisedMoney: '98',
  promisedShares: '97',
  reserved: '1',
  unvested: '2',
})

function byNode(names: Names): Payload[] {
  const contracts = { token: address('c'), pool: address('d'), shares: address('e'), anchor: address('f') }
  return [
    { type: 'chain.bound', chainId: 31_337, ...contracts, practice: true },
    { type: 'rules.adopted', rules: { version: '0.2.0', digest: hex('d', 64) } },
    { type: 'round.opened', round: 1, quotas: [{ label: 'heating', quota: 40 }] },
    { type: 'round.wave.opened', round: 1, wave: 1 },
    { type: 'round.reviews.closed', round: 1 },
    {
      type: 'round.closed',
      round: 1,
      logSize: 44,
      rules: hex('1', 64),
      seed: hex('6', 64),
      datasetRoot: hex('7', 64),
      modelHash: hex('8', 64),
      promoted: false,
      metrics: { correct: 1, total: 2, majorityCorrect: 3, liveCorrect: 4, trained: 5, clusters: 6 },
      attributionRoot: hex('9', 64),
      statementsRoot: hex('a', 64),
      payoutRoot: hash32('c'),
      totals: amounts('123456789012345678901234567890'),
      block,
    },
    { type: 'payout.posted', round: 1, payoutRoot: hash32('c'), tx: hash32('d'), block },
    { type: 'payout.claimed', who: names.member, money: '12', shares: '0', tx: hash32('e'), block },
  ].map((fields, i) => ({ v: 1, community: names.community, index: 40 + i, ...fields }))
}

export const payloads = {
  founding,
  others: (names: Names): readonly Payload[] => [...byMembers(names), ...byNode(names)],
}

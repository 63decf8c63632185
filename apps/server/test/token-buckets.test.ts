import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isLoopback, readConfig } from '../src/config.ts'
import { addressGroup, TokenBuckets } from '../src/token-buckets.ts'

suite('a token bucket', () => {
  test('gives its burst at once and then so many a second', () => {
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3 })
    const taken = (now: number): boolean => {
      if (buckets.wait('a', now) > 0) return false
      buckets.take('a', now)
      return true
    }
    assert.deepEqual([0, 0, 0, 0, 499, 500, 501, 1000].map(taken), [
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      true,
    ])
    assert.equal(buckets.wait('a', 1000), 0.5)
    assert.equal(buckets.wait('b', 1000), 0)
  })

  test('is one of a bounded number: whoever was not heard of for longest is forgotten', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, 2)
    for (const name of ['a', 'b', 'a', 'c']) buckets.take(name, 0)
    assert.equal(buckets.size, 2)
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => buckets.wait(name, 0)),
      [2, 0, 1],
    )
  })
})

test('an IPv6 network is one caller', () => {
  const groups = [
    '2001:db8:1:2:3::4',
    '2001:db8:1:2:ffff::',
    '2001:db8:1:3::',
    '::1',
    '::ffff:10.0.0.7',
    '10.0.0.8',
  ]
  assert.deepEqual(groups.map(addressGroup), [
    '2001:db8:1:2',
    '2001:db8:1:2',
    '2001:db8:1:3',
    '0:0:0:0',
    '10.0.0.7',
    '10.0.0.8',
  ])
})

suite('the configuration', () => {
  test('takes options before the environment, and the loopback by default', () => {
    assert.deepEqual(readConfig({}, {}), {
      host: '127.0.0.1',
      port: 8787,
      metricsPort: undefined,
      logLevel: 'info',
    })
    const environment = { HOST: '::', PORT: '80', METRICS_PORT: '9464', LOG_LEVEL: 'warn' }
    assert.deepEqual(readConfig({ port: '81' }, environment), {
      host: '::',
      port: 81,
      metricsPort: 9464,
      logLevel: 'warn',
    })
  })

  test('refuses what is no port', () => {
    for (const port of ['65536', '-1', '8o', '1e3', ''])
      assert.throws(() => readConfig({ port }, {}), { code: 'usage.invalid' })
    assert.throws(() => readConfig({}, { METRICS_PORT: 'x' }), { code: 'usage.invalid' })
    assert.throws(() => readConfig({}, { LOG_LEVEL: 'loud' }), { code: 'usage.invalid' })
  })

  test('knows which addresses only this machine reaches', () => {
    assert.deepEqual(
      ['127.0.0.1', '127.1.2.3', '::1', 'localhost', '0.0.0.0', '::', '192.168.1.5', '127.0.0.1.example'].map(
        isLoopback,
      ),
      [true, true, true, true, false, false, false, false],
    )
  })
})

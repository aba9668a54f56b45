import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BorgError, limits } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { Lease } from '../src/lease.ts'

const { leaseMs, leaseRenewMs } = limits.compute

describe('lease', () => {
  const start = () => {
    const time = new ManualTime()
    let renewals = 0
    const renew = (): void => {
      renewals += 1
    }
    const lease = new Lease(() => renew(), { clock: time, timers: time })
    return { time, lease, renewals: () => renewals }
  }

  it('renews at its pace and lasts while the other side is heard', () => {
    const { time, lease, renewals } = start()
    for (let round = 0; round < 50; round += 1) {
      time.advance(leaseRenewMs)
      lease.heard()
    }
    assert.equal(renewals(), 50)
    assert.equal(lease.signal.aborted, false)
  })

  it('is lost after the silence it allows, not before', () => {
    const { time, lease } = start()
    time.advance(leaseMs - 1)
    assert.equal(lease.signal.aborted, false)
    time.advance(1)
    assert.equal(lease.signal.aborted, true)
    assert.ok(lease.signal.reason instanceof BorgError && lease.signal.reason.code === 'COMPUTE_LEASE_LOST')
  })

  it('does nothing more once it is ended', () => {
    const { time, lease, renewals } = start()
    lease.end()
    time.advance(10 * leaseMs)
    assert.equal(renewals(), 0)
    assert.equal(lease.signal.aborted, false)
  })

  it('is renewed no more once it is lost', () => {
    const { time, lease, renewals } = start()
    lease.lose(new Error('the stream broke'))
    time.advance(10 * leaseRenewMs)
    assert.equal(renewals(), 0)
    assert.match(String(lease.signal.reason), /the stream broke/)
  })
})

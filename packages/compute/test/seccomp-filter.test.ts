import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assembleSeccompFilter } from '../src/sandbox/seccomp-filter.ts'
import { ALLOWED_SYSTEM_CALLS } from '../src/sandbox/system-calls.ts'
import { judge } from './support/bpf-machine.ts'

const ALLOW = 0x7fff0000
const KILL = 0x80000000
const EPERM = 0x00050001
const ENOSYS = 0x00050026
const X64 = { audit: 0xc000003e, clone: 56, clone3: 435, socket: 41, fork: 57, mount: 165, kill: 62, ioUring: 425 }
const ARM64 = { audit: 0xc00000b7, clone: 220, clone3: 435, socket: 198, mount: 40, kill: 129, ioUring: 425 }
const AUDIT_I386 = 0x40000003
const THREAD_FLAGS = 0x003d0f00

for (const [name, numbers] of [
  ['x64', X64],
  ['arm64', ARM64],
] as const) {
  describe(`seccomp filter of ${name}`, () => {
    const filter = assembleSeccompFilter(name)
    const verdict = (systemCall: number, argument = 0): number => judge(filter, numbers.audit, systemCall, argument)

    it('allows exactly what is listed, over every number there is', () => {
      const listed = new Set(Object.values(ALLOWED_SYSTEM_CALLS).map((call) => call[name]))
      for (let systemCall = 0; systemCall < 1024; systemCall += 1) {
        if (systemCall === numbers.clone || systemCall === numbers.clone3) continue
        assert.equal(verdict(systemCall), listed.has(systemCall) ? ALLOW : EPERM, `system call ${systemCall}`)
      }
    })

    it('refuses what would leave the sandbox', () => {
      const { socket, mount, kill, ioUring } = numbers
      for (const systemCall of [socket, mount, kill, ioUring]) assert.equal(verdict(systemCall), EPERM)
    })

    it('lets clone make threads and nothing else', () => {
      assert.equal(verdict(numbers.clone, THREAD_FLAGS), ALLOW)
      assert.equal(verdict(numbers.clone, 17), EPERM)
      for (const bit of [17, 25, 26, 27, 28, 29, 30]) {
        assert.equal(verdict(numbers.clone, THREAD_FLAGS | (1 << bit)), EPERM, `flag ${bit}`)
      }
    })

    it('says that clone3 does not exist, so that glibc falls back to clone', () => {
      assert.equal(verdict(numbers.clone3), ENOSYS)
    })

    it('kills a process that switches to another architecture', () => {
      for (const audit of [AUDIT_I386, name === 'x64' ? ARM64.audit : X64.audit])
        assert.equal(judge(filter, audit, 0), KILL)
    })

    it('refuses the x32 variant of an allowed call', () => {
      assert.equal(verdict(0x40000000), EPERM)
      assert.equal(verdict(0x40000001), EPERM)
    })
  })
}

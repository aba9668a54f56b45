import assert from 'node:assert/strict'
import { test } from 'node:test'
import { merklePath, merkleRoot, merkleRootOf } from '@borgios/protocol'
import fc from 'fast-check'
import { RUNS } from './amount.ts'

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Entries and roots that implementations of RFC 6962 share (Certificate Transparency's reference tests). */
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test('the roots are those of RFC 6962', () => {
  for (const [count, root] of ROOTS.entries()) {
    assert.equal(hexOf(merkleRoot(ENTRIES.slice(0, count).map(bytesOf))), root, `${count} entries`)
  }
})

test('every path leads to the root, and from no other place of the list', () => {
  for (let count = 1; count <= 40; count += 1) {
    const entries = Array.from({ length: count }, (_, index) => Uint8Array.of(index))
    const root = merkleRoot(entries)
    for (const [position, entry] of entries.entries()) {
      const path = merklePath(entries, position)
      assert.deepEqual(merkleRootOf(entry, position, count, path), root)
      for (let other = 0; other < count; other += 1) {
        if (other !== position) assert.notDeepEqual(merkleRootOf(entry, other, count, path), root)
      }
    }
  }
})

test('a path that is altered, too long or too short leads nowhere', () => {
  const list = fc.array(fc.uint8Array({ maxLength: 4 }), { minLength: 2, maxLength: 70 })
  fc.assert(
    fc.property(list, fc.nat(), fc.nat(), (entries, place, level) => {
      const position = place % entries.length
      const entry = entries[position] ?? new Uint8Array()
      const path = merklePath(entries, position)
      const root = merkleRoot(entries)
      const from = (changed: readonly Uint8Array[]) => merkleRootOf(entry, position, entries.length, changed)
      assert.deepEqual(from(path), root)
      assert.equal(from(path.slice(0, -1)), undefined)
      assert.equal(from([...path, root]), undefined)
      assert.notDeepEqual(from(path.with(level % path.length, root)), root)
      assert.equal(merkleRootOf(entry, entries.length, entries.length, path), undefined)
    }),
    { numRuns: RUNS },
  )
})

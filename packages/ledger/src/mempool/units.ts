import { malformed, type Transaction } from '@borgios/protocol'
import type { ModuleRegistry } from '../modules/module-registry.ts'

/** Fee units of a transaction whose encoding has so many bytes. Throws a BorgError for operations that are unknown or wrong in themselves. */
export type UnitsOf = (transaction: Transaction, bytes: number) => number

/** As these modules count: see `readTransaction`. */
export const unitsBy =
  (registry: ModuleRegistry): UnitsOf =>
  ({ operations }, bytes) => {
    let units = bytes
    for (const { module, kind, body } of operations) {
      const type = registry.operation(module, kind)
      if (type === undefined) throw malformed(`operation ${kind} of module ${module} is unknown to this version`)
      units += type.units(type.decode(body))
    }
    return units
  }

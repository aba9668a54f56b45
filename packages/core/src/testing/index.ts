export { ManualTime } from './manual-time.ts'
export { SeededRandom } from './seeded-random.ts'

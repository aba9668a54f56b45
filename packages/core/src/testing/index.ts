export { ManualTime } from './manual-time.ts'
export { refusal } from './refusal.ts'
export { SeededRandom } from './seeded-random.ts'

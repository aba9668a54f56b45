import { fileURLToPath } from 'node:url'
import { AT_LEAST, checkHouse } from './check-house/check-house.ts'
import { formatFinding } from './check-house/finding.ts'

const { findings, rooms, files, imports } = await checkHouse(fileURLToPath(new URL('..', import.meta.url)))
for (const finding of findings) console.log(formatFinding(finding))
console.log(`checked ${rooms} rooms, ${files} files, ${imports} imports: ${findings.length} findings`)
const isBlind = rooms < AT_LEAST.rooms || files < AT_LEAST.files || imports < AT_LEAST.imports
if (isBlind) console.log(`that is too little to be true: at least ${JSON.stringify(AT_LEAST)} are there`)
process.exitCode = findings.length > 0 || isBlind ? 1 : 0

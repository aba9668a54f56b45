import { RUNS } from './model-ledger/runs.ts'
import { check, missingPackages } from './model-ledger/spin.ts'

/**
 * Checks the model of consensus: the rules must hold and every broken one must be caught. Exit codes: 0 all is so, 1 something is
 * not, 3 the checker is not installed.
 */
const EXIT_MISSING = 3

async function main(): Promise<number> {
  const missing = missingPackages()
  if (missing.length > 0) {
    console.error(
      `the model needs Debian packages that are missing. To install: sudo apt-get install ${missing.join(' ')}`,
    )
    return EXIT_MISSING
  }
  let failures = 0
  for (const run of RUNS) {
    const { verdict, states, elapsedMs, output } = await check(run)
    const isGood = verdict === run.expects
    console.log(`${isGood ? '✔' : '✖'} ${verdict}: ${run.title} (${states} states, ${(elapsedMs / 1000).toFixed(1)} s)`)
    if (isGood) continue
    failures += 1
    console.log(`expected: ${run.expects}\n${output}`)
  }
  console.log(
    failures === 0 ? 'the rules hold and every mutant was caught' : `${failures} of ${RUNS.length} runs failed`,
  )
  return failures === 0 ? 0 : 1
}

process.exitCode = await main()

// @ts-check
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { house } from './house.mjs'

/** The exit code a shell would give: 128 and the signal's number for who was killed. */
export const exitCodeOf = (/** @type {number | null} */ code, /** @type {NodeJS.Signals | null} */ signal) =>
  code ?? (signal === null ? 1 : 128 + constants.signals[signal])

/**
 * Runs a program in the house's root with its output on our stderr, so that stdout stays free for results.
 * Resolves to its exit code; 127 when it could not be started.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @param {'ignore' | 'inherit'} [stdin] inherit for a program that may ask something
 * @returns {Promise<number>}
 */
export function run(program, args, env = process.env, stdin = 'ignore') {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: house, env, stdio: [stdin, 2, 2] })
    child.on('error', () => resolve(127))
    child.on('close', (code, signal) => resolve(exitCodeOf(code, signal)))
  })
}

/**
 * Runs a program in our place: same terminal, signals passed on. Resolves to its exit code.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
export function become(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: 'inherit' })
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      // On a terminal the child is in the same foreground group and has got Ctrl-C itself.
      const childHasIt = signal === 'SIGINT' && process.stdin.isTTY
      process.on(signal, () => childHasIt || child.kill(signal))
    }
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(exitCodeOf(code, signal)))
  })
}

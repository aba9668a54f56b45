import type { Finding } from '../finding.ts'
import type { House } from '../house.ts'
import { isIn, isInSrc, isTest, type Source } from '../source.ts'
import { isIdentifier, isNode, nameOf, type SyntaxNode, walk } from '../walk.ts'

const RANDOM_MAKERS: ReadonlySet<string> = new Set([
  'randomBytes',
  'randomUUID',
  'randomInt',
  'randomFill',
  'randomFillSync',
  'getRandomValues',
  'generateKeyPair',
  'generateKeyPairSync',
  'generateKey',
  'generateKeySync',
  'randomSecretKey',
  'keygen',
  'randombytes_buf',
  'crypto_sign_keypair',
])

/** Globals whose mere mention is a use of what belongs behind a port. */
const AMBIENT_GLOBALS: ReadonlyMap<string, string> = new Map([
  ['setTimeout', 'timers'],
  ['setInterval', 'timers'],
  ['performance', 'the clock'],
  ['Temporal', 'the clock'],
])

/** Members of globals, by the global's name. */
const AMBIENT_MEMBERS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['Date', new Map([['now', 'the clock']])],
  ['Math', new Map([['random', 'randomness']])],
  ['AbortSignal', new Map([['timeout', 'timers']])],
  [
    'process',
    new Map([
      ['env', 'the environment'],
      ['hrtime', 'the clock'],
      ['uptime', 'the clock'],
    ]),
  ],
])

/** Modules that are ambient as a whole, or by the members named above. */
const AMBIENT_MODULES: ReadonlyMap<string, string> = new Map([
  ['node:timers', 'timers'],
  ['node:timers/promises', 'timers'],
  ['node:perf_hooks', 'the clock'],
])

const GLOBAL_OBJECTS: readonly string[] = ['globalThis', 'global', 'self', 'window']
/** Syntax of types that still holds an expression which runs. */
const TYPED_EXPRESSIONS: ReadonlySet<string> = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSParameterProperty',
])

/** Program code asks ports for time, timers, randomness and the environment; only adapters touch the real ones. */
export function checkAmbient(house: House): Finding[] {
  return [...house.sources.values()].filter(isBound).flatMap(findingsIn)
}

function isBound(source: Source): boolean {
  if (isTest(source) || isIn(source, 'adapters')) return false
  return source.area === 'sim' || (isInSrc(source) && source.path.startsWith('packages/'))
}

function findingsIn(source: Source): Finding[] {
  const findings: Finding[] = []
  walk(source.program, (node, parent, property) => {
    if (node.type.startsWith('TS') && !TYPED_EXPRESSIONS.has(node.type)) return false
    const use = useOf(node, parent, property)
    if (use !== undefined) {
      const message = `${use.name} reads ${use.what}: take it from a port, or move it to adapters`
      findings.push({ rule: 'ambient', path: source.path, line: source.lineAt(node.start), message })
    }
    return use === undefined
  })
  return findings
}

interface Use {
  readonly name: string
  readonly what: string
}

function useOf(node: SyntaxNode, parent: SyntaxNode | undefined, property: string): Use | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
      return useInModule(node)
    case 'MemberExpression':
      return useOfMember(node)
    case 'NewExpression':
      return isIdentifier(node['callee'], 'Date') && isEmpty(node['arguments'])
        ? { name: 'new Date()', what: 'the clock' }
        : undefined
    case 'CallExpression':
      return isIdentifier(node['callee'], 'Date') ? { name: 'Date()', what: 'the clock' } : undefined
    case 'VariableDeclarator':
      return useInPattern(node)
    case 'Identifier': {
      const name = String(node['name'])
      const what = AMBIENT_GLOBALS.get(name) ?? (name === 'getRandomValues' ? 'randomness' : undefined)
      return what !== undefined && isReference(parent, property) ? { name, what } : undefined
    }
    default:
      return undefined
  }
}

const isEmpty = (list: unknown): boolean => Array.isArray(list) && list.length === 0

/** Not the name of a property, as in `socket.setTimeout` and `{ setTimeout: 1 }`. */
function isReference(parent: SyntaxNode | undefined, property: string): boolean {
  const isName = property === 'key' || (property === 'property' && parent?.type === 'MemberExpression')
  return !isName || parent?.['computed'] === true
}

/** `Date.now`, `process['env']`, `globalThis.setTimeout`, `crypto.randomBytes`. */
function useOfMember(node: SyntaxNode): Use | undefined {
  const isSpelledOut = node['computed'] !== true || (isNode(node['property']) && node['property'].type === 'Literal')
  const member = isSpelledOut ? nameOf(node['property']) : undefined
  if (member === undefined) return undefined
  const object = globalNameOf(node['object'])
  const what = object === undefined ? undefined : memberUse(object, member)
  if (what !== undefined) return { name: `${object}.${member}`, what }
  if (object !== undefined && GLOBAL_OBJECTS.includes(object)) {
    const global = AMBIENT_GLOBALS.get(member)
    return global === undefined ? undefined : { name: `${object}.${member}`, what: global }
  }
  return RANDOM_MAKERS.has(member) ? { name: member, what: 'randomness' } : undefined
}

const memberUse = (object: string, member: string): string | undefined => AMBIENT_MEMBERS.get(object)?.get(member)

/** The name of a global, also behind `globalThis.`. */
function globalNameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Identifier') return nameOf(node)
  const isBehindGlobal = node.type === 'MemberExpression' && GLOBAL_OBJECTS.includes(nameOf(node['object']) ?? '')
  return isBehindGlobal ? nameOf(node['property']) : undefined
}

/** `const { now } = Date`. */
function useInPattern(node: SyntaxNode): Use | undefined {
  const object = globalNameOf(node['init'])
  const pattern = node['id']
  if (object === undefined || !isNode(pattern) || pattern.type !== 'ObjectPattern') return undefined
  return firstUse(pattern['properties'], (each) => {
    const member = nameOf(each['key'])
    const what = member === undefined ? undefined : memberUse(object, member)
    return what === undefined ? undefined : { name: `${object}.${member}`, what }
  })
}

/** `import { randomBytes } from 'node:crypto'`, `import('node:timers')`, `import { env } from 'node:process'`. */
function useInModule(node: SyntaxNode): Use | undefined {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return undefined
  const module = nameOf(node['source'])
  if (module === undefined) return undefined
  const whole = AMBIENT_MODULES.get(module)
  if (whole !== undefined) return { name: module, what: whole }
  return firstUse(node['specifiers'], (each) => {
    const name = nameOf(each['imported'] ?? each['local'])
    if (name === undefined) return undefined
    if (RANDOM_MAKERS.has(name)) return { name, what: 'randomness' }
    const what = module === 'node:process' ? memberUse('process', name) : undefined
    return what === undefined ? undefined : { name, what }
  })
}

function firstUse(nodes: unknown, find: (node: SyntaxNode) => Use | undefined): Use | undefined {
  if (!Array.isArray(nodes)) return undefined
  for (const node of nodes) {
    const use = isNode(node) ? find(node) : undefined
    if (use !== undefined) return use
  }
  return undefined
}

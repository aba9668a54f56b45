import type { Finding } from '../finding.ts'
import type { House } from '../house.ts'
import { isIn, isInSrc, isTest, type Source } from '../source.ts'
import { isNode, nameOf, type SyntaxNode, textOf, walk } from '../walk.ts'

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
  'createECDH',
  'createDiffieHellman',
  'getDiffieHellman',
  'generatePrime',
  'generatePrimeSync',
])

/** Globals whose mere mention is a use of what belongs behind a port. Not `setImmediate`: the next turn has no time. */
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
    'Atomics',
    new Map([
      ['wait', 'timers'],
      ['waitAsync', 'timers'],
    ]),
  ],
  ['Intl', new Map([['DateTimeFormat', 'the clock']])],
  [
    'process',
    new Map([
      ['env', 'the environment'],
      ['hrtime', 'the clock'],
      ['uptime', 'the clock'],
      ['getBuiltinModule', 'everything'],
    ]),
  ],
])

/** Modules that are ambient as a whole, or by the members named above. */
const AMBIENT_MODULES: ReadonlyMap<string, string> = new Map([
  ['node:timers', 'timers'],
  ['node:timers/promises', 'timers'],
  ['node:perf_hooks', 'the clock'],
])

/** What a module gives away when all of it is taken under one name. */
const MODULES_TAKEN_WHOLE: ReadonlyMap<string, string> = new Map([
  ['node:process', 'the environment'],
  ['node:os', 'the environment'],
])

/** Of `node:os` only what is the same on every machine. */
const CONSTANT_OF_SYSTEMS: ReadonlySet<string> = new Set(['constants', 'EOL'])

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
    case 'ExportAllDeclaration':
    case 'ImportExpression':
      return useInModule(node)
    case 'MemberExpression':
      return useOfMember(node, parent, property)
    case 'NewExpression':
      return globalNameOf(node['callee']) === 'Date' && isEmpty(node['arguments'])
        ? { name: 'new Date()', what: 'the clock' }
        : undefined
    case 'CallExpression':
      return globalNameOf(node['callee']) === 'Date' ? { name: 'Date()', what: 'the clock' } : undefined
    case 'VariableDeclarator':
      return useInPattern(node)
    case 'Identifier': {
      const name = String(node['name'])
      const what = AMBIENT_GLOBALS.get(name) ?? (name === 'getRandomValues' ? 'randomness' : undefined)
      if (!isReference(parent, property)) return undefined
      return what === undefined ? useOfAlias(name, parent, property) : { name, what }
    }
    default:
      return undefined
  }
}

/** Places where an object with ambient members can be seen for what it is; anywhere else it gets a name the check does not know. */
function isInSight(parent: SyntaxNode | undefined, property: string): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return property === 'object' && (parent['computed'] !== true || isLiteral(parent['property']))
    case 'VariableDeclarator':
      return property === 'init' && isPlainPattern(parent['id'])
    case 'NewExpression':
    case 'CallExpression':
      return property === 'callee'
    case 'UnaryExpression':
      return parent['operator'] === 'typeof'
    case 'BinaryExpression':
      return parent['operator'] === 'instanceof'
    default:
      return false
  }
}

const isLiteral = (node: unknown): boolean => isNode(node) && (node.type === 'Literal' || textOf(node) !== undefined)

/** `{ a, b }`, every name spelled out. */
const isPlainPattern = (node: unknown): boolean =>
  isNode(node) &&
  node.type === 'ObjectPattern' &&
  Array.isArray(node['properties']) &&
  node['properties'].every((each) => isNode(each) && each.type === 'Property' && each['computed'] !== true)

/** `const D = Date`, `use(process)`, `Math[name]`. */
function useOfAlias(name: string, parent: SyntaxNode | undefined, property: string): Use | undefined {
  if (isInSight(parent, property)) return undefined
  const what = name === 'globalThis' ? 'everything' : firstMemberUse(name)
  return what === undefined ? undefined : { name, what }
}

const firstMemberUse = (object: string): string | undefined => AMBIENT_MEMBERS.get(object)?.values().next().value

const isEmpty = (list: unknown): boolean => Array.isArray(list) && list.length === 0

/** Not the name of a property, as in `socket.setTimeout` and `{ setTimeout: 1 }`. */
function isReference(parent: SyntaxNode | undefined, property: string): boolean {
  const isName = property === 'key' || (property === 'property' && parent?.type === 'MemberExpression')
  return !isName || parent?.['computed'] === true
}

/** `Date.now`, `process['env']`, `globalThis.setTimeout`, `crypto.randomBytes`. */
function useOfMember(node: SyntaxNode, parent: SyntaxNode | undefined, property: string): Use | undefined {
  const member = node['computed'] === true ? textOf(node['property']) : nameOf(node['property'])
  if (member === undefined) return undefined
  const object = globalNameOf(node['object'])
  const what = object === undefined ? undefined : memberUse(object, member)
  if (what !== undefined) return { name: `${object}.${member}`, what }
  const global = globalNameOf(node)
  const alias = global === undefined ? undefined : useOfAlias(global, parent, property)
  if (alias !== undefined) return alias
  return RANDOM_MAKERS.has(member) ? { name: member, what: 'randomness' } : undefined
}

const memberUse = (object: string, member: string): string | undefined =>
  GLOBAL_OBJECTS.includes(object) ? AMBIENT_GLOBALS.get(member) : AMBIENT_MEMBERS.get(object)?.get(member)

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
    if (member === undefined) return undefined
    const what = memberUse(object, member) ?? (GLOBAL_OBJECTS.includes(object) ? firstMemberUse(member) : undefined)
    return what === undefined ? undefined : { name: `${object}.${member}`, what }
  })
}

/** `import { randomBytes } from 'node:crypto'`, `import('node:timers')`, `import { env } from 'node:process'`. */
function useInModule(node: SyntaxNode): Use | undefined {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return undefined
  const module = textOf(node['source'])
  if (module === undefined) return undefined
  const whole = AMBIENT_MODULES.get(module) ?? (isTakenWhole(node) ? MODULES_TAKEN_WHOLE.get(module) : undefined)
  if (whole !== undefined) return { name: module, what: whole }
  return firstUse(node['specifiers'], (each) => {
    const name = nameOf(each['imported'] ?? each['local'])
    if (name === undefined) return undefined
    if (RANDOM_MAKERS.has(name)) return { name, what: 'randomness' }
    if (module === 'node:os') return CONSTANT_OF_SYSTEMS.has(name) ? undefined : { name, what: 'the environment' }
    const what = module === 'node:process' ? memberUse('process', name) : undefined
    return what === undefined ? undefined : { name, what }
  })
}

/** `import p from`, `import * as p from`, `export * from`, `import()`: its members come under names the check does not know. */
function isTakenWhole(node: SyntaxNode): boolean {
  const specifiers = node['specifiers']
  if (!Array.isArray(specifiers)) return true
  const isWhole = (each: unknown): boolean =>
    isNode(each) &&
    (each.type === 'ImportDefaultSpecifier' ||
      each.type === 'ImportNamespaceSpecifier' ||
      nameOf(each['imported'] ?? each['local']) === 'default')
  return specifiers.some(isWhole)
}

function firstUse(nodes: unknown, find: (node: SyntaxNode) => Use | undefined): Use | undefined {
  if (!Array.isArray(nodes)) return undefined
  for (const node of nodes) {
    const use = isNode(node) ? find(node) : undefined
    if (use !== undefined) return use
  }
  return undefined
}

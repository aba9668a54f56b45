import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../finding.ts'
import type { Area, House } from '../house.ts'
import { isInSrc, type Source } from '../source.ts'
import { isIdentifier, type SyntaxNode, textOf, walk } from '../walk.ts'

const MAX_LINES = 400
/** Loads changed copies of the core's modules, to see whether the simulator notices: they have no name in the source. */
const MUTANT_LOADERS: ReadonlySet<string> = new Set(['sim/src/ledger/mutant-loader.ts'])
const MAX_FOLDERS_UNDER_SRC = 2
const README_WORDS = ['**Owns**', '**Does not own**']
const SUPPRESSIONS = ['biome-ignore', '@ts-ignore', '@ts-expect-error', '@ts-nocheck']

/** What rooms and files look like: README, index, depth, length, no `any`, no imports in disguise, no switched-off checks. */
export function checkShape(house: House): Finding[] {
  const rooms = [...house.areas.values()].filter(({ isRoom }) => isRoom)
  return [
    ...rooms.flatMap((room) => [...readmeFindings(house, room), ...indexFindings(house, room)]),
    ...[...house.sources.values()].flatMap(fileFindings),
  ]
}

function readmeFindings(house: House, room: Area): Finding[] {
  const path = `${room.path}/README.md`
  const finding = (message: string): Finding[] => [{ rule: 'readme', path, line: 0, message }]
  if (!existsSync(join(house.root, path))) return finding(`the room ${room.name} has no README`)
  const text = readFileSync(join(house.root, path), 'utf8')
  const missing = README_WORDS.filter((word) => !text.includes(word))
  return missing.length > 0 ? finding(`says nothing about ${missing.join(' and ')}`) : []
}

function indexFindings(house: House, room: Area): Finding[] {
  const path = `${room.path}/src/index.ts`
  return house.sources.has(path)
    ? []
    : [{ rule: 'index', path, line: 0, message: `the room ${room.name} has no index` }]
}

function fileFindings(source: Source): Finding[] {
  const { path, inner } = source
  const findings: Finding[] = []
  const add = (rule: string, line: number, message: string) => findings.push({ rule, path, line, message })

  for (const error of source.parseErrors) add('syntax', 0, error)
  if (source.lines > MAX_LINES) add('length', 0, `${source.lines} lines are too many, ${MAX_LINES} may be`)
  if (isInSrc(source)) {
    if (inner.split('/').length - 2 > MAX_FOLDERS_UNDER_SRC) add('depth', 0, 'more than two folders under src')
    if (inner.endsWith('/index.ts')) for (const line of linesOfOwnCode(source)) add('index', line, 'only re-exports')
  }
  const mayLoad = MUTANT_LOADERS.has(path)
  walk(source.program, (node) => {
    if (!mayLoad && node.type === 'ImportExpression' && textOf(node['source']) === undefined)
      add('import', source.lineAt(node.start), 'what is imported must be written out, or no rule can follow it')
    if (!mayLoad && isInSrc(source) && isRequire(node))
      add('import', source.lineAt(node.start), 'only import and export ... from, which the rules can follow')
    if (isInSrc(source) && isCodeFromText(node))
      add('import', source.lineAt(node.start), 'code made from text can do anything: write it out')
    if (node.type === 'TSAnyKeyword')
      add('any', source.lineAt(node.start), 'any switches the checks off: say what it is')
    return true
  })
  for (const comment of source.comments) {
    const word = SUPPRESSIONS.find((each) => comment.value.trimStart().startsWith(each))
    if (word !== undefined) add('suppression', source.lineAt(comment.start), `${word} switches a check off`)
  }
  return findings
}

/** `require()`, `import x = require()`, and `node:module`, which can make it. */
const isRequire = (node: SyntaxNode): boolean =>
  node.type === 'TSExternalModuleReference' ||
  (node.type === 'CallExpression' && isIdentifier(node['callee'], 'require')) ||
  (node.type === 'ImportDeclaration' && textOf(node['source']) === 'node:module')

/** `eval()`, `new Function()`: no rule sees what they run. */
const isCodeFromText = (node: SyntaxNode): boolean =>
  (node.type === 'CallExpression' || node.type === 'NewExpression') &&
  (isIdentifier(node['callee'], 'eval') || isIdentifier(node['callee'], 'Function'))

/** Lines of an index that are anything but `export ... from`. An empty `export {}` makes an empty room a module. */
function linesOfOwnCode(source: Source): number[] {
  return source.program.body
    .filter((statement) => {
      if (statement.type === 'ExportAllDeclaration') return false
      if (statement.type !== 'ExportNamedDeclaration') return true
      return statement.source === null && (statement.declaration !== null || statement.specifiers.length > 0)
    })
    .map((statement) => source.lineAt(statement.start))
}

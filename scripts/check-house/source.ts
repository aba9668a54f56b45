import { type Comment, type Program, parseSync } from 'oxc-parser'
import { isNode, textOf, walk } from './walk.ts'

/** One import, re-export, dynamic import or import type. */
export interface Import {
  readonly specifier: string
  readonly line: number
  /** Erased before it runs. */
  readonly typeOnly: boolean
}

/** A parsed file. */
export interface Source {
  /** From the house's root, with slashes. */
  readonly path: string
  /** The room or side folder it belongs to. */
  readonly area: string
  /** Its path inside the area. */
  readonly inner: string
  readonly lines: number
  readonly program: Program
  readonly comments: readonly Comment[]
  readonly imports: readonly Import[]
  readonly parseErrors: readonly string[]
  /** Line of an offset, from 1. */
  lineAt(offset: number): number
}

/** Only under `test/`: a name alone would let the program import what it calls a test. */
export const isTest = ({ inner }: Source): boolean => inner.startsWith('test/')
export const isInSrc = ({ inner }: Source): boolean => inner.startsWith('src/')
export const isIn = ({ inner }: Source, folder: string): boolean => inner.split('/').slice(0, -1).includes(folder)

export function parseSource(path: string, area: string, inner: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text)
  const lineStarts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  const lineAt = (offset: number): number => lineStarts.findLastIndex((start) => start <= offset) + 1
  const lines = text.endsWith('\n') ? lineStarts.length - 1 : lineStarts.length
  const imports = importsOf(program, lineAt)
  return { path, area, inner, lines, program, comments, imports, parseErrors: errors.map((e) => e.message), lineAt }
}

function importsOf(program: Program, lineAt: (offset: number) => number): Import[] {
  const imports: Import[] = []
  walk(program, (node) => {
    const specifier = textOf(node['source'])
    if (specifier !== undefined) {
      imports.push({ specifier, line: lineAt(node.start), typeOnly: isTypeOnly(node) })
    }
    return true
  })
  return imports
}

function isTypeOnly(node: { readonly type: string; readonly [property: string]: unknown }): boolean {
  if (node.type === 'TSImportType') return true
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return true
  const specifiers = node['specifiers']
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false
  return specifiers.every(
    (each: unknown) => isNode(each) && (each['importKind'] === 'type' || each['exportKind'] === 'type'),
  )
}

import { type Program, visitorKeys } from 'oxc-parser'

/** A node of the syntax tree, whatever its kind. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [property: string]: unknown
}

/** Called for every node before its children; false leaves the children out. */
export type Visit = (node: SyntaxNode, parent: SyntaxNode | undefined, property: string) => boolean

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** The name of an identifier or the text of a string, however a property is spelled. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Identifier') return String(node['name'])
  return node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : undefined
}

export const isIdentifier = (node: unknown, name: string): boolean =>
  isNode(node) && node.type === 'Identifier' && node['name'] === name

export function walk(program: Program, visit: Visit): void {
  step(program as unknown as SyntaxNode, undefined, '', visit)
}

function step(node: SyntaxNode, parent: SyntaxNode | undefined, property: string, visit: Visit): void {
  if (!visit(node, parent, property)) return
  for (const key of visitorKeys[node.type] ?? []) {
    const child = node[key]
    for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) step(each, node, key, visit)
  }
}

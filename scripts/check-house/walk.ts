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

/** The text of a string that is written out, in quotes or as a template without expressions. */
export function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined
  if (node.type !== 'TemplateLiteral') return undefined
  const [only, ...others] = Array.isArray(node['quasis']) ? node['quasis'] : []
  if (!isNode(only) || others.length > 0) return undefined
  const { cooked } = only['value'] as { readonly cooked?: unknown }
  return typeof cooked === 'string' ? cooked : undefined
}

/** The name of an identifier or the text of a string, however a property is spelled. */
export const nameOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'Identifier' ? String(node['name']) : textOf(node)

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

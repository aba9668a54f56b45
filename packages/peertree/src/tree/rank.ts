import type { TreeName } from '@borgios/protocol'

/**
 * The total order of trees: by it two trees agree, without a vote, whose root joins the other. An election beats what was before it;
 * within a term the root of longer standing wins, so that one that was cut off for a while does not draw everybody to itself.
 */
export function outranks(left: TreeName, right: TreeName): boolean {
  if (left.term !== right.term) return left.term > right.term
  if (left.born !== right.born) return left.born < right.born
  return left.root < right.root
}

export const sameTree = (left: TreeName | undefined, right: TreeName | undefined): boolean =>
  left !== undefined &&
  right !== undefined &&
  left.root === right.root &&
  left.term === right.term &&
  left.born === right.born

export { borgios, jsonOf, type Outcome, PROGRAM } from './borgios.ts'
export { fullSlice } from './full-slice.ts'
export { joinAsMember, type Member } from './member.ts'
export { attached, isAlive, isWhole, Network, processesOf, type Tree, type TreeNode } from './network.ts'

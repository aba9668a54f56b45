import { ALLOWED_SYSTEM_CALLS, CLONE, CLONE3, type SystemCallNumbers } from './system-calls.ts'

/** Processor architectures a sandbox exists for, by Node's names. */
export type SandboxArchitecture = keyof SystemCallNumbers

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 (linux/audit.h). */
const AUDIT_ARCHITECTURE: Readonly<Record<SandboxArchitecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 }

/** Instructions of classic BPF (linux/filter.h): load a word of the data, jump if equal, at least, or any bit set; return. */
const LOAD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06

/** Offsets in struct seccomp_data; both architectures are little-endian, so the low half of an argument comes first. */
const SYSTEM_CALL_OFFSET = 0
const ARCHITECTURE_OFFSET = 4
const FIRST_ARGUMENT_OFFSET = 16

const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const failWith = (errno: number): number => 0x00050000 | errno
const EPERM = 1
const ENOSYS = 38

/** System calls of the x32 ABI pass the architecture check and differ by this bit alone. */
const X32_BIT = 0x40000000
const CLONE_THREAD = 0x00010000
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET (linux/sched.h). */
const CLONE_NAMESPACES = 0x7e020000

interface Instruction {
  readonly code: number
  /** How many instructions to skip when the condition holds, and when not. */
  readonly whenTrue: number
  readonly whenFalse: number
  readonly operand: number
}

const load = (offset: number): Instruction => ({ code: LOAD, whenTrue: 0, whenFalse: 0, operand: offset })
const answer = (verdict: number): Instruction => ({ code: RETURN, whenTrue: 0, whenFalse: 0, operand: verdict })
const skipUnless = (code: number, operand: number, skip: number): Instruction => ({
  code,
  whenTrue: 0,
  whenFalse: skip,
  operand,
})

/** If the system call is this one: that verdict. */
const verdictFor = (number: number | undefined, verdict: number): readonly Instruction[] =>
  number === undefined ? [] : [skipUnless(JUMP_EQUAL, number, 1), answer(verdict)]

/** `clone` may make threads only: no process, no namespace. */
const threadsOnly = (clone: number | undefined): readonly Instruction[] =>
  clone === undefined
    ? []
    : [
        skipUnless(JUMP_EQUAL, clone, 6),
        load(FIRST_ARGUMENT_OFFSET),
        skipUnless(JUMP_ANY_BIT, CLONE_NAMESPACES, 1),
        answer(failWith(EPERM)),
        skipUnless(JUMP_ANY_BIT, CLONE_THREAD, 1),
        answer(ALLOW),
        answer(failWith(EPERM)),
      ]

function program(architecture: SandboxArchitecture): readonly Instruction[] {
  return [
    load(ARCHITECTURE_OFFSET),
    { code: JUMP_EQUAL, whenTrue: 1, whenFalse: 0, operand: AUDIT_ARCHITECTURE[architecture] },
    answer(KILL_PROCESS),
    load(SYSTEM_CALL_OFFSET),
    skipUnless(JUMP_AT_LEAST, X32_BIT, 1),
    answer(failWith(EPERM)),
    // glibc falls back to clone, whose flags a filter can see; those of clone3 lie behind a pointer.
    ...verdictFor(CLONE3[architecture], failWith(ENOSYS)),
    ...threadsOnly(CLONE[architecture]),
    ...Object.values(ALLOWED_SYSTEM_CALLS).flatMap((numbers) => verdictFor(numbers[architecture], ALLOW)),
    answer(failWith(EPERM)),
  ]
}

/** The filter as an array of struct sock_filter, the form `bwrap --seccomp` reads. */
export function assembleSeccompFilter(architecture: SandboxArchitecture): Uint8Array {
  const instructions = program(architecture)
  const bytes = new Uint8Array(instructions.length * 8)
  const view = new DataView(bytes.buffer)
  for (const [index, instruction] of instructions.entries()) {
    view.setUint16(index * 8, instruction.code, true)
    view.setUint8(index * 8 + 2, instruction.whenTrue)
    view.setUint8(index * 8 + 3, instruction.whenFalse)
    view.setUint32(index * 8 + 4, instruction.operand, true)
  }
  return bytes
}

/** Runs a seccomp filter of the instructions we use over one system call; returns the verdict. A jump out of the program throws. */
export function judge(filter: Uint8Array, architecture: number, systemCall: number, firstArgument = 0): number {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength)
  const data: Readonly<Record<number, number>> = { 0: systemCall, 4: architecture, 16: firstArgument }
  let accumulator = 0
  for (let index = 0; index * 8 < filter.length; index += 1) {
    const code = view.getUint16(index * 8, true)
    const operand = view.getUint32(index * 8 + 4, true)
    const [whenTrue, whenFalse] = [view.getUint8(index * 8 + 2), view.getUint8(index * 8 + 3)]
    const jump = (holds: boolean): void => {
      index += holds ? whenTrue : whenFalse
    }
    if (code === 0x20) accumulator = data[operand] ?? Number.NaN
    else if (code === 0x15) jump(accumulator === operand)
    else if (code === 0x35) jump(accumulator >= operand)
    else if (code === 0x45) jump((accumulator & operand) !== 0)
    else if (code === 0x06) return operand
    else throw new Error(`instruction ${code} is not one of ours`)
  }
  throw new Error('the filter ended without a verdict')
}

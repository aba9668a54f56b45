/** One file that only grows. Calls do not overlap. */
export interface SegmentFile {
  /** Writes all of the bytes behind what is there. When it fails, any part of them may be there. */
  append(bytes: Uint8Array): Promise<void>
  /** Resolves when all that was appended survives a power cut. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** Port: the folder of a journal. Files are numbered. Errors are those of the disk, as they come. */
export interface SegmentFiles {
  /** What a file is called, for people. */
  nameOf(segment: number): string
  /** The numbers that are there, rising. */
  list(): Promise<readonly number[]>
  read(segment: number): Promise<Uint8Array>
  /** Bytes of a file; fewer when it ends before. */
  readPart(segment: number, offset: number, lengthBytes: number): Promise<Uint8Array>
  /** Makes a file that holds these bytes, durably. One that is there already is replaced. */
  create(segment: number, bytes: Uint8Array): Promise<SegmentFile>
  /** Opens a file to go on after so many bytes; what stands behind them is cut off, and what is left made durable. */
  reopen(segment: number, lengthBytes: number): Promise<SegmentFile>
  remove(segment: number): Promise<void>
}

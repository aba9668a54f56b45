// The calls of WASI preview 1 this program needs. AssemblyScript names the imported module after this file.
export declare function args_sizes_get(count: usize, bytes: usize): i32
export declare function args_get(pointers: usize, bytes: usize): i32
export declare function path_open(
  folder: i32,
  lookupFlags: i32,
  path: usize,
  pathBytes: usize,
  openFlags: i32,
  rights: i64,
  inheritedRights: i64,
  fdFlags: i32,
  fd: usize,
): i32
export declare function fd_read(fd: i32, vectors: usize, count: usize, readBytes: usize): i32
export declare function fd_write(fd: i32, vectors: usize, count: usize, writtenBytes: usize): i32
export declare function fd_close(fd: i32): i32
export declare function proc_exit(code: i32): void

// The calls of WASI preview 1 the examples need. AssemblyScript names the imported module after this file.
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
export declare function fd_filestat_set_size(fd: i32, bytes: i64): i32
export declare function path_create_directory(folder: i32, path: usize, pathBytes: usize): i32
export declare function path_symlink(target: usize, targetBytes: usize, folder: i32, path: usize, pathBytes: usize): i32
export declare function path_link(
  fromFolder: i32,
  lookupFlags: i32,
  from: usize,
  fromBytes: usize,
  toFolder: i32,
  to: usize,
  toBytes: usize,
): i32
export declare function environ_sizes_get(count: usize, bytes: usize): i32
